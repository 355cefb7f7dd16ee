"""What stands between a log and its observers: nobody misses a ring, nothing grows, nothing spins."""

from __future__ import annotations

import asyncio
import threading
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from aura_nb.jobs.events import Event
from aura_nb.jobs.job import Job
from aura_nb.jobs.log import EventLog
from aura_nb.jobs.reader import Entry
from aura_nb.server.bell import Bell
from aura_nb.server.chunks import STATE
from aura_nb.server.feed import MOST_BYTES, MOST_PIECES, Feed
from aura_nb.server.hub import Hub
from aura_nb.server.jobs_api import JobsApi
from aura_nb.server.stream import EventStream, Pace
from tests.server.leaping import LeapingLoop


@dataclass
class Served:
    """What a stream asks of its server."""

    pace: Pace = field(default_factory=Pace)
    stopping: bool = False

    def streaming(self):
        return nullcontext()


class Slow:
    """A log whose journal takes its time, and says how often it was asked."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.asked: list[int] = []
        self.ready = threading.Event()
        self.seq, self.ended = len(entries), False

    def recent(self, seq):
        return [] if seq >= self.seq else None

    def after(self, seq, timeout):
        self.asked.append(seq)
        assert self.ready.wait(10)
        return self.entries[seq:]

    def subscribe(self, listener):
        return lambda: None


class Client:
    """The other end of a stream: takes all that is sent, with the moment it came.

    It also takes what is written past `send`, while `near`; nothing that is sent, until `ready`, and
    `pause` seconds for each piece.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.came: list[tuple[float, bytes]] = []
        self.written: list[bytes] = []
        self.whole = False
        self.near = True
        self.pause = 0.0
        self.ready = asyncio.Event()
        self.ready.set()

    async def receive(self):
        await self._loop.create_future()

    async def send(self, message):
        await self.ready.wait()
        await asyncio.sleep(self.pause)
        if message["type"] == "http.response.body":
            self.came.append((self._loop.time(), message["body"]))
            self.whole = not message["more_body"]

    def write(self, data):
        if self.near:
            self.came.append((self._loop.time(), data))
            self.written.append(data)
        return self.near

    def times(self, body: bytes) -> list[float]:
        return [when for when, found in self.came if body in found]


def entries(count: int, size: int = 10) -> list[Entry]:
    events = [Event(seq, "job-log", "job", "", 0.0, "running", message="x" * size) for seq in range(1, count + 1)]
    return [Entry(event, event.encode()) for event in events]


def test_a_bell_rung_while_its_owner_is_busy_is_heard_when_it_waits_and_only_once():
    async def listen() -> list[bool]:
        bell, heard = Bell(), []
        bell.ring()
        bell.ring()
        for _ in range(2):
            try:
                await asyncio.wait_for(bell.wait(), 0.01)
                heard.append(True)
            except TimeoutError:
                heard.append(False)
        bell.ring()
        await asyncio.wait_for(bell.wait(), 1)
        return heard

    assert asyncio.run(listen()) == [True, False]


def test_what_many_ask_the_journal_for_is_read_once():
    log = Slow(entries(40))

    async def ask() -> list:
        feed = Feed(log, asyncio.get_running_loop())
        asking = [asyncio.ensure_future(feed.read(0)) for _ in range(50)]
        await asyncio.sleep(0)
        # One of those who wait leaves: the others get theirs all the same.
        asking[0].cancel()
        log.ready.set()
        return await asyncio.gather(*asking[1:])

    pieces = asyncio.run(ask())
    assert log.asked == [0]
    assert {id(piece) for piece in pieces} == {id(pieces[0])}
    assert pieces[0].seq == 40


def test_the_journal_is_never_read_in_the_loop():
    log = Slow(entries(3))

    async def ask() -> int:
        feed = Feed(log, asyncio.get_running_loop())
        asking = asyncio.ensure_future(feed.read(0))
        # The loop goes on while the journal takes its time: else this would never be reached.
        await asyncio.sleep(0)
        log.ready.set()
        return (await asking).seq

    assert asyncio.run(ask()) == 3


def test_what_comes_during_a_ring_is_told_at_the_next_and_not_in_crumbs():
    log = EventLog("job")

    async def read() -> list[int | None]:
        feed, found = Feed(log, asyncio.get_running_loop()), []
        log.append("job-status", status="queued")
        # The first to come is told what happened before anybody listened.
        feed.attach(Bell())
        found.append((await feed.read(0)).seq)
        log.append("job-log", "while others get theirs")
        found.append(await feed.read(1))
        # The log has asked for the next ring by itself.
        while (piece := await feed.read(1)) is None:
            await asyncio.sleep(0)
        return [*found, piece.seq]

    assert asyncio.run(asyncio.wait_for(read(), 10)) == [1, None, 2]


def test_what_is_new_is_written_by_who_rings_and_wakes_nobody():
    log = EventLog("job")

    async def watch() -> tuple[list[bytes], Client]:
        loop = asyncio.get_running_loop()
        client, feed = Client(loop), Feed(log, loop)
        watching = asyncio.ensure_future(
            EventStream(feed, 0, Served())({"state": {STATE: client}}, client.receive, client.send)
        )
        while not client.came:
            await asyncio.sleep(0)
        log.append("job-status", status="queued")
        # No task had a turn in between.
        feed.ring()
        written = [*client.written]
        log.append("job-failed", "over")
        await asyncio.wait_for(watching, 5)
        return written, client

    written, client = asyncio.run(watch())
    assert [piece.split(b"\n")[0] for piece in written] == [b"id: 1"]
    assert (ids(client), client.whole) == ([1, 2], True)


@pytest.mark.parametrize("why", ["life", "stopping"])
def test_one_that_is_told_something_at_every_ring_is_ended_in_its_time_too(why):
    loop, log, server = LeapingLoop(), EventLog("job"), Served(Pace(life=10))

    async def watch() -> float:
        client, feed = Client(loop), Feed(log, loop)
        stream = EventStream(feed, 0, server)
        watching = asyncio.ensure_future(stream({"state": {STATE: client}}, client.receive, client.send))
        while not watching.done() and loop.time() < 20:
            await asyncio.sleep(0.1)
            server.stopping = why == "stopping" and loop.time() > 5
            # The feed rings by itself, and never without news.
            log.append("job-log", "news")
        assert client.written
        assert client.whole
        return loop.time()

    assert loop.run_until_complete(watch()) == pytest.approx(10 if why == "life" else 5, abs=0.25)
    loop.close()


STEPS = {
    "tell": lambda log, feed, client: log.append("job-log", "x" * 10),
    "tell much": lambda log, feed, client: [log.append("job-log", "x" * 9_000) for _ in range(8)],
    "tell steps": lambda log, feed, client: steps(log, 80),
    "ring": lambda log, feed, client: feed.ring(),
    "tick": lambda log, feed, client: feed.tick(),
    "near": lambda log, feed, client: setattr(client, "near", True),
    "far": lambda log, feed, client: setattr(client, "near", False),
    "slow": lambda log, feed, client: client.ready.clear(),
    "quick": lambda log, feed, client: client.ready.set(),
    "turn": None,
}


@given(st.lists(st.sampled_from([*STEPS, "turn", "turn", "ring"]), max_size=40))
def test_whichever_way_each_piece_takes_all_come_once_and_in_order(steps):
    log = EventLog("job", ring_bytes=1 << 24)

    async def watch() -> list[int]:
        loop = asyncio.get_running_loop()
        client, feed = Client(loop), Feed(log, loop)
        stream = EventStream(feed, 0, Served())
        watching = asyncio.ensure_future(stream({"state": {STATE: client}}, client.receive, client.send))
        for step in steps:
            if (act := STEPS[step]) is not None:
                act(log, feed, client)
            else:
                await asyncio.sleep(0)
        client.ready.set()
        # Nothing may be left for a ring that never comes: the end comes from this one or from none.
        log.append("job-failed", "over")
        await asyncio.wait_for(watching, 5)
        return ids(client)

    assert asyncio.run(watch()) == [*range(1, log.seq + 1)]


def steps(log: EventLog, count: int) -> None:
    for _ in range(count):
        log.append("step-progress", stage="compose", current_item=log.seq)


def watched(log: EventLog, after: int, watch) -> Client:
    """An observer of `log` behind event `after`, to its end, while `watch(client)` goes on; hours cost nothing."""
    loop = LeapingLoop()

    async def run() -> Client:
        client, feed = Client(loop), Feed(log, loop)
        stream = EventStream(feed, after, Served())
        streaming = asyncio.ensure_future(stream({"state": {STATE: client}}, client.receive, client.send))
        await watch(client)
        log.append("job-failed", "over")
        await streaming
        return client

    try:
        return loop.run_until_complete(run())
    finally:
        loop.close()


def test_one_that_had_all_and_reads_too_slowly_is_spared_steps_until_it_has_all_again():
    log = EventLog("job")

    async def watch(client: Client) -> None:
        await asyncio.sleep(1)
        client.near = False
        client.ready.clear()
        # The first of these waits to be read for long enough.
        steps(log, 1)
        await asyncio.sleep(10)
        steps(log, 100)
        log.append("job-log", "between")
        steps(log, 100)
        client.ready.set()
        await asyncio.sleep(1)
        steps(log, 100)
        await asyncio.sleep(1)

    assert ids(watched(log, 0, watch)) == [1, 102, *range(202, 304)]


@pytest.mark.parametrize("after", [0, 7])
def test_what_an_observer_asked_for_is_told_whole_however_slowly_it_reads(after):
    log = EventLog("job", ring_bytes=1 << 24)
    for _ in range(20):
        steps(log, 100)

    async def watch(client: Client) -> None:
        client.pause = 5
        while not client.times(b"id: 2000\n"):
            await asyncio.sleep(1)

    assert ids(watched(log, after, watch)) == [*range(after + 1, log.seq + 1)]


def test_a_tick_rings_unless_a_ring_is_due_anyway():
    log, rung = EventLog("job"), []

    class Heard:
        def ring(self):
            rung.append(log.seq)

    async def watch() -> None:
        feed = Feed(log, asyncio.get_running_loop())
        feed.attach(Heard())
        feed.tick()
        log.append("job-status", status="queued")
        feed.tick()
        await asyncio.sleep(0.01)
        feed.tick()

    asyncio.run(watch())
    assert rung == [0, 1, 1]


def test_pieces_of_observers_that_are_all_at_different_places_do_not_pile_up():
    log = Slow(entries(400, 300))
    log.ready.set()

    async def read() -> tuple[int, int]:
        feed = Feed(log, asyncio.get_running_loop())
        found = [await feed.read(seq) for seq in range(300)]
        return len(feed._pieces), max(len(piece.data) for piece in found)

    kept, largest = asyncio.run(read())
    assert kept <= MOST_PIECES
    assert largest < 2 * MOST_BYTES


def test_an_observer_ahead_of_its_log_waits_without_holding_up_the_loop():
    """Another kernel's log is looked at now and then: the journal itself may have told more already."""
    log = Slow(entries(5))

    async def watch() -> list[bytes]:
        loop = asyncio.get_running_loop()
        client, server, feed = Client(loop), Served(), Feed(log, loop)
        stream = asyncio.ensure_future(EventStream(feed, 7, server)({}, client.receive, client.send))
        # Fails if the loop is never given back.
        for _ in range(10):
            await asyncio.sleep(0)
        server.stopping = True
        feed.ring()
        await asyncio.wait_for(stream, 5)
        return [body for _, body in client.came]

    done: list[list[bytes]] = []
    thread = threading.Thread(target=lambda: done.append(asyncio.run(watch())), daemon=True)
    thread.start()
    thread.join(10)
    assert done == [[b": connected\nretry: 2000\n", b""]]


def test_a_cursor_newer_than_what_was_last_looked_at_of_another_kernel_repeats_nothing(journal):
    job = Job("Tides", lambda report, cancel: None, journal=journal)
    job.log.append("job-status", status="queued")

    async def watch() -> list[int]:
        hub = Hub(journal, live=lambda: ())
        client, feed = Client(asyncio.get_running_loop()), await hub.feed(job.id)
        job.log.append("job-log", "the observer has this one from elsewhere")
        assert (feed.log.seq, job.log.seq) == (1, 2)
        request = Request(
            {
                "type": "http",
                "method": "GET",
                "headers": [(b"last-event-id", b"2")],
                "query_string": b"",
                "path_params": {"id": job.id},
            }
        )
        stream = await JobsApi(hub, lambda *_: job).events(request)
        watching = asyncio.ensure_future(stream({}, client.receive, client.send))
        job.log.append("job-failed", "news")
        await asyncio.wait_for(watching, 10)
        return ids(client)

    assert asyncio.run(watch()) == [3]


def ids(client: Client) -> list[int]:
    lines = [line for _, body in client.came for line in body.split(b"\n")]
    return [int(line.removeprefix(b"id: ")) for line in lines if line.startswith(b"id: ")]


async def idle(seconds: float, hub: Hub, job: Job, client: Client) -> None:
    """Observe `job`, in which nothing happens for so long, then one line; come back as an EventSource does."""
    clock = asyncio.ensure_future(hub.keep_time())

    async def watch() -> None:
        while not job.ended:
            feed = await hub.feed(job.id)
            await hub.stream(feed, max([0, *ids(client)]))({}, client.receive, client.send)

    watching = asyncio.ensure_future(watch())
    await asyncio.sleep(seconds)
    job.log.append("job-log", "at last")
    await asyncio.sleep(1)
    job.log.append("job-failed", "over")
    await watching
    clock.cancel()


@pytest.mark.parametrize(("life", "connections"), [(3600.0, 1), (Pace().life, 3)])
def test_ten_minutes_without_news_lose_nothing_and_are_full_of_heartbeats(journal, life, connections):
    """Seed fix 1: streams timed out after 30 s without news."""
    loop, job = LeapingLoop(), Job("Tides", lambda report, cancel: None)
    client, hub = Client(loop), Hub(journal, live=lambda: [job], pace=Pace(life=life))
    job.log.append("job-status", status="queued")
    loop.run_until_complete(idle(600, hub, job, client))
    loop.close()
    assert len(client.times(b": connected")) == connections
    alive = sorted([*client.times(b": heartbeat"), *client.times(b": connected")])
    assert alive[0] == 0
    assert max(after - before for before, after in pairwise(alive)) <= 1.1 * Pace().heartbeat + 0.01
    assert client.times(b"at last") == [600.0]
    assert ids(client) == [1, 2, 3]
    assert client.whole
