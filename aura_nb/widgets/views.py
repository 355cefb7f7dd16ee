"""One view a job, whoever shows it: its cells and the Studios share a model, and so its messages.

In marimo each has its own: what a cell has opened is closed when that cell is run again.
"""

from __future__ import annotations

import threading

from aura_nb.jobs.job import Job
from aura_nb.widgets import marimo
from aura_nb.widgets.job_view import JobView

_lock = threading.Lock()
_held: dict[str, tuple[JobView, int]] = {}
"""By a job's id: its view, and how many hold it."""


def hold(job: Job) -> JobView:
    """The view of `job`, open until all who hold it have let go of it; a new one where it was closed."""
    if marimo.running():
        return JobView(job)
    with _lock:
        view, holders = _held.get(job.id, (None, 0))
        if view is None or view.closed:
            view, holders = JobView(job), 0
        _held[job.id] = (view, holders + 1)
        return view


def let_go(view: JobView) -> None:
    """Hold `view` no more; the last to do so closes it."""
    with _lock:
        known, holders = _held.get(view.job_id, (None, 0))
        if known is view and holders > 1:
            _held[view.job_id] = (view, holders - 1)
            return
        if known is view:
            del _held[view.job_id]
    view.close()
