import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled
from aura_nb.providers.speakers import align
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.providers.speakers.kokoro import Kokoro
from aura_nb.providers.speakers.piper import Piper
from aura_nb.providers.speakers.spoken import Spoken, speak_out
from aura_nb.spec import Voice
from benchmarks.word_times import SENTENCES, errors, shared

TEXT = "Blue light, scattered most, reaches us — 🙂 from 100 km."


def spoken(text, voice=None, *, language="en", rate=1.0):
    return Espeak().speak(text, voice or Voice(), language=language, rate=rate, cancel=Cancel())


def laid(text, speech, language="en"):
    return align.words(speak_out(text, language), speech.audio, speech.rate)


def test_another_voice_at_another_pace_is_followed():
    speech = spoken(TEXT, Voice(name="en-GB-scotland", pitch=5.0), rate=1.3)
    found = laid(TEXT, speech)
    assert [word.text for word in found] == TEXT.split()
    off = [abs(one.start - own.start) for one, own in zip(found, speech.words, strict=True) if own.end > own.start]
    assert np.mean(off) < 0.05


def test_silence_around_the_speech_and_its_rate_do_not_matter():
    speech = spoken(TEXT)
    quiet = np.zeros(speech.rate, np.float32)
    found = align.words(speak_out(TEXT, "en"), np.concatenate([quiet, speech.audio, quiet]), speech.rate)
    for one, own in zip(found, speech.words, strict=True):
        if own.end > own.start:
            assert one.start - 1.0 == pytest.approx(own.start, abs=0.05)


def test_words_do_not_overlap_and_what_is_not_said_takes_no_time():
    clock = 0.0
    speech = spoken(TEXT, rate=2.0)
    for word in laid(TEXT, speech):
        assert clock <= word.start <= word.end <= speech.seconds
        assert (word.end > word.start) == any(c.isalnum() for c in word.text)
        clock = word.end


def test_other_languages_are_followed_in_their_own():
    text = "Der Himmel ist blau, weil die Luft das blaue Licht am stärksten streut."
    speech = spoken(text, language="de", rate=0.8)
    off = [abs(one.start - own.start) for one, own in zip(laid(text, speech, "de"), speech.words, strict=True)]
    assert np.mean(off) < 0.05


def test_in_a_language_without_a_reading_words_share_the_time_by_length():
    script = Spoken(("aa", "bbbb"), ("aa", "bbbb"), "tlh")
    audio = np.concatenate([np.zeros(100), np.ones(600), np.zeros(300)]).astype(np.float32)
    first, second = align.words(script, audio, 1000)
    assert (first.start, first.end, second.end) == pytest.approx((0.1, 0.3, 0.7))


@pytest.mark.parametrize("audio", [np.zeros(0, np.float32), np.zeros(1000, np.float32)])
def test_where_nothing_sounds_words_take_no_time(audio):
    assert all(word.start == word.end == 0.0 for word in align.words(speak_out(TEXT, "en"), audio, 1000))
    assert align.words(speak_out("", "en"), audio, 1000) == ()


def test_a_cancelled_job_is_not_aligned():
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        align.words(speak_out("Words.", "en"), np.ones(1000, np.float32), 1000, cancel=cancel)


@pytest.mark.slow
@pytest.mark.parametrize("speaker", [Kokoro(), Piper()], ids=["kokoro", "piper"])
def test_it_comes_near_the_engines_own_times(speaker):
    speeches = [(text, spoken_by(speaker, text)) for text in SENTENCES]
    estimated, naive = (errors(speeches, method) for method in (align.words, shared))
    assert np.mean(estimated) < 0.06
    assert np.quantile(estimated, 0.95) < 0.15
    assert np.mean(estimated) < np.mean(naive) / 3


def spoken_by(speaker, text):
    return speaker.speak(text, Voice(), language="en", rate=1.0, cancel=Cancel())
