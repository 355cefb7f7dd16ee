"""The machine's load: CPU, memory, disk and GPU, sampled while nothing renders.

A render takes all it can get: measuring it then costs it something and says nothing. So the monitor
pauses while a job runs, by the job's own state and never by what is on a screen, and logs that at most
once a minute, however many monitors the process has.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from aura_nb.jobs.events import Clock, camel, rename
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.queue import QUEUE

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
CPU_SECONDS = 0.1
STALE_SECONDS = 8.0
LOG_SECONDS = 60.0
YELLOW, RED = 75.0, 90.0

Level = Literal["green", "yellow", "red"]


@dataclass(frozen=True, slots=True)
class Load:
    """What was found at one moment: percents 0–100, sizes in bytes. The GPU's is None without one.

    `disk` is that of the folder films go to.
    """

    timestamp: float
    cpu: float
    memory: float
    memory_used: int
    memory_total: int
    disk: float
    disk_free: int
    gpu: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest load, None before the first; `paused` by a render, `stale` when it is old."""

    load: Load | None
    paused: bool
    stale: bool

    def wire(self) -> dict[str, Any]:
        """The answer of `GET /api/metrics/system`, JSON-plain, with a level beside each percent."""
        load: dict[str, Any] | None = None
        if self.load is not None:
            found = asdict(self.load)
            levels = {name: level(found[name]) for name in ("cpu", "memory", "disk", "gpu")}
            load = rename({**found, "levels": levels}, camel)
        return {"load": load, "paused": self.paused, "stale": self.stale}


def level(percent: float | None) -> Level | None:
    """green below 75 %, yellow below 90 %, red from there; None of nothing."""
    if percent is None:
        return None
    return "red" if percent >= RED else "yellow" if percent >= YELLOW else "green"


def rendering() -> bool:
    """Whether a job of this kernel runs."""
    return any(isinstance(job, Job) and job.status in ("running", "cancelling") for job in QUEUE.jobs)


def rendering_anywhere(journal: Journal) -> Callable[[], bool]:
    """What tells whether a job runs on this machine: in this kernel, or in another one that `journal` knows."""
    return lambda: rendering() or journal.rendering()


def measure(folder: Path, now: float) -> Load:
    """The load now; `cpu` is the mean of the tenth of a second this takes.

    Without a time of its own psutil measures since the last call in the same thread, and tells 0 % at the
    first in each: a server asks in whatever thread is free.
    """
    import psutil

    memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(_existing(folder)))
    return Load(
        timestamp=now,
        cpu=float(psutil.cpu_percent(CPU_SECONDS)),
        memory=float(memory.percent),
        memory_used=int(memory.total - memory.available),
        memory_total=int(memory.total),
        disk=float(disk.percent),
        disk_free=int(disk.free),
        gpu=_gpu(),
    )


class PauseLog:
    """The line that says that monitors are paused: once a minute at most."""

    def __init__(self) -> None:
        self._at = float("-inf")
        self._lock = threading.Lock()

    def say(self, now: float) -> None:
        """Log it, unless it was less than a minute ago; `now` is of a clock that never goes back."""
        with self._lock:
            if now - self._at < LOG_SECONDS:
                return
            self._at = now
        logger.info("The resource monitor is paused while a film is rendered.")


PAUSE_LOG = PauseLog()
"""That of the process: a server and every resource bar have a monitor of their own."""


class Monitor:
    """Measures the load every two seconds at most, whoever and however many look.

    Parameters
    ----------
    folder:
        Whose disk counts.
    busy:
        Whether a render runs.
    pause_log:
        Where it says that it is paused; by default that of the process.
    """

    def __init__(
        self,
        folder: Path,
        *,
        busy: Callable[[], bool] = rendering,
        measure: Callable[[Path, float], Load] = measure,
        clock: Clock | None = None,
        pause_log: PauseLog | None = None,
    ) -> None:
        self._folder = folder
        self._busy = busy
        self._measure = measure
        self._clock = clock or Clock()
        self._pause_log = pause_log or PAUSE_LOG
        self._load: Load | None = None
        self._measured = float("-inf")
        self._paused = False
        self._lock = threading.Lock()

    def look(self) -> Reading:
        """The newest load: measured now when the last is two seconds old and nothing renders."""
        with self._lock:
            now = self._clock.monotonic()
            self._paused = self._busy()
            if self._paused:
                self._pause_log.say(now)
            elif now - self._measured >= POLL_SECONDS:
                self._load, self._measured = self._measure(self._folder, self._clock.now()), now
            return Reading(self._load, self._paused, now - self._measured >= STALE_SECONDS)


def _existing(folder: Path) -> Path:
    return next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path.cwd())


def _gpu() -> float | None:
    """The busiest GPU's load, by NVIDIA's own library where its Python package is installed."""
    library = _nvml()
    if library is None:
        return None
    try:
        count = library.nvmlDeviceGetCount()
        handles = [library.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
        return max((float(library.nvmlDeviceGetUtilizationRates(handle).gpu) for handle in handles), default=None)
    except library.NVMLError:
        return None


@cache
def _nvml() -> Any:
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:
        # No package, no driver, no card: there is no GPU to tell of.
        return None
    return pynvml
