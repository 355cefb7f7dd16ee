"""Jobs in marimo, which has no IPython: it shows what an object's `_display_` gives.

https://docs.marimo.io/guides/integrating_with_marimo/displaying_objects/
"""

from __future__ import annotations

import sys
import threading

from aura_nb.jobs.job import Job


def running() -> bool:
    """Whether this is a marimo notebook. marimo is not imported to find out."""
    marimo = sys.modules.get("marimo")
    return marimo is not None and bool(marimo.running_in_notebook())


def thread() -> type[threading.Thread]:
    """The kind of thread that a view needs which opens others: only marimo's own can do so in marimo."""
    if not running():
        return threading.Thread
    import marimo

    own: type[threading.Thread] = marimo.Thread
    return own


def register() -> None:
    """Have marimo show a `Job` by `live`. Repeating it does no harm."""
    Job._display_ = live


def live(job: Job) -> object:
    """A view of `job` while it runs, its summary once it has ended.

    Each has a view of its own: marimo takes an output's widgets away with the output.
    """
    import marimo

    if job.ended:
        return marimo.Html(job._repr_html_())
    from aura_nb.widgets.job_view import JobView

    return JobView(job)
