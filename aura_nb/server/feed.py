"""One log's events as bytes, for all observers of a server: framed once, joined once, told of once.

A thousand observers at a hundred events a second would be a hundred thousand wake-ups a second if each
were told of each event. So the feed rings for all of them together, and no oftener than ringing costs:
at once for one observer, every few hundredths of a second for a thousand, who get all that is new in
one piece; what comes while they get it waits for the next ring, or each would get it in crumbs. Nobody
waits for a later event, and nothing is queued: an observer is a number, its cursor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from aura_nb.jobs.reader import Entry, newest_progress

LONGEST_PAUSE = 0.16
"""Seconds between two rings for `MANY` observers or more: what one gets later, all cost less."""
MANY = 1000
_STEEPNESS = 1.4
"""Above 1, for what a pause saves grows with their number as well: a hundred wait for 6 ms only."""
MOST_BYTES = 32 * 1024
"""About how much is sent in one piece: an observer that does not read holds this much and no more."""
MOST_PIECES = 32
"""How many pieces are kept for others: observers that catch up are each at another place."""


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


class Listener(Protocol):
    """What is told that there may be something new."""

    def ring(self) -> None: ...


class Piece(NamedTuple):
    """What is new behind a cursor, framed, and the cursor behind it."""

    data: bytes
    seq: int


class Feed:
    """The events of `log` for the observers in `loop`. All methods are called in the loop's thread."""

    def __init__(self, log: Log, loop: asyncio.AbstractEventLoop) -> None:
        self.log = log
        self._loop = loop
        self._listeners: set[Listener] = set()
        self._pieces: dict[int, Piece] = {}
        self._readings: dict[int, asyncio.Future[list[Entry]]] = {}
        # How far observers are told: to the newest event of the last ring.
        self._news = log.seq
        self._rung = float("-inf")
        self._due = False
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def observers(self) -> int:
        """How many are attached."""
        return len(self._listeners)

    def attach(self, listener: Listener) -> None:
        """One more observer, told by `listener`; the first makes the feed listen to its log."""
        self._listeners.add(listener)
        if self._unsubscribe is None:
            self._unsubscribe = self.log.subscribe(self._told)
            # Nobody rang for what happened before.
            self._fetch()

    def detach(self, listener: Listener) -> None:
        """One observer less; with the last the feed lets go of its log."""
        self._listeners.discard(listener)
        if not self._listeners and self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def ended(self, seq: int) -> bool:
        """Whether the job has ended and an observer at `seq` has its last event."""
        return self.log.ended and seq == self.log.seq

    def settled(self, seq: int) -> bool:
        """Whether an observer at `seq` has all there is before the next ring, and more may come."""
        return seq == self._news and not self.log.ended

    async def read(self, seq: int, *, spared: bool = False) -> Piece | None:
        """What follows `seq`, None when nothing does yet; to one that is `spared`, steps by their newest only."""
        if spared:
            return piece(newest_progress(await self.entries(seq)))
        return self.at_hand(seq) or self._piece(seq, await self.entries(seq))

    def at_hand(self, seq: int) -> Piece | None:
        """What follows `seq`, None when nothing does yet, or when the journal has to be asked for it."""
        return self._pieces.get(seq) or self._piece(seq, self._recent(self._place(seq)) or ())

    async def entries(self, seq: int) -> list[Entry]:
        """The entries behind `seq`, some of them where there are many; none when nothing is new."""
        seq = self._place(seq)
        entries = self._recent(seq)
        if entries is not None:
            return entries
        # They have left the ring: from the journal, which may take its time, once for all who ask.
        if seq not in self._readings:
            reading = asyncio.ensure_future(asyncio.to_thread(self.log.after, seq, 0))
            reading.add_done_callback(lambda _: self._readings.pop(seq))
            self._readings[seq] = reading
        return await asyncio.shield(self._readings[seq])

    def _place(self, seq: int) -> int:
        # What it had seen may be lost with a kernel: the end is news to it all the same.
        return self.log.seq - 1 if self.log.ended and seq > self.log.seq else seq

    def _recent(self, seq: int) -> list[Entry] | None:
        return [] if seq >= self._news else self.log.recent(seq)

    def _piece(self, seq: int, entries: Sequence[Entry]) -> Piece | None:
        # Many may have waited for the same entries: the first has made the piece.
        found = self._pieces.get(seq) or piece(entries)
        if found is not None:
            if len(self._pieces) >= MOST_PIECES:
                self._pieces.clear()
            self._pieces[seq] = found
        return found

    def tick(self) -> None:
        """Ring, so that nobody misses the time, unless it will ring in a moment anyway."""
        if not self._due:
            self.ring()

    def ring(self) -> None:
        """Tell everybody that there may be something new."""
        self._due, self._rung = False, self._loop.time()
        self._fetch()
        for listener in self._listeners:
            listener.ring()

    def _fetch(self) -> None:
        self._news = self.log.seq
        self._pieces.clear()

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
        pause = LONGEST_PAUSE * min(1.0, len(self._listeners) / MANY) ** _STEEPNESS
        wait = self._rung + pause - self._loop.time()
        if wait > 0:
            self._loop.call_later(wait, self.ring)
        else:
            self.ring()


def piece(entries: Sequence[Entry]) -> Piece | None:
    """The first of `entries`, as many as make a piece, framed; None of none."""
    if not entries:
        return None
    some = portion(entries)
    return Piece(b"".join(map(frame, some)), some[-1].event.seq)


def portion(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The first of `entries`, as many as are sent at once."""
    size = 0
    for count, entry in enumerate(entries, 1):
        size += len(entry.body)
        if size >= MOST_BYTES:
            return entries[:count]
    return entries


def frame(entry: Entry) -> bytes:
    """An event as the stream sends it (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    Its body is one line of JSON, so that one `data:` carries it whole.
    """
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (entry.event.seq, entry.event.type.encode(), entry.body)
