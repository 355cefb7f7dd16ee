"""Scenes and folders for the tests of the Studio."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aura_nb.request import Request
from aura_nb.script import PointsCard, Scene, Script, TitleCard
from aura_nb.spec import Brief, Plan, Profile, Render

DRAFT = {"render": Render(height=360), "profile": Profile(speaker="espeak"), "plan": Plan(seconds=12)}


def script() -> Script:
    scenes = [
        Scene(heading="Opening", text="The sky is blue.", picture=TitleCard(title="The sky")),
        Scene(heading="Light", text="Sunlight holds all colours.", picture=PointsCard(points=["Red", "Blue"])),
        Scene(heading="Air", text="Air scatters blue most.", picture=TitleCard(title="Air")),
    ]
    return Script(brief=Brief("Why the sky is blue"), scenes=scenes, writer="rulebased", **DRAFT)


def request() -> Request:
    return Request.ask(script())


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A journal and a cache for this test alone: what it began is over before the next has its own."""
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AURA_NB_PROGRESS", "off")
    yield tmp_path
    for thread in threading.enumerate():
        if thread.name.startswith("aura-"):
            thread.join(30)
