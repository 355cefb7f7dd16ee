from __future__ import annotations

from dataclasses import replace

import pytest

from tests.jobs import fakes


@pytest.fixture
def made(play, tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    path = folder / "sky.mp4"
    path.write_bytes(bytes(range(256)) * 4)
    path.with_suffix(".srt").write_text("captions", encoding="utf-8")
    (folder / "secret.txt").write_text("secret", encoding="utf-8")
    job = play(film=replace(fakes.film(), path=path))
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


def test_a_job_without_a_film_has_no_artifacts(client, play):
    job = play()
    assert client.get(f"api/jobs/{job.job.id}/artifacts").json() == {"artifacts": []}
    assert client.get(f"api/jobs/{job.job.id}/artifacts/film.mp4").status_code == 404
    assert client.get("api/jobs/none/artifacts").status_code == 404
