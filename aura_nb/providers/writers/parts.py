"""What the writer works with: ideas and sections on the way in, lines and drafts on the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aura_nb.script import Picture

MUST = 0.0
_HEADING_LETTERS = 50


def join_headings(headings: Iterable[str]) -> str:
    """One heading for a scene that has several ("Heat · Joints"), or "" when that is too long."""
    several = list(dict.fromkeys(headings))
    joined = " · ".join(several)
    return joined if len(several) == 1 or len(joined) <= _HEADING_LETTERS else ""


@dataclass(frozen=True, slots=True)
class Idea:
    """One thing the user said: its sentences, and the picture that belongs to it, if any.

    `given` ideas are the brief's points and come before its notes when time is short.
    """

    sentences: tuple[str, ...]
    picture: Picture | None = None
    label: str = ""
    given: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Ideas under one heading ("" for none)."""

    heading: str
    ideas: tuple[Idea, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence that may be said.

    `rank` orders what is taken first (`MUST`: always); the user's own words (`own`) are taken before
    anything else. `shown` is its short form for the picture, `part` the heading it belongs under.
    `after` is the line of the same scene (by index) without which this one makes no sense; one that
    `opens` makes none without the line that follows it.
    """

    text: str
    rank: float
    shown: str = ""
    part: str = ""
    own: bool = False
    after: int | None = None
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A scene that may be: all its lines in speaking order, and what to draw under which heading."""

    lines: tuple[Line, ...]
    draw: Callable[[Sequence[Line]], tuple[str, Picture]]
