"""What the tests of jobs hand in: a clock that is moved by hand, a film that was not made, and works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from aura_nb.cancel import Cancel
from aura_nb.film import Film, StageTiming
from aura_nb.jobs import Clock, Event, Job, Journal, Queue
from aura_nb.pipeline.context import Report, Reporter

TIMINGS = (
    StageTiming("narrate", 1.5, 1.2, 3, 1, "espeak"),
    StageTiming("compose", 6.0, 11.0, 5, 0, peak_mb=480.0),
)


class HandClock:
    """Time stands still until `pass_by`."""

    def __init__(self, at: float = 1_700_000_000.0) -> None:
        self.at = at
        self.clock = Clock(now=lambda: self.at, monotonic=lambda: self.at)

    def pass_by(self, seconds: float) -> None:
        self.at += seconds


def events(journal: Journal, job_id: str, after: int = 0) -> list[Event]:
    """What the journal kept of a job."""
    return [Event.decode(body) for body in journal.bodies(job_id, after)]


def film(name: str = "sky.mp4") -> Film:
    path = Path("films") / name
    return Film(
        path=path,
        srt=path.with_suffix(".srt"),
        vtt=path.with_suffix(".vtt"),
        manifest=path.with_suffix(".json"),
        title="Why the sky is blue",
        seconds=12.0,
        size=(1920, 1080),
        chapters=(),
        stages=TIMINGS,
    )


def done_at_once(report: Reporter, cancel: Cancel) -> Film:
    return film()


def small(report: Reporter, cancel: Cancel) -> Film:
    """Two stages, three items, one scene."""
    report(Report("step-status", "narrate", data={"state": "running"}))
    for item in (1, 2, 3):
        report(Report("step-progress", "narrate", percent=10.0 * item, current_item=item, total_items=3))
    report(Report("scene-ready", "compose", data={"scene": 0, "heading": "Light", "thumbnail": "/9j/"}))
    report(Report("step-status", "narrate", data={"state": "done", "items": 3, "cached": 1, "seconds": 1.5}))
    report(Report("warning", "compose", "A glyph is missing."))
    return film()


def until_cancelled(report: Reporter, cancel: Cancel) -> Film:
    cancel.wait(60)
    cancel.check()
    return film()


class Gate:
    """Work that waits to be let through, heeding no cancel."""

    def __init__(self, outcome: Callable[[], Film] = film) -> None:
        self.begun = threading.Event()
        self.open = threading.Event()
        self.reporters: list[Reporter] = []
        self._outcome = outcome

    def __call__(self, report: Reporter, cancel: Cancel) -> Film:
        self.reporters.append(report)
        self.begun.set()
        assert self.open.wait(60)
        return self._outcome()


def job(work, **kwargs) -> Job:
    kwargs.setdefault("queue", Queue())
    return Job("Why the sky is blue", work, **kwargs)


def types(one: Job) -> list[str]:
    return [event.type for event in one.events()]


def watched(one: Job) -> None:
    """Wait for the thread that looks after a job, which goes on until its queue and journal know the end."""
    for thread in threading.enumerate():
        if thread.name == f"aura-watch-{one.id}":
            thread.join(60)


def states(one: Job) -> list[str]:
    return list(dict.fromkeys(event.status for event in one.events()))
