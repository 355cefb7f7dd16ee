"""The machine's load in the notebook: CPU, memory, disk and GPU, paused while a film is rendered."""

from __future__ import annotations

import contextvars
import threading
from pathlib import Path
from typing import Any

import traitlets

from aura_nb.jobs.journal import Journal
from aura_nb.monitor import POLL_SECONDS, Monitor, rendering_anywhere
from aura_nb.settings import Settings
from aura_nb.widgets import live
from aura_nb.widgets.display import has_kernel
from aura_nb.widgets.shared import Shared

HERE = Path(__file__).parent
SAVED = "<p>The load of the machine is shown live while its kernel runs: run the cell to see it.</p>"
"""What a notebook keeps of it."""
OPEN = 4
"""The bars of a kernel that go on, those shown last: a cell that is run again makes another, and none is told
that the one before has left the page."""
_going_on: list[ResourceBar] = []
_changing = threading.Lock()


class ResourceBar(Shared):
    """A line with this machine's load, yellow from 75 %, red from 90 %, brought up to date every 2 s.

    While a job runs on this machine nothing is measured: the line says so and keeps the last figures.
    They are marked as old after 8 s, also when the kernel is gone. It goes on until it
    is closed, four others were shown after it, or the kernel ends; shown again it goes on.

    Parameters
    ----------
    monitor:
        Where the figures come from; by default one that looks at the disk films go to.
    """

    _esm = (HERE / "resource_bar.js").read_text(encoding="utf-8")
    _css = (HERE / "resource_bar.css").read_text(encoding="utf-8")

    _reading: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """`Reading.wire()`."""

    def __init__(self, monitor: Monitor | None = None) -> None:
        self._given = monitor
        self._ended = threading.Event()
        super().__init__()
        self._go_on()

    def close(self) -> None:
        """Take the line off the page and stop looking."""
        with _changing:
            self._ended.set()
            if self in _going_on:
                _going_on.remove(self)
        super().close()
        self.layout.close()

    def _go_on(self) -> None:
        """Look from now on, in place of the one that was shown longest ago."""
        with _changing:
            if self in _going_on:
                _going_on.remove(self)
            else:
                self._begin()
            _going_on.append(self)
            for old in _going_on[:-OPEN]:
                old._ended.set()
            del _going_on[:-OPEN]

    def _begin(self) -> None:
        monitor, journal = self._given, None
        if monitor is None:
            settings = Settings()
            journal = Journal(settings.journal)
            monitor = Monitor(settings.data_dir, busy=rendering_anywhere(journal))
        self._monitor, self._ended = monitor, threading.Event()
        self._reading = monitor.look().wire()
        # As for the job view: what this thread sends belongs to the cell that made it.
        run = contextvars.copy_context().run
        work = (self._run, monitor, journal, self._ended)
        threading.Thread(target=run, args=work, name="aura-resources", daemon=True).start()

    def _run(self, monitor: Monitor, journal: Journal | None, ended: threading.Event) -> None:
        while not ended.wait(POLL_SECONDS):
            self._reading = monitor.look().wire()
        if journal is not None:
            journal.close()

    def __repr__(self) -> str:
        return "ResourceBar()"

    def _ipython_display_(self) -> None:
        from IPython import get_ipython

        if not has_kernel(get_ipython()):
            # IPython goes on to its text.
            raise NotImplementedError
        self._go_on()
        live.show({"text/plain": repr(self), "text/html": SAVED}, self)
