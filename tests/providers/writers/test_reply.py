from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers.writers.reply import MOST_FAULTS, Unusable, read
from aura_nb.script import EquationCard, PointsCard, TitleCard
from aura_nb.spec import Plan
from tests.providers.fakes import replies


@pytest.mark.parametrize("text", [replies.GOOD, replies.FENCED], ids=["bare", "fenced"])
def test_a_good_reply_is_its_scenes(text):
    scenes = read(text, Plan())
    assert [type(scene.picture) for scene in scenes] == [TitleCard, EquationCard, PointsCard]
    assert scenes[0].text.startswith("Look up on a clear day")


FAULTS = {
    "no-json": "there is none in it",
    "broken": "not one whole JSON object",
    "truncated": "not one whole JSON object",
    "empty": "scenes",
    "unspoken": "scenes.0.text: nothing is said",
    "repeated": "scenes.2.text: the same as scenes.1.text",
    "steals-file": "scenes.1.picture",
    "ragged-table": "scenes.0.picture.rows: row 1 has 1 cells for 2 columns",
    "bad-formula": "scenes.1.picture.equation",
    "code-formula": "code and comments are not allowed",
    "empty-point": "scenes.1.picture.points: a point is empty",
    "too-many": "there are 30; write 3",
}


@pytest.mark.parametrize("name", replies.UNUSABLE)
def test_an_unusable_reply_says_what_is_wrong_and_where(name):
    with pytest.raises(Unusable) as raised:
        read(replies.UNUSABLE[name], Plan())
    assert FAULTS[name] in str(raised.value)


def test_every_faulty_scene_is_named_at_once():
    bad = replies.scene("x", "Something.", {"kind": "points", "heading": "", "points": []})
    with pytest.raises(Unusable) as raised:
        read(replies.reply(bad, replies.END, {"heading": "y"}), Plan())
    assert {fault.partition(":")[0].split(".")[1] for fault in raised.value.faults} == {"0", "2"}


def test_the_faults_sent_back_are_bounded():
    with pytest.raises(Unusable) as raised:
        read(replies.reply(*[{}] * 40), Plan())
    assert len(raised.value.faults) == MOST_FAULTS


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["scenes", "heading", "text", "picture", "kind", "points"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.one_of(st.text(max_size=60), JSON.map(json.dumps), JSON.map(lambda one: json.dumps({"scenes": one}))))
def test_any_reply_is_read_or_told_to_be_unusable(text):
    try:
        made: tuple[object, ...] = tuple(read(text, Plan()))
    except Unusable as unusable:
        made = unusable.faults
    assert made
