"""What our objects say as plain text is the same in every run and tells nothing of the machine."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import aura_nb as aura
from aura_nb.errors import FieldIssue
from aura_nb.monitor import Monitor
from aura_nb.pipeline.compared import Compared
from tests.jobs.fakes import small

# A clock time, a duration, a folder, an address in memory or on a network, an id, a token.
PASSING = re.compile(
    r"\d\d:\d\d:\d\d|\d m?s\b|/(?:home|root|tmp|usr|var|work|Users)/|[A-Z]:\\|\b0x[0-9a-f]{6}|\d+\.\d+\.\d+\.\d+"
    r"|localhost|\b[0-9a-f]{8,}\b|[\w-]{30,}"
)

BRIEF = aura.Brief("Why the sky is blue")


def job(folder: Path) -> aura.Job:
    made = aura.Job("Why the sky is blue", small).start()
    assert made.wait(30)
    return made


def film(folder: Path) -> aura.Film:
    path = folder / "sky.mp4"
    return aura.Film(path, None, None, path, "Why the sky is blue", 12.0 + len(str(folder)), (640, 360), ())


def server(folder: Path) -> object:
    with aura.serve(port=0) as running:
        repr(running)
    return running


def scene(folder: Path) -> aura.Scene:
    return aura.Scene(heading="Light", text="Blue.", picture=aura.TitleCard(title="Sky"))


def bar(folder: Path) -> object:
    made = aura.ResourceBar(Monitor(folder))
    made.close()
    return made


CARDS: dict[str, Callable[[Path], object]] = {
    "CodeCard": lambda folder: aura.CodeCard(code="1 + 1"),
    "EquationCard": lambda folder: aura.EquationCard(equation="x"),
    "PointsCard": lambda folder: aura.PointsCard(points=["One"]),
    "QuoteCard": lambda folder: aura.QuoteCard(quote="Blue."),
    "TableCard": lambda folder: aura.TableCard(columns=["a"], rows=[["1"]]),
    "TitleCard": lambda folder: aura.TitleCard(title="Sky"),
}
MADE: dict[str, Callable[[Path], object]] = CARDS | {
    "AuraError": lambda folder: aura.AuraError("It failed.", remedy="Mend it."),
    "Brief": lambda folder: aura.Brief("Why the sky is blue"),
    "Comparison": lambda folder: aura.Comparison(BRIEF, aura.Plan(), Compared((), ())),
    "Film": film,
    "InvalidBrief": lambda folder: aura.InvalidBrief([FieldIssue("topic", "too short", "Write more.")]),
    "Job": job,
    "JobCancelled": lambda folder: aura.JobCancelled(),
    "Plan": lambda folder: aura.Plan(),
    "Profile": lambda folder: aura.Profile(),
    "ProviderReport": lambda folder: aura.validate("espeak"),
    "Render": lambda folder: aura.Render(),
    "Request": lambda folder: aura.quick_demo(),
    "ResourceBar": bar,
    "Scene": scene,
    "Script": lambda folder: aura.Script(brief=BRIEF, plan=aura.Plan(), scenes=[scene(folder)]),
    "Studio": lambda folder: aura.Studio("Why the sky is blue", output=folder / "sky.mp4"),
    "Voice": lambda folder: aura.Voice(),
}
ANSWERS: dict[str, Callable[[Path], object]] = {
    "preflight": lambda folder: aura.preflight("Why the sky is blue", output=folder / "sky.mp4"),
    "providers": lambda folder: aura.providers(live=False),
    "serve": server,
}
TELLING = {"FigureCard", "Verification"}
"""They say what they were given or asked for: an image's path, what was measured of a film."""


def test_every_public_class_is_looked_at() -> None:
    classes = {name for name in aura.__all__ if inspect.isclass(getattr(aura, name))}
    errors = {name for name in classes if issubclass(getattr(aura, name), aura.AuraError)}
    assert classes - errors - TELLING <= set(MADE)


@pytest.mark.parametrize("name", sorted(MADE | ANSWERS))
def test_the_text_of_it_is_stable_and_tells_nothing_of_the_run(name: str, tmp_path: Path) -> None:
    make = (MADE | ANSWERS)[name]
    folders = tmp_path / "one", tmp_path / "another-one"
    for folder in folders:
        folder.mkdir()
    first, second = (repr(make(folder)) for folder in folders)
    assert first == second
    assert not PASSING.search(first), PASSING.search(first)
    assert str(tmp_path) not in first
