"""Whose turn it is: a few jobs run at once, the others wait in order. All of them stop with the kernel."""

from __future__ import annotations

import atexit
import importlib
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterable
from typing import Protocol

EXIT_SECONDS = 2.0


class Turn(Protocol):
    """A job, as far as its turn is concerned."""

    def launch(self) -> None: ...

    def cancel(self) -> None: ...

    def join(self, timeout: float) -> None: ...


_queues: weakref.WeakSet[Queue] = weakref.WeakSet()


class Queue:
    """Launches jobs in the order they came, `limit` at once."""

    def __init__(self, limit: int = 1) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._waiting: deque[Turn] = deque()
        self._running: list[Turn] = []
        _queues.add(self)

    def add(self, job: Turn) -> None:
        """Launch `job` when there is room for it."""
        with self._lock:
            self._waiting.append(job)
        self._fill()

    def leave(self, job: Turn) -> None:
        """`job` has ended, before or after its turn. Calling it again does nothing."""
        with self._lock:
            for jobs in (self._waiting, self._running):
                if job in jobs:
                    jobs.remove(job)
        self._fill()

    @property
    def jobs(self) -> tuple[Turn, ...]:
        """Those that run, then those that wait."""
        with self._lock:
            return (*self._running, *self._waiting)

    def ahead(self, job: Turn) -> tuple[Turn, ...]:
        """Those that `job` waits for: they run, or have their turn before it. Empty once it has its own."""
        with self._lock:
            if job not in self._waiting:
                return ()
            waiting = [*self._waiting]
            return (*self._running, *waiting[: waiting.index(job)])

    def _fill(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or len(self._running) >= self.limit:
                    return
                job = self._waiting.popleft()
                self._running.append(job)
            job.launch()


QUEUE = Queue()
"""The queue of this kernel."""


def stop(jobs: Iterable[Turn]) -> None:
    """Cancel `jobs` and give their threads a moment to end what they started."""
    jobs = tuple(jobs)
    for job in jobs:
        job.cancel()
    deadline = time.monotonic() + EXIT_SECONDS
    for job in jobs:
        job.join(max(0.0, deadline - time.monotonic()))


def _stop_all() -> None:
    # Those that wait first, so that none of them gets its turn now.
    stop(job for queue in tuple(_queues) for job in reversed(queue.jobs))


# `atexit` is too late: before its functions run, the interpreter waits for all that is queued in the pools
# of concurrent.futures, that is, for the whole film. `threading._register_atexit` (CPython 3.9 and later)
# is where those pools hook in; what is registered last runs first, so they must be registered before.
importlib.import_module("concurrent.futures.thread")
getattr(threading, "_register_atexit", atexit.register)(_stop_all)
