from __future__ import annotations

import _thread
import asyncio
import contextvars
import logging
import sqlite3
import threading
import time
from contextlib import closing

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aura_nb.errors import AuraError, JobCancelled, JobFailed, RenderError
from aura_nb.jobs import Clock, EventLog, Job, Journal, Queue
from aura_nb.jobs.database import BUSY_SECONDS
from aura_nb.jobs.events import ENDED
from aura_nb.jobs.run import GRACE_SECONDS, TICK_SECONDS, UNWIND_SECONDS
from aura_nb.pipeline.context import Report
from tests.jobs.fakes import Gate, HandClock, done_at_once, events, film, small, until_cancelled


def job(work, **kwargs) -> Job:
    kwargs.setdefault("queue", Queue())
    return Job("Why the sky is blue", work, **kwargs)


def types(one: Job) -> list[str]:
    return [event.type for event in one.events()]


def watched(one: Job) -> None:
    """Wait for the thread that looks after a job, which goes on until its queue and journal know the end."""
    for thread in threading.enumerate():
        if thread.name == f"aura-watch-{one.id}":
            thread.join(60)


def states(one: Job) -> list[str]:
    return list(dict.fromkeys(event.status for event in one.events()))


def test_a_job_gives_its_film_and_tells_all_of_it(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite3")
    one = job(small, journal=journal, spec={"topic": "sky"}).start()
    assert one.result(30) == one.film == film()
    assert (one.status, one.percent, one.error) == ("completed", 100, None)
    assert states(one) == ["queued", "running", "completed"]
    assert types(one)[2:] == [
        "step-status",
        *["step-progress"] * 3,
        "scene-ready",
        "step-status",
        "warning",
        "job-completed",
    ]
    assert events(journal, one.id) == one.events()
    assert journal.snapshot(one.id) == one.snapshot()
    assert one.snapshot().film.path == str(film().path)


def test_start_returns_at_once_and_a_job_starts_once():
    gate = Gate()
    one = job(gate).start()
    assert not one.ended
    with pytest.raises(AuraError, match="started already"):
        one.start()
    gate.open.set()
    one.result(30)


def test_a_job_that_was_not_started_says_so_and_waits_for_nothing():
    with pytest.raises(AuraError, match="not started"):
        job(small).result()
    with pytest.raises(AuraError, match="not started"):
        asyncio.run(awaited(job(small)))


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


def test_work_that_returns_no_film_is_a_failure():
    with pytest.raises(JobFailed):
        job(lambda report, cancel: None).start().result(30)


def test_cancel_is_idempotent_and_quick():
    one = job(until_cancelled).start()
    one.cancel()
    one.cancel()
    with pytest.raises(JobCancelled):
        one.result(30)
    assert types(one).count("job-cancelled") == 1
    assert states(one)[-2:] == ["cancelling", "cancelled"]
    one.cancel()
    assert one.status == "cancelled"


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


def test_cancel_before_the_start_and_in_the_queue():
    never = job(small)
    never.cancel()
    assert never.status == "cancelled"
    with pytest.raises(AuraError):
        never.start()
    queue, gate, ran = Queue(), Gate(), []
    first = job(gate, queue=queue).start()
    second = job(lambda report, cancel: ran.append(1), queue=queue).start()
    assert second.status == "queued"
    second.cancel()
    assert second.status == "cancelled"
    gate.open.set()
    assert first.result(30)
    assert not ran


def test_the_next_job_waits_until_cancelled_work_has_unwound():
    queue, gate, hand = Queue(), Gate(), HandClock()
    first = job(gate, queue=queue, clock=hand.clock).start()
    assert gate.begun.wait(30)
    unwound = []

    def work(report, cancel):
        unwound.append(not first._run._worker.is_alive())
        return film()

    second = job(work, queue=queue).start()
    first.cancel()
    hand.pass_by(GRACE_SECONDS)
    first._run.tick()
    assert first.status == "cancelled"
    assert not second.wait(4 * TICK_SECONDS)
    assert second.status == "queued"
    gate.open.set()
    assert second.result(30)
    assert unwound == [True]


def test_work_that_never_unwinds_does_not_hold_up_the_others_for_ever():
    queue, gate, hand, waits = Queue(), Gate(), HandClock(), []
    first = job(gate, queue=queue, clock=hand.clock)
    first._run.join = waits.append  # returns as after its timeout
    first.start()
    assert gate.begun.wait(30)
    second = job(done_at_once, queue=queue).start()
    first.cancel()
    hand.pass_by(GRACE_SECONDS)
    assert second.result(30)
    assert waits == [UNWIND_SECONDS]
    gate.open.set()


def test_jobs_take_their_turn_in_order():
    queue, order, gates = Queue(), [], [Gate() for _ in range(3)]

    def work(number):
        def run(report, cancel):
            order.append(number)
            return gates[number](report, cancel)

        return run

    jobs = [job(work(number), queue=queue).start() for number in range(3)]
    for number, gate in enumerate(gates):
        assert gate.begun.wait(30)
        assert [one.status for one in jobs[number + 1 :]] == ["queued"] * (2 - number)
        gate.open.set()
        jobs[number].result(30)
    assert order == [0, 1, 2]
    watched(jobs[-1])
    assert queue.jobs == ()


def test_a_timeout_leaves_the_job_running():
    gate = Gate()
    one = job(gate).start()
    with pytest.raises(TimeoutError, match="still"):
        one.result(0.01)
    assert not one.wait(0)
    gate.open.set()
    assert one.result(30)


def test_an_interrupt_cancels_and_is_raised_once_the_job_has_ended():
    one = job(until_cancelled).start()
    wait, interrupts = one.log.wait, [_thread.interrupt_main]

    def interrupted_once(timeout):
        if interrupts:
            interrupts.pop()()
        return wait(timeout)

    one.log.wait = interrupted_once
    with pytest.raises(KeyboardInterrupt):
        one.result(30)
    assert one.status == "cancelled"


async def awaited(one: Job):
    return await one


def test_await_gives_the_film_and_raises_what_stopped_it():
    assert asyncio.run(awaited(job(small).start())) == film()
    one = job(until_cancelled).start()
    one.cancel()
    with pytest.raises(JobCancelled):
        asyncio.run(awaited(one))


def test_a_cancelled_await_cancels_the_job():
    one = job(until_cancelled).start()

    async def main():
        task = asyncio.ensure_future(awaited(one))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert one.status == "cancelled"


def test_the_event_loop_is_free_while_a_job_is_awaited():
    gate = Gate()
    one = job(gate).start()

    async def main():
        task = asyncio.ensure_future(awaited(one))
        await asyncio.sleep(0)
        gate.open.set()
        return await task

    assert asyncio.run(main()) == film()


def test_retry_is_a_new_job_that_names_the_old_one(tmp_path):  # fault 15
    journal = Journal(tmp_path / "journal.sqlite3")
    outcomes = iter([RenderError("once"), None])

    def work(report, cancel):
        if (error := next(outcomes)) is not None:
            raise error
        return film()

    first = job(work, journal=journal, spec={"topic": "sky"}).start()
    first.wait(30)
    second = first.retry()
    assert second.id != first.id
    assert second.retry_of == first.id
    assert second.result(30) == film()
    assert first.status == "failed"
    assert journal.row(second.id).retry_of == first.id
    assert journal.row(second.id).spec == journal.row(first.id).spec
    assert second.snapshot().retry_of == first.id


def test_a_job_that_runs_is_not_retried():
    gate = Gate()
    one = job(gate).start()
    with pytest.raises(AuraError, match="not ended"):
        one.retry()
    gate.open.set()
    one.wait(30)


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


def test_the_snapshot_of_a_running_job_follows_the_clock():
    gate, hand = Gate(), HandClock()
    one = job(gate, clock=hand.clock).start()
    assert gate.begun.wait(30)
    gate.reporters[0](Report("step-progress", "compose", percent=10.0, eta_seconds=20.0))
    hand.pass_by(5)
    assert (one.snapshot().elapsed_seconds, one.snapshot().eta_seconds) == (5, 15)
    gate.open.set()
    one.wait(30)


def test_a_job_that_is_broken_into_by_anything_still_ends(caplog):
    def leaves(report, cancel):
        raise SystemExit(3)

    with caplog.at_level(logging.CRITICAL):
        one = job(leaves).start()
        with pytest.raises(JobFailed, match="SystemExit"):
            one.result(30)


def test_its_text_is_stable():
    one = job(small).start()
    one.wait(30)
    assert repr(one) == "Job('Why the sky is blue', completed)"


class Life(RuleBasedStateMachine):
    """A job's log against a model of its states: what may follow what, whoever calls, however late."""

    def __init__(self) -> None:
        super().__init__()
        self.at = time.monotonic()
        self.log = EventLog("j", clock=Clock(now=lambda: 0.0, monotonic=lambda: self.at))
        self.log.append("job-status", status="queued")
        self.model = "queued"
        self.percent = 0.0

    def move(self, status: str, allowed: tuple[str, ...], event: object) -> None:
        assert (event is not None) == (self.model in allowed)
        if event is not None:
            self.model = status

    @rule()
    def launch(self):
        self.move("running", ("queued",), self.log.append("job-status", status="running"))

    @rule()
    def cancel(self):
        event = self.log.append("job-status", status="cancelling")
        self.move("cancelling", ("queued", "running"), event)

    @rule()
    def complete(self):
        event = self.log.append("job-completed")
        self.move("completed", ("running", "cancelling"), event)

    @rule(status=st.sampled_from(["failed", "crashed"]))
    def fail(self, status):
        event = self.log.append("job-failed", "why", status=status)
        self.move(status, ("queued", "running", "cancelling"), event)

    @rule()
    def stop(self):
        self.move("cancelled", ("queued", "running", "cancelling"), self.log.append("job-cancelled"))

    @rule(percent=st.floats(0, 200), seconds=st.floats(0, 100))
    def progress(self, percent, seconds):
        self.at += seconds
        self.log.append("step-progress", stage="compose", percent=percent)

    @precondition(lambda self: self.model in ENDED)
    @rule(status=st.sampled_from(["queued", "running", "cancelling"]))
    def late(self, status):
        assert self.log.append("job-status", status=status) is None

    @invariant()
    def holds(self):
        snapshot = self.log.snapshot
        assert snapshot.status == self.model
        assert snapshot.percent >= self.percent
        assert (snapshot.percent == 100) == (self.model == "completed")
        assert snapshot.seq == len(self.log.events())
        self.percent = snapshot.percent


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
