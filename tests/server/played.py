"""A job whose work does what the test tells it, one report at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.pipeline.context import Report


class Played:
    """The work of `job`, and the hand that moves it."""

    def __init__(self, title: str, *, journal: Journal | None = None, film: Film | None = None, **made) -> None:
        self._film = film
        self._steps: list[Report] = []
        self._more = threading.Condition()
        self._over = False
        self.job = Job(title, self._work, journal=journal, **made).start()

    def say(self, *steps: Report) -> None:
        """Have the work report these."""
        with self._more:
            self._steps += steps
            self._more.notify()

    def end(self) -> None:
        """Have the work end: with the film, or without one in an error."""
        with self._more:
            self._over = True
            self._more.notify()
        self.job.wait(10)

    def _work(self, report: Callable[[Report], None], cancel: Cancel) -> Film:
        while True:
            with self._more:
                self._more.wait_for(lambda: self._steps or self._over or cancel.is_set, timeout=0.05)
                steps, self._steps = self._steps, []
                over = self._over
            for step in steps:
                report(step)
            cancel.check()
            if over:
                if self._film is None:
                    raise RenderError("The disk is full.", remedy="Free some space.")
                return self._film


def progress(percent: float, item: int = 1) -> Report:
    """A step of the pictures' stage."""
    message = f"Drawing scene {item} of 3"
    return Report("step-progress", "picture", message, percent=percent, current_item=item, total_items=3)


def line(text: str) -> Report:
    """A line of the log: never taken together with another."""
    return Report("job-log", "picture", text)
