"""Narrate: a scene's text becomes one sound file, with a time for every written word."""

from __future__ import annotations

import json
import time
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from aura_nb.errors import ProviderError
from aura_nb.pipeline.cache import digest
from aura_nb.pipeline.cast import voice_named
from aura_nb.pipeline.chain import calling, first_able
from aura_nb.pipeline.context import Context
from aura_nb.providers.base import Speaker, Speech, Word
from aura_nb.providers.sentences import Break, Sentence, split_sentences
from aura_nb.providers.speakers.spoken import speak_out
from aura_nb.spec import Pause, Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 2

# Multiples of 20 ms are whole samples at every rate in use (16, 22.05, 24, 44.1, 48 kHz), so that
# measured and spoken lengths agree to the sample.
PAUSE_SECONDS: dict[Pause, dict[Break, float]] = {
    "short": {"sentence": 0.22, "paragraph": 0.36},
    "natural": {"sentence": 0.36, "paragraph": 0.6},
    "long": {"sentence": 0.56, "paragraph": 0.9},
    "dramatic": {"sentence": 0.8, "paragraph": 1.3},
}
LEVEL = 0.1
"""RMS every sentence is brought to while it sounds (1.0 = full scale), so that none stands out."""
PEAK = 0.89
"""No sample louder than this (−1 dBFS)."""
MIN_SECONDS_PER_CHARACTER = 0.015
"""The fastest speech (2.8 times the normal) takes twice this."""


@dataclass(frozen=True, slots=True)
class Narration:
    """A spoken scene.

    `audio` is a mono 16-bit PCM WAV file at the speaker's rate, `seconds` its length to the
    microsecond. `words` are the written tokens with their times from the file's start. `speaker`
    says who spoke; `aligned` is False when any time is an estimate; `key` names the narration in the
    cache, and `cached` says that it was there already. `fresh` is the share of its characters, 0–1,
    that were spoken for it now: the sentences an edit left alone come from the cache. `took` is how
    many seconds the speaker worked on all of them, whenever that was.
    """

    audio: Path
    seconds: float
    words: tuple[Word, ...]
    speaker: str
    key: str
    aligned: bool
    cached: bool
    fresh: float
    took: float = 0.0


def narrate_scene(
    text: str, *, voice: Voice, language: str, rate: float, speakers: Sequence[Speaker], ctx: Context
) -> Narration:
    """Speak a scene with the first of `speakers` that can, sentence by sentence, each cached by itself.

    `rate` is against 160 words a minute, `voice.rate` already in it. A speaker that fails is
    replaced for the whole scene, with a warning. Raises `ProviderError` when none can speak it
    (never silence), `JobCancelled`.
    """
    sentences = _sentences(text, language)

    def speak(speaker: Speaker) -> Narration:
        own, pace = _fitting(voice, rate, speaker, ctx.warn)
        return _narrate(sentences, speaker, own, language, pace, ctx)

    return first_able("speaker", speakers, speak, ctx)


def is_spoken(text: str, *, voice: Voice, language: str, rate: float, speaker: Speaker, ctx: Context) -> bool:
    """Whether the cache has every sentence of `text`, so that `narrate_scene` asks nothing of `speaker`."""
    own, pace = _fitting(voice, rate, speaker, lambda message: None)
    return all(_key(s.text, speaker, own, language, pace) in ctx.cache for s in _sentences(text, language))


def spoken_seconds(
    text: str, *, voice: Voice, language: str, rate: float, speakers: Sequence[Speaker], ctx: Context
) -> float:
    """What `narrate_scene(…).seconds` would be, as cheaply as the speaker allows; cached by sentence."""
    sentences = _sentences(text, language)

    def measure(speaker: Speaker) -> float:
        own, pace = _fitting(voice, rate, speaker, lambda message: None)
        lengths = [_measure(s.text, speaker, own, language, pace, ctx) for s in sentences]
        return round(sum(lengths) + sum(_pauses(sentences, voice.pause)), 6)

    return first_able("speaker", speakers, measure, ctx, quiet=True)


def _sentences(text: str, language: str) -> list[Sentence]:
    sentences = split_sentences(text, language)
    if not sentences:
        raise ProviderError("narrate", "there is nothing to say.", remedy="Write the scene's text.")
    return sentences


def _pauses(sentences: Sequence[Sentence], pause: Pause) -> list[float]:
    """The silence after each sentence but the last, in seconds."""
    return [PAUSE_SECONDS[pause][before.after] for before, _ in pairwise(sentences)]


def _fitting(voice: Voice, rate: float, speaker: Speaker, warn: Callable[[str], None]) -> tuple[Voice, float]:
    """`voice` without what `speaker` does not have, and the nearest `rate` it can give; each is told."""
    changed: dict[str, object] = {}
    if voice.name is not None:
        changed["name"] = voice_named(voice.name, speaker)
        if changed["name"] is None:
            warn(f"{speaker.info.name} has no voice {voice.name!r}; its default voice speaks.")
    for field in speaker.info.ignores:
        default = Voice.model_fields[field].default
        if getattr(voice, field) != default:
            warn(f"{speaker.info.name} cannot change the {field} of its voices; it stays as it is.")
            changed[field] = default
    slowest, fastest = speaker.info.rates
    nearest = min(max(rate, slowest), fastest)
    if nearest != rate:
        limit = "slower" if nearest > rate else "faster"
        warn(f"{speaker.info.name} speaks no {limit} than {nearest:g} times the normal rate; {rate:g} was asked.")
    return voice.model_copy(update=changed), nearest


def _narrate(
    sentences: Sequence[Sentence], speaker: Speaker, voice: Voice, language: str, rate: float, ctx: Context
) -> Narration:
    pauses = _pauses(sentences, voice.pause)
    keys = [_key(s.text, speaker, voice, language, rate) for s in sentences]
    key = digest("narrate.scene", VERSION, keys, pauses)
    total = sum(len(s.text) for s in sentences)
    done = fresh = 0

    def join(folder: Path) -> None:
        nonlocal done, fresh
        parts = []
        for sentence, sentence_key in zip(sentences, keys, strict=True):
            ctx.cancel.check()
            part, known = _speak(sentence_key, sentence.text, speaker, voice, language, rate, ctx)
            parts.append(part)
            done += len(sentence.text)
            fresh += 0 if known else len(sentence.text)
            ctx.progress(done / total)
        _write(folder, *_join(parts, pauses))

    folder, cached = ctx.cache.get(key, join)
    ctx.progress(1.0)
    told = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    return Narration(
        audio=folder / "speech.wav",
        seconds=round(told["seconds"], 6),
        words=tuple(Word(*word) for word in told["words"]),
        speaker=speaker.info.name,
        key=key,
        aligned=told["aligned"],
        cached=cached,
        fresh=fresh / total,
        took=told["took"],
    )


def _key(sentence: str, speaker: Speaker, voice: Voice, language: str, rate: float) -> str:
    info = speaker.info
    how = [voice.name, voice.pitch, language, round(rate, 4)]
    return digest("narrate.sentence", VERSION, info.name, info.version, how, sentence)


def _speak(
    key: str, sentence: str, speaker: Speaker, voice: Voice, language: str, rate: float, ctx: Context
) -> tuple[Path, bool]:
    """The folder of one spoken sentence, its exact length in seconds in `words.json`; whether it was there."""

    def speak(folder: Path) -> None:
        began = time.perf_counter()
        with calling(speaker, ctx):
            speech = speaker.speak(sentence, voice, language=language, rate=rate, cancel=ctx.cancel)
        took = time.perf_counter() - began
        _check(speech, sentence, language, speaker.info.name)
        _write(folder, _levelled(speech.audio, speech.rate), speech.rate, speech.words, speech.aligned, took)

    return ctx.cache.get(key, speak)


def _measure(sentence: str, speaker: Speaker, voice: Voice, language: str, rate: float, ctx: Context) -> float:
    """The length of one sentence in seconds: of its speech where there is some, else as it is measured."""
    key = _key(sentence, speaker, voice, language, rate)

    def measure(folder: Path) -> None:
        with calling(speaker, ctx):
            seconds = speaker.measure(sentence, voice, language=language, rate=rate, cancel=ctx.cancel)
        (folder / "words.json").write_text(json.dumps({"seconds": seconds}), encoding="utf-8")

    ctx.cancel.check()
    folder = ctx.cache.find(key)
    if folder is None and speaker.info.measures_by_speaking:
        folder, _ = _speak(key, sentence, speaker, voice, language, rate, ctx)
    elif folder is None:
        folder = ctx.cache.get(digest("measure", key), measure)[0]
    return float(json.loads((folder / "words.json").read_text(encoding="utf-8"))["seconds"])


def _check(speech: Speech, sentence: str, language: str, name: str) -> None:
    """Raise `ProviderError` for what cannot be the speech of `sentence`: a film is never silent by mistake."""
    import numpy as np

    said = speak_out(sentence, language).text
    if not len(speech.audio):
        problem = "gave no sound at all"
    elif not np.isfinite(speech.audio).all():
        problem = "gave samples that are not numbers"
    elif np.abs(speech.audio).max() < 0.01:
        problem = "gave silence"
    elif speech.seconds < MIN_SECONDS_PER_CHARACTER * len(said):
        problem = f"gave {speech.seconds:.2f} s of sound, too short"
    elif [word.text for word in speech.words] != sentence.split():
        problem = "gave times for other words than were written"
    else:
        return
    raise ProviderError(name, f"{problem}, for {sentence[:80]!r}.")


def _levelled(audio: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """`audio` at `LEVEL` while it sounds, its peak at `PEAK` at most."""
    import numpy as np

    block = rate // 20
    padded = np.pad(audio, (0, -len(audio) % block)).reshape(-1, block)
    power = np.mean(np.square(padded, dtype=np.float64), axis=1)
    sounding = float(np.sqrt(np.mean(power[power >= power.max() / 100])))
    return audio * np.float32(min(LEVEL / sounding, PEAK / float(np.abs(audio).max())))


def _join(
    parts: Sequence[Path], pauses: Sequence[float]
) -> tuple[NDArray[np.float32], int, tuple[Word, ...], bool, float]:
    import numpy as np

    pieces: list[NDArray[np.float32]] = []
    words: list[Word] = []
    clock, rate, aligned, took = 0, 0, True, 0.0
    for part, pause in zip(parts, [*pauses, 0.0], strict=True):
        audio, rate = _read(part / "speech.wav")
        told = json.loads((part / "words.json").read_text(encoding="utf-8"))
        offset = clock / rate
        words += [
            Word(text, round(offset + start, 6), round(offset + end, 6)) for text, start, end in told["words"]
        ]
        aligned = aligned and told["aligned"]
        took += told["took"]
        silence = np.zeros(round(pause * rate), np.float32)
        pieces += [audio, silence]
        clock += len(audio) + len(silence)
    return np.concatenate(pieces), rate, tuple(words), aligned, took


def _read(path: Path) -> tuple[NDArray[np.float32], int]:
    import numpy as np

    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return samples.astype(np.float32) / np.float32(32767), file.getframerate()


def _write(
    folder: Path, audio: NDArray[np.float32], rate: int, words: Sequence[Word], aligned: bool, took: float
) -> None:
    import numpy as np

    with wave.open(str(folder / "speech.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(audio * 32767).astype("<i2").tobytes())
    told = {
        "seconds": len(audio) / rate,
        "aligned": aligned,
        "took": took,
        "words": [[word.text, word.start, word.end] for word in words],
    }
    (folder / "words.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
