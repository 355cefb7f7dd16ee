from __future__ import annotations

import pytest

from aura_nb.manifest import SceneEntry
from aura_nb.pipeline.caption import Cue
from aura_nb.pipeline.sync import bare, out_of_sync, spoken_text

SPOKEN = spoken_text(
    [
        SceneEntry(start=0, end=4, words=(("Air", 0.5, 1.0), ("scatters", 1.0, 2.0))),
        SceneEntry(start=4, end=8, words=(("青い空", 4.5, 6.0),)),
    ]
)


def wrong(*cues: Cue) -> list[str]:
    return list(out_of_sync(cues, SPOKEN))


def test_cues_may_break_anywhere_a_word_without_spaces_too():
    assert wrong(Cue(0.5, 2.0, "Air\nscatters"), Cue(4.5, 5.5, "青い"), Cue(5.5, 6.0, "空")) == []
    assert wrong(Cue(0.5, 6, "Air scatters 青い空")) == []


@pytest.mark.parametrize("shift", [0.09, -0.09])
def test_a_tenth_of_a_second_is_granted(shift: float):
    assert wrong(Cue(0.5 + shift, 2 + shift, "Air scatters"), Cue(4.5 + shift, 6 + shift, "青い空")) == []


@pytest.mark.parametrize(
    "cue", [Cue(0.65, 2.0, "Air scatters"), Cue(0.35, 2.0, "Air scatters"), Cue(0.5, 1.8, "Air scatters")]
)
def test_more_is_not(cue: Cue):
    (problem,) = wrong(cue, Cue(4.5, 6, "青い空"))
    assert "'Air scatters' is shown at" in problem


def test_other_words_and_overlaps_are_named():
    assert wrong(Cue(0.5, 2, "Air scatters")) == ["its words are not those that are spoken"]
    assert wrong(Cue(0.5, 5, "Air scatters"), Cue(4.5, 6, "青い空")) == ["'Air scatters' overlaps the next"]


def test_what_no_one_sees_does_not_count():
    assert bare(" a\u2060<\u2060b>\n\x07c ") == "a<b>c"
