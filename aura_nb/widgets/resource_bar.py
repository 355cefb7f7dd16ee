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


class ResourceBar(Shared):
    """A line with this machine's load, yellow from 75 %, red from 90 %, brought up to date every 2 s.

    While a job runs on this machine nothing is measured: the line says so and keeps the last figures.
    They are marked as old after 8 s, also when the kernel is gone. It goes on until it
    is closed, or the kernel ends.

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
        self._journal: Journal | None = None
        if monitor is None:
            settings = Settings()
            self._journal = Journal(settings.journal)
            monitor = Monitor(settings.data_dir, busy=rendering_anywhere(self._journal))
        self._monitor = monitor
        self._closed = threading.Event()
        super().__init__(_reading=self._monitor.look().wire())
        # As for the job view: what this thread sends belongs to the cell that made it.
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._run,), name="aura-resources", daemon=True).start()

    def close(self) -> None:
        """Take the line off the page and stop looking."""
        self._closed.set()
        super().close()
        self.layout.close()

    def _run(self) -> None:
        while not self._closed.wait(POLL_SECONDS):
            self._reading = self._monitor.look().wire()
        if self._journal is not None:
            self._journal.close()

    def __repr__(self) -> str:
        return "ResourceBar()"

    def _ipython_display_(self) -> None:
        from IPython import get_ipython

        if not has_kernel(get_ipython()):
            # IPython goes on to its text.
            raise NotImplementedError
        live.show({"text/plain": repr(self), "text/html": SAVED}, self)
