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
        """Whether it still runs; None when that cannot be told: on another machine, or the start times differ.

        A start time is derived from the boot time, so it moves when the clock is set, as it is after a
        virtual machine was suspended: another one may mean another process, or none other at all.
        """
        import psutil

        if self.host != platform.node():
            return None
        try:
            found = psutil.Process(self.pid)
            if found.status() == psutil.STATUS_ZOMBIE:
                return False
            return True if abs(found.create_time() - self.started) < 2.0 else None
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return None
