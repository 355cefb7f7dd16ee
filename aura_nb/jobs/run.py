"""One run of a job's work: the thread that does it, the one that looks after it, and how it ends."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, JobCancelled, JobFailed
from aura_nb.film import Film
from aura_nb.jobs.events import EventType
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.log import EventLog
from aura_nb.jobs.watchdog import FAIL_SECONDS, Watchdog
from aura_nb.pipeline.context import Report, Reporter

logger = logging.getLogger(__name__)

Work = Callable[[Reporter, Cancel], Film]
"""What a job does: it reports as it goes, heeds the token, and returns the film or raises."""

FAULT = "FAULT"
"""The code of a failure that is no `AuraError`: its words are those of whoever raised it."""
TICK_SECONDS = 0.25
BEAT_SECONDS = 5.0
UNWIND_SECONDS = 30.0
"""How long the next job waits for the work of a cancelled one to let go of the cores."""
FLUSH_SECONDS = 600.0
"""How long an ended job goes on offering its last events to a journal that is busy."""
GRACE_SECONDS = 1.5
"""A cancelled job counts as cancelled after this, even while its work is still unwinding in C."""


class Run:
    """Does `work` once and tells `log` what comes of it: exactly one end, whatever happens.

    `film` or `error` is set before the log's last event.
    """

    def __init__(self, title: str, work: Work, log: EventLog, journal: Journal | None) -> None:
        self.film: Film | None = None
        self.error: AuraError | None = None
        self._title = title
        self._work = work
        self._log = log
        self._job_id = log.job_id
        self._journal = journal
        self._clock = log.clock
        self._cancel = Cancel()
        self._lock = threading.Lock()
        self._ending = threading.Lock()
        self._context: contextvars.Context | None = None
        self._worker: threading.Thread | None = None
        self._watchdog = Watchdog()
        self._beaten = self._clock.monotonic()
        self._cancelled_at: float | None = None

    @property
    def begun(self) -> bool:
        """Whether `begin` was called."""
        return self._context is not None

    def begin(self) -> None:
        """Claim the one go there is. Raises AuraError when it is taken or the job is over."""
        with self._lock:
            if self._context is not None or self._log.ended:
                raise AuraError("This job was started already.", remedy="Use job.retry() for another one like it.")
            # A message the work sends (a widget's, say) must belong to this cell: ipykernel keeps that in
            # context variables, and a bare thread would send it to a subshell that a reload has closed.
            self._context = contextvars.copy_context()

    def look_after(self, line: Callable[[], str], leave: Callable[[], None]) -> None:
        """Watch over the run until it has ended, then let go of its place by `leave`.

        Until its turn, what `line` says it waits for is told.
        """
        self._spawn(lambda: self._keep_watch(line, leave), "watch")

    def launch(self) -> None:
        """Begin the work, in a daemon thread."""
        with self._lock:
            if self._cancelled_at is None:
                self._worker = self._spawn(self._do, "job")

    def cancel(self) -> None:
        """Ask the work to stop and return at once; calling it again does nothing."""
        with self._lock:
            waiting = self._worker is None
            self._cancelled_at = self._cancelled_at or self._clock.monotonic()
        # First of all: what is told may have to wait for the journal.
        self._cancel.set()
        self._tell_cancelling()
        if waiting:
            self._end_cancelled()

    def join(self, timeout: float) -> None:
        """Wait for the worker thread itself, which may outlive a cancelled job by a moment."""
        if self._worker is not None:
            self._worker.join(timeout)

    def tick(self) -> None:
        """Look after the run: heartbeat, a cancel that takes too long, a stall. Called 4 times a second."""
        now = self._clock.monotonic()
        if self._cancelled_at is not None and now - self._cancelled_at >= GRACE_SECONDS:
            self._end_cancelled()
        if self._log.flush() and self._journal is not None and now - self._beaten >= BEAT_SECONDS:
            self._beaten = now
            self._beat(self._journal)
        worker = self._worker
        if worker is None:
            return
        idle = self._log.idle_seconds
        match self._watchdog.look(idle, alive=worker.is_alive()):
            case "stalled":
                self._log.append(
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

    def _spawn(self, target: Callable[[], None], name: str) -> threading.Thread:
        context = (self._context or contextvars.copy_context()).copy()
        name = f"aura-{name}-{self._job_id}"
        thread = threading.Thread(target=context.run, args=(target,), name=name, daemon=True)
        thread.start()
        return thread

    def _do(self) -> None:
        self._log.append("job-status", status="running")
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
            self._end_failed(failed, error, code=FAULT)

    def _report(self, report: Report) -> None:
        self._log.append(
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
        self._log.append("job-status", "Cancelling.", status="cancelling")

    def _end_cancelled(self) -> None:
        # The work may have stopped before `cancel` came to say so.
        self._tell_cancelling()
        self._end("job-cancelled", "Cancelled.", {}, error=JobCancelled())

    def _end_failed(self, error: AuraError, cause: BaseException, code: str = "") -> None:
        if self._cancel.is_set:
            # What was killed on request complains of having been killed.
            logger.debug("Job %s stopped with an error.", self._job_id, exc_info=cause)
            return self._end_cancelled()
        # The traceback is for the log of the program; the event says what a user can act on.
        told = (self._job_id, self._title, self._log.correlation_id)
        logger.error("Job %s (%s, correlation id %s) failed.", *told, exc_info=cause)
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
            if not self._log.ended:
                self.film, self.error = film, error
                self._log.append(type, message, data=data)

    def _keep_watch(self, line: Callable[[], str], leave: Callable[[], None]) -> None:
        while not self._log.wait(TICK_SECONDS):
            if self._worker is None and (told := line()):
                self._log.append("job-status", told, status="queued")
            self.tick()
        # What hangs in C for good must not hold up the others for ever.
        self.join(UNWIND_SECONDS)
        leave()
        latest = time.monotonic() + FLUSH_SECONDS
        while not self._log.flush():
            if time.monotonic() >= latest:
                logger.warning("The journal stayed busy: it does not know how job %s ended.", self._job_id)
                return
            time.sleep(TICK_SECONDS)

    def _beat(self, journal: Journal) -> None:
        try:
            journal.beat(self._job_id)
        except Exception:
            # The next event meets the same trouble, and tells the user.
            logger.debug("No heartbeat for job %s.", self._job_id, exc_info=True)
