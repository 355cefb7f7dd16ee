"""The `espeak` speaker: small, fast and always there; what drafts use and what ends every chain."""

from __future__ import annotations

import json
import sys
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.providers import child
from aura_nb.providers.base import ProviderInfo, Speech, Word
from aura_nb.providers.report import Probed
from aura_nb.providers.speakers import spoken, timing
from aura_nb.spec import Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
CHILD = Path(__file__).with_name("espeak_child.py")
# Measured on English prose: with this gap, espeak's 160 gives 160 words a minute, the pauses between
# sentences included, and the fewest misheard words (150–160; more at its default of 175 without a gap).
WORDS_PER_MINUTE = 160
SLOWEST, FASTEST = 80, 450
WORD_GAP = 2
# Measured (autocorrelation of a held vowel): five steps of espeak's 0–100 around 50 shift by 0.93 semitones.
PITCH_STEPS_PER_SEMITONE = 5.4
MARGIN_SECONDS = 0.02
DEFAULT_VOICE = "en-US"
DIALECTS = {"en": DEFAULT_VOICE, "en-gb": "en", "zh": "cmn", "no": "nb", "zh-hk": "yue"}


class Espeak:
    """Speaks with espeak-ng from the `espeakng-loader` wheel, in one child process an utterance.

    One process each makes the samples repeatable and cancelling immediate. Rates map linearly to
    words a minute and stop at espeak's own limits: 0.5 and 2.8 times the normal rate. Pitches stop
    at about 9 semitones either way.

    Parameters
    ----------
    library:
        An espeak-ng shared library with its `espeak-ng-data` beside it. Default: the wheel's.
    """

    def __init__(self, library: Path | None = None) -> None:
        self._given = library

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo(
            name="espeak",
            socket="speaker",
            local=True,
            licence="GPL-3.0-or-later (depended on, not vendored)",
            version=f"{VERSION}.{spoken.VERSION}/{_loader_version()}",
            summary="Small and fast formant synthesis in about 130 languages; sounds like a machine.",
            rates=(SLOWEST / WORDS_PER_MINUTE, FASTEST / WORDS_PER_MINUTE),
            measures_by_speaking=True,
        )

    def missing(self) -> str | None:
        found = self._given or find_spec("espeakng_loader")
        return None if found and sys.executable else "pip install espeakng-loader"

    def voices(self) -> tuple[str, ...]:
        """Language names as espeak writes them ("en-US", "de", "pt-BR"): American English, languages, dialects."""
        return () if self.missing() else tuple(self._voices)

    def speaks(self, language: str) -> bool:
        return not self.missing() and self._language(language) is not None

    def speak(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> Speech:
        script = spoken.speak_out(text, language)
        if not script.text:
            raise ProviderError("espeak", f"there is nothing to say in {text!r}.", remedy="Write some words.")
        hertz, events, audio = _run(
            self._library.parent,
            {
                "library": str(self._library),
                "text": script.text,
                "voice": self._voices[self._voice(voice.name, language)],
                "rate": round(min(max(WORDS_PER_MINUTE * rate, SLOWEST), FASTEST)),
                "pitch": round(min(max(50 + voice.pitch * PITCH_STEPS_PER_SEMITONE, 0), 100)),
                "gap": WORD_GAP,
            },
            cancel,
        )
        first, last = timing.audible(audio)
        margin = round(MARGIN_SECONDS * hertz)
        begin = max(0, first - margin)
        audio = audio[begin : last + margin]
        starts: dict[int, int] = {}
        for offset, sample in events:
            starts.setdefault(script.token_at(offset), max(0, sample - begin))
        return Speech(audio, hertz, _words(script, starts, audio, hertz))

    def measure(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> float:
        return self.speak(text, voice, language=language, rate=rate, cancel=cancel).seconds

    def probe(self, *, timeout: float) -> Probed:
        """Say a word."""
        with child.within(timeout) as cancel:
            self.speak("Ready.", Voice(), language="en", rate=1.0, cancel=cancel)
        return Probed("Valid", message=f"Speaks, in {len(self._voices)} voices.")

    def _voice(self, name: str | None, language: str) -> str:
        known = {known.lower(): known for known in self._voices}
        if name is not None:
            if name.lower() not in known:
                remedy = "Choose one of Espeak().voices()."
                raise ProviderError("espeak", f"has no voice {name!r}.", remedy=remedy)
            return known[name.lower()]
        voice = self._language(language)
        if voice is None:
            remedy = "Choose another language or speaker."
            raise ProviderError("espeak", f"does not speak {language!r}.", remedy=remedy)
        return voice

    def _language(self, tag: str) -> str | None:
        """The voice that speaks `tag`, or its language at least."""
        known = {known.lower(): known for known in self._voices}
        names = (DIALECTS.get(part, part).lower() for part in (tag.lower(), tag.lower().split("-")[0]))
        return next((known[name] for name in names if name in known), None)

    @cached_property
    def _voices(self) -> dict[str, str]:
        """Voice name → espeak's identifier, its path under `espeak-ng-data/lang`."""
        root = self._library.parent / "espeak-ng-data" / "lang"
        files = sorted(path for path in root.rglob("*") if path.is_file())
        found = {path.name: path.relative_to(root).as_posix() for path in files}
        order = sorted(found, key=lambda name: (name != DEFAULT_VOICE, "-" in name, name.lower()))
        return {name: found[name] for name in order}

    @cached_property
    def _library(self) -> Path:
        if self._given:
            return self._given
        import espeakng_loader

        return Path(espeakng_loader.get_library_path())


def _words(
    script: spoken.Spoken, starts: dict[int, int], audio: NDArray[np.float32], hertz: int
) -> tuple[Word, ...]:
    # espeak tells where a word starts only; it ends where it falls silent before the next.
    spans: list[tuple[float, float] | None] = [None] * len(script.written)
    order = sorted(starts.items())
    bounds = [sample for _, sample in order] + [len(audio)]
    for (token, _), (start, stop) in zip(order, pairwise(bounds), strict=True):
        first, last = timing.audible(audio[start:stop])
        spans[token] = ((start + first) / hertz, (start + (last or stop - start)) / hertz)
    return timing.lay_words(script, spans, len(audio) / hertz)


def _run(
    folder: Path, request: dict[str, str | int], cancel: Cancel
) -> tuple[int, list[tuple[int, int]], NDArray[np.float32]]:
    """The child's answer: rate in Hz, (character, sample) of each word, and the samples."""
    import numpy as np

    remedy = "Try pip install --force-reinstall espeakng-loader."
    out = child.ask("espeak", ["-I", "-S", str(CHILD)], request, cancel, remedy=remedy, folder=folder)
    head, _, pcm = out.partition(b"\n")
    answer = json.loads(head)
    audio = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
    return answer["rate"], answer["words"], audio


@cache
def _loader_version() -> str:
    try:
        return version("espeakng-loader")
    except PackageNotFoundError:
        return "absent"
