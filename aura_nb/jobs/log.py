"""The one log of a job: a writer that orders and deduplicates, a bounded ring, and readers with cursors.

The ring holds encoded events up to a number of bytes, in front of the journal. What leaves the ring
is folded into `base`, so the state before the ring's first event is always known: a reader that fell
behind loses steps, never the truth.
"""

from __future__ import annotations

import contextvars
import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aura_nb.jobs.events import ENDED, ENDINGS, MOVES, Clock, Event, EventType, Status, plain
from aura_nb.jobs.outbox import Outbox, Record
from aura_nb.jobs.reader import Entry, Reader
from aura_nb.jobs.snapshot import Snapshot, fold

logger = logging.getLogger(__name__)

RING_BYTES = 256 * 1024
CHUNK_BYTES = 32 * 1024
"""About how much is read from the journal at once: many readers may be behind, each at another place."""
BEFORE_THE_END = 99.0
"""No percent above this until the job is completed."""


class Watcher(Protocol):
    """Something that shows a job. It is called from a thread of its own and may take its time."""

    def on_event(self, event: Event) -> None: ...


class EventLog:
    """Everything that happened in one job, in order.

    `append` may be called from any thread; a refused event (a duplicate, a step back, anything after
    the last) is not an error. `record` keeps every event before it is shared. While it is busy for
    longer than a moment, events are shared all the same and kept, in order, by a later `append` or
    `flush`; should it break, one `warning` says so and the log lives in memory alone.
    """

    def __init__(
        self,
        job_id: str,
        *,
        correlation_id: str = "",
        record: Record | None = None,
        ring_bytes: int = RING_BYTES,
        clock: Clock | None = None,
    ) -> None:
        self.job_id = job_id
        self.correlation_id = correlation_id
        self.clock = clock or Clock()
        self._outbox = Outbox(record)
        self._ring: deque[Entry] = deque()
        self._ring_bytes = ring_bytes
        self._bytes = 0
        self._base = self._snapshot = Snapshot(job_id)
        self._shown: set[tuple[str | None, int | None]] = set()
        self._reported = 0.0
        self._began: float | None = None
        self._moved = self.clock.monotonic()
        self._writing = threading.Lock()
        self._changed = threading.Condition()
        self._listeners: tuple[Callable[[], None], ...] = ()

    @property
    def snapshot(self) -> Snapshot:
        """The state after the newest event."""
        return self._snapshot

    @property
    def seq(self) -> int:
        """Number of the newest event; 0 when there is none."""
        return self._snapshot.seq

    @property
    def ended(self) -> bool:
        """Whether the last event is there."""
        return self._snapshot.ended

    @property
    def idle_seconds(self) -> float:
        """Seconds since the job last moved: a state, a stage, a scene, or any fraction of a percent."""
        return self.clock.monotonic() - self._moved

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the job began to run; 0 before."""
        return 0.0 if self._began is None else self.clock.monotonic() - self._began

    def append(
        self,
        type: EventType,
        message: str = "",
        *,
        status: Status | None = None,
        stage: str | None = None,
        percent: float | None = None,
        current_item: int | None = None,
        total_items: int | None = None,
        eta_seconds: float | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Event | None:
        """Add what happened; return the event, or None when there is nothing new to tell."""
        with self._writing:
            state, now = self._snapshot, self.clock.monotonic()
            becomes = self._becomes(type, status, message)
            if becomes is None:
                return None
            done = self._rise(percent, becomes, now)
            if type == "step-progress" and self._told(becomes, done, stage, current_item):
                return None
            if type not in ("warning", "job-log"):
                self._moved = now
            if becomes == "running" and self._began is None:
                self._began = now
            if type == "step-progress" and stage == state.stage:
                message = message or state.message
            elapsed = round(self.elapsed_seconds, 3)
            event = Event(
                seq=state.seq + 1,
                type=type,
                job_id=self.job_id,
                correlation_id=self.correlation_id,
                timestamp=round(self.clock.now(), 3),
                status=becomes,
                stage=stage,
                percent=round(done, 2),
                message=plain(message),
                current_item=current_item,
                total_items=total_items,
                elapsed_seconds=elapsed,
                eta_seconds=_eta(state, becomes, eta_seconds, elapsed),
                data=plain(data or {}),
            )
            entry = Entry(event, event.encode())
            broken = self._outbox.put(entry)
            self._share(entry)
        self._wake()
        if broken is not None:
            self._tell_broken(broken)
        return event

    def _becomes(self, type: EventType, status: Status | None, message: str) -> Status | None:
        """The state with this event; None when the state machine refuses it, or it tells nothing new."""
        state = self._snapshot
        if status is not None and (status in ENDED) != (type in ENDINGS):
            raise ValueError(f"a {type} event cannot carry the state {status}")
        becomes = status or ENDINGS.get(type, state.status)
        if state.ended or (becomes != state.status and becomes not in MOVES[state.status]):
            return None
        if type == "job-status" and becomes == state.status and state.seq and message in ("", state.message):
            return None
        return becomes

    def _rise(self, percent: float | None, status: Status, now: float) -> float:
        """The percent to show: it never falls, and is 100 with the film only."""
        if percent is not None and percent > self._reported:
            self._reported, self._moved = percent, now
        if status == "completed":
            return 100.0
        return max(self._snapshot.percent, min(self._reported, BEFORE_THE_END))

    def _told(self, status: Status, percent: float, stage: str | None, current_item: int | None) -> bool:
        """Whether this progress was told before; a new whole percent makes everything new."""
        if (status, int(percent)) != (self._snapshot.status, int(self._snapshot.percent)):
            self._shown.clear()
        known = (stage, current_item) in self._shown
        self._shown.add((stage, current_item))
        return known

    def flush(self) -> bool:
        """Offer a record that was busy what it did not take; never waits. Say whether nothing is left."""
        if self._outbox and (broken := self._outbox.flush()) is not None:
            self._tell_broken(broken)
        return not self._outbox

    def _share(self, entry: Entry) -> None:
        with self._changed:
            self._ring.append(entry)
            self._bytes += len(entry.body)
            while self._bytes > self._ring_bytes and len(self._ring) > 1:
                gone = self._ring.popleft()
                self._bytes -= len(gone.body)
                self._base = fold(self._base, gone.event)
            self._snapshot = fold(self._snapshot, entry.event)
            self._changed.notify_all()

    def _wake(self) -> None:
        for listener in self._listeners:
            try:
                listener()
            except Exception:
                logger.exception("A listener of job %s failed and is dropped.", self.job_id)
                self._forget(listener)

    def _tell_broken(self, error: Exception) -> None:
        logger.warning("The journal failed; job %s is kept in memory only.", self.job_id, exc_info=error)
        self.append(
            "warning",
            f"The journal cannot be written ({error}): this job is kept in memory only, "
            "and a restarted kernel will not know it. Check the folder named by AURA_NB_DATA_DIR.",
        )

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every new event, from the writer's thread; return what ends that.

        It must only wake someone, e.g. `partial(loop.call_soon_threadsafe, ready.set)`.
        """
        with self._changed:
            self._listeners = (*self._listeners, listener)
        return lambda: self._forget(listener)

    def _forget(self, listener: Callable[[], None]) -> None:
        with self._changed:
            self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

    def watch(self, watcher: Watcher, after: int = 0) -> threading.Thread:
        """Hand every event to `watcher`, from a thread of its own that ends with the job.

        A watcher that raises is logged and dropped; the job does not notice.
        """

        def show() -> None:
            try:
                for event in self.reader(after):
                    watcher.on_event(event)
            except Exception:
                logger.exception("A watcher of job %s failed and is dropped.", self.job_id)

        # The caller's context: what a watcher prints belongs to the cell that asked for it.
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(show,), name=f"aura-watch-{self.job_id}", daemon=True)
        thread.start()
        return thread

    def reader(self, after: int = 0) -> Reader:
        """A cursor behind event `after` (0: from the start)."""
        return Reader(self, after)

    def events(self, after: int = 0) -> list[Event]:
        """Every event after `after`, from the journal and the ring (a `gap` for what neither has)."""
        reader, events = Reader(self, after, lagging=math.inf), []
        while batch := reader.read():
            events += batch
        return events

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the last event, `timeout` seconds at most; say whether it is there."""
        with self._changed:
            return self._changed.wait_for(lambda: self.ended, timeout)

    def recent(self, seq: int) -> list[Entry] | None:
        """The entries behind `seq` if the ring still has them all, else None. Never waits, reads no file."""
        with self._changed:
            return self._recent(seq)

    def _recent(self, seq: int) -> list[Entry] | None:
        if not self._ring:
            return []
        first = self._ring[0].event.seq
        return None if seq + 1 < first else [self._ring[at] for at in range(seq + 1 - first, len(self._ring))]

    def after(self, seq: int, timeout: float | None) -> list[Entry]:
        """The entries a reader at `seq` gets next; none when `timeout` seconds bring nothing new."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.seq > seq, timeout):
                return []
            if (recent := self._recent(seq)) is not None:
                return recent
            base = self._base
        if (record := self._outbox.record) is not None:
            try:
                if bodies := record.read(seq, CHUNK_BYTES):
                    return [Entry(Event.decode(body), body) for body in bodies]
            except Exception as error:
                logger.warning("The journal cannot be read; readers skip ahead.", exc_info=error)
        gap = Event(
            seq=base.seq,
            type="gap",
            job_id=self.job_id,
            correlation_id=self.correlation_id,
            timestamp=round(self.clock.now(), 3),
            status=base.status,
            stage=base.stage,
            percent=base.percent,
            elapsed_seconds=base.elapsed_seconds,
            eta_seconds=base.eta_seconds,
            data={"missed": base.seq - seq, "state": base.wire()},
        )
        return [Entry(gap, gap.encode())]


def _eta(state: Snapshot, status: Status, told: float | None, elapsed: float) -> float | None:
    """The ETA an event carries: what was told, else the last one counted down; none once it ended."""
    if status in ENDED:
        return 0.0 if status == "completed" else None
    if told is not None and math.isfinite(told):
        return round(max(0.0, told), 3)
    if state.eta_seconds is None:
        return None
    return round(max(0.0, state.eta_seconds - (elapsed - state.elapsed_seconds)), 3)
