"""The promises of the public functions, held by real films with the draft voice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

import aura_nb as aura
from aura_nb.jobs.events import Event
from aura_nb.jobs.journal import Journal

DRAFT = {"render": aura.Render(height=360), "profile": aura.Profile(speaker=["espeak"])}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AURA_NB_PROGRESS", "off")
    return tmp_path


def test_bad_input_is_one_error_before_any_work(own: Path):
    with pytest.raises(aura.InvalidBrief, match="topic"):
        aura.start("x")
    with pytest.raises(aura.PreflightFailed, match=r"\.mp4"):
        aura.start("Why the sky is blue", output=own / "film.avi", **DRAFT)
    assert aura.jobs().empty
    assert not (own / "cache").exists()


def test_preflight_is_a_table_of_pass_warn_and_fail(own: Path):
    table = aura.preflight("Why the sky is blue", output=own / "film.mp4", **DRAFT)
    assert table.ok
    assert {check.status for check in table} <= {"Pass", "Warn"}
    assert "ffmpeg" in repr(table)


def test_write_gives_an_editable_script_fitted_to_its_length_as_spoken(own: Path):
    script = aura.write("Why the sky is blue", plan=aura.Plan(seconds=20), **DRAFT)
    assert script.scenes
    script.scenes[0].text = "Another beginning."
    assert script.scenes[0].text == "Another beginning."


@pytest.mark.slow
def test_start_returns_at_once_and_the_job_tells_the_truth_to_its_end(own: Path):
    job = aura.start("Why the sky is blue", plan=aura.Plan(seconds=12), output=own / "sky.mp4", **DRAFT)
    assert not job.ended
    film = job.result(timeout=120)
    assert film.path == own / "sky.mp4"
    assert abs(film.seconds - 12) <= 1.2
    events = job.events()
    percents = [event.percent for event in events if event.percent is not None]
    assert percents == sorted(percents)
    assert [event.type for event in events if event.percent == 100] == ["job-completed"]
    assert events[-1].type == "job-completed"
    assert len({int(percent) for percent in percents}) >= 5
    table = aura.jobs()
    assert list(table["status"]) == ["completed"]
    kept = Journal(own / "data" / "journal.sqlite3").bodies(job.id)
    assert [Event.decode(body) for body in kept] == events
    assert {"narrate", "compose", "finish"} <= set(film.timings.index)


@pytest.mark.slow
def test_a_killed_kernel_leaves_no_half_film_and_the_next_run_goes_on_from_there(own: Path):
    program = f"""
        import psutil
        import aura_nb as aura
        class Killer:
            def on_event(self, event):
                if "segment" in event.data:
                    psutil.Process().kill()
        draft = dict(render=aura.Render(height=360), profile=aura.Profile(speaker=["espeak"]))
        output = {str(own / "sky.mp4")!r}
        job = aura.start("Why the sky is blue", plan=aura.Plan(seconds=20), output=output, **draft)
        job.watch(Killer())
        job.wait()
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=os.environ, timeout=120, check=False
    )
    assert ended.returncode != 0
    assert not (own / "sky.mp4").exists()
    assert list(aura.jobs()["status"]) == ["crashed"]
    film = aura.make("Why the sky is blue", plan=aura.Plan(seconds=20), output=own / "sky.mp4", **DRAFT)
    assert film.timings.loc["compose", "cached"] >= 1
    assert film.timings.loc["narrate", "cached"] >= 1
    manifest = json.loads(film.manifest.read_text(encoding="utf-8"))
    assert manifest["title"] == "Why the sky is blue"


def test_every_public_name_is_there_and_the_typed_and_the_lazy_lists_agree():
    assert all(getattr(aura, name) for name in aura.__all__)
    assert set(aura.__all__) <= set(dir(aura))
    assert not [name for name in aura.__all__ if isinstance(getattr(aura, name), ModuleType)]
    with pytest.raises(AttributeError, match="no attribute 'mke'"):
        aura.mke  # noqa: B018  # the attribute access is the test
