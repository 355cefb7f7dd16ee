"""Written text to spoken text, token by token, so that captions show the one and voices say the other."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

VERSION = 1


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said for each written token; `said` is as long as `written`, "" where nothing is."""

    written: tuple[str, ...]
    said: tuple[str, ...]

    @property
    def text(self) -> str:
        """All that is said, as the engine gets it."""
        return " ".join(said for said in self.said if said)

    def token_at(self, offset: int) -> int:
        """The written token (by index) that the character at `offset` of `text` belongs to."""
        told = [index for index, said in enumerate(self.said) if said]
        starts = [0, *accumulate(len(self.said[index]) + 1 for index in told)]
        return told[min(bisect_right(starts, offset) - 1, len(told) - 1)]


def speak_out(text: str, language: str) -> Spoken:
    written = tuple(text.split())
    return Spoken(written, written)
