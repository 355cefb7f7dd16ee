import threading
import time
import wave
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import psutil
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.narrate import PAUSE_SECONDS, PEAK, is_spoken, narrate_scene, spoken_seconds
from aura_nb.providers.base import ProviderInfo, Speech, Word
from aura_nb.providers.sentences import split_sentences
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.spec import Voice

TEXT = "Blue light is scattered most. It reaches us from 100 places! 🙂\n\nWhy? Because of air."


class Tone:
    """A speaker for tests: a tone of a tenth of a second a word, counting what it is asked for."""

    def __init__(
        self,
        name="tone",
        *,
        ignores=(),
        lacks=None,
        fails=None,
        spoil=lambda speech: speech,
        slow=False,
        rates=(0.1, 9.0),
    ):
        self.info = ProviderInfo(
            name, "speaker", True, "none", "1", ignores=ignores, measures_by_speaking=slow, rates=rates
        )
        self.lacks, self.fails, self.spoil = lacks, fails, spoil
        self.spoken, self.measured = [], []

    def missing(self):
        return self.lacks

    def voices(self):
        return (f"{self.info.name}-voice",)

    def speaks(self, language):
        return True

    def speak(self, text, voice, *, language, rate, cancel):
        if self.fails:
            raise ProviderError(self.info.name, self.fails)
        self.spoken.append((text, voice.name, voice.pitch, rate))
        return self.spoil(self._speech(text, rate))

    def measure(self, text, voice, *, language, rate, cancel):
        if self.fails:
            raise ProviderError(self.info.name, self.fails)
        self.measured.append(text)
        return self._speech(text, rate).seconds

    def _speech(self, text, rate):
        tokens = text.split()
        step = round(4_000 / rate)
        audio = 0.3 * np.sin(np.arange(step * len(tokens)) / 4).astype(np.float32)
        words = (Word(t, i * step / 16_000, (i + 1) * step / 16_000) for i, t in enumerate(tokens))
        return Speech(audio, 16_000, tuple(words))


@pytest.fixture
def ctx(tmp_path):
    return Context(Cache(tmp_path))


def narrate(text, ctx, *speakers, voice=None, rate=1.0, language="en"):
    return narrate_scene(text, voice=voice or Voice(), language=language, rate=rate, speakers=speakers, ctx=ctx)


def measure(text, ctx, *speakers, voice=None, rate=1.0):
    return spoken_seconds(text, voice=voice or Voice(), language="en", rate=rate, speakers=speakers, ctx=ctx)


def samples(narration):
    with wave.open(str(narration.audio)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767, file.getframerate()


def test_every_written_word_is_spoken_at_its_time(ctx):
    narration = narrate(TEXT, ctx, Espeak())
    audio, rate = samples(narration)
    assert narration.seconds == pytest.approx(len(audio) / rate, abs=1e-6)
    assert [word.text for word in narration.words] == TEXT.split()
    clock = 0.0
    for word in narration.words:
        assert clock <= word.start <= word.end <= narration.seconds
        if word.text != "🙂":
            onset = audio[round(word.start * rate) :][: round(0.06 * rate)]
            assert np.abs(onset).max() > 0.005, word
        clock = word.end
    assert narration.aligned
    assert narration.speaker == "espeak"


def test_measured_is_exactly_what_is_then_spoken(ctx):
    for pause in PAUSE_SECONDS:
        voice = Voice(pause=pause)
        measured = measure(TEXT, ctx, Espeak(), voice=voice, rate=1.1)
        assert measured == narrate(TEXT, ctx, Espeak(), voice=voice, rate=1.1).seconds


def test_what_was_spoken_to_be_measured_is_not_spoken_again(ctx):
    speaker = Tone(slow=True)
    assert measure(TEXT, ctx, speaker) == narrate(TEXT, ctx, speaker).seconds
    assert speaker.measured == []
    assert [text for text, *_ in speaker.spoken] == [s.text for s in split_sentences(TEXT, "en")]
    assert Espeak().info.measures_by_speaking


def test_how_long_the_speaker_worked_is_kept_with_the_speech(ctx):
    class Slow(Tone):
        def speak(self, *args, **options):
            time.sleep(0.02)
            return super().speak(*args, **options)

    speaker = Slow()
    asked = {"voice": Voice(), "language": "en", "rate": 1.0, "speaker": speaker, "ctx": ctx}
    assert not is_spoken(TEXT, **asked)
    first, again = narrate(TEXT, ctx, speaker), narrate(TEXT, ctx, speaker)
    assert is_spoken(TEXT, **asked)
    assert not is_spoken(f"{TEXT} And?", **asked)
    assert first.took >= 0.02 * len(split_sentences(TEXT, "en"))
    assert (again.cached, again.took) == (True, first.took)


def test_pauses_follow_the_voice_and_are_longer_after_paragraphs(ctx):
    speaker = Tone()
    text = "One word. Two words.\n\nThree words."
    lengths = [
        narrate(text, ctx, speaker, voice=Voice(pause=p)).seconds for p in ("short", "natural", "long", "dramatic")
    ]
    assert lengths == sorted(set(lengths))
    one, two, three = (narrate(text, ctx, speaker).words[i] for i in (1, 2, 4))
    assert two.start - one.end == pytest.approx(PAUSE_SECONDS["natural"]["sentence"])
    assert three.start - narrate(text, ctx, speaker).words[3].end == pytest.approx(
        PAUSE_SECONDS["natural"]["paragraph"]
    )
    assert len(speaker.spoken) == 3, "another pause speaks nothing again"


def test_an_edited_sentence_is_spoken_alone(ctx):
    speaker = Tone()
    first = narrate("One here. Two here. Three here.", ctx, speaker)
    assert not first.cached
    assert first.fresh == 1
    again = narrate("One  here.\nTwo here. Three here.", ctx, speaker)
    assert again.cached
    assert again.fresh == 0
    assert again.key == first.key
    speaker.spoken.clear()
    edited = narrate("One here. Two, now. Three here.", ctx, speaker)
    assert [text for text, *_ in speaker.spoken] == ["Two, now."]
    assert not edited.cached
    assert edited.fresh == pytest.approx(len("Two, now.") / len("One here.Two, now.Three here."))
    assert edited.key != first.key


@pytest.mark.parametrize(
    "other",
    [
        {"rate": 1.5},
        {"language": "de"},
        {"voice": Voice(pitch=3)},
        {"voice": Voice(name="tone-voice")},
    ],
)
def test_whatever_changes_the_sound_changes_the_key(ctx, other):
    assert narrate("Some words.", ctx, Tone()).key != narrate("Some words.", ctx, Tone(), **other).key


def test_a_new_version_of_the_speaker_speaks_anew(ctx):
    newer = Tone()
    newer.info = replace(newer.info, version="2")
    assert narrate("Some words.", ctx, Tone()).key != narrate("Some words.", ctx, newer).key


def test_measuring_again_or_after_speaking_asks_the_speaker_nothing(ctx):
    speaker = Tone()
    measure("One. Two.", ctx, speaker)
    assert measure("Two. One. Two.", ctx, speaker) > 0
    assert sorted(speaker.measured) == ["One.", "Two."]
    narrate("Three.", ctx, speaker)
    measure("Three.", ctx, speaker)
    assert "Three." not in speaker.measured


def test_progress_grows_with_what_is_said(tmp_path):
    seen = []
    narrate("Short. A much longer sentence than that.", Context(Cache(tmp_path), progress=seen.append), Tone())
    assert seen == sorted(seen)
    assert seen[0] < 0.3
    assert seen[-1] == 1.0


def test_all_sentences_are_equally_loud(ctx):
    def whisper(speech):
        return replace(speech, audio=speech.audio * (0.2 if len(speech.words) > 2 else 1.5))

    audio, rate = samples(narrate("Two words. Now three words.", ctx, Tone(spoil=whisper)))
    loud = [np.sqrt(np.mean(part**2)) for part in (audio[: rate // 4], audio[-rate // 4 :])]
    assert loud[0] == pytest.approx(loud[1], rel=0.02)


def test_no_sample_is_louder_than_the_peak(ctx):
    def click(speech):
        speech.audio[100] = 4.0
        return speech

    audio, _ = samples(narrate("Two words.", ctx, Tone(spoil=click)))
    assert np.abs(audio).max() == pytest.approx(PEAK, abs=0.001)


def test_a_failing_speaker_is_replaced_for_the_whole_scene_with_a_warning(tmp_path):
    class FailsLater(Tone):
        def speak(self, text, *args, **options):
            if text.startswith("Two"):
                raise ProviderError("first", "ran out of breath.")
            return super().speak(text, *args, **options)

    warnings = []
    ctx = Context(Cache(tmp_path), warn=warnings.append)
    second = Tone("second")
    narration = narrate("One. Two.", ctx, FailsLater("first"), second)
    assert narration.speaker == "second"
    assert [text for text, *_ in second.spoken] == ["One.", "Two."]
    assert warnings == ["first: ran out of breath. second speaks instead."]


def test_measuring_falls_through_as_speaking_does(ctx):
    chain = (Tone("first", fails="no breath."), Espeak())
    assert measure(TEXT, ctx, *chain) == narrate(TEXT, ctx, *chain).seconds


def test_what_is_not_installed_is_passed_over(ctx):
    assert narrate("Words.", ctx, Tone("first", lacks="pip install it"), Tone("second")).speaker == "second"


def test_when_none_can_speak_it_is_an_error_that_says_why_of_each(ctx):
    with pytest.raises(ProviderError, match=r"first: no breath\. second is not ready \(pip install it\)"):
        narrate("Words.", ctx, Tone("first", fails="no breath."), Tone("second", lacks="pip install it"))


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda s: replace(s, audio=s.audio[:0]), "no sound at all"),
        (lambda s: replace(s, audio=s.audio * 0), "gave silence"),
        (lambda s: replace(s, audio=s.audio * np.float32("nan")), "not numbers"),
        (lambda s: replace(s, audio=s.audio[:800]), "too short"),
        (lambda s: replace(s, words=s.words[1:]), "other words"),
    ],
)
def test_speech_that_cannot_be_is_never_a_film(ctx, spoil, problem):
    with pytest.raises(ProviderError, match=problem):
        narrate("These are quite a few words to say.", ctx, Tone(spoil=spoil))
    assert not list(ctx.cache.root.rglob("*.wav"))


@pytest.mark.parametrize("text", ["", " \n", "🙂 —"])
def test_nothing_to_say_is_an_error(ctx, text):
    with pytest.raises(ProviderError, match="nothing to say"):
        narrate(text, ctx, Espeak())


def test_what_a_speaker_cannot_honour_is_said(tmp_path):
    warnings = []
    ctx = Context(Cache(tmp_path), warn=warnings.append)
    speaker = Tone(ignores=("pitch",))
    narrate("Words.", ctx, speaker, voice=Voice(name="other", pitch=3.0))
    assert speaker.spoken == [("Words.", None, 0.0, 1.0)]
    assert warnings == [
        "tone has no voice 'other'; its default voice speaks.",
        "tone cannot change the pitch of its voices; it stays as it is.",
    ]


@pytest.mark.parametrize(
    ("asked", "given", "told"),
    [
        (0.5, 0.7, ["tone speaks no slower than 0.7 times the normal rate; 0.5 was asked."]),
        (2.5, 2.0, ["tone speaks no faster than 2 times the normal rate; 2.5 was asked."]),
        (2.0, 2.0, []),
    ],
)
def test_beyond_a_speakers_rates_the_nearest_is_spoken_and_that_is_told(tmp_path, asked, given, told):
    warnings = []
    ctx = Context(Cache(tmp_path), warn=warnings.append)
    speaker = Tone(rates=(0.7, 2.0))
    assert measure("Words.", ctx, speaker, rate=asked) == narrate("Words.", ctx, speaker, rate=asked).seconds
    assert speaker.spoken == [("Words.", None, 0.0, given)]
    assert warnings == told


class CancelledWhileBusy(Cancel):
    """Is set as soon as something blocks."""

    @contextmanager
    def stopping(self, stop):
        with super().stopping(stop):
            thread = threading.Thread(target=self.set)
            thread.start()
            yield
            thread.join()


def test_cancelling_leaves_no_child_and_no_half_artifact(tmp_path):
    ctx = Context(Cache(tmp_path), cancel=CancelledWhileBusy())
    with pytest.raises(JobCancelled):
        narrate("and so on " * 2_000, ctx, Espeak())
    assert not [child for child in psutil.Process().children() if "espeak_child" in " ".join(child.cmdline())]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
