"""Parts of a task that is running, which threads without one may do: the last scene, when all else is done."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from functools import partial

from aura_nb.usage import Meter, metered

Part = Callable[[], None]


class _Shared:
    """One task's parts: those that nobody has begun, how many are at work, and what went wrong first."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.left = deque(parts)
        self.at_work = 0
        self.error: BaseException | None = None
        self.changed = threading.Condition()
        # A part's child processes and threads are the task's, whoever begins them.
        self.context = copy_context()
        self.meter: Meter | None = metered()

    def do_one(self, *, lent: bool = False) -> bool:
        """Do a part that nobody has begun; False when there is none.

        What a thread spends that is `lent` is counted before the task can go on, which then reads its meter.
        """
        with self.changed:
            if not self.left:
                return False
            part = self.left.popleft()
            self.at_work += 1
        error: BaseException | None = None
        began, cpu_began = time.monotonic(), time.thread_time()
        try:
            part()
        except BaseException as raised:
            error = raised
        if lent and self.meter is not None:
            self.meter.add(time.thread_time() - cpu_began, 0)
            self.meter.lend(time.monotonic() - began)
        with self.changed:
            self.at_work -= 1
            if error is not None:
                self.error = self.error or error
                self.left.clear()
            self.changed.notify_all()
        return True

    def wait(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: not self.at_work)


class Sharing:
    """What the running tasks of one job have to share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[_Shared] = []

    def run(self, parts: Sequence[Part]) -> None:
        """Do all of `parts`, of which others may take some; each is begun by one thread, in the given order.

        Raises what the first of them raised that failed, when none is at work any more.
        """
        shared = _Shared(parts)
        with self._lock:
            self._open.append(shared)
        try:
            while shared.do_one():
                pass
            began = time.monotonic()
            shared.wait()
            if shared.meter is not None:
                shared.meter.lend(began - time.monotonic())
        finally:
            with self._lock:
                self._open.remove(shared)
        if shared.error is not None:
            raise shared.error

    @property
    def wanted(self) -> bool:
        """Whether there is a part that nobody has begun."""
        with self._lock:
            return any(shared.left for shared in self._open)

    def help(self) -> None:
        """Do one part of another's task, if there is one left; what it raises is raised there."""
        with self._lock:
            shared = next((shared for shared in self._open if shared.left), None)
        if shared is not None:
            # A copy: a context runs in one thread at a time.
            helping: Context = shared.context.copy()
            helping.run(partial(shared.do_one, lent=True))
