import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import espeakng_loader
import numpy as np
import psutil
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.providers.base import Speaker
from aura_nb.providers.speakers import espeak
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.providers.speakers.timing import AUDIBLE
from aura_nb.spec import Voice

TEXT = 'Blue light, scattered most, reaches us from 100 "places" — much more of the light at 450 nm 🙂 than red.'


def speak(text=TEXT, voice=None, *, language="en", rate=1.0, cancel=None):
    return Espeak().speak(text, voice or Voice(), language=language, rate=rate, cancel=cancel or Cancel())


def test_it_is_a_speaker_and_always_there():
    assert isinstance(Espeak(), Speaker)
    assert Espeak().missing() is None
    assert {"de", "pt-BR", "cmn"} <= set(Espeak().voices())


def test_voices_are_listed_as_one_would_look_for_them():
    first, *others = Espeak().voices()
    languages = [name for name in others if "-" not in name]
    assert first == "en-US"
    assert languages == sorted(languages)
    assert others == languages + sorted((name for name in others if "-" in name), key=str.lower)


def test_voices_are_known_by_their_names_in_any_case():
    assert speak("Sky.", Voice(name="EN-us")).words == speak("Sky.").words


@pytest.mark.parametrize(
    ("language", "speaks"), [("en", True), ("de-AT", True), ("ZH-hant", True), ("no", True), ("tlh", False)]
)
def test_it_tells_which_languages_it_speaks(language, speaks):
    assert Espeak().speaks(language) is speaks


def test_without_its_library_it_speaks_nothing(monkeypatch):
    monkeypatch.setattr(espeak, "find_spec", lambda name: None)
    assert not Espeak().speaks("en")


def test_the_same_text_gives_the_same_samples():
    first, second = speak(), speak()
    assert first.rate == second.rate == 22050
    assert np.array_equal(first.audio, second.audio)
    assert first.words == second.words


def test_every_written_token_has_a_time_of_its_own():
    speech = speak()
    assert [word.text for word in speech.words] == TEXT.split()
    clock = 0.0
    for word in speech.words:
        assert clock <= word.start <= word.end <= speech.seconds
        assert (word.end > word.start) == any(c.isalnum() for c in word.text)
        clock = word.end


def test_words_are_timed_to_where_they_sound():
    speech = speak()
    for word in speech.words:
        if word.end > word.start:
            onset = speech.audio[round(word.start * speech.rate) :][: round(0.06 * speech.rate)]
            assert np.abs(onset).max() >= AUDIBLE, word
    # The pause at a comma belongs to no word.
    light, scattered = speech.words[1:3]
    assert scattered.start - light.end > 0.1


def test_no_silence_is_left_around_the_speech():
    speech = speak()
    edge = round(0.03 * speech.rate)
    assert np.abs(speech.audio[:edge]).max() >= AUDIBLE
    assert np.abs(speech.audio[-edge:]).max() >= AUDIBLE


def test_measure_is_the_length_of_the_speech():
    measured = Espeak().measure(TEXT, Voice(), language="en", rate=1.2, cancel=Cancel())
    assert measured == speak(rate=1.2).seconds


def test_rate_and_pitch_are_honoured():
    normal = speak()
    assert speak(rate=2.0).seconds == pytest.approx(normal.seconds / 2, rel=0.15)
    assert speak(rate=0.5).seconds == pytest.approx(normal.seconds * 2, rel=0.15)
    higher = speak(voice=Voice(pitch=6.0))
    assert higher.seconds == pytest.approx(normal.seconds, rel=0.05)
    assert _pitch("aah", 6.0) / _pitch("aah", 0.0) == pytest.approx(2 ** (6 / 12), rel=0.1)


def _pitch(text, semitones):
    speech = speak(text, Voice(pitch=semitones))
    middle = speech.audio[len(speech.audio) // 4 : len(speech.audio) * 3 // 4]
    echo = np.correlate(middle, middle, "full")[len(middle) :]
    lowest, highest = speech.rate // 300, speech.rate // 60
    return speech.rate / (lowest + int(np.argmax(echo[lowest:highest])) + 1)


@pytest.mark.parametrize(
    ("language", "text"), [("de-AT", "Der Himmel ist blau."), ("zh", "天空是蓝色的。"), ("en-GB", "Sky.")]
)
def test_it_speaks_the_language_of_the_tag(language, text):
    assert speak(text, language=language).seconds > 0.3


@pytest.mark.parametrize(
    ("text", "voice", "language", "message"),
    [
        ("🙂 —", Voice(), "en", "nothing to say"),
        ("Hello.", Voice(name="nobody"), "en", "no voice 'nobody'"),
        ("Hello.", Voice(), "tlh", "does not speak 'tlh'"),
    ],
)
def test_what_it_cannot_say_is_an_error_with_its_reason(text, voice, language, message):
    with pytest.raises(ProviderError, match=message):
        speak(text, voice, language=language)


def engine():
    return Path(espeakng_loader.get_library_path())


def test_a_broken_engine_is_an_error_with_its_last_words(tmp_path):
    library = Path(shutil.copy(engine(), tmp_path))
    voice = tmp_path / "espeak-ng-data" / "lang" / "gmw" / "en-US"
    voice.parent.mkdir(parents=True)
    voice.touch()
    with pytest.raises(ProviderError, match="its data folder may be damaged"):
        Espeak(library).speak("Hello.", Voice(), language="en", rate=1.0, cancel=Cancel())


def test_a_long_installation_path_does_not_matter(tmp_path):
    deep = tmp_path / ("deep" * 40)
    shutil.copytree(engine().parent, deep)
    moved = Espeak(deep / engine().name)
    assert moved.measure("Hello.", Voice(), language="en", rate=1.0, cancel=Cancel()) == speak("Hello.").seconds


class CancelledWhileBusy(Cancel):
    """Is set as soon as something blocks."""

    @contextmanager
    def stopping(self, stop):
        with super().stopping(stop):
            thread = threading.Thread(target=self.set)
            thread.start()
            yield
            thread.join()


def test_cancelling_kills_a_child_that_would_never_end(monkeypatch, tmp_path):
    stuck = tmp_path / "stuck_child.py"
    stuck.write_text("import threading\nthreading.Event().wait()\n", encoding="utf-8")
    monkeypatch.setattr(espeak, "CHILD", stuck)
    with pytest.raises(JobCancelled):
        speak(cancel=CancelledWhileBusy())
    assert not [child for child in psutil.Process().children() if stuck.name in " ".join(child.cmdline())]


def test_a_cancelled_job_starts_no_child():
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        speak(cancel=cancel)


def test_its_probe_says_a_word_and_gives_up_in_time():
    found = Espeak().probe(timeout=60)
    assert found.status == "Valid"
    assert f"{len(Espeak().voices())} voices" in found.message
    with pytest.raises(TimeoutError, match="no answer within"):
        Espeak().probe(timeout=0.001)
