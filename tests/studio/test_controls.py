"""Every field of every model has a control, and a value survives the way through it."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from aura_nb.script import CodeCard, FigureCard, PointsCard, TableCard
from aura_nb.spec import Brief, Plan, Profile, Render, Voice
from aura_nb.studio.controls import Control, controls
from aura_nb.studio.editor import CARDS


def named(model: type[BaseModel]) -> dict[str, Control]:
    return {control.name: control for control in controls(model)}


@pytest.mark.parametrize("model", [Brief, Plan, Voice, Render, Profile])
def test_no_field_of_a_request_is_without_a_control(model):
    assert set(named(model)) == set(model.model_fields)


@pytest.mark.parametrize("kind", CARDS)
def test_every_field_of_a_card_but_its_kind_has_one(kind):
    assert set(named(CARDS[kind])) == set(CARDS[kind].model_fields) - {"kind"}


def test_what_the_model_says_is_what_the_control_offers():
    brief, render, voice = named(Brief), named(Render), named(Voice)
    assert brief["topic"].required
    assert brief["audience"].optional
    assert brief["tone"].options[:2] == ("informative", "friendly")
    assert brief["points"].kind == "lines"
    assert brief["notes"].rows > brief["goal"].rows
    assert render["height"].options == (360, 480, 720, 1080, 1440, 2160)
    assert (voice["rate"].minimum, voice["rate"].maximum) == (0.5, 2.0)
    assert voice["silent"].kind == "switch"
    assert named(Profile)["speaker"].kind == "names"
    assert named(TableCard)["rows"].kind == "table"
    assert named(FigureCard)["image"].kind == "text"
    assert "path of an image file" in named(FigureCard)["image"].help


def test_a_field_that_a_model_gains_gains_a_control():
    class More(BaseModel):
        platform: Literal["youtube", "phone"] | None = Field(None, description="Where it is shown.")
        bitrate: Annotated[int, Field(ge=100)] | None = None
        inner: dict[str, int] = Field(default_factory=dict)

    found = named(More)
    assert set(found) == {"platform", "bitrate"}
    assert found["platform"].kind == "choice"
    assert found["platform"].optional
    assert found["platform"].help == "Where it is shown."
    assert (found["bitrate"].kind, found["bitrate"].minimum) == ("number", 100)


@pytest.mark.parametrize(
    ("control", "shown", "meant"),
    [
        (named(Brief)["points"], "One.\n\n  \nTwo.", ["One.", "Two."]),
        (named(Brief)["audience"], "  ", None),
        (named(Brief)["topic"], "", ""),
        (named(Plan)["seconds"], " 20 ", "20"),
        (named(Profile)["speaker"], "kokoro,, espeak ,", ["kokoro", "espeak"]),
        (named(TableCard)["rows"], "a | b\n\nc | d \\| e", [["a", "b"], ["c", "d | e"]]),
        (named(Render)["height"], 720, 720),
        (named(Voice)["silent"], True, True),
        (named(CodeCard)["code"], "  x = 1\n", "  x = 1\n"),
    ],
)
def test_what_stands_in_a_control_means_a_value(control, shown, meant):
    assert control.meant(shown) == meant


words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@given(st.lists(words, min_size=1, max_size=4))
def test_lines_come_back_as_they_were(lines):
    control = named(PointsCard)["points"]
    assert control.meant(control.shown(lines)) == lines


@given(st.lists(st.lists(words.filter(lambda word: not word.endswith("\\")), min_size=1, max_size=3), max_size=3))
def test_tables_come_back_as_they_were(rows):
    control = named(TableCard)["rows"]
    assert control.meant(control.shown(rows)) == rows


@given(st.floats(0, 2000, allow_nan=False))
def test_numbers_come_back_as_they_were(value):
    control = named(Plan)["seconds"]
    assert float(control.meant(control.shown(value))) == value
