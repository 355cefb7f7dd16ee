"""Cancellation: one token a job, checked by loops and able to stop what blocks at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aura_nb.errors import JobCancelled

logger = logging.getLogger(__name__)


class Cancel:
    """A one-way switch shared by everything that works for one job.

    Loops call `check()` between steps. Whatever blocks in a subprocess or in C hangs a stop
    function on the token with `stopping()`, and `set()` calls it from the cancelling thread.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []

    @property
    def is_set(self) -> bool:
        """Whether the job is to stop."""
        return self._event.is_set()

    def set(self) -> None:
        """Ask everything to stop, now. Calling it again does nothing."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            stops = tuple(self._stops)
        for stop in stops:
            try:
                stop()
            except Exception:
                # The others must still be stopped.
                logger.exception("A stop function failed.")

    def check(self) -> None:
        """Raise `JobCancelled` when the switch is set."""
        if self._event.is_set():
            raise JobCancelled

    def wait(self, seconds: float) -> bool:
        """Wait until the switch is set, `seconds` at most; say whether it is."""
        return self._event.wait(seconds)

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """While inside, have `set()` call `stop` (thread-safe, idempotent); raise if already set."""
        with self._lock:
            if self._event.is_set():
                raise JobCancelled
            self._stops.append(stop)
        try:
            yield
        finally:
            with self._lock:
                self._stops.remove(stop)
