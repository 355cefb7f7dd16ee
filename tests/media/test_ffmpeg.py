from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path

import ffmpeg as graph
import psutil
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, PreflightFailed, RenderError
from aura_nb.media import ffmpeg
from tests.media.sounds import babble, write_wav


def endless(out: Path):
    return graph.input("anullsrc", f="lavfi", re=None).output(str(out), t=600)


def test_the_one_found_works_and_says_its_version():
    found = ffmpeg.find()
    assert found.path.is_file()
    assert found.version[0] in "n0123456789"


def test_a_setting_comes_first_and_is_not_passed_over_when_it_does_not_work(tmp_path: Path):
    assert ffmpeg.find(ffmpeg.find().path).source == "AURA_NB_FFMPEG"
    for wrong in (Path(sys.executable), tmp_path / "nothing"):
        with pytest.raises(PreflightFailed, match=r"No working ffmpeg.*AURA_NB_FFMPEG") as caught:
            ffmpeg.find(wrong)
        assert "pip install imageio-ffmpeg" in caught.value.remedy


def test_one_that_hangs_does_not_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def hang(args, timeout, **options):
        raise subprocess.TimeoutExpired(args, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    (tmp_path / "ffmpeg").touch()
    with pytest.raises(PreflightFailed, match="timed out"):
        ffmpeg.find(tmp_path / "ffmpeg")


def test_none_at_all_is_one_error_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PreflightFailed, match="neither imageio-ffmpeg nor PATH has one"):
        ffmpeg.find()


@pytest.mark.parametrize("name", ["a b.wav", "-i.wav", "a'b;c,[d].wav", "%03d.wav", "مرحبا.wav", "$(x)`y`.wav"])
def test_names_are_only_names(tmp_path: Path, name: str):
    source = write_wav(tmp_path / name, babble(0.2))
    out = tmp_path / f"out{name}"
    ffmpeg.run(graph.output(ffmpeg.source(source), ffmpeg.target(out)), cancel=Cancel())
    assert out.stat().st_size > 1000


def test_inputs_open_no_network(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        playlist = tmp_path / "list.m3u8"
        segment = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        playlist.write_text(f"#EXTM3U\n#EXTINF:1,\n{segment}\n#EXT-X-ENDLIST\n", encoding="utf-8")
        with pytest.raises(RenderError):
            ffmpeg.run(
                graph.output(ffmpeg.source(playlist, format="hls", t=1), ffmpeg.target(tmp_path / "o.wav")),
                cancel=Cancel(),
            )
        with pytest.raises(BlockingIOError):
            server.accept()


def test_progress_rises_to_one(tmp_path: Path):
    source = write_wav(tmp_path / "in.wav", babble(2))
    seen: list[float] = []
    ffmpeg.run(
        graph.output(ffmpeg.source(source), ffmpeg.target(tmp_path / "out.wav")),
        cancel=Cancel(),
        progress=seen.append,
        seconds=2,
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_failure_carries_its_last_words(tmp_path: Path):
    with pytest.raises(RenderError, match="No such file"):
        ffmpeg.run(
            graph.output(ffmpeg.source(tmp_path / "none.wav"), ffmpeg.target(tmp_path / "o.wav")), cancel=Cancel()
        )


def test_cancelling_kills_the_process(tmp_path: Path):
    cancel = Cancel()
    started = threading.Event()

    def work() -> None:
        with pytest.raises(JobCancelled):
            ffmpeg.run(endless(tmp_path / "o.wav"), cancel=cancel, progress=lambda _: started.set(), seconds=600)

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(30)
    mine = [child for child in psutil.Process().children() if str(tmp_path) in " ".join(child.cmdline())]
    assert len(mine) == 1
    cancel.set()
    thread.join(30)
    assert not thread.is_alive()
    assert not mine[0].is_running()


def test_nothing_is_started_for_a_job_already_cancelled(tmp_path: Path):
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        ffmpeg.run(endless(tmp_path / "o.wav"), cancel=cancel)
    assert not (tmp_path / "o.wav").exists()


def test_an_error_in_progress_kills_the_process_too(tmp_path: Path):
    def refuse(fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ffmpeg.run(endless(tmp_path / "o.wav"), cancel=Cancel(), progress=refuse, seconds=600)
    assert not [c for c in psutil.Process().children() if str(tmp_path) in " ".join(c.cmdline())]
