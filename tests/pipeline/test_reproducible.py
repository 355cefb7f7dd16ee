"""The same brief gives the same bytes, whoever makes it, where, and with however many hands."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aura_nb.spec import Brief
from tests.pipeline import small

HERE = {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LANG": "C", "LC_ALL": "C"}
THERE = {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8"}


def made(film: Path, cache: Path, workers: int, env: dict[str, str]) -> dict[str, bytes]:
    film.parent.mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "tests.pipeline.small", str(film), str(cache), str(workers)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **env},
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=200,
    )
    return small.files(film)


@pytest.mark.slow
def test_whatever_the_workers_the_folder_the_process_and_the_locale(tmp_path: Path):
    first = made(tmp_path / "here" / "film.mp4", tmp_path / "one", 1, HERE)
    assert sorted(first) == [".manifest.json", ".mp4", ".srt", ".vtt"]
    for workers in (2, 4):
        there = tmp_path / f"ein anderer Ort {workers}" / "Über film.mp4"
        assert made(there, tmp_path / f"cache {workers}", workers, THERE) == first


@pytest.mark.slow
def test_whatever_the_cache_held(tmp_path: Path):
    whole = small.make(tmp_path / "film.mp4", tmp_path / "one").path
    # A film that shares some of its scenes with it, made before into the same cache.
    brief = Brief(small.BRIEF.topic, points=[*small.BRIEF.points[1:], "And red goes straight on."])
    other = replace(small.REQUEST, subject=brief)
    small.make(tmp_path / "other" / "film.mp4", tmp_path / "two", request=other)
    again = small.make(tmp_path / "again" / "film.mp4", tmp_path / "two")
    assert sum(stage.cached for stage in again.stages) > 0
    assert small.files(again.path) == small.files(whole)
