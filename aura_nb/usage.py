"""What work beside a task's own thread costs, told to the task that started it.

Child processes cost CPU seconds and memory; the threads that libraries start in this process CPU seconds.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, AnyStr

import psutil

# Linux counts in kibibytes, macOS in bytes (getrusage(2) of each).
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


class Meter:
    """What the ended children and threads of one task cost: `cpu_seconds` of all, `peak_bytes` of the largest.

    `lent_seconds` is the wall time that other threads gave to it, less what its own waited for them.
    """

    def __init__(self) -> None:
        self.cpu_seconds = 0.0
        self.peak_bytes = 0
        self.lent_seconds = 0.0
        self._lock = threading.Lock()

    def add(self, cpu_seconds: float, peak_bytes: int) -> None:
        """Count one more child, those it waited for included, or the threads of a library."""
        with self._lock:
            self.cpu_seconds += cpu_seconds
            self.peak_bytes = max(self.peak_bytes, peak_bytes)

    def lend(self, seconds: float) -> None:
        """Count the seconds of a thread that helps, or, below 0, of the task's own that waits for it."""
        with self._lock:
            self.lent_seconds += seconds


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
_running: weakref.WeakSet[subprocess.Popen[Any]] = weakref.WeakSet()
_guard = threading.Lock()
_beginning = threading.Lock()


@contextmanager
def metering() -> Iterator[Meter]:
    """The meter of all children that this thread starts inside."""
    meter = Meter()
    token = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(token)


def metered() -> Meter | None:
    """The meter of the task that this thread works for, None outside of any."""
    return _meter.get()


@contextmanager
def threads_of(begin: Callable[[], object]) -> Iterator[None]:
    """Around work that goes on in threads which `begin`, called first, has a library start in this process.

    What they cost until the end of the block goes to the meter of the task, for the clock of its own thread
    knows nothing of it. They must still be there then. As the system tells nobody who started a thread,
    only one task begins at a time.
    """
    with _beginning:
        before = {*_spent()} | {thread.native_id for thread in threading.enumerate()}
        begin()
        begun = {*_spent()} - before
    try:
        yield
    finally:
        if (meter := _meter.get()) is not None and begun:
            meter.add(sum(seconds for number, seconds in _spent().items() if number in begun), 0)


def _spent() -> dict[int, float]:
    """The CPU seconds of every thread of this process, by its number."""
    return {one.id: one.user_time + one.system_time for one in psutil.Process().threads()}


class Metered(subprocess.Popen[AnyStr]):
    """A child process whose cost goes to the meter of the task that starts it.

    Windows does not tell what an ended process cost: there it counts as nothing.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._meter = _meter.get()
        super().__init__(*args, **kwargs)
        with _guard:
            _running.add(self)

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        # What `wait` and `communicate` reap a child by. `wait4` is the `waitpid` that says what it cost.
        try:
            pid, status, used = os.wait4(self.pid, wait_flags)
        except ChildProcessError:
            return self.pid, 0
        if pid == self.pid and self._meter is not None:
            self._meter.add(used.ru_utime + used.ru_stime, used.ru_maxrss * _MAXRSS_BYTES)
        return pid, status


def resident_bytes() -> int:
    """The memory this process and its metered children hold now, with all that those started."""
    with _guard:
        pids = [child.pid for child in _running if child.returncode is None]
    total = int(psutil.Process().memory_info().rss)
    for pid in pids:
        # It may end while it is looked at.
        with contextlib.suppress(psutil.Error):
            child = psutil.Process(pid)
            total += sum(one.memory_info().rss for one in (child, *child.children(recursive=True)))
    return total
