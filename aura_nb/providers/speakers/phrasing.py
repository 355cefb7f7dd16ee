"""What Kokoro says in one go, and from its durations where in the sound each token lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HERTZ = 24_000
FRAME = 600
"""Samples a duration of 1 stands for (25 ms)."""
LIMIT = 400
"""Phonemes in one go. The model takes 510, but hurries from about here on."""

# How the sound lies against the durations, measured over six voices: it comes 3 frames early (as
# kokoro's own `join_timestamps` has it), and what the last sound before a pause lasts beyond 8 is silence.
EARLY = 3
LEAD = 3
LONGEST_END = 8
CLAUSE_ENDS = frozenset(";:,.!?—…")
MARKS = CLAUSE_ENDS | frozenset('"“”() ')


@dataclass(frozen=True, slots=True)
class Unit:
    """A written token (or a piece of an overlong one): its index, its phonemes, and their ids."""

    token: int
    sounds: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """What the model says in one go.

    `frames` are the durations it gives: of the silence before, of each id, of the silence after.
    Of the sound, frames [begin, end) are kept. `spans` are each unit's token and frames [start, stop).
    """

    units: tuple[Unit, ...]
    frames: tuple[int, ...]
    begin: int
    end: int
    spans: tuple[tuple[int, int, int], ...]

    @property
    def seconds(self) -> float:
        """Length of what is kept."""
        return (self.end - self.begin) * FRAME / HERTZ


def breaths(units: Sequence[Unit]) -> Iterator[tuple[Unit, ...]]:
    """Cut after the last clause that ends within the limit, else between words."""
    held = [part for unit in units for part in _parts(unit)]
    while sum(len(unit.ids) for unit in held) > LIMIT:
        total, fitting, clause = 0, 0, 0
        for count, unit in enumerate(held, 1):
            total += len(unit.ids)
            if total > LIMIT:
                break
            fitting = count
            if unit.sounds.rstrip()[-1:] in CLAUSE_ENDS:
                clause = count
        yield tuple(held[: clause or fitting])
        held = held[clause or fitting :]
    if held:
        yield tuple(held)


def _parts(unit: Unit) -> Iterator[Unit]:
    for start in range(0, len(unit.ids), LIMIT):
        yield Unit(unit.token, unit.sounds[start : start + LIMIT], unit.ids[start : start + LIMIT])


def phrase(units: tuple[Unit, ...], frames: tuple[int, ...], speed: float) -> Phrase:
    """Lay `units` along the durations the model gave them at `speed`."""
    begin = max(0, frames[0] - EARLY - LEAD)
    spans = tuple(_spans(units, frames, round(LONGEST_END / speed)))
    return Phrase(units, frames, begin, max(begin + 1, *(stop for _, _, stop in spans)), spans)


def _spans(units: tuple[Unit, ...], frames: tuple[int, ...], longest: int) -> Iterator[tuple[int, int, int]]:
    clock = frames[0] - EARLY
    at = 1
    for unit in units:
        start = stop = max(0, clock)
        for sound, following in zip(unit.sounds, [*unit.sounds[1:], ","], strict=True):
            if sound not in MARKS:
                stop = max(start, clock + (min(frames[at], longest) if following in CLAUSE_ENDS else frames[at]))
            clock += frames[at]
            at += 1
        yield unit.token, start, stop
