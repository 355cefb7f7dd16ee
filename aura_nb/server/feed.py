"""One log's events as bytes, for all observers of a server: framed once, joined once, told of once.

A thousand observers at a hundred events a second would be a hundred thousand wake-ups a second if each
were told of each event. So the feed rings for all of them together, and no oftener than ringing costs:
at once for one observer, every few hundredths of a second for a thousand, who get all that is new in
one piece. Nobody waits for a later event, and nothing is queued: an observer is a number, its cursor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from aura_nb.jobs.reader import LAGGING, Entry, newest_progress

RING_SECONDS = 60e-6
"""What ringing costs for each observer, about: the pause between two rings is this times their number."""
LONGEST_PAUSE = 0.1
MOST_BYTES = 64 * 1024
"""About how much is sent in one piece: an observer that does not read holds this much and no more."""


class Log(Protocol):
    """A job's log, as far as observers are concerned."""

    @property
    def seq(self) -> int: ...

    @property
    def ended(self) -> bool: ...

    def recent(self, seq: int) -> list[Entry] | None:
        """What follows `seq` if it is all in memory, else None. Never waits."""
        ...

    def after(self, seq: int, timeout: float | None) -> list[Entry]: ...

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]: ...


class Piece(NamedTuple):
    """What is new behind a cursor, framed, and the cursor behind it."""

    data: bytes
    seq: int


class Feed:
    """The events of `log` for the observers in `loop`. All methods are called in the loop's thread."""

    def __init__(self, log: Log, loop: asyncio.AbstractEventLoop) -> None:
        self.log = log
        self._loop = loop
        self._waiting: list[asyncio.Future[None]] = []
        self._pieces: dict[int, Piece] = {}
        self._observers = 0
        self._rung = float("-inf")
        self._due = False
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def observers(self) -> int:
        """How many are attached."""
        return self._observers

    def attach(self) -> None:
        """One more observer; the first makes the feed listen to its log."""
        self._observers += 1
        if self._unsubscribe is None:
            self._unsubscribe = self.log.subscribe(self._told)

    def detach(self) -> None:
        """One observer less; with the last the feed lets go of its log."""
        self._observers -= 1
        if not self._observers and self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def ended(self, seq: int) -> bool:
        """Whether the job has ended and an observer at `seq` has all of it."""
        return self.log.ended and seq >= self.log.seq

    async def read(self, seq: int) -> Piece | None:
        """What follows `seq`, None when nothing does yet."""
        known = self._pieces.get(seq)
        if known is not None:
            return known
        found = piece(await self.entries(seq))
        if found is not None:
            self._pieces[seq] = found
        return found

    async def entries(self, seq: int) -> list[Entry]:
        """The entries behind `seq`, some of them where there are many; none when nothing is new."""
        entries = self.log.recent(seq)
        if entries is None:
            # They have left the ring: from the journal, which may take its time.
            entries = await asyncio.to_thread(self.log.after, seq, 0)
        return entries

    def waiter(self) -> asyncio.Future[None]:
        """A future that is done at the next ring; its owner may end it before."""
        waiter = self._loop.create_future()
        self._waiting.append(waiter)
        return waiter

    def ring(self) -> None:
        """Wake everybody who waits."""
        self._due, self._rung = False, self._loop.time()
        self._pieces.clear()
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _told(self) -> None:
        # In the writer's thread, which must not be held up: one message to the loop, however many events.
        if not self._due:
            self._due = True
            try:
                self._loop.call_soon_threadsafe(self._ring_in_time)
            except RuntimeError:
                # The loop was closed: there is nobody left to tell.
                self._due = False

    def _ring_in_time(self) -> None:
        pause = min(LONGEST_PAUSE, self._observers * RING_SECONDS)
        wait = self._rung + pause - self._loop.time()
        if wait > 0:
            self._loop.call_later(wait, self.ring)
        else:
            self.ring()


def piece(entries: Sequence[Entry]) -> Piece | None:
    """The first of `entries`, as many as make a piece, framed; None of none.

    Of many, only the newest `step-progress` of each stage is kept: whoever fell behind need not see
    how the bar got where it is.
    """
    if not entries:
        return None
    whole = newest_progress(entries) if len(entries) > LAGGING else entries
    frames: list[bytes] = []
    size = 0
    for entry in whole:
        frames.append(frame(entry))
        size += len(frames[-1])
        if size >= MOST_BYTES:
            return Piece(b"".join(frames), entry.event.seq)
    return Piece(b"".join(frames), entries[-1].event.seq)


def frame(entry: Entry) -> bytes:
    """An event as the stream sends it (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    Its body is one line of JSON, so that one `data:` carries it whole.
    """
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (entry.event.seq, entry.event.type.encode(), entry.body)
