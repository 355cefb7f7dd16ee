"""The pace of a voice, found by measuring: so that a rate means the same speed of speech everywhere."""

from __future__ import annotations

from collections.abc import Callable

WORDS_PER_MINUTE = 160
"""What a rate of 1.0 stands for, the pauses between sentences included."""
PASSAGE = (
    "Blue light therefore reaches our eyes from every direction of the sky.",
    "At sunset it travels through much more air, so most of the blue is lost on the way.",
    "A good experiment changes one thing at a time and writes down what happened.",
)
PAUSE_SECONDS = 0.36
# Only the speech can go faster, not the pauses.
SECONDS = sum(len(line.split()) for line in PASSAGE) * 60 / WORDS_PER_MINUTE - PAUSE_SECONDS * len(PASSAGE)
"""How long `PASSAGE` takes at a rate of 1.0 without the pauses between its sentences."""


def speed_for(
    rate: float, seconds_at: Callable[[float], float], *, slowest: float, fastest: float, steps: int = 3
) -> float:
    """The engine's own speed (1.0 as it comes, 2.0 twice as fast) at which it speaks at `rate`.

    `seconds_at` tells how long `PASSAGE` takes at a speed. Voices differ by a quarter, and engines
    round, so that their pace is not proportional to their speed: hence some `steps` towards it. The
    result lies within [`slowest`, `fastest`], rounded to a thousandth.
    """
    speed = min(max(rate, slowest), fastest)
    for _ in range(steps):
        speed = min(max(speed * seconds_at(speed) * rate / SECONDS, slowest), fastest)
    return round(speed, 3)
