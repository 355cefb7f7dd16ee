"""What every speaker that works on this machine keeps, whatever engine is behind it."""

import threading
from contextlib import contextmanager

import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.narrate import PAUSE_SECONDS, narrate_scene
from aura_nb.providers import registry
from aura_nb.providers.base import Speaker
from aura_nb.providers.speakers import pace
from aura_nb.providers.speakers.timing import AUDIBLE
from aura_nb.spec import Voice

TEXT = "Blue light, scattered most, reaches us — 🙂 from 100 km."
PASSAGE = " ".join(pace.PASSAGE).replace(".", ",").rstrip(",") + "."
LOCAL = [name for name in registry.names("speaker") if registry.get("speaker", name).info.local]


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.slow) for name in LOCAL])
def speaker(request):
    return registry.get("speaker", request.param)


def speak(speaker, text=TEXT, voice=None, *, rate=1.0, cancel=None):
    return speaker.speak(text, voice or Voice(), language="en", rate=rate, cancel=cancel or Cancel())


def seconds(speaker, text=PASSAGE, *, rate=1.0):
    """As long as `speak` takes, which `test_measure_is_the_length_of_the_speech` proves."""
    return speaker.measure(text, Voice(), language="en", rate=rate, cancel=Cancel())


def test_the_local_speakers_are_known():
    assert {"kokoro", "piper", "espeak", "system"} <= set(LOCAL)


def test_it_works_here_and_says_what_it_is(speaker):
    assert isinstance(speaker, Speaker)
    assert speaker.missing() is None
    assert speaker.voices()
    assert speaker.speaks("en")
    assert speaker.speaks("en-US")
    assert not speaker.speaks("tlh")
    slowest, fastest = speaker.info.rates
    assert 0 < slowest < 1 < fastest < 5


def test_the_same_call_gives_the_same_samples(speaker):
    first = speak(speaker)
    again = speak(type(speaker)())
    assert first.rate == again.rate
    assert first.audio.dtype == np.float32
    assert np.array_equal(first.audio, again.audio)
    assert first.words == again.words


def test_every_written_word_has_its_time(speaker):
    speech = speak(speaker)
    assert [word.text for word in speech.words] == TEXT.split()
    clock = 0.0
    for word in speech.words:
        assert clock <= word.start <= word.end <= speech.seconds
        assert (word.end > word.start) == any(c.isalnum() for c in word.text), word
        clock = word.end


def test_it_sounds_from_the_start_to_the_end(speaker):
    speech = speak(speaker)
    sounding = np.flatnonzero(np.abs(speech.audio) >= AUDIBLE) / speech.rate
    assert sounding[0] < 0.3
    assert speech.seconds - sounding[-1] < 0.3
    assert np.abs(speech.audio).max() <= 1.0


@pytest.mark.parametrize("rate", [0.8, 1.5])
def test_the_rate_is_honoured(speaker, rate):
    assert seconds(speaker) / seconds(speaker, rate=rate) == pytest.approx(rate, rel=0.1)


def test_it_reaches_the_rates_it_claims(speaker):
    for limit in speaker.info.rates:
        assert seconds(speaker) / seconds(speaker, rate=limit) == pytest.approx(limit, rel=0.12)


def test_it_speaks_160_words_a_minute(speaker):
    total = sum(seconds(speaker, line) + pace.PAUSE_SECONDS for line in pace.PASSAGE)
    words = sum(len(line.split()) for line in pace.PASSAGE)
    assert 60 * words / total == pytest.approx(160, rel=0.08)


def test_the_pitch_is_honoured_or_ignored_and_said_so(speaker):
    normal, higher = speak(speaker), speak(speaker, voice=Voice(pitch=5.0))
    same = len(normal.audio) == len(higher.audio) and np.array_equal(normal.audio, higher.audio)
    assert same == ("pitch" in speaker.info.ignores)


@pytest.mark.parametrize("rate", [1.0, 1.3])
def test_measure_is_the_length_of_the_speech(speaker, rate):
    assert seconds(speaker, TEXT, rate=rate) == pytest.approx(speak(speaker, rate=rate).seconds, abs=1e-9)


def test_pauses_are_honoured(speaker, tmp_path):
    """They are made by the pipeline: between sentences, in every style."""

    def length(pause):
        voice, ctx = Voice(pause=pause), Context(Cache(tmp_path))
        text = "It is blue. Why is it so?"
        return narrate_scene(text, voice=voice, language="en", rate=1.0, speakers=[speaker], ctx=ctx).seconds

    for pause, lasts in PAUSE_SECONDS.items():
        longer = lasts["sentence"] - PAUSE_SECONDS["natural"]["sentence"]
        assert length(pause) - length("natural") == pytest.approx(longer, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "voice", "message"),
    [
        ("🙂 —", Voice(), "nothing to say"),
        ("", Voice(), "nothing to say"),
        ("Hello.", Voice(name="nobody"), "'nobody'"),
    ],
)
def test_what_it_cannot_say_is_an_error_with_its_reason(speaker, text, voice, message):
    with pytest.raises(ProviderError, match=message) as raised:
        speak(speaker, text, voice)
    assert raised.value.provider == speaker.info.name
    assert raised.value.remedy


def test_a_cancelled_job_says_nothing(speaker):
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        speak(speaker, cancel=cancel)


class CancelledWhileBusy(Cancel):
    """Is set as soon as something blocks for longer than it takes to begin."""

    @contextmanager
    def stopping(self, stop):
        with super().stopping(stop):
            timer = threading.Timer(0.01, self.set)
            timer.start()
            yield
            timer.cancel()


def test_cancelling_stops_it_in_the_middle(speaker):
    text = ", ".join(["and so it goes on and on"] * 60) + "."
    speak(speaker, "Loaded.")
    with pytest.raises(JobCancelled):
        speak(speaker, text, cancel=CancelledWhileBusy())
