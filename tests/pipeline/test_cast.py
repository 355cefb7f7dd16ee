from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from aura_nb.errors import AuraError, InvalidBrief
from aura_nb.pipeline.cast import Cast, check_voice, voice_named
from aura_nb.providers import registry
from aura_nb.providers.base import ProviderInfo
from aura_nb.request import Request
from aura_nb.script import Scene, Script, TitleCard
from aura_nb.spec import Brief, Profile, Voice


def test_a_brief_needs_a_writer_and_a_script_none():
    brief = Brief("Why the sky is blue")
    assert [w.info.name for w in Cast.of(Request.ask(brief)).writers] == ["rulebased"]
    scenes = [Scene(heading="Blue", text="The sky is blue.", picture=TitleCard(title="Blue"))]
    assert Cast.of(Request.ask(Script(brief=brief, scenes=scenes))).writers == ()


def test_a_silent_film_has_no_speakers():
    assert Cast.of(Request.ask("Why the sky is blue", voice=Voice(silent=True))).speakers == ()


def test_an_unknown_provider_names_the_known_ones():
    with pytest.raises(AuraError, match="espeak"):
        Cast.of(Request.ask("Why the sky is blue", profile=Profile(speaker=["morse"])))


def test_a_voice_nobody_has_is_named_with_the_voices_there_are():
    espeak = Profile(speaker=["espeak"])
    with pytest.raises(InvalidBrief, match="nobody") as caught:
        Cast.of(Request.ask("Why the sky is blue", voice=Voice(name="nobody"), profile=espeak))
    assert caught.value.issues[0].field == "name"
    (speaker,) = Cast.of(Request.ask("Why the sky is blue", profile=espeak)).speakers
    name = speaker.voices()[-1]
    assert Cast.of(Request.ask("Why the sky is blue", voice=Voice(name=name), profile=espeak)).speakers == (
        speaker,
    )


def test_who_does_not_speak_the_language_is_passed_over_and_that_is_told():
    cast = Cast.of(Request.ask(Brief("Blauer Himmel", language="de", points=["Er ist blau."])))
    assert [speaker.info.name for speaker in cast.speakers] == ["espeak"]
    assert cast.passed == ("kokoro does not speak 'de', and is passed over. Name a speaker that does.",)


class Unmade:
    def __init__(self):
        raise ImportError("no module named libchalk")


class Bugged(Unmade):
    """A shape that fits, whose first answer is an exception."""

    info = ProviderInfo("bugged", "illustrator", local=True, licence="MIT", version="1")

    def __init__(self): ...
    def missing(self):
        raise KeyError("sk-canary")

    def draw(self, request, out): ...


def test_a_plug_in_that_breaks_before_its_work_is_passed_over_and_that_is_told():
    parts = registry.Registry(
        lambda: [
            *registry.installed(),
            EntryPoint("illustrator.unmade", f"{__name__}:Unmade", registry.GROUP),
            EntryPoint("illustrator.bugged", f"{__name__}:Bugged", registry.GROUP),
        ]
    )
    chain = Profile(speaker=["espeak"], illustrator=["unmade", "bugged", "cards"])
    cast = Cast.of(Request.ask("Why the sky is blue", profile=chain), parts)
    assert [one.info.name for one in cast.illustrators] == ["cards"]
    assert cast.passed == (
        "unmade: cannot be loaded (no module named libchalk), and is passed over. Reinstall tests, or remove it.",
        "bugged broke with KeyError, and is passed over. Tell its author.",
    )
    with pytest.raises(InvalidBrief, match="libchalk"):
        Cast.of(Request.ask("Why the sky is blue", profile=Profile(illustrator=["unmade"])), parts)


def test_a_provider_s_stage_is_the_first_it_works_for():
    cast = Cast.of(Request.ask("Why the sky is blue", profile=Profile(speaker=["espeak"])))
    stages = {name: cast.stage_of(name) for name in ("rulebased", "espeak", "cards", "openai")}
    assert stages == {"rulebased": "write", "espeak": "narrate", "cards": "picture", "openai": None}


class Choir:
    """A speaker that lists one voice and knows another by its number."""

    def voices(self):
        return ("Ada", "Bea")

    def accepts(self, name):
        return name == "17"


@pytest.mark.parametrize(("asked", "known"), [("Bea", "Bea"), ("bEA", "Bea"), ("17", "17"), ("18", None)])
def test_a_voice_is_known_in_any_case_and_by_names_that_are_not_listed(asked, known):
    assert voice_named(asked, Choir()) == known
    if known is None:
        with pytest.raises(InvalidBrief, match="'18'"):
            check_voice(Voice(name=asked), [Choir()])
    else:
        check_voice(Voice(name=asked), [Choir()])
