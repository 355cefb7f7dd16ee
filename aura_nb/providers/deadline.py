"""A limit in wall time for a call that cannot be trusted to keep its own.

A client's timeout is for one read: a server that drips a byte a second never meets it, and looking
up a name has none at all. So the call runs in a thread of its own, and is left behind when late.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from aura_nb.cancel import Cancel

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T], *, cancel: Cancel | None = None) -> T:
    """What `call` returns or raises, if it does within `seconds`.

    Raises `TimeoutError` when it does not, `JobCancelled` as soon as `cancel` is set. A call left
    behind goes on in its daemon thread and its outcome is dropped: give its client a timeout too.
    """
    token = cancel or Cancel()
    future: Future[T] = Future()
    woken = threading.Event()
    future.add_done_callback(lambda _: woken.set())

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    with token.stopping(woken.set):
        threading.Thread(
            target=contextvars.copy_context().run, args=(run,), daemon=True, name="aura-nb-call"
        ).start()
        woken.wait(seconds)
        if not future.done():
            token.check()
            raise TimeoutError(f"no answer within {seconds:g} s")
    return future.result()
