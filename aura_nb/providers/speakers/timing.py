"""From what an engine tells of its timing to one `Word` a written word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aura_nb.providers.base import Word
from aura_nb.providers.speakers.spoken import Spoken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AUDIBLE = 0.01
"""Amplitude (1.0 = full scale, so −40 dBFS) from which a sample counts as sound."""


def audible(audio: NDArray[np.float32]) -> tuple[int, int]:
    """The first audible sample and the one after the last; (0, 0) when there is none."""
    import numpy as np

    loud = np.flatnonzero(np.abs(audio) >= AUDIBLE)
    return (int(loud[0]), int(loud[-1]) + 1) if loud.size else (0, 0)


def faded(audio: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """`audio` with its ends drawn to nothing over so many samples: a cut through sound would click."""
    import numpy as np

    count = min(samples, len(audio) // 2)
    ramp = np.linspace(0, 1, count, endpoint=False, dtype=np.float32)
    audio = audio.copy()
    audio[:count] *= ramp
    audio[len(audio) - count :] *= ramp[::-1]
    return audio


def lay_words(spoken: Spoken, spans: Sequence[tuple[float, float] | None], seconds: float) -> tuple[Word, ...]:
    """One `Word` a written token: monotonic, half-open, within [0, seconds].

    `spans` holds what the engine knows of each token, None where it knows nothing: because the
    token is not spoken (it gets no time, right after the word before it), or because it was run
    together with the one before, as the groups of "10 000" are (they share its span by their lengths).
    """
    words: list[Word] = []
    clock = 0.0
    index = 0
    while index < len(spans):
        stop = index + 1
        while stop < len(spans) and spans[stop] is None:
            stop += 1
        start, end = spans[index] or (clock, clock)
        start = min(max(start, clock), seconds)
        end = min(max(end, start), seconds)
        weights = [
            len(said) or sum(c.isalnum() for c in written)
            for said, written in zip(spoken.said[index:stop], spoken.written[index:stop], strict=True)
        ]
        total = sum(weights) or 1
        passed = 0
        for written, weight in zip(spoken.written[index:stop], weights, strict=True):
            begins = start + (end - start) * passed / total
            passed += weight
            clock = start + (end - start) * passed / total
            words.append(Word(written, begins, clock))
        index = stop
    return tuple(words)
