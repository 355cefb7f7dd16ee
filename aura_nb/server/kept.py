"""A job that only the journal knows, as a log: one that ended, or one of another kernel."""

from __future__ import annotations

import threading
from collections.abc import Callable

from aura_nb.jobs.events import ENDED, Event
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.reader import Entry

CHUNK = 512
POLL_SECONDS = 0.25


class KeptLog:
    """What the journal has of a job; while it runs elsewhere, looked at four times a second."""

    def __init__(self, journal: Journal, job_id: str) -> None:
        self._journal = journal
        self._job_id = job_id
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[], None], ...] = ()
        self.seq = 0
        self.ended = False
        self._look()

    def recent(self, seq: int) -> list[Entry] | None:
        """Nothing, or None for what the journal has to be asked for."""
        return [] if seq >= self.seq else None

    def after(self, seq: int, timeout: float | None) -> list[Entry]:
        """The entries behind `seq`, as many as are read at once; waits for none."""
        return [Entry(Event.decode(body), body) for body in self._journal.bodies(self._job_id, seq, CHUNK)]

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after new events; return what ends that."""
        with self._lock:
            alone = not self._listeners
            self._listeners = (*self._listeners, listener)
        if alone and not self.ended:
            threading.Thread(target=self._follow, name=f"aura-kept-{self._job_id}", daemon=True).start()

        def stop() -> None:
            with self._lock:
                self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return stop

    def _follow(self) -> None:
        pause = threading.Event()
        while self._listeners and not self.ended:
            pause.wait(POLL_SECONDS)
            before = self.seq
            self._look()
            if self.seq != before:
                for listener in self._listeners:
                    listener()

    def _look(self) -> None:
        row = self._journal.row(self._job_id)
        if row is not None:
            # In this order: who sees the end has seen all there is before it.
            self.seq = row.seq
            self.ended = row.status in ENDED
