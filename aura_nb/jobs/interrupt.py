"""An interrupt that cancelled a job, shown in one line: where in our code the wait was helps nobody."""

from __future__ import annotations

from aura_nb.jobs.events import Status


def in_one_line(interrupt: BaseException, title: str, status: Status) -> None:
    """Have IPython show `interrupt` as what came of the job, without a traceback; else it stays what it is.

    IPython asks an exception for `_render_traceback_` before it renders one itself (`showtraceback` in
    IPython/core/interactiveshell.py). It is set on the very exception that came: asyncio tells its own
    timeouts by the exact type.
    """
    line = f"“{title}” was interrupted and is cancelled. Make it again: what was finished is in the cache."
    if status not in ("cancelling", "cancelled"):
        line = f"“{title}” was interrupted too late: it is {status}."
    interrupt.args = (line,)
    interrupt.__dict__["_render_traceback_"] = lambda: [f"{type(interrupt).__name__}: {line}"]
