"""What takes a while: each work by its name, in a thread of its own, once at a time, and what became of it."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, JobCancelled
from aura_nb.jobs.queue import Queue

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
AT_ONCE = 64


class Work:
    """A work under way or over: what it `says` it does, and the `error` it ended in."""

    def __init__(self, name: str, says: str, do: Callable[[Cancel], None], over: Callable[[Work], None]) -> None:
        self.name = name
        self.says = says
        self.error: AuraError | None = None
        self.ended = threading.Event()
        self.token = Cancel()
        self._do = do
        self._over = over
        # What it sends must belong to the cell it was asked in: ipykernel keeps that in context variables.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name=f"aura-{name}", daemon=True)

    def launch(self) -> None:
        """Begin it."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask it to stop; what it has made stays in the cache."""
        self.token.set()

    def join(self, timeout: float) -> None:
        """Wait for its thread, so many seconds at most."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            self._do(self.token)
        except JobCancelled:
            pass
        except AuraError as error:
            self.error = error
        except Exception as error:
            logger.error("“%s” failed.", self.says, exc_info=error)
            self.error = AuraError(
                f"{type(error).__name__}: {error}",
                remedy="This looks like a fault of aura_nb: the kernel's log has the details.",
            )
        finally:
            self._over(self)


class Works:
    """The works of one desk, which stop with the kernel as jobs do.

    `changed` is called whenever one begins or ends, from any thread.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._works: dict[str, Work] = {}
        # None of them waits for another; the queue is there to end them before the interpreter does.
        self._queue = Queue(AT_ONCE)

    def begin(self, name: str, says: str, do: Callable[[Cancel], None]) -> Work:
        """Begin a work; the one under way when there is one of this name already.

        What `do` raises is the work's error: nothing is ever raised here.
        """
        with self._lock:
            known = self._works.get(name)
            if known is not None and not known.ended.is_set():
                return known
            work = self._works[name] = Work(name, says, do, self._over)
        self._queue.add(work)
        self._changed()
        return work

    def cancel(self, name: str) -> None:
        """Ask the work `name` to stop, if it is under way."""
        if (work := self._works.get(name)) is not None:
            work.cancel()

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

    def _over(self, work: Work) -> None:
        with self._lock:
            if work.error is None and self._works.get(work.name) is work:
                del self._works[work.name]
            work.ended.set()
        self._queue.leave(work)
        self._changed()


def follow(work: Work) -> None:
    """Wait for `work`, and raise what it ended in. An interrupt cancels it."""
    try:
        # Polled: a wait without end cannot be interrupted on Windows.
        while not work.ended.wait(POLL_SECONDS):
            continue
    except KeyboardInterrupt:
        work.cancel()
        raise
    if work.error is not None:
        raise work.error
    work.token.check()
