"""What wakes one observer: rung by many, as often as they like, and never in vain."""

from __future__ import annotations

import asyncio


class Bell:
    """Rung while its owner is busy, it is heard as soon as the owner waits. Used in one loop only."""

    __slots__ = ("_rung", "_waiter")

    def __init__(self) -> None:
        self._rung = False
        self._waiter: asyncio.Future[None] | None = None

    def ring(self) -> None:
        """Wake the owner, now or when it next waits."""
        self._rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        """Until it rings; at once when it has since the last wait."""
        if not self._rung:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._rung = False
