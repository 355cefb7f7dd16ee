"""Whether a running job stalls: a verdict from how long nothing moved and whether its worker lives."""

from __future__ import annotations

from typing import Literal

WARN_SECONDS = 120.0
FAIL_SECONDS = 180.0

Verdict = Literal["fine", "stalled", "dead"]


class Watchdog:
    """Says `stalled` once every `WARN_SECONDS` without movement, `dead` only of a worker that is gone."""

    def __init__(self) -> None:
        self._warned = 0

    def look(self, idle_seconds: float, *, alive: bool) -> Verdict:
        """The verdict on a job that has not moved for `idle_seconds`."""
        if not alive and idle_seconds >= FAIL_SECONDS:
            return "dead"
        stalls = int(idle_seconds // WARN_SECONDS)
        new, self._warned = stalls > self._warned, stalls
        return "stalled" if new else "fine"
