"""The engine: runs a graph of tasks in threads, reports what happens, stops at once when told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError, RenderError, refused
from aura_nb.film import StageTiming
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import STAGES, Context, Fall, Report, Reporter, Stage
from aura_nb.pipeline.progress import Rates, Schedule, Work
from aura_nb.pipeline.sharing import Sharing
from aura_nb.providers.base import Socket
from aura_nb.usage import metering, resident_bytes

# A stopped task that sits in C code (a typesetting run) is left to end by itself after this long:
# what it writes goes to the cache, whole or not at all.
STOP_SECONDS = 1.5
REPORT_SECONDS = 0.1
# How long the thread that hands out tasks sleeps at most: then it looks at the memory and listens for silence.
WAKE_SECONDS = 0.25
# Of a task that says nothing for longer (one sentence may take a voice ten seconds) the clock speaks.
SILENT_SECONDS = 0.5
# Playing the rest of the schedule forward costs some milliseconds for a long film.
FORESEE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task gives: its value, whether the cache had it, and which provider did it.

    `fresh` is the share of its work, 0–1, that was really done: the cache may have had parts of it.
    """

    value: Any
    cached: bool = False
    provider: str = ""
    fresh: float = 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """A `Work` and how to do it: `run(context, results)`, with the values of all done tasks by id.

    `message` is what a user is told while it runs; `done` is called with its value, and may give the
    tasks that take the place of what was `likely`, now that it is known.
    """

    work: Work
    run: Callable[[Context, Mapping[str, Any]], Outcome]
    message: str = ""
    done: Callable[[Any], Sequence[Task] | None] = lambda value: None


@dataclass
class _StageClock:
    """Wall time with at least one task of a stage running, and what all of them cost.

    `made` are the ids of the tasks that the cache did not have.
    """

    running: int = 0
    since: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    items: int = 0
    cached: int = 0
    providers: dict[str, None] = field(default_factory=dict)
    failed: dict[str, None] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    peak_bytes: int = 0

    def timing(self, stage: Stage) -> StageTiming:
        """What the stage has cost so far."""
        return StageTiming(
            stage,
            round(self.seconds, 3),
            round(self.cpu_seconds, 3),
            self.items,
            self.cached,
            ", ".join(filter(None, self.providers)),
            ", ".join(self.failed),
            round(self.peak_bytes / 1e6, 1),
        )


class Engine:
    """Runs the tasks of one job. `run` may be called several times; the clocks go on.

    Parameters
    ----------
    report:
        Called with every `Report`, from any thread but never from two at once.
    workers:
        How many tasks run at the same time, in threads: the work is in C and in subprocesses, which
        release the interpreter.
    """

    def __init__(
        self,
        *,
        cache: Cache,
        cancel: Cancel,
        report: Reporter,
        rates: Rates,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cache = cache
        self.cancel = cancel
        self.rates = rates
        self.workers = workers
        self.warnings: list[str] = []
        self.falls: dict[tuple[Stage, Fall], None] = {}
        self._benched: dict[tuple[Socket, str], ProviderError] = {}
        self._report = report
        self._clock = clock
        self._began = clock()
        self._lock = threading.RLock()
        self._schedule = Schedule(rates, workers)
        self._sharing = Sharing()
        self._clocks: dict[Stage, _StageClock] = {}
        self._reported: dict[Stage, float] = {}
        self._foreseen: tuple[float, float, float] | None = None

    def refine(self, id: str, units: float) -> None:
        """Correct the size of a task whose inputs became known."""
        with self._lock:
            self._schedule.refine(id, units)

    def log(self, stage: Stage, message: str, data: Mapping[str, Any] | None = None) -> None:
        """Report a line for the job's log; `data` is the same for programs."""
        self._send(Report("job-log", stage, message, data=data or {}))

    def fell(self, stage: Stage, fall: Fall) -> None:
        """Keep in `falls` and in the stage's timing that a provider failed and another stood in."""
        with self._lock:
            self.falls[stage, fall] = None
            self._clocks[stage].failed[fall.failed] = None

    def warn(self, stage: Stage, message: str) -> None:
        """Report, once, something the user should know; it is kept in `warnings`."""
        with self._lock:
            if message in self.warnings:
                return
            self.warnings.append(message)
        self._send(Report("warning", stage, message))

    def scene_ready(self, stage: Stage, data: Mapping[str, Any]) -> None:
        """Report that something can be seen or heard: a scene's picture, a segment of the film, its sound."""
        self._send(Report("scene-ready", stage, data=data))

    def timings(self) -> tuple[StageTiming, ...]:
        """What each stage has cost so far, in the order a film flows through them.

        Those that overlap begin in another order each time.
        """
        with self._lock:
            return tuple(self._clocks[stage].timing(stage) for stage in STAGES if stage in self._clocks)

    @property
    def elapsed(self) -> float:
        """Seconds since the engine was made."""
        return self._clock() - self._began

    def run(self, tasks: Sequence[Task], likely: Sequence[Work] = ()) -> dict[str, Any]:
        """Run `tasks`, earlier ones first where there is a choice; give their values by id.

        `likely` is what another `run`, or what the tasks add when they are done, will probably bring: it
        counts in percent and ETA. What is added then takes the place in the order that it has there.
        Raises the first error of a task, after stopping all others; `JobCancelled` when cancelled.
        """
        with self._lock:
            self._schedule.expect([*(task.work for task in tasks), *likely])
        # A failure stops the other tasks too, without the job counting as cancelled by the user.
        stop = Cancel()
        with self.cancel.stopping(stop.set):
            pool = ThreadPoolExecutor(self.workers, thread_name_prefix="aura-nb")
            try:
                return self._drain(tasks, {work.id: place for place, work in enumerate(likely)}, pool, stop)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _drain(
        self, tasks: Sequence[Task], places: Mapping[str, int], pool: ThreadPoolExecutor, stop: Cancel
    ) -> dict[str, Any]:
        results: dict[str, Any] = {}
        queue = list(tasks)
        running: dict[Future[Any], Task] = {}
        helping: set[Future[Any]] = set()
        try:
            while queue or running:
                for task in self._ready(queue, running, results, self.workers - len(helping)):
                    queue.remove(task)
                    self._start(task)
                    # Values are handed over as they are now: a task sees only what it came after.
                    running[pool.submit(self._work, task, dict(results), stop)] = task
                if self._sharing.wanted:
                    idle = self.workers - len(running) - len(helping)
                    helping |= {pool.submit(self._sharing.help) for _ in range(idle)}
                # The timeout lets the main thread of a script see KeyboardInterrupt.
                done, _ = wait({*running, *helping}, timeout=WAKE_SECONDS, return_when=FIRST_COMPLETED)
                self._weigh()
                self._speak_for(running.values())
                stop.check()
                helping -= done
                for future in running.keys() & done:
                    task = running.pop(future)
                    outcome = future.result()
                    results[task.work.id] = outcome.value
                    added = task.done(outcome.value)
                    if added is not None:
                        queue = sorted([*queue, *added], key=lambda task: places.get(task.work.id, len(places)))
                        with self._lock:
                            self._schedule.expect(task.work for task in queue)
                    self._finish(task, outcome)
        except BaseException as error:
            stop.set()
            wait({*running, *helping}, timeout=STOP_SECONDS)
            if self.cancel.is_set and not isinstance(error, JobCancelled):
                raise JobCancelled from error
            raise
        return results

    def _ready(
        self,
        queue: Sequence[Task],
        running: Mapping[Future[Any], Task],
        results: Mapping[str, Any],
        threads: int,
    ) -> list[Task]:
        free = threads - len(running)
        lanes = {task.work.lane for task in running.values()} - {""}
        ready: list[Task] = []
        for task in queue:
            if len(ready) == free:
                break
            if task.work.lane in lanes or any(other not in results for other in task.work.after):
                continue
            lanes |= {task.work.lane} - {""}
            ready.append(task)
        return ready

    def _work(self, task: Task, results: Mapping[str, Any], stop: Cancel) -> Outcome:
        stage = task.work.stage
        context = Context(
            self.cache,
            stop,
            lambda fraction: self._progress(task, fraction),
            lambda message: self.warn(stage, message),
            lambda fall: self.fell(stage, fall),
            self._benched,
            self._sharing.run,
        )
        stop.check()
        began, cpu_began = self._clock(), time.thread_time()
        try:
            with metering() as children:
                outcome = task.run(context, results)
        except OSError as error:
            what, remedy = refused(error)
            where = f" ({error.filename})" if error.filename else ""
            raise RenderError(f"{task.message or stage}: {what}{where}.", remedy=remedy) from error
        # A child may have come and gone between two looks at the memory.
        peak = resident_bytes() + children.peak_bytes
        with self._lock:
            clock = self._clocks[stage]
            clock.cpu_seconds += time.thread_time() - cpu_began + children.cpu_seconds
            clock.peak_bytes = max(clock.peak_bytes, peak)
        if not outcome.cached:
            # By who really did it, where the schedule tells providers apart: a fallback is another matter.
            kind = (outcome.provider or task.work.kind) if task.work.kind else ""
            work = self._schedule.works[task.work.id]
            done = replace(work, kind=kind, units=work.units * outcome.fresh)
            self.rates.observe(done, self._clock() - began + children.lent_seconds)
        return outcome

    def _speak_for(self, tasks: Iterable[Task]) -> None:
        """When nothing was told for a moment, tell of the first of the running `tasks` that is in its time.

        One that takes far too long is left to its silence: that is how a stall is noticed.
        """
        now = self._clock()
        with self._lock:
            if now - max(self._reported.values(), default=self._began) < SILENT_SECONDS:
                return
            silent = next(
                (task for task in tasks if self._schedule.in_time(task.work.id, now - self._began)), None
            )
            if silent is None:
                return
            self._reported[silent.work.stage] = now
        self._send(self._progress_report(silent))

    def skip(self, stage: Stage) -> None:
        """Tell that this film does not need `stage`."""
        self._send(Report("step-status", stage, data={"state": "skipped"}))

    def _weigh(self) -> None:
        """Look at how much memory is held while the stages run that do."""
        held = resident_bytes()
        with self._lock:
            for clock in self._clocks.values():
                if clock.running:
                    clock.peak_bytes = max(clock.peak_bytes, held)

    def _start(self, task: Task) -> None:
        stage, now = task.work.stage, self._clock()
        with self._lock:
            self._schedule.advance(task.work.id, 0.0, now - self._began)
            first = stage not in self._clocks
            clock = self._clocks.setdefault(stage, _StageClock())
            if clock.running == 0:
                clock.since = now
            clock.running += 1
        if first:
            self._send(Report("step-status", stage, data={"state": "running"}))

    def _finish(self, task: Task, outcome: Outcome) -> None:
        stage, now = task.work.stage, self._clock()
        with self._lock:
            self._schedule.done(task.work.id)
            clock = self._clocks[stage]
            clock.running -= 1
            if clock.running == 0:
                clock.seconds += now - clock.since
            clock.items += 1
            clock.cached += outcome.cached
            clock.providers[outcome.provider] = None
            if not outcome.cached:
                clock.made.append(task.work.id)
            left = self._schedule.left(stage)
        self._send(self._progress_report(task))
        if not left:
            told = asdict(clock.timing(stage))
            del told["stage"]
            self._send(Report("step-status", stage, data={"state": "done", **told, "made": clock.made}))

    def _progress(self, task: Task, fraction: float) -> None:
        work, now = task.work, self._clock()
        with self._lock:
            self._schedule.advance(work.id, fraction, now - self._began)
            if now - self._reported.get(work.stage, float("-inf")) < REPORT_SECONDS:
                return
            self._reported[work.stage] = now
        self._send(self._progress_report(task))

    def _progress_report(self, task: Task) -> Report:
        stage = task.work.stage
        with self._lock:
            percent, eta = self._foresee()
            items = self._clocks[stage].items
            total = items + self._schedule.left(stage)
        return Report(
            "step-progress",
            stage,
            task.message,
            percent=min(percent, 99.9),
            current_item=min(items + 1, total),
            total_items=total,
            eta_seconds=eta,
        )

    def _foresee(self) -> tuple[float, float]:
        """Percent and ETA, a quarter of a second old at most."""
        elapsed = self._clock() - self._began
        if self._foreseen is None or elapsed - self._foreseen[0] >= FORESEE_SECONDS:
            self._foreseen = (elapsed, *self._schedule.percent(elapsed))
        return self._foreseen[1:]

    def _send(self, report: Report) -> None:
        with self._lock:
            self._report(report)
