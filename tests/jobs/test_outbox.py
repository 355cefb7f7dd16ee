"""What the journal could not take is kept all the same: later, or at the latest when the process ends."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from aura_nb.jobs import EventLog, Journal, outbox, queue
from aura_nb.jobs.outbox import EXIT_SECONDS, Busy
from tests.jobs.fakes import events

SCRIPT = """
import sys
from pathlib import Path
from aura_nb.jobs import Job, Journal, outbox
from tests.jobs.fakes import film

def work(report, cancel):
    print("begun", flush=True)
    sys.stdin.readline()
    return film()

outbox.EXIT_SECONDS = 60
job = Job("Sky", work, journal=Journal(Path(sys.argv[1]))).start()
print(job.id, job.result(60).title, flush=True)
"""


class Shut:
    """A record that is busy for the first `times` it is asked."""

    def __init__(self, times: float) -> None:
        self.times, self.kept = times, []

    def append(self, event, body, *, wait):
        self.times -= 1
        if self.times >= 0:
            raise Busy("locked")
        self.kept.append(event.seq)

    def read(self, after, most):
        return []


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_late", set())


def test_the_end_of_the_process_waits_for_a_busy_record(monkeypatch: pytest.MonkeyPatch):
    record = Shut(10)
    log = EventLog("j", record=record)
    log.append("job-status", status="queued")
    log.append("job-cancelled")
    assert record.kept == []
    monkeypatch.setattr(outbox, "RETRY_SECONDS", 0.001)
    outbox._flush_all()
    assert record.kept == [1, 2]
    assert outbox._late == set()


def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch):
    log = EventLog("j", record=Shut(float("inf")))
    log.append("job-cancelled")
    monkeypatch.setattr(outbox, "EXIT_SECONDS", 0.01)
    outbox._flush_all()
    assert not log.flush()
    # A Jupyter server kills a kernel that takes longer than five seconds to shut down.
    assert EXIT_SECONDS + queue.EXIT_SECONDS <= 5


def test_nobody_is_waited_for_who_has_all(monkeypatch: pytest.MonkeyPatch):
    log = EventLog("j", record=(record := Shut(1)))
    log.append("job-status", status="queued")
    assert len(outbox._late) == 1
    assert log.flush()
    assert (record.kept, outbox._late) == ([1], set())


def test_a_record_that_breaks_at_the_end_harms_nobody(caplog: pytest.LogCaptureFixture):
    class Broken(Shut):
        def append(self, event, body, *, wait):
            if self.times:
                self.times -= 1
                raise Busy("locked")
            raise OSError("the disk is gone")

    EventLog("j", record=Broken(1)).append("job-cancelled")
    outbox._flush_all()
    assert "does not know how a job ended" in caplog.text
    assert outbox._late == set()


@pytest.mark.slow
def test_a_script_that_ends_while_the_journal_is_locked_loses_no_end(tmp_path):
    path = tmp_path / "journal.sqlite3"
    script = [sys.executable, "-c", SCRIPT, str(path)]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "begun\n"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            child.stdin.write("go\n")
            child.stdin.flush()
            job_id, *_ = child.stdout.readline().split()
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(1)
        assert child.wait(60) == 0
    journal = Journal(path)
    assert journal.row(job_id).status == "completed"
    assert [event.status for event in events(journal, job_id)][-1] == "completed"
