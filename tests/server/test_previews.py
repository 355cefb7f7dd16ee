"""Films watched over a real socket while they are made."""

from __future__ import annotations

import subprocess
import time
from dataclasses import asdict
from pathlib import Path

import httpx
import m3u8
import pytest

from aura_nb.jobs.snapshot import Piece
from aura_nb.media import ffmpeg
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Report
from aura_nb.server.serve import Server
from tests.gated import Gated
from tests.pieces import stored
from tests.server.conftest import open_client
from tests.server.played import line


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Cache, tuple[Piece, ...]]:
    cache = Cache(tmp_path_factory.mktemp("cache"))
    return cache, stored(cache)


@pytest.fixture
def watched(serve, play, made):
    """A client, a job, and the folder of its preview."""
    job = play()
    with open_client(serve(cache=made[0])) as client:
        yield client, job, f"api/jobs/{job.job.id}/preview/"


def ready(piece: Piece) -> Report:
    return Report("scene-ready", "compose", data=asdict(piece))


def told(job, *reports: Report) -> None:
    """Have the job report these, and wait until it has."""
    job.say(*reports, line("told"))
    until = time.monotonic() + 10
    while not any(event.message == "told" for event in job.job.events()):
        assert time.monotonic() < until
        time.sleep(0.01)


def names(client: httpx.Client, folder: str, track: str = "video") -> list[str]:
    return [segment.uri for segment in m3u8.loads(client.get(f"{folder}{track}.m3u8").text).segments]


def test_nothing_can_be_watched_before_there_is_a_beginning_and_its_sound(watched, made):
    client, job, folder = watched
    told(job, ready(made[1][0]), ready(made[1][1]))
    answer = client.get(f"{folder}master.m3u8")
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "NO_PREVIEW")


def test_a_playlist_is_never_kept_and_a_fragment_for_good(watched, made):
    client, job, folder = watched
    told(job, ready(made[1][0]), ready(made[1][-1]))
    master = client.get(f"{folder}master.m3u8")
    assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert master.headers["cache-control"] == "no-store"
    first, second = names(client, folder)[:2]
    answer = client.get(folder + first)
    assert answer.headers["content-type"] == "video/mp4"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content != client.get(folder + second).content


def test_only_who_has_the_token_may_watch(watched, made):
    client, job, folder = watched
    told(job, ready(made[1][0]), ready(made[1][-1]))
    for name in ("master.m3u8", "video.m3u8", "video-init.mp4", "video-0.m4s"):
        assert client.get(folder + name).status_code == 200
        assert httpx.get(f"{client.base_url}{folder}{name}").status_code == 401


@pytest.mark.parametrize(
    "name", ["segment.mp4", "video-99.m4s", "..%2f..%2fsegment.mp4", "%2e%2e/master.m3u8", "video-0.m4s%00"]
)
def test_nothing_else_can_be_had(watched, made, name):
    client, job, folder = watched
    told(job, ready(made[1][0]), ready(made[1][-1]))
    assert client.get(folder + name).status_code == 404
    assert client.get(f"api/jobs/none/preview/{name}").status_code == 404


def test_a_key_that_the_job_did_not_tell_opens_nothing(watched, made):
    client, job, folder = watched
    told(job, ready(made[1][-1]))
    assert client.get(folder + made[1][0].segment).status_code == 404


def test_what_a_stopped_job_has_finished_stays_to_be_watched_from_the_journal_alone(watched, made):
    client, job, folder = watched
    told(job, ready(made[1][0]), ready(made[1][-1]))
    job.job.cancel()
    assert job.job.wait(10)
    job.job.join(10)
    assert "#EXT-X-ENDLIST" in client.get(f"{folder}video.m3u8").text
    assert client.get(f"{folder}video-1.m4s").status_code == 200


@pytest.mark.slow
def test_a_film_is_played_while_it_is_made_and_is_the_film_packet_by_packet(journal, tmp_path):
    gated = Gated(tmp_path, journal).start()
    folder = f"api/jobs/{gated.job.id}/preview/"
    with Server(journal, lambda *_: gated.job, port=0, cache=gated.cache) as server, open_client(server) as client:
        until = time.monotonic() + 60
        while client.get(f"{folder}master.m3u8").status_code == 404 or len(gated.job.snapshot().pieces) < 3:
            assert time.monotonic() < until
            time.sleep(0.1)
        early = {name: client.get(folder + name).content for name in names(client, folder)}
        sound = {name: client.get(folder + name).content for name in names(client, folder, "audio")}
        assert early
        assert sound
        assert not gated.job.ended
        assert "#EXT-X-ENDLIST" not in client.get(f"{folder}video.m3u8").text
        gated.go.set()
        film = gated.job.result(120)
        gated.job.join(10)
        assert {name: client.get(folder + name).content for name in early} == early
        assert {name: client.get(folder + name).content for name in sound} == sound
        played = packets(f"{server.base_url}{folder}master.m3u8", server.token)
    kept = packets(str(film.path))
    for kind in "01":
        assert [data for _, data in played[kind]] == [data for _, data in kept[kind]]
    # Both tracks are late by the same two frames, to less than a packet of sound.
    late = [played[kind][n][0] - kept[kind][n][0] for kind in "01" for n in range(len(kept[kind]))]
    assert max(late) - min(late) < 0.001
    assert late[0] == pytest.approx(2 / 24, abs=0.001)


def packets(source: str, token: str = "") -> dict[str, list[tuple[float, str]]]:
    """When ffmpeg shows each packet of pictures ("0") and sound ("1"), in seconds, and the packet's hash."""
    command = [
        *(ffmpeg.find().path, "-v", "error", "-nostdin", "-copyts"),
        *(("-headers", f"Authorization: Bearer {token}\r\n") if token else ()),
        *("-i", source, "-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "framehash", "-hash", "md5", "-"),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    clocks: dict[str, float] = {}
    found: dict[str, list[tuple[float, str]]] = {"0": [], "1": []}
    for text in said.splitlines():
        if text.startswith("#tb "):
            stream, _, base = text.removeprefix("#tb ").partition(": ")
            numerator, _, denominator = base.partition("/")
            clocks[stream] = int(numerator) / int(denominator)
        elif not text.startswith("#"):
            stream, _, shown, _, _, data = [field.strip() for field in text.split(",")][:6]
            found[stream].append((int(shown) * clocks[stream], data))
    return found


def test_the_journal_is_replayed_only_when_something_has_happened(watched, made, journal, monkeypatch):
    client, job, folder = watched
    told(job, ready(made[1][0]), ready(made[1][-1]))
    job.end()
    job.job.join(10)
    replayed = []
    real = journal.snapshot
    monkeypatch.setattr(journal, "snapshot", lambda job_id: replayed.append(job_id) or real(job_id))
    for name in ("master.m3u8", "video.m3u8", "video-0.m4s", "audio-0.m4s"):
        assert client.get(folder + name).status_code == 200
    assert replayed == [job.job.id]


def test_the_path_is_told_to_nobody(watched, made, tmp_path: Path):
    client, job, folder = watched
    told(job, ready(made[1][0]), ready(made[1][-1]))
    root = str(made[0].root)
    for name in ("master.m3u8", "video.m3u8", "audio.m3u8", "nothing"):
        assert root not in client.get(folder + name).text
    assert root not in client.get(f"api/jobs/{job.job.id}").text
