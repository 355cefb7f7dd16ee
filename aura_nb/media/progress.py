"""Progress: how much of a work is done, 0–1, told to whoever asked."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], None]


def part(progress: Progress, start: float, share: float) -> Progress:
    """What one step tells of itself, as the stretch of the whole's `progress` from `start` on."""
    return lambda fraction: progress(start + share * fraction)
