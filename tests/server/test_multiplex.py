"""The stream of all jobs: one cursor for all of them, that stays small and repeats nothing."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest

from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.server.feed import MOST_BYTES
from aura_nb.server.hub import LATELY, Hub
from aura_nb.server.multiplex import MOST_CURSORS, AllEvents, cursors
from aura_nb.server.stream import Pace
from tests.jobs.fakes import HandClock


class Page:
    """A page that watches all jobs, and comes back with the id of the last event it got."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._enough: Callable[[], bool] = lambda: False
        self._left = asyncio.Event()
        self.last = ""
        self.bodies: list[bytes] = []
        self.seqs: dict[str, list[int]] = defaultdict(list)

    @property
    def told(self) -> int:
        """How many events it has."""
        return sum(map(len, self.seqs.values()))

    async def watch(self, enough: Callable[[], bool]) -> None:
        """Connect, and leave when it is enough."""
        self._enough = enough
        self._left.clear()
        await asyncio.wait_for(AllEvents(self._hub, cursors(self.last))({}, self._receive, self._send), 20)

    async def stay(self, seconds: float) -> None:
        """Connect, and leave after a while."""
        asyncio.get_running_loop().call_later(seconds, self._left.set)
        await self.watch(lambda: False)

    async def _receive(self):
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if self._left.is_set() or message["type"] != "http.response.body":
            return
        self.bodies.append(message["body"])
        for block in message["body"].decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
            if "data" in fields:
                event = json.loads(fields["data"])
                self.last = fields["id"]
                if event["type"] == "heartbeat":
                    continue
                self.seqs[event["jobId"]].append(event["seq"])
            if self._enough():
                self._left.set()
                return


@pytest.fixture
def hand():
    return HandClock()


@pytest.fixture
def kept(tmp_path, hand):
    journal = Journal(tmp_path / "hand.sqlite3", clock=hand.clock)
    yield journal
    journal.close()


def queued(journal: Journal, hand: HandClock, count: int) -> list[Job]:
    """Jobs that have said that they wait, and do nothing more by themselves."""
    jobs = [Job(f"Job {number}", lambda *_: None, journal=journal, clock=hand.clock) for number in range(count)]
    for job in jobs:
        job.log.append("job-status", status="queued")
    return jobs


async def beside(hub: Hub, watching) -> None:
    """`watching`, with the hub's clock running."""
    clock = asyncio.ensure_future(hub.keep_time())
    try:
        await watching
    finally:
        clock.cancel()


def test_more_jobs_than_an_id_can_name_are_told_in_turn_and_none_twice(kept, hand):
    jobs = queued(kept, hand, MOST_CURSORS + 6)
    hub = Hub(kept, live=lambda: jobs, pace=Pace(heartbeat=0.05))

    async def run() -> None:
        page = Page(hub)
        # A new connection for each few events: whatever an id does not name would come again.
        for most in (*range(5, MOST_CURSORS, 5), MOST_CURSORS):
            await page.watch(lambda most=most: page.told >= most)
        # The others are not told of while no id could name them.
        await page.stay(0.2)
        assert (len(cursors(page.last)), page.told) == (MOST_CURSORS, MOST_CURSORS)
        for job in jobs[:6]:
            job.log.append("job-failed", "over")
        await page.watch(lambda: page.told >= MOST_CURSORS + 6)
        hand.pass_by(LATELY + 1)
        await page.watch(lambda: len(page.seqs) == len(jobs))
        assert dict(page.seqs) == {job.id: [1, 2] if job in jobs[:6] else [1] for job in jobs}

    asyncio.run(beside(hub, run()))


def test_jobs_that_ended_a_while_ago_leave_the_id(kept, hand):
    first, second = queued(kept, hand, 2)
    hub = Hub(kept, live=lambda: (first, second), pace=Pace(heartbeat=0.05))

    async def run() -> None:
        page = Page(hub)
        first.log.append("job-failed", "over")
        await page.watch(lambda: len(page.seqs) == 2 and len(page.seqs[first.id]) == 2)
        assert cursors(page.last) == {first.id: 2, second.id: 1}
        hand.pass_by(LATELY + 1)
        watching = asyncio.ensure_future(page.watch(lambda: second.log.seq == page.seqs[second.id][-1] > 1))
        # It looks before it is told.
        await asyncio.sleep(0.2)
        second.log.append("job-log", "news")
        await watching
        assert cursors(page.last) == {second.id: 2}
        assert dict(page.seqs) == {first.id: [1, 2], second.id: [1, 2]}

    asyncio.run(asyncio.wait_for(beside(hub, run()), 20))


def test_the_journal_is_asked_for_new_jobs_once_a_tick_however_many_watch(kept, hand, monkeypatch):
    (job,) = queued(kept, hand, 1)
    hub, asked = Hub(kept, live=lambda: (job,), pace=Pace(heartbeat=600)), Counter()
    running = kept.running

    def count(**settings):
        asked["running"] += 1
        return running(**settings)

    monkeypatch.setattr(kept, "running", count)

    async def run() -> None:
        pages = [Page(hub) for _ in range(20)]
        enough = [lambda page=page: page.seqs[job.id][-1:] == [30] for page in pages]
        watching = [asyncio.ensure_future(page.watch(done)) for page, done in zip(pages, enough, strict=True)]
        while not all(page.seqs for page in pages):
            await asyncio.sleep(0.01)
        for number in range(29):
            job.log.append("job-log", f"line {number}")
            await asyncio.sleep(0.005)
        await asyncio.gather(*watching)
        assert all(page.seqs[job.id] == [*range(1, 31)] for page in pages)

    asyncio.run(asyncio.wait_for(run(), 20))
    assert asked["running"] == 1


def test_what_is_sent_at_once_is_bounded_however_much_there_is_to_tell(kept, hand):
    jobs = queued(kept, hand, 3)
    for number in range(100):
        for job in jobs:
            job.log.append("job-log", f"{number} {'x' * 3000}")
    hub = Hub(kept, live=lambda: jobs, pace=Pace(heartbeat=600))

    async def run() -> Page:
        page = Page(hub)
        await page.watch(lambda: page.told == 303)
        return page

    page = asyncio.run(run())
    assert max(map(len, page.bodies)) < 1.2 * MOST_BYTES
    assert set(map(tuple, page.seqs.values())) == {tuple(range(1, 102))}


def test_a_cursor_newer_than_what_was_last_looked_at_of_another_kernel_repeats_nothing(kept, hand):
    (job,) = queued(kept, hand, 1)
    hub = Hub(kept, live=lambda: (), pace=Pace(heartbeat=600))

    async def run() -> None:
        feed = await hub.feed(job.id)
        job.log.append("job-log", "the list has told of this one")
        assert (feed.log.seq, job.log.seq) == (1, 2)
        page = Page(hub)
        page.last = f"{job.id}:2"
        watching = asyncio.ensure_future(page.watch(lambda: bool(page.seqs)))
        await asyncio.sleep(0.05)
        job.log.append("job-log", "news")
        await watching
        assert dict(page.seqs) == {job.id: [3]}

    asyncio.run(asyncio.wait_for(run(), 20))
