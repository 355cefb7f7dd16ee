"""A real film, small and quick to make, whose making stops in the middle until it is told to go on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from aura_nb.cancel import Cancel
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Report, Reporter
from aura_nb.pipeline.flow import make_film
from aura_nb.pipeline.progress import Rates
from aura_nb.request import Request
from aura_nb.script import Scene, Script, TitleCard
from aura_nb.spec import Brief, Profile, Render

TEXTS = (
    "Why is the sky blue, and not any other colour that we know?",
    "Air scatters the short waves of light much more strongly than the long ones.",
    "Blue light has short waves, and so it comes to us from everywhere.",
)


def script() -> Script:
    """Three short scenes for the draft voice."""
    scenes = [
        Scene(heading=f"Part {number}", text=text, picture=TitleCard(title=text))
        for number, text in enumerate(TEXTS)
    ]
    render = Render(height=360, fps=24, crf=30)
    return Script(
        brief=Brief("Why the sky is blue"), scenes=scenes, render=render, profile=Profile(speaker=["espeak"])
    )


@dataclass
class Gated:
    """The job, its cache, and its gate: it holds once the sound and `segments` segments are told, until `go`."""

    folder: Path
    journal: Journal | None = None
    cache: Cache | None = None
    segments: int = 2
    go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.cache = self.cache or Cache(self.folder / "cache")
        self.path = self.folder / "film.mp4"
        self.job = Job("Why the sky is blue", self._work, journal=self.journal)

    def start(self) -> Gated:
        self.job.start()
        return self

    def _work(self, report: Reporter, cancel: Cancel) -> Film:
        told: list[str] = []

        def gate(one: Report) -> None:
            report(one)
            if "segment" in one.data:
                told.append(one.data["kind"])
                if "sound" in told and len(told) > self.segments and not cancel.is_set:
                    with cancel.stopping(self.go.set):
                        self.go.wait(120)

        return make_film(
            Request.ask(script()),
            self.path,
            cache=self.cache,
            rates=Rates(),
            # One after the other, so that it is known what comes before what.
            workers=1,
            cancel=cancel,
            report=gate,
        )
