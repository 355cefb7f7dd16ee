"""A loop whose clock is ours: where nothing is left to do, it leaps to the next timer."""

from __future__ import annotations

import asyncio
import selectors


class LeapingLoop(asyncio.SelectorEventLoop):
    """Hours pass in it as fast as their events can be handled. Not for what waits for other threads."""

    def __init__(self) -> None:
        self._selecting = _Leaping()
        super().__init__(self._selecting)

    def time(self) -> float:
        return self._selecting.now


class _Leaping(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list:
        found = super().select(0)
        if not found and timeout:
            self.now += timeout
        return found
