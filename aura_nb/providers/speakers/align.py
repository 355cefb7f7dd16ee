"""Word times for an engine that gives none: an estimate, from the sound and the text.

espeak, which is always there and knows its words' times, says the same, and the two readings are laid
along each other: the method of aeneas (https://github.com/readbeyond/aeneas/blob/master/wiki/HOWITWORKS.md).
Against kokoro's and piper's own times, word starts are off by 0.02–0.04 s in the mean and by less than 0.1 s
in 19 of 20; sharing the time by letters is off by 0.16–0.18 s and 0.5 s (benchmarks/word_times.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.providers.base import Word
from aura_nb.providers.speakers import timing
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.providers.speakers.spoken import Spoken
from aura_nb.providers.speakers.warping import warp
from aura_nb.spec import Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 2


def words(
    spoken: Spoken, audio: NDArray[np.float32], rate: int, *, cancel: Cancel | None = None
) -> tuple[Word, ...]:
    """When each written word of `spoken` sounds in `audio` (mono, `rate` Hz): an estimate.

    Monotonic and within the audio; a token that is not said gets no time. A `Speech` with these
    is `aligned=False`. In a language that espeak does not speak, words share the time by their
    lengths. Raises `JobCancelled`.
    """
    import numpy as np

    seconds = len(audio) / rate
    first, last = timing.audible(audio)
    spans: list[tuple[float, float] | None] = [None] * len(spoken.said)
    if not last:
        return timing.lay_words(spoken, spans, seconds)
    try:
        text = " ".join(spoken.written)
        model = Espeak().speak(text, Voice(), language=spoken.language, rate=1.0, cancel=cancel or Cancel())
    except ProviderError:
        spans[0] = (first / rate, last / rate)
        return timing.lay_words(spoken, spans, seconds)
    moments, there = warp(model.audio, model.rate, audio[first:last], rate)
    for token, word in enumerate(model.words):
        if word.end > word.start:
            start, end = (
                round(float(at) * rate) + first for at in np.interp((word.start, word.end), moments, there)
            )
            if start >= end:
                continue
            begins, ends = timing.audible(audio[start:end])
            spans[token] = ((start + begins) / rate, (start + ends if ends else end) / rate)
    return timing.lay_words(spoken, spans, seconds)
