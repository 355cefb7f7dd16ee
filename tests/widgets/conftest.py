"""A job that does what the test tells it to, in memory."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aura_nb.cancel import Cancel
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.jobs.queue import Queue
from aura_nb.pipeline.context import Report, Reporter

FILM = Film(Path("sky.mp4"), Path("sky.srt"), Path("sky.vtt"), Path("sky.json"), "Sky", 12.5, (640, 360), ())


@dataclass
class Puppet:
    """A running job whose work sends the reports it is handed, until told to end."""

    orders: queue.Queue[Report | BaseException | threading.Event | None] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        self.job = Job("Why the sky is blue", self._work, queue=Queue())

    def _work(self, report: Reporter, cancel: Cancel) -> Film:
        with cancel.stopping(lambda: self.orders.put(None)):
            while (order := self.orders.get()) is not None:
                match order:
                    case BaseException():
                        raise order
                    case threading.Event():
                        order.set()
                    case _:
                        report(order)
        cancel.check()
        return FILM

    def start(self) -> Job:
        return self.job.start()

    def tell(self, *reports: Report) -> None:
        """Report, and wait until the log has it all."""
        heard = threading.Event()
        for order in (*reports, heard):
            self.orders.put(order)
        assert heard.wait(10)

    def complete(self) -> None:
        self.orders.put(None)
        assert self.job.wait(10)

    def fail(self, error: BaseException) -> None:
        self.orders.put(error)
        assert self.job.wait(10)


@pytest.fixture
def puppet() -> Iterator[Callable[[], Puppet]]:
    made: list[Puppet] = []

    def make() -> Puppet:
        made.append(Puppet())
        return made[-1]

    yield make
    for one in made:
        one.orders.put(None)


def progress(percent: float, item: int = 0) -> Report:
    return Report("step-progress", "compose", f"Composing scene {item + 1}.", percent, item, 8)


def scene(number: int, thumbnail: str = "QUJD") -> Report:
    data = {"scene": number, "heading": f"Scene {number}", "thumbnail": thumbnail}
    return Report("scene-ready", "picture", data=data)
