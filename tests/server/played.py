"""A job whose work does what the test tells it, one report at a time."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.pipeline.context import Report

# The smallest JPEG there is: one grey pixel.
PIXEL = base64.b64encode(
    bytes.fromhex(
        "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a"
        "1f1e1d1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f"
        "0000010501010101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d010203"
        "00041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a343536373839"
        "3a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4"
        "a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
        "ffda0008010100003f00fbfca28a2803ffd9"
    )
).decode()


class Played:
    """The work of `job`, and the hand that moves it."""

    def __init__(
        self,
        title: str,
        *,
        journal: Journal | None = None,
        film: Film | None = None,
        error: Exception | None = None,
        **made,
    ) -> None:
        self._film = film
        self._error = error or RenderError("The disk is full.", remedy="Free some space.")
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
                    raise self._error
                return self._film


def progress(percent: float, item: int = 1) -> Report:
    """A step of the pictures' stage."""
    message = f"Drawing scene {item} of 3"
    return Report("step-progress", "picture", message, percent=percent, current_item=item, total_items=3)


def line(text: str) -> Report:
    """A line of the log: whoever is told of the job is told of this."""
    return Report("job-log", "picture", text)


def drawn(scene: int, heading: str) -> Report:
    """A scene's picture is ready."""
    return Report("scene-ready", "picture", data={"scene": scene, "heading": heading, "thumbnail": PIXEL})
