from __future__ import annotations

from dataclasses import replace

import pytest

from tests.jobs import fakes


@pytest.fixture(scope="module")
def client(observed):
    return observed.client


@pytest.fixture(scope="module")
def made(observed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    path = folder / "sky.mp4"
    path.write_bytes(bytes(range(256)) * 4)
    path.with_suffix(".srt").write_text("captions", encoding="utf-8")
    (folder / "secret.txt").write_text("secret", encoding="utf-8")
    job = observed.play(film=replace(fakes.film(), path=path))
    job.end()
    return f"api/jobs/{job.job.id}/artifacts"


def test_only_what_the_job_made_is_named(client, made):
    assert client.get(made).json() == {"artifacts": ["film.mp4", "film.srt"]}


def test_a_film_is_given_whole_or_by_ranges(client, made):
    whole = client.get(f"{made}/film.mp4")
    assert (whole.status_code, whole.headers["content-type"], len(whole.content)) == (200, "video/mp4", 1024)
    part = client.get(f"{made}/film.mp4", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert client.get(f"{made}/film.mp4", headers={"Range": "bytes=-4"}).content == bytes(range(252, 256))
    assert client.get(f"{made}/film.mp4", headers={"Range": "bytes=5000-"}).status_code == 416
    assert client.get(f"{made}/film.mp4", headers={"Range": f"bytes={','.join(['0-1'] * 2000)}"}).status_code < 500


def test_a_download_is_named_after_the_film(client, made):
    answer = client.get(f"{made}/film.mp4?download")
    assert answer.headers["content-disposition"] == 'attachment; filename="sky.mp4"'


@pytest.mark.parametrize(
    "name", ["secret.txt", "..%2fsecret.txt", "film.vtt", "%2e%2e/film.mp4", "sky.mp4", "film.mp4%00"]
)
def test_nothing_else_can_be_had(client, made, name):
    assert client.get(f"{made}/{name}").status_code == 404


def test_a_job_without_a_film_has_no_artifacts(client, observed):
    job = observed.play()
    job.end()
    assert client.get(f"api/jobs/{job.job.id}/artifacts").json() == {"artifacts": []}
    assert client.get(f"api/jobs/{job.job.id}/artifacts/film.mp4").status_code == 404
    # The beginning of an id is no id.
    for unknown in ("none", job.job.id[:6]):
        assert client.get(f"api/jobs/{unknown}/artifacts").json()["errorCode"] == "UNKNOWN_JOB"


SIZE = 1024
WHOLE = bytes(range(256)) * 4
RANGES = [
    # RFC 9110 §14.1.2, of 1,024 bytes.
    ("bytes=0-0", 206, "0-0"),
    ("bytes=1000-", 206, "1000-1023"),
    ("bytes=1000-99999", 206, "1000-1023"),
    ("bytes=-5", 206, "1019-1023"),
    ("bytes=-99999", 206, "0-1023"),
    ("BYTES=0-1", 206, "0-1"),
    ("bytes= 0-1 ,", 206, "0-1"),
    # Of several, those that are there; §15.5.17: refused only where none is.
    ("bytes=0-1,5000-6000", 206, "0-1"),
    ("bytes=0-5,3-9", 206, "0-9"),
    ("bytes=1024-", 416, "*"),
    ("bytes=5000-6000,7000-", 416, "*"),
    ("bytes=-0", 416, "*"),
    # What is none, or of another unit, is ignored (§14.2), and so are more than anybody needs.
    ("bytes=5-2", 200, None),
    ("bytes=", 200, None),
    ("bytes=a-b", 200, None),
    ("bytes=0-1,x", 200, None),
    ("bytes=--1", 200, None),
    ("bytes=1_0-20", 200, None),
    ("bytes=+1-2", 200, None),
    ("bytes", 200, None),
    ("lines=0-1", 200, None),
    ("bytes=" + ",".join(["0-1"] * 2000), 200, None),
    ("bytes=" + "9" * 5000 + "-", 200, None),
]


@pytest.mark.parametrize(("asked", "status", "given"), RANGES)
def test_ranges_are_those_of_the_standard(client, made, asked, status, given):
    answer = client.get(f"{made}/film.mp4", headers={"Range": asked})
    assert answer.status_code == status
    assert answer.headers.get("content-range") == (None if given is None else f"bytes {given}/{SIZE}")
    if status == 416:
        assert answer.json()["errorCode"] == "NO_SUCH_RANGE"
    elif status == 200:
        assert answer.content == WHOLE
    else:
        first, last = map(int, given.split("-"))
        assert answer.content == WHOLE[first : last + 1]
        assert answer.headers["content-length"] == str(len(answer.content))


def test_several_ranges_come_in_parts(client, made):
    answer = client.get(f"{made}/film.mp4", headers={"Range": "bytes=0-3,1000-1003"})
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    assert (answer.status_code, kind) == (206, "multipart/byteranges")
    parts = answer.content.split(f"--{boundary}".encode())
    assert [part.partition(b"\r\n\r\n")[2][:4] for part in parts[1:3]] == [WHOLE[:4], WHOLE[1000:1004]]


def test_a_range_of_another_file_is_not_given(client, made):
    whole = client.get(f"{made}/film.mp4")
    for name in ("etag", "last-modified"):
        same = {"Range": "bytes=0-3", "If-Range": whole.headers[name]}
        assert client.get(f"{made}/film.mp4", headers=same).status_code == 206
    for other in ('"another"', f"W/{whole.headers['etag']}", "Thu, 01 Jan 1970 00:00:00 GMT"):
        # Even where that file has no such range.
        for asked in ("bytes=0-3", "bytes=5000-"):
            answer = client.get(f"{made}/film.mp4", headers={"Range": asked, "If-Range": other})
            assert (answer.status_code, answer.content) == (200, WHOLE)


def test_a_head_tells_of_a_file_without_giving_it(client, made):
    told = client.head(f"{made}/film.mp4")
    assert (told.status_code, told.headers["content-length"], told.headers["accept-ranges"]) == (
        200,
        "1024",
        "bytes",
    )
    assert told.content == b""
