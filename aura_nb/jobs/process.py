"""Which process a job runs in, told apart for good, so that the jobs of a dead kernel can be found."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """A process for good: the number alone may be given to another one later."""

    host: str
    pid: int
    started: float

    @classmethod
    def this(cls) -> Process:
        """The process we are in."""
        import psutil

        return cls(platform.node(), os.getpid(), psutil.Process().create_time())

    def alive(self) -> bool | None:
        """Whether it still runs; None for a process of another machine."""
        import psutil

        if self.host != platform.node():
            return None
        try:
            found = psutil.Process(self.pid)
            # Start times are derived from the boot time and move a little when the clock is set.
            same = abs(found.create_time() - self.started) < 2.0
            return same and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True
