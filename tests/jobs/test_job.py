from __future__ import annotations

import _thread
import asyncio
import threading
import time

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aura_nb.errors import AuraError, JobCancelled, RenderError
from aura_nb.jobs import Clock, EventLog, Job, Journal, Queue
from aura_nb.jobs.events import ENDED
from aura_nb.jobs.run import GRACE_SECONDS, TICK_SECONDS, UNWIND_SECONDS
from aura_nb.pipeline.context import Report
from tests.jobs.fakes import (
    Gate,
    HandClock,
    done_at_once,
    events,
    film,
    job,
    small,
    states,
    types,
    until_cancelled,
    watched,
)


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


def test_a_job_tells_what_it_waits_for_once_and_anew_when_that_changes():
    queue, gates = Queue(), [Gate() for _ in range(3)]
    titles = ("Sky", "Sea", "Sun")
    jobs = [Job(title, gate, queue=queue).start() for title, gate in zip(titles, gates, strict=True)]
    last = jobs[-1]

    def told(message: str) -> None:
        deadline = time.monotonic() + 30
        while last.snapshot().message != message and time.monotonic() < deadline:
            last.log.wait(0.05)
        assert last.snapshot().message == message

    told("Waits for “Sky” and 1 more to end.")
    gates[0].open.set()
    told("Waits for “Sea” to end.")
    assert not last.log.wait(3 * TICK_SECONDS)
    gates[1].open.set()
    assert gates[2].begun.wait(30)
    gates[2].open.set()
    assert last.result(30)
    assert [event.message for event in last.events() if event.status == "queued"] == [
        "",
        "Waits for “Sky” and 1 more to end.",
        "Waits for “Sea” to end.",
    ]
    began = next(event for event in last.events() if event.status == "running")
    assert (began.type, began.message) == ("job-status", "")
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


def test_await_leaves_a_display_time_to_show_the_end():
    one, shown = job(small), threading.Event()
    one.shown.append(shown)

    async def both():
        task = asyncio.ensure_future(awaited(one.start()))
        while not one.ended:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert not task.done()
        shown.set()
        await task

    asyncio.run(both())


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


def test_the_snapshot_of_a_running_job_follows_the_clock():
    gate, hand = Gate(), HandClock()
    one = job(gate, clock=hand.clock).start()
    assert gate.begun.wait(30)
    gate.reporters[0](Report("step-progress", "compose", percent=10.0, eta_seconds=20.0))
    hand.pass_by(5)
    assert (one.snapshot().elapsed_seconds, one.snapshot().eta_seconds) == (5, 15)
    gate.open.set()
    one.wait(30)


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
