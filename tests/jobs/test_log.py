from __future__ import annotations

import gc
import logging
import sys
import threading
from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.jobs import EventLog, Snapshot, fold, replay
from aura_nb.jobs.events import ENDINGS, MOVES, Event
from aura_nb.jobs.outbox import Busy
from aura_nb.jobs.reader import LAGGING, Entry, newest_progress
from tests.jobs.fakes import HandClock

STAGES = ["write", "narrate", "compose"]


class Memory:
    """A record in a list."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def append(self, event, body, *, wait):
        assert event.seq == len(self.bodies) + 1
        self.bodies.append(body)

    def read(self, after, most):
        return self.bodies[after : after + 256]


def running(**kwargs) -> EventLog:
    log = EventLog("j", **kwargs)
    log.append("job-status", status="queued", data={"title": "Sky"})
    log.append("job-status", status="running")
    return log


def progress(stage, percent, item, total):
    return "step-progress", {"stage": stage, "percent": percent, "current_item": item, "total_items": total}


reports = st.one_of(
    st.builds(
        progress,
        st.sampled_from(STAGES),
        st.none() | st.floats(),
        st.none() | st.integers(0, 5),
        st.none() | st.integers(1, 5),
    ),
    st.builds(
        lambda stage, state: ("step-status", {"stage": stage, "data": {"state": state}}),
        st.sampled_from(STAGES),
        st.sampled_from(["running", "done"]),
    ),
    st.builds(lambda n: ("scene-ready", {"data": {"scene": n, "heading": "h"}}), st.integers(0, 4)),
    st.builds(lambda m: ("warning", {"message": m}), st.sampled_from(["a", "b"])),
    st.builds(lambda m: ("job-log", {"message": m}), st.text(max_size=5)),
    st.builds(lambda s: ("job-status", {"status": s}), st.sampled_from(["queued", "running", "cancelling"])),
)
endings = st.builds(lambda kind: (kind, {}), st.sampled_from(sorted(ENDINGS)))


@given(st.lists(reports | endings, max_size=60))
def test_whatever_arrives_the_log_keeps_its_promises(arriving):
    log, clock = running(clock=(hand := HandClock()).clock), hand
    for kind, values in arriving:
        clock.pass_by(0.5)
        log.append(kind, **values)
    events = log.events()

    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    percents = [event.percent for event in events]
    assert percents == sorted(percents)
    assert all(0 <= event.percent <= 100 for event in events)
    assert all((event.percent == 100) == (event.type == "job-completed") for event in events)
    last = [event for event in events if event.last]
    assert len(last) <= 1
    assert last in ([], events[-1:])
    for before, after in pairwise(events):
        assert after.status == before.status or after.status in MOVES[before.status]
    told = [
        (event.status, event.stage, int(event.percent), event.current_item)
        for event in events
        if event.type == "step-progress"
    ]
    assert len(told) == len(set(told))
    assert replay("j", events) == log.snapshot == replay("j", [Event.decode(e.encode()) for e in events])


@given(st.lists(reports, max_size=80), st.integers(0, 80))
def test_a_lagging_reader_comes_to_the_same_state(arriving, place):
    log = running()
    for kind, values in arriving:
        log.append(kind, **values)
    events = log.events()
    state = replay("j", events[:place])
    pending = [Entry(event, b"") for event in events[place:]]
    kept = [entry.event for entry in newest_progress(pending)]
    assert reduce(fold, kept, state) == log.snapshot
    assert [e for e in kept if e.type != "step-progress"] == [
        e.event for e in pending if e.event.type != "step-progress"
    ]


def test_progress_that_came_after_its_stage_was_done_supersedes_nothing():
    log = running()
    log.append("step-progress", stage="compose", percent=1.0, current_item=4, total_items=4)
    log.append("step-status", stage="compose", data={"state": "done"})
    log.append("step-progress", stage="compose", percent=2.0, current_item=1)
    entries = [Entry(event, b"") for event in log.events()]
    assert replay("j", [entry.event for entry in newest_progress(entries)]) == log.snapshot


@given(st.lists(reports, max_size=120), st.integers(200, 4000))
def test_a_reader_that_fell_out_of_the_ring_gets_the_state_and_goes_on(arriving, ring_bytes):
    log = running(ring_bytes=ring_bytes)
    for kind, values in arriving:
        log.append(kind, **values)
    log.append("job-completed")
    seen = log.events()
    assert replay("j", seen) == log.snapshot
    assert [event.type for event in seen].count("gap") == (seen[0].type == "gap")
    rest = seen[1:] if seen[0].type == "gap" else seen
    assert [event.seq for event in rest] == list(range(rest[0].seq, log.seq + 1))
    if seen[0].type == "gap":
        assert seen[0].data["missed"] == seen[0].seq == rest[0].seq - 1
        assert Snapshot.from_wire(Event.decode(seen[0].encode()).data["state"]).seq == seen[0].seq


def test_the_same_progress_is_told_once():  # seed: ExportJobService, duplicate progress
    log = running()
    for percent in (10.0, 10.2, 10.9, 10.9):
        for item in (1, 2, 1):
            log.append("step-progress", stage="compose", percent=percent, current_item=item)
    assert [(e.percent, e.current_item) for e in log.events(2)] == [(10.0, 1), (10.0, 2)]
    assert log.append("step-progress", stage="compose", percent=11.0, current_item=1) is not None


def test_replay_really_replays():  # fault 1
    log = running(record=Memory(), ring_bytes=1000)
    for number in range(300):
        log.append("job-log", f"line {number}")
    for after in (0, 1, 150, 299, 301, 302):
        assert [event.seq for event in log.events(after)] == list(range(after + 1, 303))


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_each_end_has_its_own_event_and_nothing_follows(ending):  # faults 2 and 3
    log = running()
    log.append("step-progress", stage="compose", percent=40.0)
    log.append(ending, "The end.")
    state = log.snapshot
    for kind in ("step-progress", "job-status", "job-log", "warning", *ENDINGS):
        status = "running" if kind == "job-status" else None
        assert log.append(kind, "late", stage="compose", percent=50.0, status=status) is None
    assert log.snapshot == state
    assert state.status == ENDINGS[ending]
    assert log.events()[-1].type == ending


def test_progress_goes_on_above_95_percent():  # fault 4
    log = running()
    percents = [
        log.append("step-progress", stage="finish", percent=percent).percent
        for percent in (95, 96, 97.5, 98.9, 100)
    ]
    assert percents == [95, 96, 97.5, 98.9, 99]
    assert log.append("job-completed").percent == 100


def test_an_ending_needs_its_own_type():
    log = running()
    with pytest.raises(ValueError, match="completed"):
        log.append("job-status", status="completed")
    with pytest.raises(ValueError, match="running"):
        log.append("job-completed", status="running")


def test_the_eta_counts_down_between_reports_and_ends_with_the_job():
    hand = HandClock()
    log = running(clock=hand.clock)
    assert log.append("step-progress", stage="compose", percent=1.0, eta_seconds=10.0).eta_seconds == 10
    hand.pass_by(4)
    assert log.append("job-log", "x").eta_seconds == 6
    assert log.append("job-log", "x").elapsed_seconds == 4
    hand.pass_by(40)
    assert log.append("job-log", "y").eta_seconds == 0
    assert log.append("job-failed", "z").eta_seconds is None


def test_an_event_is_journalled_before_anyone_sees_it():
    class Peeking(Memory):
        def append(self, event, body, *, wait):
            assert log.seq == event.seq - 1
            assert log.events(event.seq - 1) == []
            super().append(event, body, wait=wait)

    record = Peeking()
    log = EventLog("j", record=record)
    log.append("job-status", status="queued")
    log.append("job-log", "x")
    assert len(record.bodies) == log.seq == 2


def test_a_broken_journal_costs_one_warning_and_no_event(caplog):
    class Full(Memory):
        def append(self, event, body, *, wait):
            if event.seq == 4:
                raise OSError("no space left")
            super().append(event, body, wait=wait)

    log = running(record=Full(), ring_bytes=700)
    with caplog.at_level(logging.WARNING, "aura_nb.jobs"):
        for number in range(20):
            log.append("job-log", f"line {number}")
        log.append("job-completed")
    assert len(caplog.records) == 1
    assert len(log.snapshot.warnings) == 1
    assert "no space left" in log.snapshot.warnings[0]
    assert log.snapshot.status == "completed"
    assert log.events()[-1].seq == 2 + 20 + 1 + 1


class Locked(Memory):
    """A record that somebody else writes to until it is freed."""

    def __init__(self) -> None:
        super().__init__()
        self.free = False
        self.waits: list[bool] = []

    def append(self, event, body, *, wait):
        self.waits.append(wait)
        if not self.free:
            raise Busy("locked")
        super().append(event, body, wait=wait)


def test_a_busy_journal_is_waited_for_once_and_gets_everything_later_in_order():
    record = Locked()
    log = running(record=record)
    for number in range(5):
        log.append("job-log", f"line {number}")
    log.append("job-completed")
    assert log.ended  # shared, though not yet kept
    assert record.waits == [True] + [False] * 7
    assert not log.flush()
    assert record.bodies == []
    record.free = True
    assert log.flush()
    assert [Event.decode(body) for body in record.bodies] == log.events()
    assert log.snapshot.warnings == ()


def test_the_next_event_takes_along_what_the_journal_missed():
    record = Locked()
    log = running(record=record)
    record.free = True
    log.append("job-log", "x")
    assert len(record.bodies) == 3
    assert record.waits[-1] is False
    log.append("job-log", "y")
    assert record.waits[-1] is True  # caught up: kept before it is shared again
    assert len(record.bodies) == 4


def test_a_journal_that_breaks_while_it_is_behind_costs_one_warning():
    record = Locked()
    log = running(record=record)
    record.append = lambda *args, **kwargs: 1 / 0
    assert log.flush()
    assert len(log.snapshot.warnings) == 1
    log.append("job-completed")
    assert log.snapshot.status == "completed"


def test_a_slow_reader_costs_nothing_and_gets_the_newest_progress():
    log = running(ring_bytes=20_000)
    reader = log.reader()
    size = sys.getsizeof(reader)
    seen = reader.read()
    for item in range(5 * LAGGING):
        log.append("step-progress", stage="compose", percent=item / 10, current_item=item)
        log.append("job-log", f"line {item}") if item % 50 == 0 else None
    gc.collect()
    assert sys.getsizeof(reader) == size
    assert not any(isinstance(held, Event) for held in gc.get_referents(vars(reader)))
    assert sum(len(entry.body) for entry in log._ring) <= 20_000
    while batch := reader.read():
        seen += batch
    assert [e.current_item for e in seen if e.type == "step-progress"][-1] == 5 * LAGGING - 1
    assert len([e for e in seen if e.type == "step-progress"]) < 3
    assert replay("j", seen) == log.snapshot


@pytest.mark.parametrize("ended", [False, True], ids=["running", "ended"])
def test_what_was_there_before_is_told_whole_from_wherever_it_is_asked_for(ended):
    log = running()
    for item in range(3 * LAGGING):
        log.append("step-progress", stage="compose", percent=item / 10, current_item=item)
    if ended:
        log.append("job-completed")
    for after in (0, 1, LAGGING, log.seq):
        assert [event.seq for event in log.reader(after).read()] == [*range(after + 1, log.seq + 1)]


def test_every_reader_sees_everything_while_many_write():
    log = running(record=Memory(), ring_bytes=8_000)
    told: list[list[int]] = [[] for _ in range(12)]

    def read(mine: list[int]) -> None:
        mine += [event.seq for event in log.reader() if event.type != "step-progress"]

    def write(writer: int) -> None:
        for number in range(150):
            log.append("job-log", f"{writer}: {number}")
            log.append("step-progress", stage=STAGES[writer], percent=number / 2, current_item=number)

    readers = [threading.Thread(target=read, args=(mine,)) for mine in told]
    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    log.append("job-completed")
    for thread in readers:
        thread.join(30)
    whole = [event.seq for event in log.events() if event.type != "step-progress"]
    assert len(whole) == 2 + 3 * 150 + 1
    assert all(mine == whole for mine in told)


def test_a_failing_watcher_is_dropped_and_harms_nobody(caplog):
    log = running()
    seen: list[int] = []

    class Bad:
        def on_event(self, event):
            raise RuntimeError("broken view")

    class Good:
        def on_event(self, event):
            seen.append(event.seq)

    threads = [log.watch(Bad()), log.watch(Good())]
    log.append("job-log", "x")
    log.append("job-completed")
    for thread in threads:
        thread.join(10)
    assert seen == [1, 2, 3, 4]
    assert "broken view" in caplog.text


def test_a_slow_watcher_never_holds_up_the_writer():
    log = running()
    hold = threading.Event()

    class Slow:
        def on_event(self, event):
            hold.wait(30)

    thread = log.watch(Slow())
    for number in range(200):
        log.append("job-log", f"{number}")
    log.append("job-completed")
    assert log.ended
    hold.set()
    thread.join(30)
    assert not thread.is_alive()


def test_listeners_are_woken_until_they_leave_and_dropped_when_they_fail(caplog):
    log = running()
    woken: list[int] = []

    def bad() -> None:
        raise RuntimeError("broken listener")

    log.subscribe(bad)
    leave = log.subscribe(lambda: woken.append(log.seq))
    log.append("job-log", "a")
    log.append("job-log", "b")
    leave()
    log.append("job-log", "c")
    assert woken == [3, 4]
    assert caplog.text.count("RuntimeError: broken listener") == 1
