"""How the work of a job runs and ends: exactly once, whatever happens."""

from __future__ import annotations

import contextvars
import logging
import sqlite3
from contextlib import closing

import pytest

from aura_nb.errors import JobCancelled, JobFailed, RenderError
from aura_nb.jobs import Journal, Queue
from aura_nb.jobs.database import BUSY_SECONDS
from aura_nb.jobs.run import GRACE_SECONDS
from aura_nb.pipeline.context import Report
from tests.jobs.fakes import (
    Gate,
    HandClock,
    done_at_once,
    film,
    job,
    types,
    until_cancelled,
    watched,
)


def test_a_failure_keeps_its_kind_its_remedy_and_its_traceback(caplog):
    def broken(report, cancel):
        raise RenderError("No space on the disk.", remedy="Free 2 GB.")

    one = job(broken).start()
    with pytest.raises(RenderError, match="No space"):
        one.result(30)
    assert types(one)[-1] == "job-failed"  # fault 2
    event = one.events()[-1]
    assert (event.message, event.data["remedy"], event.data["error"]) == (
        "No space on the disk.",
        "Free 2 GB.",
        "RenderError",
    )
    assert "Traceback" not in str(event)
    assert caplog.records[0].name == "aura_nb.jobs.run"
    assert caplog.records[0].exc_info


def test_a_fault_of_ours_is_a_job_failed_with_its_cause():
    def wrong(report, cancel):
        return 1 / 0

    one = job(wrong).start()
    with pytest.raises(JobFailed, match="ZeroDivisionError") as caught:
        one.result(30)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert one.error is caught.value
    assert one.events()[-1].data["code"] == "FAULT"


def test_work_that_returns_no_film_is_a_failure():
    with pytest.raises(JobFailed):
        job(lambda report, cancel: None).start().result(30)


def test_cancel_stops_the_work_before_it_meets_a_locked_journal(tmp_path):
    path = tmp_path / "journal.sqlite3"
    one = job(until_cancelled, journal=Journal(path)).start()
    told, append = [], one.log.append

    def telling(*args, **kwargs):
        told.append(one._run._cancel.is_set)
        return append(*args, **kwargs)

    one.log.append = telling
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        one.cancel()
        assert one.wait(30)
        assert (one.status, told[0]) == ("cancelled", True)
    watched(one)
    assert Journal(path).row(one.id).status == "cancelled"
    assert one.snapshot().warnings == ()
    assert BUSY_SECONDS + GRACE_SECONDS <= 2


def test_work_that_finished_meanwhile_completes_truthfully():
    gate = Gate()
    one = job(gate, clock=HandClock().clock).start()
    assert gate.begun.wait(30)
    one.cancel()
    assert one.status == "cancelling"
    gate.open.set()
    assert one.result(30) == film()
    assert one.status == "completed"


def test_work_that_does_not_heed_the_cancel_is_let_go_and_cannot_come_back():
    gate, hand = Gate(), HandClock()
    one = job(gate, clock=hand.clock).start()
    assert gate.begun.wait(30)
    one.cancel()
    one._run.tick()
    assert one.status == "cancelling"
    hand.pass_by(GRACE_SECONDS)
    one._run.tick()
    assert one.status == "cancelled"
    seq = one.log.seq
    gate.open.set()  # fault 3: what arrives late
    one.join(30)
    gate.reporters[0](Report("step-progress", "finish", percent=99.0))
    assert (one.status, one.log.seq, one.film) == ("cancelled", seq, None)
    assert GRACE_SECONDS < 2


def test_what_was_killed_on_request_counts_as_cancelled():
    def killed(report, cancel):
        cancel.wait(60)
        raise RenderError("ffmpeg was killed")

    one = job(killed).start()
    one.cancel()
    with pytest.raises(JobCancelled):
        one.result(30)


def test_a_stalled_job_warns_and_is_never_declared_failed_while_it_lives():
    gate, hand = Gate(), HandClock()
    one = job(gate, clock=hand.clock).start()
    assert gate.begun.wait(30)
    hand.pass_by(119)
    one._run.tick()
    assert one.snapshot().warnings == ()
    hand.pass_by(1)
    one._run.tick()
    one._run.tick()
    assert one.snapshot().warnings == ("No progress for 120 s.",)
    hand.pass_by(100_000)
    one._run.tick()
    assert one.status == "running"
    gate.reporters[0](Report("step-progress", "compose", percent=1.0))
    gate.reporters[0](Report("step-progress", "compose", percent=1.1))  # told to nobody, but alive
    assert one.log.idle_seconds == 0
    gate.open.set()
    assert one.result(30)


def test_a_job_whose_worker_died_fails_with_stall_timeout():
    hand = HandClock()
    one = job(done_at_once, clock=hand.clock)
    # A worker that ends without a word, as one does whose interpreter state was torn down.
    one._run._do = lambda: one.log.append("job-status", status="running")
    one.start()
    one.join(30)
    hand.pass_by(179)
    one._run.tick()
    assert one.status == "running"
    hand.pass_by(1)
    one._run.tick()
    assert one.wait(30)
    assert (one.status, one.events()[-1].data["code"]) == ("failed", "STALL_TIMEOUT")
    with pytest.raises(JobFailed):
        one.result()


def test_a_running_job_beats(tmp_path):
    hand = HandClock()
    journal = Journal(tmp_path / "journal.sqlite3", clock=hand.clock)
    gate = Gate()
    one = job(gate, journal=journal, clock=hand.clock).start()
    assert gate.begun.wait(30)
    hand.pass_by(30)
    one._run.tick()
    assert journal.row(one.id).heartbeat == hand.at
    gate.open.set()
    one.wait(30)


def test_the_work_runs_in_the_context_of_the_cell_that_started_it():
    cell = contextvars.ContextVar("cell")
    seen = []

    def work(report, cancel):
        seen.append(cell.get())
        return film()

    queue, gate = Queue(), Gate()
    cell.set("first")
    job(gate, queue=queue).start()
    cell.set("second")
    one = job(work, queue=queue).start()
    cell.set("third")
    gate.open.set()
    one.result(30)
    assert seen == ["second"]


def test_a_job_that_is_broken_into_by_anything_still_ends(caplog):
    def leaves(report, cancel):
        raise SystemExit(3)

    with caplog.at_level(logging.CRITICAL):
        one = job(leaves).start()
        with pytest.raises(JobFailed, match="SystemExit"):
            one.result(30)
