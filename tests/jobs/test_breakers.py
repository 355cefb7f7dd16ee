from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from aura_nb.jobs import Breakers, Journal
from aura_nb.providers.failures import ServerFault
from aura_nb.providers.guard import STALE_SECONDS, Guards, Kept
from tests.jobs.fakes import HandClock

OTHER_KERNEL = """
import sys
from pathlib import Path
from aura_nb.jobs import Breakers, Journal
Breakers(Journal(Path(sys.argv[1]))).save("ollama", "open")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.sqlite3"


def kernel(path: Path, clock: HandClock) -> tuple[Guards, Journal]:
    journal, guards = Journal(path, clock=clock.clock), Guards()
    guards.keep(Breakers(journal))
    return guards, journal


def break_down(guards: Guards) -> None:
    guard = guards.of("ollama")
    for _ in range(guard.limits.failures):
        with pytest.raises(ServerFault), guard.attempt():
            raise ServerFault("ollama", "is down.")


def test_the_newest_state_of_each_provider_is_kept_with_its_age(path):
    clock = HandClock()
    store = Breakers(Journal(path, clock=clock.clock))
    assert store.load("ollama") is None
    store.save("ollama", "open")
    clock.pass_by(60.0)
    store.save("ollama", "half-open")
    store.save("openai", "open")
    clock.pass_by(5.5)
    assert store.load("ollama") == Kept("half-open", 5.5)
    assert store.load("openai") == Kept("open", 5.5)


@pytest.mark.parametrize(("later", "state"), [(20.0, "open"), (STALE_SECONDS + 1.0, "closed")])
def test_the_next_kernel_goes_on_from_there_unless_it_is_stale(path, later, state):
    clock = HandClock()
    guards, journal = kernel(path, clock)
    break_down(guards)
    journal.close()
    clock.pass_by(later)
    again = kernel(path, clock)[0].of("ollama")
    assert again.state == state
    assert again.retry_after == pytest.approx(40.0 if state == "open" else 0.0, abs=5.0)


def test_another_process_reads_what_one_wrote(path):
    subprocess.run([sys.executable, "-c", OTHER_KERNEL, str(path)], check=True, timeout=60)
    kept = Breakers(Journal(path)).load("ollama")
    assert kept is not None
    assert kept.state == "open"
    assert 0.0 <= kept.age < 60.0


def test_a_journal_from_before_breakers_were_kept_takes_them(path):
    journal = Journal(path)
    journal._writer.execute("DROP TABLE breakers")
    journal._writer.execute("PRAGMA user_version=1")
    journal.close()
    store = Breakers(Journal(path))
    store.save("ollama", "open")
    assert store.load("ollama") is not None


def test_without_a_journal_the_guards_work_on(tmp_path, caplog):
    folder = tmp_path / "journal.sqlite3"
    folder.mkdir()
    journal = Journal(folder)
    assert journal.problem
    with pytest.raises(sqlite3.OperationalError):
        Breakers(journal).save("ollama", "open")
    guards = Guards()
    guards.keep(Breakers(journal))
    break_down(guards)
    assert guards.of("ollama").state == "open"
    assert "The breaker of ollama is not kept: journal.sqlite3" in caplog.text


def test_the_same_journal_is_the_same_store(path):
    journal = Journal(path)
    assert Breakers(journal) == Breakers(journal) != Breakers(Journal(path))
