"""Events on their way to the record that keeps them for good: in order, and patient with a busy one."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from aura_nb.jobs.events import Event
from aura_nb.jobs.reader import Entry

logger = logging.getLogger(__name__)

EXIT_SECONDS = 3.0
"""How long the end of the process waits for a busy record, all in all: a kernel is killed after five."""
RETRY_SECONDS = 0.05


class Busy(Exception):
    """Somebody else is writing to the record: what it does not take now, it takes later."""


class Record(Protocol):
    """Where a log keeps its events for good (see `journal.py`).

    Both may raise. After `Busy` the event is offered again; after anything else the log goes on without.
    """

    def append(self, event: Event, body: bytes, *, wait: bool) -> None:
        """Keep the event for good; `wait` a moment for another writer to finish, or not at all."""

    def read(self, after: int, most: int) -> Sequence[bytes]:
        """Encoded events after number `after`, as many as make `most` bytes, if not all of them."""
        ...


_late: set[Outbox] = set()
"""Those with events that their record has not taken yet."""


class Outbox:
    """The one way to `record` (None: there is none, or it broke). Both methods may be called from any thread.

    They return the error that broke the record for good; what was still to be kept is dropped then.
    """

    def __init__(self, record: Record | None) -> None:
        self.record = record
        self._entries: deque[Entry] = deque()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Entry) -> Exception | None:
        """Hand over the event after those before it; what a busy record does not take stays."""
        with self._lock:
            if self.record is None:
                return None
            # Waiting for a busy record once is enough: behind it, nothing may hold up the job or its cancel.
            behind = bool(self._entries)
            self._entries.append(entry)
            return self._offer(wait=not behind)

    def flush(self) -> Exception | None:
        """Offer again what was not taken; never waits for the record."""
        with self._lock:
            return self._offer(wait=False)

    def _offer(self, *, wait: bool) -> Exception | None:
        try:
            while self.record is not None and self._entries:
                self.record.append(*self._entries[0], wait=wait)
                self._entries.popleft()
        except Busy:
            pass
        except Exception as error:  # whatever breaks in the record must not lose the film
            self.record = None
            self._entries.clear()
            return error
        finally:
            (_late.add if self._entries else _late.discard)(self)
        return None


@atexit.register
def _flush_all() -> None:
    """Give what is late a last chance: the threads that would go on offering it end with the process."""
    until = time.monotonic() + EXIT_SECONDS
    while late := tuple(_late):
        for outbox in late:
            if (error := outbox.flush()) is not None:
                logger.warning("The journal failed; it does not know how a job ended.", exc_info=error)
        if time.monotonic() >= until:
            return
        time.sleep(RETRY_SECONDS)
