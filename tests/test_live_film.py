"""A researcher's film: a figure of matplotlib, one of plotly and a DataFrame, shown as they are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import aura_nb as aura
from aura_nb.manifest import Manifest
from tests.plots import bars, line

pytestmark = pytest.mark.slow


def script() -> aura.Script:
    pictures = [line(), bars(), pd.DataFrame({"region": ["north", "south"], "sales": [3, 5.25]})]
    scenes = [
        aura.Scene(heading=f"Result {number}", text=f"This is result number {number}.", picture=picture)
        for number, picture in enumerate(pictures, 1)
    ]
    render = aura.Render(height=360, fps=24, crf=30)
    return aura.Script(
        brief=aura.Brief("Three results"), voice=aura.Voice(silent=True), render=render, scenes=scenes
    )


def test_live_objects_become_a_film_and_the_same_ones_are_not_drawn_again(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("AURA_NB_PROGRESS", "off")
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    film = aura.make(script(), output=tmp_path / "film.mp4")
    assert film.warnings == ()
    manifest = Manifest.of(film.path)
    assert [p.name for p in manifest.providers if p.socket == "illustrator"] == ["figures", "cards"]
    assert [Path(s["picture"].get("image", "")).suffix for s in manifest.script["scenes"]] == [
        ".matplotlib",
        ".plotly",
        "",
    ]
    # The cell run again: other objects that look the same.
    again = aura.make(script(), output=tmp_path / "again.mp4")
    assert again.path.read_bytes() == film.path.read_bytes()
    drawn = again.timings.loc["picture"]
    assert (drawn["items"], drawn["cached"]) == (3, 3)
