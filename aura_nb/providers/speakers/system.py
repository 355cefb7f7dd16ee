"""The `system` speaker: the voices of the operating system itself (extra `system`).

SAPI 5 on Windows, NSSpeechSynthesizer on macOS, the installed espeak-ng elsewhere, all through pyttsx3.
None of them tells when a word is spoken into a file: the times are estimates.
"""

from __future__ import annotations

import ctypes
import json
import platform
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.providers import child
from aura_nb.providers.base import ProviderInfo, Speech
from aura_nb.providers.report import Probed
from aura_nb.providers.speakers import align, pace, spoken, timing
from aura_nb.spec import Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
CHILD = Path(__file__).with_name("system_child.py")
MARGIN_SECONDS = 0.02
# espeak's own scale; the same steps as those of the speaker `espeak`. The other drivers have no pitch.
PITCH, PITCH_STEPS_PER_SEMITONE = 50, 5.4
# SAPI reads XML where a text begins with this, macOS a command in these.
NOT_READ = ("<", "[[", "]]")
ESPEAK = ("libespeak-ng.so.1", "/usr/local/lib/libespeak-ng.so.1", "libespeak.so.1")


@dataclass(frozen=True, slots=True)
class _Platform:
    """What a platform's driver can: its words a minute, and the rates its voices reach in them."""

    settings: tuple[int, int]
    rates: tuple[float, float]
    pitch: bool = False


# SAPI has 21 speeds; pyttsx3 maps 156.63 words a minute · 1.11ⁿ onto them, n from -10 to 10.
PLATFORMS = {
    "win32": _Platform((56, 440), (0.5, 2.2)),
    "darwin": _Platform((80, 450), (0.6, 2.2)),
}
OTHERS = _Platform((80, 450), (0.65, 3.0), pitch=True)


@dataclass(frozen=True, slots=True)
class _Voice:
    id: str
    languages: tuple[str, ...]


class System:
    """Speaks with what the operating system has, one child process an utterance.

    The first voice is the one the system speaks with by default.

    Parameters
    ----------
    platform:
        As `sys.platform` names it: whose driver's limits hold.
    """

    def __init__(self, platform: str = sys.platform) -> None:
        self._found: dict[str, _Voice] = {}
        self._speeds: dict[tuple[str, float], float] = {}
        self._platform = PLATFORMS.get(platform, OTHERS)

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo(
            name="system",
            socket="speaker",
            local=True,
            licence="MPL-2.0 (pyttsx3); the voices are your system's",
            version=self._version(),
            summary="The voices your operating system speaks with; word times are estimates.",
            ignores=() if self._platform.pitch else ("pitch",),
            rates=self._platform.rates,
            measures_by_speaking=True,
        )

    def missing(self) -> str | None:
        if not (find_spec("pyttsx3") and sys.executable):
            return "pip install 'aura-nb[system]'"
        if self._platform is OTHERS and _espeak_version() is None:
            return "sudo apt install espeak-ng"
        return None

    def voices(self) -> tuple[str, ...]:
        """The names the system has for them; none when it does not answer."""
        return tuple(self._voices())

    def speaks(self, language: str) -> bool:
        return self._speaking(language) is not None

    def speak(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> Speech:
        script = spoken.speak_out(text, language)
        if not script.text:
            raise ProviderError("system", f"there is nothing to say in {text!r}.", remedy="Write some words.")
        if remedy := self.missing():
            raise ProviderError("system", "is not ready on this machine.", remedy=remedy)
        if not self._voices():
            self._list(cancel)
            raise ProviderError("system", "the system has no voice.", remedy="Install one in its settings.")
        name = self._named(voice.name, language)
        speed = self._speed(name, rate, cancel)
        audio, hertz = self._say(script.text, name, speed, voice.pitch, cancel)
        return Speech(audio, hertz, align.words(script, audio, hertz, cancel=cancel), aligned=False)

    def measure(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> float:
        return self.speak(text, voice, language=language, rate=rate, cancel=cancel).seconds

    def probe(self, *, timeout: float) -> Probed:
        """Say a word."""
        with child.within(timeout) as cancel:
            self._say("Ready.", next(iter(self._voices()), ""), 1.0, 0.0, cancel)
        return Probed("Valid", message=f"Speaks, in {len(self._voices())} voices.")

    def _named(self, name: str | None, language: str) -> str:
        known = {known.lower(): known for known in self._voices()}
        if name is None:
            if found := self._speaking(language):
                return found
            remedy = "Install a voice of that language in the system's settings, or choose another speaker."
            raise ProviderError("system", f"has no voice that speaks {language!r}.", remedy=remedy)
        if name.lower() not in known:
            raise ProviderError("system", f"has no voice {name!r}.", remedy="Choose one of System().voices().")
        return known[name.lower()]

    def _speaking(self, language: str) -> str | None:
        """The first voice of exactly this language, else of its first part."""
        wanted = language.lower()
        known = [(name, tag) for name, voice in self._voices().items() for tag in voice.languages]
        exact = (name for name, tag in known if tag == wanted)
        near = (name for name, tag in known if tag.split("-")[0] == wanted.split("-")[0])
        return next(exact, None) or next(near, None)

    def _speed(self, name: str, rate: float, cancel: Cancel) -> float:
        """The speed, against 160 of the driver's words a minute, at which this voice speaks at `rate`."""
        if (name, rate) not in self._speeds:

            def seconds_at(speed: float) -> float:
                parts = [self._say(line, name, speed, 0.0, cancel) for line in pace.PASSAGE]
                return sum(len(audio) / hertz for audio, hertz in parts)

            slowest, fastest = (words / pace.WORDS_PER_MINUTE for words in self._platform.settings)
            self._speeds[name, rate] = pace.speed_for(rate, seconds_at, slowest=slowest, fastest=fastest, steps=1)
        return self._speeds[name, rate]

    def _say(
        self, text: str, name: str, speed: float, pitch: float, cancel: Cancel
    ) -> tuple[NDArray[np.float32], int]:
        """The samples, without the silence around them, and their rate in Hz."""
        steps = round(PITCH + pitch * PITCH_STEPS_PER_SEMITONE)
        with tempfile.TemporaryDirectory(prefix="aura_nb-") as folder:
            out = Path(folder) / "speech.wav"
            request = {
                "text": plain(text),
                "voice": self._voices()[name].id,
                "rate": round(speed * pace.WORDS_PER_MINUTE),
                "pitch": min(max(steps, 0), 100) if self._platform.pitch else None,
                "out": str(out),
            }
            _ask(request, cancel)
            audio, hertz = _read(out)
        first, last = timing.audible(audio)
        margin = round(MARGIN_SECONDS * hertz)
        return audio[max(0, first - margin) : last + margin], hertz

    def _voices(self) -> dict[str, _Voice]:
        """By name, the default first; asked for until there is an answer, and kept from then on."""
        if not self._found and not self.missing():
            try:
                self._list(Cancel())
            except ProviderError:
                return {}
        return self._found

    def _list(self, cancel: Cancel) -> None:
        told = json.loads(_ask({"text": None}, cancel))
        found: dict[str, _Voice] = {}
        for voice in sorted(told["voices"], key=lambda voice: voice["id"] != told["default"]):
            name = voice["id"] if voice["name"] in found else voice["name"]
            found[name] = _Voice(voice["id"], tuple(tag.replace("_", "-").lower() for tag in voice["languages"]))
        self._found = found

    def _version(self) -> str:
        mine = f"{VERSION}.{spoken.VERSION}.{align.VERSION}"
        if self.missing():
            return f"{mine}/absent"
        engine = _espeak_version() if self._platform is OTHERS else platform.release()
        default = next(iter(self._voices().values()), None)
        return f"{mine}/{version('pyttsx3')}/{sys.platform} {engine}/{default.id if default else 'no voice'}"


def plain(text: str) -> str:
    """`text` without what an engine would take for a command."""
    for mark in NOT_READ:
        text = text.replace(mark, " ")
    return text


def _ask(request: dict[str, object], cancel: Cancel) -> bytes:
    remedy = "See whether the system's own settings can speak."
    # -P: what stands beside the child is none of its imports.
    return child.ask("system", ["-P", str(CHILD)], request, cancel, remedy=remedy)


def _read(path: Path) -> tuple[NDArray[np.float32], int]:
    """The samples and the rate of a sound file: WAV, and on macOS AIFF whatever its name is."""
    import av
    import numpy as np

    if not path.is_file():
        raise ProviderError("system", "the system wrote no sound.", remedy="Choose another voice or speaker.")
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=stream.rate)
        frames = [part for frame in container.decode(stream) for part in resampler.resample(frame)]
        parts = [frame.to_ndarray().ravel() for frame in frames]
    if not parts:
        raise ProviderError("system", "the system wrote no sound.", remedy="Choose another voice or speaker.")
    return np.concatenate(parts).astype(np.float32, copy=False), stream.rate


def _espeak_version() -> str | None:
    """The version of the espeak-ng that is installed, None when none is; asked of the library itself."""
    if (known := _known_espeak()) is None:
        # Not kept: it may be installed while the kernel runs.
        _known_espeak.cache_clear()
    return known


@cache
def _known_espeak() -> str | None:
    for name in ESPEAK:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.espeak_Info.restype = ctypes.c_char_p
        return str(library.espeak_Info(None).decode())
    return None
