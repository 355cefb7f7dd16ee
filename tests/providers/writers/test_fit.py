from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled
from aura_nb.providers.base import WriteRequest
from aura_nb.providers.writers.fit import Ruler, fit
from aura_nb.providers.writers.parts import MUST, Draft, Line
from aura_nb.providers.writers.rulebased import RuleBased
from aura_nb.script import TitleCard
from aura_nb.spec import Brief, Plan
from tests.providers.writers.fake import FakeVoice


def draft(*lines: Line) -> Draft:
    return Draft(lines, lambda kept: ("", TitleCard(title="")))


def sentence(letters: int, mark: str = "a") -> str:
    return mark.upper() + mark * (letters - 2) + "."


def texts(kept: list[tuple[Line, ...]]) -> list[str]:
    return [" ".join(line.text for line in lines) for lines in kept if lines]


def test_a_ruler_learns_pace_and_pauses_from_what_is_said_anyway():
    voice = FakeVoice()
    ruler = Ruler(voice)
    ruler.calibrate(["Why is the sky blue?", "Now you try."])
    film = ["Why is the sky blue? Now you try.", "Now you try."]
    guessed = ruler.base + ruler.gap + sum(map(ruler.guess, ["Why is the sky blue?", *2 * ["Now you try."]]))
    assert guessed == pytest.approx(voice(film))
    assert voice.measured == {"Why is the sky blue?", "Now you try."}


@given(
    lengths=st.lists(st.integers(10, 150), min_size=3, max_size=25),
    fillers=st.lists(st.integers(10, 40), min_size=12, max_size=20),
    target=st.floats(15, 60),
    rate=st.floats(0.6, 1.8),
)
@settings(max_examples=60, deadline=None)
def test_lasts_as_long_as_asked_whenever_the_lines_allow(lengths, fillers, target, rate):
    own = [Line(sentence(n, "o"), number + 1, own=True) for number, n in enumerate(lengths)]
    fills = [Line(sentence(n, "f"), 5 + number) for number, n in enumerate(fillers)]
    drafts = [draft(Line("Start.", MUST), *fills), draft(*own), draft(Line("End.", MUST))]
    voice = FakeVoice(rate)
    ruler = Ruler(voice)
    ruler.calibrate(["Start.", "End."])
    kept = fit(drafts, target, ruler)
    lasts = voice(texts(kept))
    everything = voice([" ".join(line.text for line in d.lines) for d in drafts])
    if everything > target and min(lengths) * 0.062 / rate < target / 3:
        assert lasts == pytest.approx(target, rel=0.1)
    elif everything <= target:
        assert lasts == everything


def test_the_users_lines_come_before_fillers_and_in_order():
    own = [Line(sentence(50, mark), rank, own=True) for rank, mark in enumerate("abc", 1)]
    drafts = [draft(Line("Go.", MUST), Line(sentence(30, "f"), 0.5)), draft(*own)]
    voice = FakeVoice()
    kept = fit(drafts, 9.5, Ruler(voice))
    assert texts(kept) == ["Go.", f"{own[0].text} {own[1].text}"]


def test_a_line_is_not_said_without_the_one_it_stands_on():
    drafts = [draft(Line("Go.", MUST)), draft(Line(sentence(400, "a"), 1), Line("Then this.", 2, after=0))]
    assert texts(fit(drafts, 10, Ruler(FakeVoice()))) == ["Go."]


def test_an_opening_line_is_not_said_without_the_next():
    drafts = [draft(Line("Go.", MUST)), draft(Line("Now:", 1, opens=True), Line(sentence(400), 2, after=0))]
    assert texts(fit(drafts, 10, Ruler(FakeVoice()))) == ["Go."]


def test_something_of_the_users_is_said_however_long():
    drafts = [draft(Line("Go.", MUST)), draft(*(Line(sentence(n), n, own=True) for n in (900, 600)))]
    assert texts(fit(drafts, 10, Ruler(FakeVoice()))) == ["Go.", sentence(600)]


def test_a_cancelled_job_measures_no_more():
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        Ruler(FakeVoice(), cancel).measure(["Go."])


def test_fits_a_silent_film_too_whose_scenes_take_three_seconds_at_least():
    def reading(texts):
        return 1.4 + 0.6 * (len(texts) - 1) + sum(max(3.0, len(text.split()) * 0.375) for text in texts)

    script = RuleBased().write(WriteRequest(Brief("Why the sky is blue"), Plan(seconds=30), reading))
    assert reading([scene.text for scene in script.scenes]) == pytest.approx(30, rel=0.1)
