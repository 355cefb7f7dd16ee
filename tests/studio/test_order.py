"""The five parts of a request as one form: every field's issue, names that nobody has, and what to propose."""

from __future__ import annotations

import pytest

from aura_nb.errors import InvalidBrief
from aura_nb.providers.registry import Registry
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.request import Request
from aura_nb.spec import PROFILES, Brief, Plan, Profile, Render, Voice
from aura_nb.studio.order import Order


def order(**parts: object) -> Order:
    return Order(Request.ask(Brief("Why the sky is blue"), **{"profile": Profile(speaker="espeak"), **parts}))


def test_a_request_comes_out_as_it_went_in():
    request = Request.ask(
        Brief("Why the sky is blue", audience="children", points=["One."]),
        plan=Plan(seconds=20, pacing="fast"),
        voice=Voice(rate=1.2, silent=False),
        render=Render(height=360, theme="dark"),
        profile="free-only",
    )
    assert Order(request).made() == request


def test_nobody_is_scolded_for_what_they_have_not_begun():
    empty = Order()
    assert "brief.topic" in empty.issues()
    assert empty.told() == {}
    empty.edit("plan.seconds", "5")
    assert set(empty.told()) == {"plan.seconds"}
    empty.touch_all()
    assert set(empty.told()) == {"plan.seconds", "brief.topic"}


def test_all_that_is_wrong_is_one_error():
    wrong = Order()
    wrong.edit("plan.seconds", "5")
    with pytest.raises(InvalidBrief) as refused:
        wrong.made()
    assert {issue.field for issue in refused.value.issues} == {"topic", "plan.seconds"}


@pytest.mark.parametrize(
    ("key", "shown", "remedy"),
    [
        ("profile.writer", "rulebased, poet", "rulebased"),
        ("profile.speaker", "poet", "espeak"),
        ("voice.name", "Nobody", "Choose another"),
        ("render.theme", "no-such-theme", "light"),
    ],
)
def test_a_name_that_nobody_has_is_told_with_those_there_are(key, shown, remedy):
    one = order()
    one.edit(key, shown)
    assert remedy in one.told()[key].remedy


def test_a_real_voice_is_no_issue_and_all_are_proposed():
    one = order()
    voices = one.proposals()["voice.name"]
    assert "en-US" in voices
    one.edit("voice.name", voices[0])
    assert one.issues() == {}


def test_voices_are_those_of_the_speakers_chosen():
    one = order()
    one.edit("profile.speaker", "poet")
    assert one.proposals()["voice.name"] == []


class Broken(Espeak):
    """A speaker whose list of voices cannot be had."""

    def voices(self):
        raise RuntimeError("no list")


class Parts(Registry):
    def get(self, socket, name):
        return Broken() if name == "espeak" else super().get(socket, name)


def test_a_speaker_that_breaks_does_not_take_the_form_with_it():
    one = Order(order().made(), parts=Parts())
    one.edit("voice.name", "Somebody")
    assert one.proposals()["voice.name"] == []
    assert one.issues() == {}


def test_a_named_profile_fills_the_chains():
    one = order()
    one.use_profile("pro-max")
    assert one.made().profile == Profile(**PROFILES["pro-max"])


def test_a_copy_is_an_order_of_its_own():
    one = order()
    copy = one.copy()
    one.edit("brief.topic", "Why grass is green")
    assert copy.made().brief.topic == "Why the sky is blue"
    assert copy.touched == set()
