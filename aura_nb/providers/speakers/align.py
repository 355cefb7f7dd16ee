"""Word times for an engine that gives none: an estimate from the sound and the text alone.

The sound is cut into frames, its pauses are taken out, and the words are laid along what is left by
dynamic programming (a semi-Markov segmentation, as of an HMM with explicit durations): each word as
near as can be to the time it is expected to take, its ends in a pause where there is one, the longer
pauses at punctuation, and otherwise where the sound is weak.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

from aura_nb.providers.base import Word
from aura_nb.providers.speakers import timing
from aura_nb.providers.speakers.spoken import Spoken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
FRAME_SECONDS = 0.01
QUIET = 0.03
"""RMS against that of the loud frames (the 90th percentile) below which a frame is silent: −30 dB."""
PAUSE_FRAMES = 5
"""Shorter silences are the closures of stops and belong to a word."""
PAUSING = frozenset(",;:.!?…")

# What a word takes, in tenths of a second at 160 words a minute: for itself, a syllable, a consonant.
WORD, SYLLABLE, CONSONANT = 0.3, 0.9, 0.6
VOWELS = frozenset("aeiouyαεηιουω" + "аеёиоуыэюя")
LONGEST = 3.0
"""A word takes at most so many times what is expected of it."""
# Weights of the parts of the cost, all squares or multiples of a log ratio.
DURATION, DIP, INSIDE, UNMARKED, UNPAUSED = 4.0, 0.4, 0.15, 0.05, 1.0


def words(spoken: Spoken, audio: NDArray[np.float32], rate: int) -> tuple[Word, ...]:
    """When each written word of `spoken` sounds in `audio` (mono, `rate` Hz): an estimate.

    Monotonic and within the audio; a token that is not said gets no time. A `Speech` with these
    is `aligned=False`.
    """
    import numpy as np

    told = [index for index, said in enumerate(spoken.said) if said]
    spans: list[tuple[float, float] | None] = [None] * len(spoken.said)
    seconds = len(audio) / rate
    level = _level(audio, rate)
    loud = np.flatnonzero(level >= 1.0)
    if told and loud.size:
        said = [spoken.said[index] for index in told]
        first, last = int(loud[0]), int(loud[-1]) + 1
        for index, (start, end) in zip(told, _laid(said, level[first:last]), strict=True):
            spans[index] = ((first + start) * FRAME_SECONDS, (first + end) * FRAME_SECONDS)
    return timing.lay_words(spoken, spans, seconds)


def _level(audio: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """The RMS of each frame, in multiples of what counts as silence."""
    import numpy as np

    size = round(rate * FRAME_SECONDS)
    frames = np.pad(audio, (0, -len(audio) % size)).reshape(-1, size)
    power = np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1))
    loud = float(np.quantile(power[power > 0], 0.9)) if power.any() else 1.0
    level: NDArray[np.float64] = power / (QUIET * loud)
    return level


def _laid(said: list[str], level: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The frames [start, end) of each of `said`, `level` beginning and ending with sound."""
    import numpy as np

    sounding, pauses = _without_pauses(level)
    length = len(sounding)
    weights = np.array([weight(word) for word in said])
    expected = np.maximum(weights / weights.sum() * length, 1.0)
    # A pause of n frames lies before sounding frame p: pause[p] = n.
    pause = np.zeros(length + 1)
    for before, frames in pauses:
        pause[before] = frames
    inside = np.concatenate([[0.0], np.cumsum(pause * INSIDE)])
    dip = np.zeros(length + 1)
    dip[1:length] = DIP * np.log(np.maximum(np.minimum(level[sounding[1:]], level[sounding[:-1]]), 0.5))

    best = np.full(length + 1, np.inf)
    best[0] = 0.0
    came: list[NDArray[np.intp]] = []
    for index, (word, frames) in enumerate(zip(said, expected, strict=True)):
        longest = min(length, int(frames * LONGEST) + 20)
        took = np.arange(1, longest + 1)
        cost = DURATION * np.square(np.log(took / frames))
        # From where (rows: how long the word takes) to each frame it may end at.
        ends = np.arange(length + 1)
        begins = ends[None, :] - took[:, None]
        valid = begins >= 0
        at = np.where(valid, begins, 0)
        total = np.where(valid, best[at] + cost[:, None] + inside[ends][None, :] - inside[at + 1], np.inf)
        chosen = np.argmin(total, axis=0)
        best = total[chosen, ends]
        came.append(took[chosen])
        if index < len(said) - 1:
            marked = word[-1] in PAUSING
            paused = UNMARKED * pause if not marked else np.zeros_like(pause)
            best = best + np.where(pause > 0, paused, dip + (UNPAUSED if marked else 0.0))
    at_end, bounds = length, [length]
    for steps in reversed(came):
        at_end -= int(steps[at_end])
        bounds.append(at_end)
    bounds.reverse()
    return [
        (int(sounding[start]), int(sounding[max(stop, start + 1) - 1]) + 1) for start, stop in pairwise(bounds)
    ]


def _without_pauses(level: NDArray[np.float64]) -> tuple[NDArray[np.intp], list[tuple[int, int]]]:
    """The frames that are no pause, and of each pause: how many of them come before it, and its frames."""
    import numpy as np

    silent = np.concatenate([[False], level < 1.0, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(silent)).reshape(-1, 2)
    keep = np.ones(len(level), bool)
    pauses: list[tuple[int, int]] = []
    gone = 0
    for start, stop in edges:
        if stop - start >= PAUSE_FRAMES:
            keep[start:stop] = False
            pauses.append((int(start) - gone, int(stop - start)))
            gone += int(stop - start)
    return np.flatnonzero(keep), pauses


def weight(said: str) -> float:
    """How long `said` takes against other words: by its syllables and consonants, as far as letters tell."""
    plain = "".join(c for c in unicodedata.normalize("NFD", said.lower()) if c.isalnum() or c in " -")
    total = 0.0
    for word in plain.replace("-", " ").split():
        syllables, consonants, before = 0, 0, ""
        for c in word:
            if c in VOWELS:
                syllables += before not in VOWELS
            elif unicodedata.category(c) == "Lo" or c.isdigit():
                syllables += 1
                consonants += 1
            else:
                consonants += c != before
            before = c
        if word.endswith("e") and syllables > 1 and word[-2:-1] not in VOWELS:
            syllables -= 1
        total += WORD + SYLLABLE * syllables + CONSONANT * consonants
    return total or WORD
