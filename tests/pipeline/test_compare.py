"""Comparing, with the rule-based writer and espeak for real and parts that fail, hang or count beside them.

The brief is German, which the recogniser does not know: what it hears is for the slow tests.
"""

from __future__ import annotations

import threading
from importlib.metadata import EntryPoint
from itertools import chain

import av
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import InvalidBrief, JobCancelled, ProviderError, UnknownProvider
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.compare import compare
from aura_nb.pipeline.entrants import everyone
from aura_nb.pipeline.passage import ARTICLE, opening
from aura_nb.providers import recogniser, registry
from aura_nb.providers.failures import Unauthorized
from aura_nb.request import Request
from aura_nb.script import Script
from aura_nb.spec import Brief
from tests.pipeline.test_narrate import Tone
from tests.pipeline.test_write import Scripted

BRIEF = Brief("Warum der Himmel blau ist", language="de", points=("Luft streut blaues Licht.", "Rot nicht."))


class Hoarse(Tone):
    """Loads well and measures well, and cannot say a whole sentence."""

    def __init__(self):
        super().__init__("hoarse")

    def speak(self, text, voice, *, language, rate, cancel):
        if len(text.split()) > 3:
            raise ProviderError("hoarse", "is hoarse.")
        return super().speak(text, voice, language=language, rate=rate, cancel=cancel)


class Mute(Tone):
    def __init__(self):
        super().__init__("mute", fails="is mute.")


class Broken(Scripted):
    def __init__(self):
        super().__init__()
        self.info = self.info.__class__("broken", "writer", True, "none", "1")

    def write(self, request):
        raise ZeroDivisionError("of the plug-in's author")


class Refused(Scripted):
    def __init__(self):
        super().__init__()
        self.info = self.info.__class__("refused", "writer", False, "none", "1")

    def write(self, request):
        raise Unauthorized("refused", "the server answered 401.", remedy="Check the key.")


class Absent(Tone):
    def __init__(self):
        super().__init__("absent", lacks="pip install absent")


class Hanging(Tone):
    begun = threading.Event()

    def __init__(self):
        super().__init__("hanging")

    def speak(self, text, voice, *, language, rate, cancel):
        self.begun.set()
        cancel.wait(60)
        cancel.check()


class Counting(Tone):
    def __init__(self):
        super().__init__("counting")


PLUGGED = {
    "writer.broken": "Broken",
    "writer.refused": "Refused",
    "speaker.hoarse": "Hoarse",
    "speaker.mute": "Mute",
    "speaker.absent": "Absent",
    "speaker.hanging": "Hanging",
    "speaker.counting": "Counting",
}


@pytest.fixture
def parts():
    plugged = [EntryPoint(name, f"{__name__}:{kind}", registry.GROUP) for name, kind in PLUGGED.items()]
    return registry.Registry(lambda: chain(registry.installed(), plugged))


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path)


@pytest.fixture
def run(parts, cache):
    def run(writers, speakers, subject=BRIEF, *, cancel=None, report=lambda step: None, **more):
        request = Request.ask(subject, **more)
        entered = everyone(request, writers, speakers, parts)
        return compare(request, *entered, cache=cache, cancel=cancel or Cancel(), report=report, parts=parts)

    return run


def test_real_parts_give_a_script_and_a_sample_and_what_was_measured_of_them(run):
    compared = run(["rulebased"], ["espeak"], plan={"seconds": 10})
    (draft,), (take,) = compared.drafts, compared.takes
    assert draft.script is not None
    assert draft.script.writer == "rulebased"
    assert (draft.local, draft.cost, draft.used, draft.cached, draft.failure) == (True, 0, None, False, "")
    assert draft.seconds > 0
    assert draft.words == sum(len(scene.text.split()) for scene in draft.script.scenes)
    assert draft.off_percent == pytest.approx(10 * (draft.film_seconds - 10))
    assert compared.passage == opening(draft.script)
    assert (take.local, take.voice, take.cost, take.aligned) == (True, "en-US", 0, True)
    assert take.realtime == pytest.approx(take.audio_seconds / take.seconds)
    assert take.words_per_minute == pytest.approx(len(compared.passage.split()) * 60 / take.audio_seconds)
    assert -35 < take.loudness < -10
    assert -20 < take.peak < 0.5
    with av.open(take.sample) as file:
        assert file.duration / av.time_base == pytest.approx(take.audio_seconds, abs=0.1)
    assert take.recognised is None
    assert "How much is recognised is known of English only." in compared.notes


def test_a_second_time_nobody_is_asked_and_the_seconds_are_those_of_the_first(run, parts):
    first = run(["rulebased"], ["counting"])
    counting = parts.get("speaker", "counting")
    asked = len(counting.spoken), len(counting.measured)
    again = run(["rulebased"], ["counting"])
    assert (len(counting.spoken), len(counting.measured)) == asked
    for before, after in zip((*first.drafts, *first.takes), (*again.drafts, *again.takes), strict=True):
        assert (before.cached, after.cached) == (False, True)
        assert after.seconds == before.seconds


def test_a_failure_is_a_row_with_its_remedy_and_nobody_stands_in(run):
    compared = run(["broken", "refused", "rulebased"], ["mute", "hoarse", "absent", "espeak"])
    broken, refused, well = compared.drafts
    assert broken.failure.startswith("broken: broke with ZeroDivisionError: of the plug-in's author")
    assert (refused.failure, refused.remedy) == ("refused: the server answered 401.", "Check the key.")
    assert refused.local is False
    assert (broken.script, refused.script) == (None, None)
    assert well.script is not None
    mute, hoarse, absent, espeak = compared.takes
    assert (mute.failure, hoarse.failure) == ("mute: is mute.", "hoarse: is hoarse.")
    assert (absent.failure, absent.remedy) == ("absent is not ready.", "pip install absent")
    assert (mute.sample, hoarse.sample, absent.sample) == (None, None, None)
    assert espeak.failure == ""
    # Who is mute cannot measure either.
    assert "The films' lengths are measured as hoarse speaks." in compared.notes


def test_without_writers_a_known_passage_is_said(run):
    assert run([], ["espeak"]).passage == ARTICLE["de"]


def test_when_no_writer_succeeds_the_known_passage_is_said(run):
    assert run(["broken"], ["counting"]).passage == ARTICLE["de"]


def test_of_a_script_its_own_opening_is_said_and_nothing_is_written(run, cache):
    script = run(["rulebased"], []).drafts[0].script
    script.scenes[0].text = "Ein anderer Anfang."
    compared = run(None, ["counting"], Script(**script.model_dump()))
    assert compared.drafts == ()
    assert compared.passage.startswith("Ein anderer Anfang.")
    with pytest.raises(InvalidBrief, match="a script is written already"):
        run(["rulebased"], [], script)


def test_a_voice_can_be_named_with_its_speaker(run):
    named, usual = run([], ["espeak:DE", "espeak"]).takes
    assert (named.entrant.label, named.voice) == ("espeak:DE", "de")
    assert usual.voice == "en-US"
    assert named.sample != usual.sample


def test_what_a_speaker_cannot_honour_is_a_note(run):
    compared = run([], ["counting"], voice={"name": "Ada"})
    assert "counting has no voice 'Ada'; its default voice speaks." in compared.notes
    assert compared.takes[0].voice == "counting-voice"


def test_all_unknown_names_are_one_error_before_any_work(run, cache):
    with pytest.raises(UnknownProvider) as caught:
        run(["rulebsed", "gpt", "rulebased:large"], ["espak", "espeak:nobody", "espeak"])
    for wrong in ("'rulebsed'", "'gpt'", "rulebased has no models", "'espak'", "no voice 'nobody'"):
        assert wrong in str(caught.value)
    assert not cache.root.exists() or not any(cache.root.iterdir())


def test_nobody_to_compare_is_an_error(run):
    with pytest.raises(InvalidBrief, match="nobody to compare"):
        run([], [])


def test_by_default_all_that_work_here_are_compared_local_ones_first(parts, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-canary")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    writers, speakers = everyone(Request.ask(BRIEF), None, None, parts)
    names = [one.name for one in writers]
    assert {"rulebased", "anthropic", "broken"} <= set(names)
    assert "openai" not in names
    assert names.index("broken") < names.index("anthropic")
    assert {"espeak", "hoarse"} <= {one.name for one in speakers}
    # It speaks no German, and one is not there.
    assert not {"absent", "kokoro"} & {one.name for one in speakers}


def test_cancelling_ends_one_that_hangs_and_keeps_what_was_made(run, cache):
    cancel = Cancel()
    errors = []

    def work():
        try:
            run([], ["counting", "hanging"], cancel=cancel)
        except JobCancelled as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert Hanging.begun.wait(30)
    cancel.set()
    thread.join(30)
    assert len(errors) == 1
    assert run([], ["counting"]).takes[0].cached


def test_who_is_at_work_is_reported(run):
    seen = []
    run(["rulebased"], ["counting"], report=seen.append)
    lines = [*dict.fromkeys(map(str, seen))]
    assert lines == ["rulebased writes (1 of 2)", "counting speaks (2 of 2)"]
    assert all(0 <= step.fraction <= 1 for step in seen)
    assert seen[-1].fraction == 1


def test_a_speaker_loads_before_its_time_is_taken(run, parts):
    compared = run([], ["counting"])
    counting = parts.get("speaker", "counting")
    first, *others = (text for text, *_ in counting.spoken)
    assert compared.passage.startswith(first)
    assert len(first.split()) == 3
    assert " ".join(others).split() == compared.passage.split()


def test_a_recogniser_that_breaks_takes_nothing_away(run, monkeypatch):
    def broken(*args):
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(recogniser, "recognised", broken)
    compared = run([], ["counting"], Brief("Why the sky is blue"))
    assert compared.takes[0].recognised is None
    assert compared.takes[0].sample is not None
    assert any("recogniser: does not work (RuntimeError: no such kernel)" in note for note in compared.notes)


def test_a_recogniser_that_is_not_installed_is_a_note_with_its_command(run, monkeypatch):
    monkeypatch.setattr(recogniser, "PACKAGES", ("no-such-package",))
    compared = run([], ["counting"], Brief("Why the sky is blue"))
    assert compared.takes[0].recognised is None
    assert any("pip install 'aura-nb[recogniser]'" in note for note in compared.notes)


def test_a_plug_in_that_cannot_be_loaded_is_a_row(cache):
    gone = EntryPoint("speaker.gone", "no_such_package:Speaker", registry.GROUP)
    parts = registry.Registry(lambda: [gone])
    request = Request.ask(BRIEF)
    entered = everyone(request, [], ["gone"], parts)
    compared = compare(request, *entered, cache=cache, cancel=Cancel(), parts=parts)
    assert compared.takes[0].failure.startswith("gone: cannot be loaded")
    assert compared.takes[0].remedy
