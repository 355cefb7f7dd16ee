"""The log of a job that another kernel runs: one thread, whatever its observers and its journal do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from aura_nb.jobs.journal import Journal
from aura_nb.server import kept
from aura_nb.server.kept import KeptLog
from tests.server.played import line


@pytest.fixture
def elsewhere(play, journal):
    """A job of another kernel, as far as this one's journal tells."""
    job = play()
    job.say(line("one"))
    while job.job.log.seq < 3:
        time.sleep(0.005)
    other = Journal(journal.path)
    yield job, other
    other.close()


def followers(log_of: str) -> int:
    return sum(thread.name == f"aura-kept-{log_of}" for thread in threading.enumerate())


def test_observers_that_come_and_go_have_one_thread_look_and_the_last_ends_it(elsewhere, monkeypatch):
    job, other = elsewhere
    monkeypatch.setattr(kept, "POLL_SECONDS", 0.05)
    log = KeptLog(other, job.job.id)
    for _ in range(200):
        log.subscribe(lambda: None)()
    stop = log.subscribe(lambda: None)
    assert followers(job.job.id) == 1
    stop()
    deadline = time.monotonic() + 5
    while followers(job.job.id) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert followers(job.job.id) == 0


def test_a_journal_that_cannot_be_read_for_a_moment_is_looked_at_again(elsewhere, monkeypatch):
    job, other = elsewhere
    monkeypatch.setattr(kept, "POLL_SECONDS", 0.02)
    log, told = KeptLog(other, job.job.id), threading.Event()
    working, failed = other.row, threading.Event()

    def broken(job_id: str):
        failed.set()
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(other, "row", broken)
    stop = log.subscribe(told.set)
    assert failed.wait(5)
    monkeypatch.setattr(other, "row", working)
    job.say(line("two"))
    assert told.wait(5)
    stop()


def test_a_job_whose_kernel_was_killed_ends_for_who_watches_it_from_another(journal, tmp_path, monkeypatch):
    """Nobody opens the journal anew meanwhile: watching is enough."""
    monkeypatch.setattr(kept, "POLL_SECONDS", 0.02)
    command = [sys.executable, "-m", "tests.server.kernel", str(journal.path), "0", "t" * 43, "1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as kernel:
        job_id = kernel.stdout.readline().strip()
        log, told = KeptLog(journal, job_id), threading.Event()
        stop = log.subscribe(lambda: log.ended and told.set())
        assert not log.ended
        kernel.kill()
    assert told.wait(10)
    stop()
    assert journal.row(job_id).status == "crashed"
