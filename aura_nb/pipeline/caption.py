"""Captions: from when each word is spoken to cues one can read.

Cues are cut by dynamic programming over a scene's words: the cheapest way to cover them all with cues
of at most two lines, where ending inside a sentence, being too brief, too fast to read, too long on
screen, or lopsided each cost something. The limits are those of the BBC and Netflix timed-text guides.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from aura_nb.pipeline.timeline import Timeline
from aura_nb.platforms import Aspect
from aura_nb.providers.base import Word
from aura_nb.providers.sentences import CLOSING, mark_of

LINE_WIDTH: dict[Aspect, int] = {"16:9": 42, "1:1": 32, "9:16": 26}
MIN_SECONDS = 0.8
MAX_SECONDS = 7.0
READING_SPEED = 17.0
FASTEST = 20.0
CLOSE_GAP = 0.5
PAUSE = 0.25

CLAUSE_ENDS = frozenset(",;:–—、，；：،؛")
NEVER_FIRST = frozenset("ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々・。、，．！？：；")


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: `text` (lines parted by a newline) shown from `start` to `end`, in seconds."""

    start: float
    end: float
    text: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The one or two lines of the cue."""
        return tuple(self.text.split("\n"))


@dataclass(frozen=True, slots=True)
class Atom:
    """The least a line can be broken into: a word, or a character of a script without spaces."""

    text: str
    start: float
    end: float
    width: int
    spaced: bool


def cues(words: Sequence[Word], aspect: Aspect) -> tuple[Cue, ...]:
    """Cut one scene's words into cues on the same clock as the words.

    Every word is kept, in order; a cue starts when its first word does and never runs into the
    next. The last may stay a little beyond its last word: `place` cuts it at the scene's end.
    """
    limit = LINE_WIDTH[aspect]
    atoms = tuple(_atoms(words, limit))
    if not atoms:
        return ()
    layout = _Layout(atoms, limit)
    shown = []
    for first, last in pairwise(layout.cheapest_cuts()):
        until = atoms[last].start if last < len(atoms) else math.inf
        text = layout.text(first, last)
        start = atoms[first].start
        end = max(atoms[last - 1].end, start + MIN_SECONDS, start + _width(text) / READING_SPEED)
        shown.append(Cue(start, until if until - end < CLOSE_GAP else end, text))
    return tuple(shown)


def place(scenes: Sequence[Sequence[Cue]], timeline: Timeline) -> tuple[Cue, ...]:
    """Put each scene's cues on the film's clock; none outlasts its scene or meets the next cue."""
    placed: list[Cue] = []
    for span, scene in zip(timeline.spans, scenes, strict=True):
        over = (span.start + span.frames) / timeline.fps
        for cue in scene:
            start = span.voice + cue.start
            if placed and placed[-1].end > start:
                placed[-1] = replace(placed[-1], end=start)
            placed.append(Cue(start, min(span.voice + cue.end, over), cue.text))
    return tuple(placed)


def read_silently(text: str, seconds: float) -> tuple[Word, ...]:
    """The words of a scene that nobody speaks, spread over `seconds` by their length."""
    tokens = text.split()
    total = sum(len(token) + 1 for token in tokens)
    words, at = [], 0.0
    for token in tokens:
        end = at + seconds * (len(token) + 1) / total
        words.append(Word(token, at, end))
        at = end
    return tuple(words)


def _atoms(words: Sequence[Word], limit: int) -> Iterator[Atom]:
    at = 0.0
    for word in words:
        pieces = _pieces(word.text, limit)
        start = max(at, word.start)
        end = max(start, word.end)
        done, total = 0, sum(map(len, pieces))
        for number, piece in enumerate(pieces):
            begin = start + (end - start) * done / total
            done += len(piece)
            yield Atom(piece, begin, start + (end - start) * done / total, _width(piece), spaced=number == 0)
        at = start


def _pieces(token: str, limit: int) -> list[str]:
    """Where a token without spaces may be broken: around wide characters, or when no line holds it."""
    pieces: list[str] = []
    breakable = True
    for cluster in _clusters(token):
        wide = _width(cluster) > 1
        glued = cluster[0] in NEVER_FIRST or unicodedata.category(cluster[0]) in {"Pe", "Pf"}
        if pieces and _width(pieces[-1]) + _width(cluster) <= limit and (glued or not (breakable or wide)):
            pieces[-1] += cluster
        else:
            pieces.append(cluster)
        breakable = wide and unicodedata.category(cluster[-1]) not in {"Ps", "Pi"}
    return pieces


def _clusters(text: str) -> Iterator[str]:
    """Characters with what combines with them. Control characters are dropped."""
    cluster = ""
    for char in text:
        category = unicodedata.category(char)
        if category == "Cc":
            continue
        joins = category in {"Mn", "Mc", "Me", "Cf"} or "\U0001f3fb" <= char <= "\U0001f3ff"
        if cluster and (joins or cluster.endswith("\u200d")):
            cluster += char
        else:
            if cluster:
                yield cluster
            cluster = char
    if cluster:
        yield cluster


def _width(text: str) -> int:
    """Columns that `text` fills: wide East Asian characters two, combining ones none (UAX 11)."""
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else unicodedata.category(char) not in {"Mn", "Me", "Cf"}
        for char in text
    )


class _Layout:
    """A scene's atoms, with what every choice of lines and cues among them costs."""

    def __init__(self, atoms: Sequence[Atom], limit: int) -> None:
        self.atoms = atoms
        self.limit = limit
        self.breaks = [0.0, *(_break_cost(before, after) for before, after in pairwise(atoms)), 0.0]
        self._columns = [0, *accumulate(atom.width + atom.spaced for atom in atoms)]
        self._sentences = [0, *accumulate(int(cost == 0.0) for cost in self.breaks)]

    def width(self, first: int, last: int) -> int:
        """Columns of atoms [first, last) on one line."""
        return self._columns[last] - self._columns[first] - self.atoms[first].spaced

    def line_break(self, first: int, last: int) -> int:
        """Where the second line of atoms [first, last) begins; `last`: one line will do; -1: two won't."""
        if self.width(first, last) <= self.limit or last - first == 1:
            return last
        best, found = math.inf, -1
        for cut in range(first + 1, last):
            upper, lower = self.width(first, cut), self.width(cut, last)
            if upper > self.limit:
                break
            if lower > self.limit:
                continue
            # A number alone on the last line is taken for the next cue's by readers of SubRip.
            lone_number = last - cut == 1 and self.atoms[cut].text.isdigit()
            cost = self.breaks[cut] + abs(upper - lower) / self.limit + 9.0 * lone_number
            if cost < best:
                best, found = cost, cut
        return found

    def text(self, first: int, last: int) -> str:
        """Atoms [first, last) as a cue's text."""
        cut = self.line_break(first, last)
        lines = [self.atoms[first:cut], self.atoms[cut:last]]
        return "\n".join(_join(line) for line in lines if line)

    def cost(self, first: int, last: int) -> float:
        """How ill atoms [first, last) read as one cue."""
        cut = self.line_break(first, last)
        if cut < 0:
            return math.inf
        atoms, closing = self.atoms, last == len(self.atoms)
        width = self.width(first, last)
        until = atoms[last - 1].end + MIN_SECONDS if closing else atoms[last].start
        seconds = until - atoms[first].start
        cost = 1.0 + self.breaks[last]
        cost += 10.0 * max(0.0, 1.0 - seconds / MIN_SECONDS)
        cost += max(0.0, seconds - MAX_SECONDS)
        cost += 0.1 * max(0.0, width / max(seconds, 0.05) - FASTEST)
        cost += 1.3 * (self._sentences[last] - self._sentences[first + 1])
        if cut < last:
            cost += 0.5 * abs(self.width(first, cut) - self.width(cut, last)) / self.limit
        return cost

    def cheapest_cuts(self) -> list[int]:
        """Indices 0 … len(atoms) at which cues begin and end, for the least cost in all."""
        count = len(self.atoms)
        best = [0.0] + [math.inf] * count
        came_from = [0] * (count + 1)
        for last in range(1, count + 1):
            for first in range(last - 1, -1, -1):
                # A single atom is always let through: what no line can hold must still be shown.
                if self.width(first, last) > 2 * self.limit + 1 and last - first > 1:
                    break
                cost = best[first] + self.cost(first, last)
                if cost < best[last]:
                    best[last], came_from[last] = cost, first
        cuts = [count]
        while cuts[-1]:
            cuts.append(came_from[cuts[-1]])
        return cuts[::-1]


def _break_cost(before: Atom, after: Atom) -> float:
    """How ill it is to break between two atoms: not at all after a sentence, most inside a token."""
    mark = mark_of(before.text)
    if mark and (after.spaced or mark not in ".．…"):
        return 0.0
    if before.text.rstrip(CLOSING)[-1:] in CLAUSE_ENDS:
        return 0.5
    if after.start - before.end >= PAUSE:
        return 0.7
    return 1.5 if after.spaced else 2.0


def _join(atoms: Sequence[Atom]) -> str:
    return "".join(f" {atom.text}" if atom.spaced else atom.text for atom in atoms).strip()
