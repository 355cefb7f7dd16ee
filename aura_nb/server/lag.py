"""Who is spared the steps of a bar: an observer that had all there was, and then takes what is new too slowly.

What is asked for by a cursor is told whole, however much it is, and so is a job that is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

SLOW_SECONDS = 1.0
"""An observer for which a piece has to wait longer than this, for the one before it to be read, is slow."""


class Lag:
    """How one observer keeps up. `spared` while it does not: then it need not see how a bar got where it is."""

    __slots__ = ("_had_all", "spared")

    def __init__(self) -> None:
        self._had_all = self.spared = False

    def caught_up(self) -> None:
        """It has all there is."""
        self._had_all, self.spared = True, False

    async def over(self, sending: Awaitable[None]) -> None:
        """Wait for `sending` of news to be done, and judge by how long that takes."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await sending
        if self._had_all and loop.time() - began > SLOW_SECONDS:
            self.spared = True
