"""How a job shows itself in a notebook: live while it runs, a document once it has ended.

A running job is a widget, with a pointer to it for pages that cannot show it. When it
ends both become the summary, so that a saved notebook tells the end of the story
wherever it is opened: in Lab without its kernel, on GitHub, in nbviewer, through nbconvert.
"""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from aura_nb.jobs import summary
from aura_nb.settings import Settings
from aura_nb.widgets import live, marimo

if TYPE_CHECKING:
    from aura_nb.jobs.job import Job
    from aura_nb.widgets.job_view import JobView

_shown: dict[Job, tuple[JobView | None, threading.Event]] = {}
"""The jobs that are displayed and still run: their one widget, and whether their end is displayed."""
KEPT = 8
_kept: deque[JobView] = deque()
"""The views of the jobs that ended last, still open, though the document has taken their place: a page
that was reloaded while a job ran has lost its display's id, and shows the view to the end."""


def mode(shell: Any) -> Literal["off", "text", "widget"]:
    """How a job shows itself in `shell` (None: no IPython), by AURA_NB_PROGRESS.

    `auto` is a widget where there is a kernel, text where there is a terminal.
    """
    chosen = Settings().progress
    if chosen == "auto":
        return "widget" if has_kernel(shell) else "text"
    return chosen


def has_kernel(shell: Any) -> bool:
    """Whether `shell` (None: no IPython) has a kernel, so that somebody may look at a widget."""
    return getattr(shell, "kernel", None) is not None


def register(shell: Any) -> None:
    """Have `shell` (what `get_ipython()` gives) show a `Job` by `show`; without one, marimo where that runs.

    Repeating it does no harm.
    """
    if shell is None:
        if marimo.running():
            marimo.register()
        return
    shell.display_formatter.ipython_display_formatter.for_type_by_name("aura_nb.jobs.job", "Job", show)


def show(job: Job) -> threading.Event:
    """Display `job` here; the event is set once its end is displayed.

    All displays of one job share one widget and one `display_id`: they always agree.
    """
    from IPython import get_ipython
    from IPython.display import display

    if job.ended:
        display(_static(job, live=False), raw=True)
        ended = threading.Event()
        ended.set()
        return ended
    first = job not in _shown
    if first:
        _shown[job] = (_view(job) if mode(get_ipython()) == "widget" else None, threading.Event())
        job.shown.append(_shown[job][1])
    view, ended = _shown[job]
    if view is not None and view.closed:
        # By `Widget.close_all()`, say: the job went on, and is asked for again.
        view = _view(job)
        _shown[job] = (view, ended)
    if view is None:
        display(_static(job), raw=True, display_id=_display_id(job))
    else:
        live.show(_absent(job), view, display_id=_display_id(job))
    if first:
        # Without this cell's context the end belongs to the cell that runs then: nbclient hears no other.
        threading.Thread(
            target=contextvars.Context().run,
            args=(_finish, job),
            name=f"aura-end-{job.id}",
            daemon=True,
        ).start()
    return ended


def _view(job: Job) -> JobView:
    from aura_nb.widgets import views

    return views.hold(job)


def _finish(job: Job) -> None:
    from IPython.display import update_display

    job.log.wait()
    view, ended = _shown[job]
    if view is not None:
        view.wait_until_seen()
    try:
        if view is None:
            update_display(_static(job), raw=True, display_id=_display_id(job))
        else:
            live.end(_static(job), _display_id(job))
    finally:
        del _shown[job]
        if view is not None:
            _retire(view)
        ended.set()


def _retire(view: JobView) -> None:
    """Keep the view of an ended job for a while, in place of the oldest: closing it takes it off its pages."""
    from aura_nb.widgets import views

    _kept.append(view)
    if len(_kept) > KEPT:
        views.let_go(_kept.popleft())


def _display_id(job: Job) -> str:
    return f"aura-{job.id}"


def _static(job: Job, *, live: bool = True) -> dict[str, Any]:
    snapshot = job.snapshot()
    html = summary.html(snapshot, live=live, film_key=_film_key(job))
    return {"text/plain": summary.text(snapshot), "text/html": html}


def _film_key(job: Job) -> str:
    """What this kernel plays the film of `job` by in the page; empty where there is none, or no kernel."""
    from IPython import get_ipython

    if job.film is None or not has_kernel(get_ipython()):
        return ""
    from aura_nb.widgets.projector import played

    return played(job.film)


def _absent(job: Job) -> dict[str, Any]:
    """What is read where the widget cannot be shown."""
    snapshot = job.snapshot()
    return {"text/plain": summary.text(snapshot), "text/html": summary.absent(snapshot)}
