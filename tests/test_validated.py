"""Whatever a user hands in wrongly is told in our own words, never in pydantic's or the system's."""

from __future__ import annotations

import errno
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.errors import Faults, FieldIssue, InvalidBrief, refused
from aura_nb.request import Request

RAW = re.compile(
    r"Field required|Input should|should (?:be|have|match)|Extra inputs|Errno|valid string|unable to parse"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
BRIEF = ("topic", "audience", "tone", "language", "aspect", "points", "notes", "color")
PLAN, VOICE = ("seconds", "pacing", "density"), ("name", "rate", "pitch", "pause", "silent")
RENDER, PROFILE = ("platform", "height", "fps", "crf", "codec", "encoder", "zoom"), ("writer", "speaker")
CARD = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("title", "points", "rows", "columns", "image", "code"), JSON)
).flatmap(
    lambda card: st.sampled_from(["title", "points", "table", "figure", "poster"]).map(
        lambda k: {**card, "kind": k}
    )
)


def some(*names: str) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON))


ASKED = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(BRIEF, JSON),
        "plan": JSON | some(*PLAN),
        "voice": JSON | some(*VOICE),
        "render": JSON | some(*RENDER),
        "profile": JSON | some(*PROFILE),
        "scenes": JSON
        | st.lists(some("heading", "text", "picture") | CARD.map(lambda card: {"picture": card}), max_size=2),
    },
)


def refusal(data: dict[str, object]) -> InvalidBrief | None:
    try:
        Request.parse(data)
    except InvalidBrief as error:
        return error
    return None


@given(ASKED)
def test_whatever_is_asked_for_is_taken_or_told_in_our_words(data):
    error = refusal(data)
    assert error is None or not RAW.search(str(error))
    assert error is None or all(one.field and one.message and one.remedy for one in error.issues)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "topic: it is missing. Give this field; it has no default."),
        ({"topic": "Blue sky", "tone": "angry"}, "tone: 'angry' is none of 'informative', "),
        ({"topic": "Blue sky", "tome": "x"}, "tome: there is no such field. Did you mean 'tone'?"),
        ({"topic": "Blue sky", "voice": {"rate": 9}}, "voice.rate: 9 is too much. Use 2.0 or less."),
        (
            {"topic": "Blue sky", "plan": {"seconds": "long"}},
            "plan.seconds: 'long' is not a number. Give a number.",
        ),
        (
            {"topic": "Blue sky", "plan": 3},
            "plan: 3 is no table of fields. Give its fields: seconds, pacing, density, style.",
        ),
        ({"topic": None}, "topic: nothing is given. Give text."),
        ({"topic": "Blue sky", "tone": None}, "tone: nothing is given. Choose one of 'informative', "),
        ({"topic": "Blue sky", "points": None}, "points: nothing is given. Give a list."),
        (
            {"topic": "Blue sky", "points": [{"Light": "it is white"}]},
            "points.0: {'Light': 'it is white'} is not text. Give text; in YAML, one with \": \" in it stands in",
        ),
        ({"topic": ["Blue"]}, "topic: ['Blue'] is not text. Give text."),
        ({"topic": "Blue sky", "audience": "x" * 201}, "audience: it is too long. Shorten it to 200"),
    ],
)
def test_a_fault_names_its_field_what_was_given_and_the_remedy(data, told):
    with pytest.raises(InvalidBrief) as caught:
        Request.parse(data)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "number", [errno.ENOENT, errno.EISDIR, errno.EACCES, errno.ENOSPC, errno.EMFILE, errno.EIO]
)
def test_what_the_system_refuses_is_told_without_its_number(number):
    what, remedy = refused(OSError(number, os.strerror(number), "brief.toml"))
    assert what
    assert remedy
    assert "Errno" not in what
    assert "brief.toml" not in what


def test_faults_of_several_parts_are_one_error_and_those_of_one_are_its_own():
    faults = Faults()
    faults.tell()
    with faults.within("plan"):
        raise InvalidBrief([FieldIssue("seconds", "wrong", "Mend it.")], subject="plan")
    with pytest.raises(InvalidBrief, match=r"This plan has 1 field to mend:\n  - plan\.seconds: wrong"):
        faults.tell()
    with faults.within():
        raise InvalidBrief([FieldIssue("topic", "wrong", "Mend it.")], subject="brief")
    with pytest.raises(InvalidBrief, match="This request has 2 fields to mend") as caught:
        faults.tell()
    assert [issue.field for issue in caught.value.issues] == ["plan.seconds", "topic"]
