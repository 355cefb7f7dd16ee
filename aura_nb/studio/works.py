"""What takes a while: each work by its name, in a thread of its own, once at a time, and what became of it."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, JobCancelled

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2


@dataclass
class Work:
    """A work under way or over: what it `says` it does, and the `error` it ended in."""

    says: str
    cancel: Cancel = field(default_factory=Cancel)
    ended: threading.Event = field(default_factory=threading.Event)
    error: AuraError | None = None


class Works:
    """The works of one desk. `changed` is called whenever one begins or ends, from any thread."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._works: dict[str, Work] = {}

    def begin(self, name: str, says: str, do: Callable[[Cancel], None]) -> Work:
        """Begin a work; the one under way when there is one of this name already.

        What `do` raises is the work's error: nothing is ever raised here.
        """
        with self._lock:
            work = self._works.get(name)
            if work is not None and not work.ended.is_set():
                return work
            work = self._works[name] = Work(says)
        # What it sends must belong to the cell it was asked in: ipykernel keeps that in context variables.
        run = contextvars.copy_context().run
        thread = threading.Thread(target=run, args=(self._do, name, work, do), name=f"aura-{name}", daemon=True)
        thread.start()
        self._changed()
        return work

    def cancel(self, name: str) -> None:
        """Ask the work `name` to stop, if it is under way; what it has made stays in the cache."""
        if (work := self._works.get(name)) is not None:
            work.cancel.set()

    def forget(self, *names: str) -> None:
        """Let go of the errors of these works: what they complain of has been edited since."""
        with self._lock:
            for name in names:
                if (work := self._works.get(name)) is not None and work.ended.is_set():
                    del self._works[name]

    def now(self) -> dict[str, Work]:
        """The works under way, and those that ended in an error nobody has mended yet."""
        with self._lock:
            return dict(self._works)

    def _do(self, name: str, work: Work, do: Callable[[Cancel], None]) -> None:
        try:
            do(work.cancel)
        except JobCancelled:
            pass
        except AuraError as error:
            work.error = error
        except Exception as error:
            logger.error("“%s” failed.", work.says, exc_info=error)
            work.error = AuraError(
                f"{type(error).__name__}: {error}",
                remedy="This looks like a fault of aura_nb: the kernel's log has the details.",
            )
        with self._lock:
            if work.error is None and self._works.get(name) is work:
                del self._works[name]
            work.ended.set()
        self._changed()


def follow(work: Work) -> None:
    """Wait for `work`, and raise what it ended in. An interrupt cancels it."""
    try:
        # Polled: a wait without end cannot be interrupted on Windows.
        while not work.ended.wait(POLL_SECONDS):
            continue
    except KeyboardInterrupt:
        work.cancel.set()
        raise
    if work.error is not None:
        raise work.error
    work.cancel.check()
