"""Interrupts: they end a wait at once, and are shown in one line: where in our code it was helps nobody."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from aura_nb.cancel import Cancel
from aura_nb.jobs.events import Status

T = TypeVar("T")
POLL_SECONDS = 0.5
GRACE_SECONDS = 1.5


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


def interruptible(work: Callable[[Cancel], T], title: str, *, grace: float = GRACE_SECONDS) -> T:
    """What `work` gives, done in a thread of its own so that an interrupt ends the wait at once.

    Then `work` is cancelled, and left behind if it has not ended in `grace` seconds: it may sit in C code.
    """
    cancel = Cancel()
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work(cancel))
        except BaseException as error:
            done.set_exception(error)

    try:
        # With this cell's context, so that what is displayed appears in it.
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(run,), name="aura-work", daemon=True).start()
        # Polled: a wait without end cannot be interrupted on Windows.
        while not wait([done], POLL_SECONDS).done:
            continue
    except KeyboardInterrupt as interrupt:
        cancel.set()
        wait([done], grace)
        in_one_line(interrupt, title, "cancelled")
        raise
    return done.result()
