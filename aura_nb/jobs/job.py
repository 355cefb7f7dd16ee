"""A job: a film in the making that tells all it does to one log, can be waited for, and can be stopped."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from aura_nb.errors import AuraError
from aura_nb.film import Film
from aura_nb.jobs import summary
from aura_nb.jobs.events import Clock, Event, Status
from aura_nb.jobs.interrupt import in_one_line
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.log import EventLog, Watcher
from aura_nb.jobs.queue import QUEUE, Queue
from aura_nb.jobs.reader import Reader
from aura_nb.jobs.run import GRACE_SECONDS, Run, Work
from aura_nb.jobs.snapshot import Snapshot

POLL_SECONDS = 0.1
SHOWN_SECONDS = 5.0
"""How long `await` leaves displays to show the end: what runs a notebook listens to its last cell, no longer."""


class Job:
    """One film in the making: `start()` it, `await` it, or ask it for its `result()`.

    `log` holds everything that happened; `status`, `percent`, `snapshot()` and every view read from
    it. An ended job never moves again.

    Parameters
    ----------
    title:
        What the film is called.
    work:
        Makes the film. It runs in a daemon thread.
    journal:
        Where the events are kept for good; None: in memory only.
    spec:
        The script or brief as JSON-plain data, kept with the job.
    correlation_id:
        Joins the job with whatever asked for it; by default the job's own id.
    retry_of:
        Id of the job this one repeats.
    """

    def __init__(
        self,
        title: str,
        work: Work,
        *,
        journal: Journal | None = None,
        spec: Mapping[str, Any] | None = None,
        correlation_id: str | None = None,
        retry_of: str | None = None,
        queue: Queue = QUEUE,
        clock: Clock | None = None,
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.title = title
        self.spec = spec
        self.retry_of = retry_of
        self.correlation_id = correlation_id or self.id
        self.journal = journal
        self._work = work
        self._queue = queue
        self._clock = clock or Clock()
        record = journal and journal.record(
            self.id, title=title, correlation_id=self.correlation_id, retry_of=retry_of, spec=spec
        )
        self.log = EventLog(self.id, correlation_id=self.correlation_id, record=record or None, clock=self._clock)
        self._run = Run(title, work, self.log, journal)
        self.shown: list[threading.Event] = []
        """Displays of the job, each set once its end is to be seen there."""

    # -- what it is -----------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """queued, running, cancelling, then for good: completed, failed, cancelled or crashed."""
        return self.log.snapshot.status

    @property
    def percent(self) -> float:
        """How much is done, 0–100; 100 only when the film is there. It never falls."""
        return self.log.snapshot.percent

    @property
    def ended(self) -> bool:
        """Whether the job is over."""
        return self.log.ended

    @property
    def film(self) -> Film | None:
        """The film, once the job is completed."""
        return self._run.film if self.ended else None

    @property
    def error(self) -> AuraError | None:
        """Why there is no film, once the job is failed or cancelled."""
        return self._run.error if self.ended else None

    def snapshot(self) -> Snapshot:
        """The state now: after the newest event, with elapsed time and ETA brought up to date."""
        snapshot = self.log.snapshot
        if snapshot.ended:
            return snapshot
        title = snapshot.title or self.title
        elapsed = max(self.log.elapsed_seconds, snapshot.elapsed_seconds)
        eta = snapshot.eta_seconds
        if eta is not None:
            eta = max(0.0, eta - (elapsed - snapshot.elapsed_seconds))
        return replace(snapshot, title=title, elapsed_seconds=elapsed, eta_seconds=eta)

    def events(self, after: int = 0) -> list[Event]:
        """Everything that happened after event number `after`."""
        return self.log.events(after)

    def reader(self, after: int = 0) -> Reader:
        """A cursor into the log, behind event number `after`."""
        return self.log.reader(after)

    def watch(self, watcher: Watcher) -> threading.Thread:
        """Hand every event to `watcher` until the job ends, from the thread that is returned."""
        return self.log.watch(watcher)

    _display_: ClassVar[Callable[[Job], object]]
    """What marimo shows instead of the HTML below, where `aura_nb.widgets` has something live for it."""

    def __repr__(self) -> str:
        return summary.text(self.snapshot())

    def _repr_html_(self) -> str:
        return summary.html(self.snapshot())

    # -- what one does with it ------------------------------------------------------------------

    def start(self) -> Job:
        """Queue the job and return it at once. Raises AuraError when it was started before."""
        self._run.begin()
        self.log.append("job-status", status="queued", data={"title": self.title, "retry_of": self.retry_of})
        self._queue.add(self)
        # It takes the job out of the queue at the end, so the job must be in it before.
        self._run.look_after(self._line, partial(self._queue.leave, self))
        return self

    def _line(self) -> str:
        """What the job waits for before its turn, in words; empty when it waits for nothing."""
        titles = [f"“{one.title}”" for one in self._queue.ahead(self) if isinstance(one, Job)]
        if not titles:
            return ""
        first, *more = titles
        others = f" and {len(more)} more" if more else ""
        return f"Waits for {first}{others} to end."

    def cancel(self) -> None:
        """Ask the job to stop and return at once; it is cancelled within two seconds.

        Calling it again, or on an ended job, does nothing.
        """
        self._run.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the job ends, `timeout` seconds at most; say whether it has.

        A KeyboardInterrupt cancels the job and is raised again once it has ended.
        """
        self._must_be_started()
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            # Polled: a wait without end cannot be interrupted on Windows.
            while not self.log.wait(_left(deadline)):
                if deadline is not None and time.monotonic() >= deadline:
                    return False
        except KeyboardInterrupt as interrupt:
            self.cancel()
            self.log.wait(2 * GRACE_SECONDS)
            in_one_line(interrupt, self.title, self.status)
            raise
        return True

    def result(self, timeout: float | None = None) -> Film:
        """The film, once it is there.

        Raises what stopped the job (JobCancelled, JobFailed or another AuraError), or TimeoutError
        after `timeout` seconds, which leaves the job running.
        """
        if not self.wait(timeout):
            raise TimeoutError(f"The job is still {self.status} after {timeout} seconds.")
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Film]:
        return self._finished().__await__()

    async def _finished(self) -> Film:
        self._must_be_started()
        try:
            while not self.ended:
                await asyncio.sleep(POLL_SECONDS)
        except asyncio.CancelledError as interrupt:
            self.cancel()
            while not self.ended:
                await asyncio.sleep(POLL_SECONDS)
            in_one_line(interrupt, self.title, self.status)
            raise
        until = time.monotonic() + SHOWN_SECONDS
        while not all(shown.is_set() for shown in self.shown) and time.monotonic() < until:
            await asyncio.sleep(POLL_SECONDS)
        return self._outcome()

    def retry(self) -> Job:
        """Start a new job with the same work; it says which one it retries."""
        if not self.ended:
            raise AuraError("This job has not ended.", remedy="Wait for it, or cancel it first.")
        again = Job(
            self.title,
            self._work,
            journal=self.journal,
            spec=self.spec,
            correlation_id=self.correlation_id,
            retry_of=self.id,
            queue=self._queue,
            clock=self._clock,
        )
        return again.start()

    def _must_be_started(self) -> None:
        if not self._run.begun and not self.ended:
            raise AuraError("This job was not started.", remedy="Call job.start() first.")

    def _outcome(self) -> Film:
        if self._run.error is not None:
            raise self._run.error
        assert self._run.film is not None
        return self._run.film

    # -- its turn -------------------------------------------------------------------------------

    def launch(self) -> None:
        """Begin the work. The queue calls it when it is this job's turn."""
        self._run.launch()

    def join(self, timeout: float) -> None:
        """Wait for the work to let go, which may outlive a cancelled job by a moment."""
        self._run.join(timeout)


def _left(deadline: float | None) -> float:
    if deadline is None:
        return POLL_SECONDS
    return max(0.0, min(POLL_SECONDS, deadline - time.monotonic()))
