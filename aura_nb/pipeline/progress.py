"""How far along a job is: learned rates, and a simulation of the schedule that is still to run.

The percent a user sees is `100 · elapsed / (elapsed + remaining)`, where `remaining` comes from
playing the rest of the task graph forward on the same number of workers. Percent and ETA are then
two readings of one number, and neither stage weights nor caps are needed: muxing counts like
everything else. The one table behind it, seconds of work per unit, is learned from past jobs.
"""

from __future__ import annotations

import heapq
import json
import logging
import os
import threading
import uuid
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from aura_nb.pipeline.context import Stage

logger = logging.getLogger(__name__)

# Seconds a unit on a two-core machine, before anything was learned (`benchmarks/progress.py` on one).
# On a faster or slower one percent holds all the same: it depends on their ratios only.
# Units: write and finish count seconds of film, narrate seconds of speech, picture and caption items,
# compose megapixels drawn, its sound seconds of film, its credits items.
FIRST_RATES: dict[str, float] = {
    "write": 0.06,
    "narrate": 0.015,
    "narrate/kokoro": 0.65,
    "picture": 0.17,
    "caption": 0.001,
    "compose": 0.006,
    "compose/sound": 0.04,
    "compose/credits": 0.25,
    "finish": 0.02,
}
# A step that says nothing while it runs counts down to this share of what it needed, and waits there.
OVERDUE = 0.1
# A machine that is busy otherwise takes so many times longer than was learned; beyond that something is wrong.
PATIENCE = 3.0
# How much of the past is kept at each observation: the last handful of jobs decide.
MEMORY = 0.8


@dataclass(frozen=True, slots=True)
class Work:
    """One task as the schedule sees it.

    `units` of `stage` (of `kind` within it: a provider's name) are to be done once `after` is
    done; tasks of one non-empty `lane` run one at a time.
    """

    id: str
    stage: Stage
    units: float
    after: tuple[str, ...] = ()
    lane: str = ""
    kind: str = ""


class Rates:
    """Seconds a unit of work, by stage and kind, learned from what was observed and kept in a file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._sums: dict[str, tuple[float, float]] = {}
        if path is not None and path.is_file():
            try:
                table = json.loads(path.read_text(encoding="utf-8"))
                self._sums = {str(name): (float(s), float(u)) for name, (s, u) in table.items() if u > 0}
            except (OSError, ValueError, TypeError, AttributeError) as error:
                logger.warning("Ignoring the learned rates in %s: %s", path, error)

    def seconds(self, work: Work) -> float:
        """Expected seconds of `work` on one worker."""
        with self._lock:
            for name in (f"{work.stage}/{work.kind}", work.stage):
                if name in self._sums:
                    seconds, units = self._sums[name]
                    return work.units * seconds / units
                if name in FIRST_RATES:
                    return work.units * FIRST_RATES[name]
        return work.units

    def observe(self, work: Work, seconds: float) -> None:
        """Learn that `work` took `seconds`. What was expected so far counts like an observation before it."""
        if work.units <= 0:
            return
        name = f"{work.stage}/{work.kind}" if work.kind else work.stage
        expected = self.seconds(work)
        with self._lock:
            old_seconds, old_units = self._sums.get(name, (expected, work.units))
            self._sums[name] = (old_seconds * MEMORY + seconds, old_units * MEMORY + work.units)

    def save(self) -> None:
        """Write the table to its file, whole or not at all. No film is lost over it: trouble is only logged."""
        if self.path is None:
            return
        with self._lock:
            text = json.dumps({name: [round(s, 6), round(u, 6)] for name, (s, u) in sorted(self._sums.items())})
        aside = self.path.with_name(f"{self.path.name}.{os.getpid()}.{uuid.uuid4().hex}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            aside.write_text(text, encoding="utf-8")
            aside.replace(self.path)
        except OSError as error:
            logger.warning("The learned rates cannot be kept in %s: %s", self.path, error)


def remaining_seconds(
    works: Iterable[Work], left: Mapping[str, float], workers: int, running: Container[str] = ()
) -> float:
    """Seconds until all `works` are done on `workers`, each still needing `left[id]` seconds.

    Works not in `left` are done. Those `running` go on at once; the rest start in the given order
    as soon as what they come after is done, a worker is free and so is their lane.
    """
    queue = [work for work in works if work.id in left]
    place = {work.id: (work.id not in running, number) for number, work in enumerate(queue)}
    unmet = {work.id: sum(other in left for other in work.after) for work in queue}
    following: dict[str, list[Work]] = {}
    for work in queue:
        for other in work.after:
            following.setdefault(other, []).append(work)
    ready = [(place[work.id], work) for work in queue if not unmet[work.id]]
    heapq.heapify(ready)
    busy: list[tuple[float, int, Work]] = []
    # Works whose lane is taken wait here for it, and are not looked at until it is free.
    lanes: dict[str, list[tuple[tuple[bool, int], Work]]] = {}
    now = 0.0
    while ready or busy:
        while ready and len(busy) < workers:
            entry = heapq.heappop(ready)
            work = entry[1]
            if work.lane and work.lane in lanes:
                lanes[work.lane].append(entry)
                continue
            if work.lane:
                lanes[work.lane] = []
            heapq.heappush(busy, (now + left[work.id], place[work.id][1], work))
        now, _, work = heapq.heappop(busy)
        for entry in lanes.pop(work.lane, []):
            heapq.heappush(ready, entry)
        for later in following.get(work.id, ()):
            unmet[later.id] -= 1
            if not unmet[later.id]:
                heapq.heappush(ready, (place[later.id], later))
    return now


@dataclass
class Schedule:
    """The state of one job's tasks, and what it says about percent and time left.

    `fractions` are what tasks said of themselves, 0–1; `running` is when each that runs last said
    something, in seconds after the job began. Not thread-safe: the engine guards it with its own lock.
    """

    rates: Rates
    workers: int
    works: dict[str, Work] = field(default_factory=dict)
    fractions: dict[str, float] = field(default_factory=dict)
    running: dict[str, float] = field(default_factory=dict)

    def expect(self, works: Iterable[Work]) -> None:
        """Replace what is still to come; whatever is done or running keeps its state."""
        kept = {id: work for id, work in self.works.items() if id in self.fractions or id in self.running}
        self.works = kept | {work.id: work for work in works if work.id not in kept}

    def refine(self, id: str, units: float) -> None:
        """Correct the size of a work whose inputs are now known."""
        self.works[id] = replace(self.works[id], units=units)

    def advance(self, id: str, fraction: float, elapsed: float) -> None:
        """A running task says how far it is; it never goes back, and is done only when its value is there."""
        self.fractions[id] = max(self.fractions.get(id, 0.0), min(fraction, 0.999))
        self.running[id] = elapsed

    def done(self, id: str) -> None:
        """A task has given its value."""
        self.fractions[id] = 1.0
        self.running.pop(id, None)

    def left(self, stage: Stage) -> int:
        """How many works of `stage` have not given their value, those that are only expected included."""
        return sum(work.stage == stage and self.fractions.get(id, 0.0) < 1.0 for id, work in self.works.items())

    def remaining(self, elapsed: float) -> float:
        """Seconds the rest of the schedule needs, `elapsed` seconds after the job began."""
        left = {}
        for id, work in self.works.items():
            fraction = self.fractions.get(id, 0.0)
            if fraction < 1.0:
                needed = self.rates.seconds(work) * (1.0 - fraction)
                silent = elapsed - self.running.get(id, elapsed)
                left[id] = max(needed - silent, needed * OVERDUE)
        return remaining_seconds(self.works.values(), left, self.workers, self.running)

    def in_time(self, id: str, elapsed: float) -> bool:
        """Whether a running task may well be at work though it says nothing."""
        needed = self.rates.seconds(self.works[id]) * (1.0 - self.fractions.get(id, 0.0))
        return elapsed - self.running.get(id, elapsed) < needed * PATIENCE

    def percent(self, elapsed: float) -> tuple[float, float]:
        """Percent done (0–100) after `elapsed` seconds, and seconds to go."""
        eta = self.remaining(elapsed)
        total = elapsed + eta
        return (100.0 * elapsed / total if total > 0 else 0.0), eta
