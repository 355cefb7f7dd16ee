"""Whether somebody may be looking: a view that beats for nobody would keep an idle kernel from ever being culled.

Jupyter Server counts every message of a widget as activity of its kernel (`cull_idle_timeout`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

HEARD_SECONDS = 60.0
"""So long a page that was heard counts as there; it says so three times as often."""


class Presence:
    """Whether a page was heard of late, or could not be as a cell holds up the kernel.

    Parameters
    ----------
    shell:
        What `get_ipython()` gives; None where there is no IPython, and nobody who culls: somebody looks always.
    clock:
        Seconds that never go back.
    """

    def __init__(self, shell: Any, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._shell = shell
        self._clock = clock
        # A cell makes the view, so one runs.
        self._blocked = True
        self._last = clock()
        if shell is not None:
            shell.events.register("pre_run_cell", self._begun)
            shell.events.register("post_run_cell", self._ended)

    @property
    def likely(self) -> bool:
        """Whether somebody may be looking now."""
        return self._blocked or self._clock() - self._last < HEARD_SECONDS

    def heard(self) -> None:
        """A page says that it is there."""
        self._last = self._clock()

    def close(self) -> None:
        """Listen to the shell no more."""
        if self._shell is not None:
            self._shell.events.unregister("pre_run_cell", self._begun)
            self._shell.events.unregister("post_run_cell", self._ended)
            self._shell = None

    def _begun(self, _info: object) -> None:
        self._blocked = True

    def _ended(self, _result: object) -> None:
        # What pages said meanwhile is heard from now on.
        self._blocked = False
        self.heard()
