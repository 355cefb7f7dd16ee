"""A form says what its model says, keeps what is half typed, and what it cannot show."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from aura_nb.errors import InvalidBrief
from aura_nb.script import EquationCard, PointsCard
from aura_nb.spec import Brief, Plan, Spec
from aura_nb.studio.form import Form


def test_what_is_wrong_is_told_in_the_models_own_words_and_mended_by_typing():
    form = Form(Brief)
    form.edit("topic", "x")
    with pytest.raises(InvalidBrief) as refused:
        Brief("x")
    assert form.issues()["topic"] == refused.value.issues[0]
    form.edit("topic", "Why the sky is blue")
    assert form.issues() == {}
    assert form.made() == Brief("Why the sky is blue")


def test_what_is_still_to_be_filled_in_is_asked_for():
    form = Form(EquationCard)
    assert form.issues()["equation"].message == "needed"
    form.edit("equation", "a = b")
    assert form.issues() == {}
    points = Form.of(PointsCard(points=["One"]))
    points.edit("points", " ")
    assert points.issues()["points"].remedy == "Fill it in."


def test_what_is_half_typed_stays_as_it_is():
    form = Form.of(Plan(seconds=20))
    form.edit("seconds", "2o")
    assert form.shown["seconds"] == "2o"
    assert form.issues()["seconds"].remedy == "Give a number."


def test_an_issue_within_a_list_is_told_at_the_list_and_names_the_line():
    form = Form.of(Brief("Why the sky is blue"))
    form.edit("points", f"Short.\n{'x' * 3000}")
    assert list(form.issues()) == ["points"]
    assert form.issues()["points"].message.startswith("line 2: ")


def test_values_nobody_edits_are_kept_exactly():
    points = ("A point\nof two lines.",)
    form = Form.of(Brief("Why the sky is blue", points=points))
    form.edit("points", form.shown["points"])
    form.edit("topic", "Why grass is green")
    assert form.made().points == points


def test_a_field_without_a_control_is_kept():
    class Odd(BaseModel):
        name: str = "a"
        table: dict[str, int] = Field(default_factory=dict)

    form = Form.of(Odd(table={"x": 1}))
    form.edit("name", "b")
    assert form.made() == Odd(name="b", table={"x": 1})


def test_what_is_wrong_with_the_whole_is_told_at_the_first_control():
    class Pair(Spec):
        low: float = 1.0
        high: float = 2.0

        @model_validator(mode="after")
        def _in_order(self) -> Pair:
            if self.low > self.high:
                raise PydanticCustomError("order", "low is above high", {"remedy": "Swap them."})
            return self

    form = Form(Pair)
    form.edit("low", "3")
    assert form.issues()["low"].remedy == "Swap them."


def test_a_copy_is_a_form_of_its_own():
    form = Form.of(Plan(seconds=20))
    copy = form.copy()
    form.edit("seconds", "40")
    assert copy.made() == Plan(seconds=20)


def test_a_field_that_is_none_is_an_error():
    with pytest.raises(KeyError):
        Form(Plan).edit("minutes", "1")
