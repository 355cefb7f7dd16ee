"""A kernel that is killed at any moment: the next run goes on from there, and nobody can tell from the film."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aura_nb.pipeline.cache import Cache
from tests.pipeline import small

TIMES = 20


def begin(film: Path, cache: Path) -> subprocess.Popen[str]:
    """A process that makes the small film, and says a line for everything that happens."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.pipeline.small", str(film), str(cache), "2"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )


def killed(film: Path, cache: Path, lines: int, later: float) -> bool:
    """Kill a making of the film `later` seconds after it said so many lines; whether it was not done by then."""
    process = begin(film, cache)
    assert process.stdout is not None
    for _ in range(lines):
        if not process.stdout.readline():
            break
    time.sleep(later)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    return process.returncode == -signal.SIGKILL


def entries(cache: Path) -> list[str]:
    """The keys of all artifacts."""
    return sorted(folder.name for folder in cache.glob("??/*"))


def half_made(cache: Path) -> list[str]:
    """What stands in the cache as an artifact and is not whole."""
    looked_at = Cache(cache)
    return [key for key in entries(cache) if key not in looked_at]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_film_killed_twenty_times_is_the_film_never_interrupted(tmp_path: Path):
    seed = int(os.environ.get("AURA_NB_TEST_SEED", random.SystemRandom().randrange(2**32)))
    print(f"AURA_NB_TEST_SEED={seed}")
    moments = random.Random(seed)
    never, often = tmp_path / "never" / "film.mp4", tmp_path / "often" / "film.mp4"
    said = begin(never, tmp_path / "cache never").communicate(timeout=200)[0].splitlines()
    cache, kills = tmp_path / "cache often", 0
    for _ in range(10 * TIMES):
        kills += killed(often, cache, moments.randrange(len(said)), moments.uniform(0.0, 0.1))
        assert half_made(cache) == []
        if often.exists():
            # Whole though its maker may have been killed: and half of the work is to be done again.
            assert small.files(often) == small.files(never)
            shutil.rmtree(often.parent)
            for key in moments.sample(entries(cache), len(entries(cache)) // 2):
                shutil.rmtree(Cache(cache).folder(key))
        if kills == TIMES:
            break
    assert kills == TIMES
    begin(often, cache).communicate(timeout=200)
    assert small.files(often) == small.files(never)
    assert sorted(path.name for path in often.parent.iterdir()) == sorted(
        path.name for path in never.parent.iterdir()
    )
