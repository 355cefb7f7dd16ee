"""The finished film: where it is, what is in it, and how it shows itself in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StageTiming:
    """What one stage cost: wall and CPU seconds, how many items, and how many came from the cache.

    `provider` is who did it, where that can vary.
    """

    stage: str
    seconds: float
    cpu_seconds: float
    items: int
    cached: int
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the film: [start, end) in seconds."""

    title: str
    start: float
    end: float


@dataclass(frozen=True)
class Film:
    """A film on disk. `srt`, `vtt` and `manifest` lie beside `path`; `seconds` is its length."""

    path: Path
    srt: Path
    vtt: Path
    manifest: Path
    title: str
    seconds: float
    size: tuple[int, int]
    chapters: tuple[Chapter, ...]
    warnings: tuple[str, ...] = ()
    stages: tuple[StageTiming, ...] = ()
