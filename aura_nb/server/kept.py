"""A job that only the journal knows, as a log: one that ended, or one of another kernel."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from aura_nb.jobs.database import UNUSABLE
from aura_nb.jobs.events import ENDED, Event
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.log import CHUNK_BYTES
from aura_nb.jobs.reader import Entry

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
LOOKS_A_BURIAL = 20
"""After so many looks the dead are looked for: a killed kernel does not tell that its job is over."""


class KeptLog:
    """What the journal has of a job; while it runs elsewhere, looked at four times a second."""

    def __init__(self, journal: Journal, job_id: str) -> None:
        self._journal = journal
        self._job_id = job_id
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._following = False
        self.seq = 0
        self.ended = False
        self._look()

    def recent(self, seq: int) -> list[Entry] | None:
        """Nothing, or None for what the journal has to be asked for."""
        return [] if seq >= self.seq else None

    def after(self, seq: int, timeout: float | None) -> list[Entry]:
        """The entries behind `seq`, as many as are read at once; waits for none."""
        return [Entry(Event.decode(body), body) for body in self._journal.bodies(self._job_id, seq, CHUNK_BYTES)]

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after new events; return what ends that."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
            # One thread, however often listeners come and go while it pauses.
            begin = not (self._following or self.ended)
            self._following |= begin
        if begin:
            threading.Thread(target=self._follow, name=f"aura-kept-{self._job_id}", daemon=True).start()

        def stop() -> None:
            with self._lock:
                self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return stop

    def _follow(self) -> None:
        pause, looks = threading.Event(), 0
        while self._is_followed():
            pause.wait(POLL_SECONDS)
            looks += 1
            before = self.seq
            try:
                if looks % LOOKS_A_BURIAL == 0:
                    self._journal.bury_orphans()
                self._look()
            except UNUSABLE:
                logger.debug(
                    "The journal cannot be read now; job %s is looked at again.", self._job_id, exc_info=True
                )
            if self.seq != before:
                for listener in self._listeners:
                    listener()

    def _is_followed(self) -> bool:
        with self._lock:
            self._following = bool(self._listeners) and not self.ended
            return self._following

    def _look(self) -> None:
        row = self._journal.row(self._job_id)
        if row is not None:
            # In this order: who sees the end has seen all there is before it.
            self.seq = row.seq
            self.ended = row.status in ENDED
