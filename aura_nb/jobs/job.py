"""A job: work that runs in a background thread, tells all it does to one log, and can be stopped."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, JobCancelled, JobFailed
from aura_nb.film import Film
from aura_nb.jobs import summary
from aura_nb.jobs.events import Clock, Event, EventType, Status
from aura_nb.jobs.interrupt import in_one_line
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.log import EventLog, Watcher
from aura_nb.jobs.queue import QUEUE, Queue
from aura_nb.jobs.reader import Reader
from aura_nb.jobs.snapshot import Snapshot
from aura_nb.jobs.watchdog import FAIL_SECONDS, Watchdog
from aura_nb.pipeline.context import Report, Reporter

logger = logging.getLogger(__name__)

Work = Callable[[Reporter, Cancel], Film]
"""What a job does: it reports as it goes, heeds the token, and returns the film or raises."""

POLL_SECONDS = 0.1
TICK_SECONDS = 0.25
BEAT_SECONDS = 5.0
UNWIND_SECONDS = 30.0
"""How long the next job waits for the work of a cancelled one to let go of the cores."""
FLUSH_SECONDS = 600.0
"""How long an ended job goes on offering its last events to a journal that is busy."""
GRACE_SECONDS = 1.5
"""A cancelled job counts as cancelled after this, even while its work is still unwinding in C."""


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
        self._cancel = Cancel()
        self._lock = threading.Lock()
        self._ending = threading.Lock()
        self._context: contextvars.Context | None = None
        self._worker: threading.Thread | None = None
        self._watchdog = Watchdog()
        self._beaten = self._clock.monotonic()
        self._cancelled_at: float | None = None
        self._film: Film | None = None
        self._error: AuraError | None = None

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
        return self._film if self.ended else None

    @property
    def error(self) -> AuraError | None:
        """Why there is no film, once the job is failed or cancelled."""
        return self._error if self.ended else None

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

    def __repr__(self) -> str:
        return summary.text(self.snapshot())

    def _repr_html_(self) -> str:
        return summary.html(self.snapshot())

    # -- what one does with it ------------------------------------------------------------------

    def start(self) -> Job:
        """Queue the job and return it at once. Raises AuraError when it was started before."""
        with self._lock:
            if self._context is not None or self.ended:
                raise AuraError("This job was started already.", remedy="Use job.retry() for another one like it.")
            # A message the work sends (a widget's, say) must belong to this cell: ipykernel keeps that in
            # context variables, and a bare thread would send it to a subshell that a reload has closed.
            self._context = contextvars.copy_context()
        self.log.append("job-status", status="queued", data={"title": self.title, "retry_of": self.retry_of})
        self._queue.add(self)
        # It takes the job out of the queue at the end, so the job must be in it before.
        self._spawn(self._keep_watch, "watch")
        return self

    def cancel(self) -> None:
        """Ask the job to stop and return at once; it is cancelled within two seconds.

        Calling it again, or on an ended job, does nothing.
        """
        with self._lock:
            waiting = self._worker is None
            self._cancelled_at = self._cancelled_at or self._clock.monotonic()
        # First of all: what is told may have to wait for the journal.
        self._cancel.set()
        self._tell_cancelling()
        if waiting:
            self._end_cancelled()

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
        if self._context is None and not self.ended:
            raise AuraError("This job was not started.", remedy="Call job.start() first.")

    def _outcome(self) -> Film:
        if self._error is not None:
            raise self._error
        assert self._film is not None
        return self._film

    # -- how it runs ----------------------------------------------------------------------------

    def launch(self) -> None:
        """Begin the work. The queue calls it when it is this job's turn."""
        with self._lock:
            if self._cancelled_at is None:
                self._worker = self._spawn(self._run, "job")

    def join(self, timeout: float) -> None:
        """Wait for the worker thread itself, which may outlive a cancelled job by a moment."""
        if self._worker is not None:
            self._worker.join(timeout)

    def _spawn(self, target: Callable[[], None], name: str) -> threading.Thread:
        context = (self._context or contextvars.copy_context()).copy()
        thread = threading.Thread(target=context.run, args=(target,), name=f"aura-{name}-{self.id}", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        self.log.append("job-status", status="running")
        try:
            self._end_completed(self._work(self._report, self._cancel))
        except JobCancelled:
            self._end_cancelled()
        except AuraError as error:
            self._end_failed(error, error)
        except BaseException as error:
            failed = JobFailed(
                f"{type(error).__name__}: {error}",
                remedy="This looks like a fault of aura_nb: its log has the details.",
            )
            failed.__cause__ = error
            self._end_failed(failed, error)

    def _report(self, report: Report) -> None:
        self.log.append(
            report.type,
            report.message,
            stage=report.stage,
            percent=report.percent,
            current_item=report.current_item,
            total_items=report.total_items,
            eta_seconds=report.eta_seconds,
            data=report.data,
        )

    def _end_completed(self, film: Film) -> None:
        width, height = film.size
        stages = [{name: getattr(timing, name) for name in timing.__dataclass_fields__} for timing in film.stages]
        data = {
            "film": str(film.path),
            "seconds": film.seconds,
            "width": width,
            "height": height,
            "stages": stages,
        }
        self._end("job-completed", "The film is ready.", data, film=film)

    def _tell_cancelling(self) -> None:
        self.log.append("job-status", "Cancelling.", status="cancelling")

    def _end_cancelled(self) -> None:
        # The work may have stopped before `cancel` came to say so.
        self._tell_cancelling()
        self._end("job-cancelled", "Cancelled.", {}, error=JobCancelled())

    def _end_failed(self, error: AuraError, cause: BaseException, code: str = "") -> None:
        if self._cancel.is_set:
            # What was killed on request complains of having been killed.
            logger.debug("Job %s stopped with an error.", self.id, exc_info=cause)
            return self._end_cancelled()
        # The traceback is for the log of the program; the event says what a user can act on.
        logger.error("Job %s (%s) failed.", self.id, self.title, exc_info=cause)
        data = {"error": type(cause).__name__, "remedy": error.remedy, "code": code}
        self._end("job-failed", error.message, data, error=error)

    def _end(
        self,
        type: EventType,
        message: str,
        data: Mapping[str, Any],
        *,
        film: Film | None = None,
        error: AuraError | None = None,
    ) -> None:
        with self._ending:
            if not self.ended:
                self._film, self._error = film, error
                self.log.append(type, message, data=data)

    def _keep_watch(self) -> None:
        while not self.log.wait(TICK_SECONDS):
            self.tick()
        # What hangs in C for good must not hold up the others for ever.
        self.join(UNWIND_SECONDS)
        self._queue.leave(self)
        latest = time.monotonic() + FLUSH_SECONDS
        while not self.log.flush():
            if time.monotonic() >= latest:
                logger.warning("The journal stayed busy: it does not know how job %s ended.", self.id)
                return
            time.sleep(TICK_SECONDS)

    def tick(self) -> None:
        """Look after the job: heartbeat, a cancel that takes too long, a stall. Called 4 times a second."""
        now = self._clock.monotonic()
        if self._cancelled_at is not None and now - self._cancelled_at >= GRACE_SECONDS:
            self._end_cancelled()
        if self.log.flush() and self.journal is not None and now - self._beaten >= BEAT_SECONDS:
            self._beaten = now
            self._beat(self.journal)
        worker = self._worker
        if worker is None:
            return
        idle = self.log.idle_seconds
        match self._watchdog.look(idle, alive=worker.is_alive()):
            case "stalled":
                self.log.append(
                    "warning",
                    f"No progress for {idle:.0f} s.",
                    data={"stalled_seconds": round(idle)},
                )
            case "dead":
                error = JobFailed(
                    f"The job's worker died; nothing moved for {FAIL_SECONDS:.0f} s.",
                    remedy="Use job.retry(): what was finished is in the cache.",
                )
                self._end_failed(error, error, code="STALL_TIMEOUT")

    def _beat(self, journal: Journal) -> None:
        try:
            journal.beat(self.id)
        except Exception:
            # The next event meets the same trouble, and tells the user.
            logger.debug("No heartbeat for job %s.", self.id, exc_info=True)


def _left(deadline: float | None) -> float:
    if deadline is None:
        return POLL_SECONDS
    return max(0.0, min(POLL_SECONDS, deadline - time.monotonic()))
