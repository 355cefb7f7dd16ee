"""Captions: from when each word is spoken to cues one can read, and the files that carry them.

Cues are cut by dynamic programming over a scene's words: the cheapest way to cover them all with cues
of at most two lines, where ending inside a sentence, being too brief, too fast to read, too long on
screen, or lopsided each cost something. The limits are those of the BBC and Netflix timed-text guides.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from aura_nb.pipeline.timeline import Timeline
from aura_nb.providers.base import Word
from aura_nb.spec import Aspect

LINE_WIDTH: dict[Aspect, int] = {"16:9": 42, "1:1": 32, "9:16": 26}
MIN_SECONDS = 0.8
MAX_SECONDS = 7.0
READING_SPEED = 17.0
FASTEST = 20.0
CLOSE_GAP = 0.5
PAUSE = 0.25

SENTENCE_ENDS = frozenset(".!?…。！？؟।۔")
CLAUSE_ENDS = frozenset(",;:–—、，；：،؛")
TRAILING = "\"'’”»)]）」』】"
NEVER_FIRST = frozenset("ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々・。、，．！？：；")

# Between a character and what would make it markup: invisible, and no line may break there.
WORD_JOINER = "\u2060"


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
    cuts = _cheapest_cuts(atoms, limit)
    shown = []
    for first, last in pairwise(cuts):
        until = atoms[last].start if last < len(atoms) else math.inf
        text = "\n".join(_lines(atoms, first, last, limit))
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


def write_srt(captions: Iterable[Cue], path: Path) -> None:
    """Write SubRip. Whatever a player (or ffmpeg) could take for markup is shown as written."""
    _write(captions, path, "srt", _srt_escape)


def write_vtt(captions: Iterable[Cue], path: Path) -> None:
    """Write WebVTT (https://www.w3.org/TR/webvtt1/), `&`, `<` and `>` as entities."""
    _write(captions, path, "vtt", _vtt_escape)


def _srt_escape(text: str) -> str:
    return text.replace("<", f"<{WORD_JOINER}").replace("{", f"{{{WORD_JOINER}")


def _vtt_escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _write(captions: Iterable[Cue], path: Path, kind: str, escape: Callable[[str], str]) -> None:
    import pysubs2

    file = pysubs2.SSAFile()
    for cue in captions:
        # pysubs2 keeps text as SubStation, where a backslash begins a command.
        text = escape(cue.text.replace("\\", f"\\{WORD_JOINER}")).replace("\n", "\\N")
        file.append(pysubs2.SSAEvent(start=round(cue.start * 1000), end=round(cue.end * 1000), text=text))
    path.write_text(file.to_string(kind, keep_ssa_tags=True), encoding="utf-8", newline="\n")


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


def _cheapest_cuts(atoms: Sequence[Atom], limit: int) -> list[int]:
    """Indices 0 … len(atoms) at which cues begin and end, for the least cost in all."""
    count = len(atoms)
    best = [0.0] + [math.inf] * count
    came_from = [0] * (count + 1)
    for last in range(1, count + 1):
        width = 0
        for first in range(last - 1, -1, -1):
            width += atoms[first].width + atoms[first].spaced
            # A single atom is always let through: what no line can hold must still be shown.
            if width > 2 * limit + 2 and last - first > 1:
                break
            cost = best[first] + _cost(atoms, first, last, limit)
            if cost < best[last]:
                best[last], came_from[last] = cost, first
    cuts = [count]
    while cuts[-1]:
        cuts.append(came_from[cuts[-1]])
    return cuts[::-1]


def _cost(atoms: Sequence[Atom], first: int, last: int, limit: int) -> float:
    lines = _lines(atoms, first, last, limit)
    widths = [_width(line) for line in lines]
    if max(widths) > limit and last - first > 1:
        return math.inf
    closing = last == len(atoms)
    seconds = (atoms[last - 1].end + MIN_SECONDS if closing else atoms[last].start) - atoms[first].start
    cost = 1.0 + (0.0 if closing else _break_cost(atoms, last))
    cost += 10.0 * max(0.0, 1.0 - seconds / MIN_SECONDS)
    cost += max(0.0, seconds - MAX_SECONDS)
    cost += 0.1 * max(0.0, sum(widths) / max(seconds, 0.05) - FASTEST)
    cost += sum(1.3 for inner in range(first + 1, last) if _break_cost(atoms, inner) == 0.0)
    if len(widths) == 2:
        cost += 0.5 * abs(widths[0] - widths[1]) / limit
    return cost


def _break_cost(atoms: Sequence[Atom], at: int) -> float:
    """How ill it is to break before atom `at`: not at all after a sentence, most inside a token."""
    before, after = atoms[at - 1], atoms[at]
    ending = before.text.rstrip(TRAILING)[-1:]
    if ending in SENTENCE_ENDS and (after.spaced or ending not in ".…"):
        return 0.0
    if ending in CLAUSE_ENDS:
        return 0.5
    if after.start - before.end >= PAUSE:
        return 0.7
    return 1.5 if after.spaced else 2.0


def _lines(atoms: Sequence[Atom], first: int, last: int, limit: int) -> tuple[str, ...]:
    """The cue's text on one line when it fits, else on two at the place that reads best."""
    whole = _join(atoms[first:last])
    if _width(whole) <= limit or last - first == 1:
        return (whole,)
    best = math.inf
    lines: tuple[str, ...] = (whole,)
    for cut in range(first + 1, last):
        pair = (_join(atoms[first:cut]), _join(atoms[cut:last]))
        upper, lower = map(_width, pair)
        if max(upper, lower) > limit:
            continue
        # A number alone on the last line is taken for the next cue's by readers of SubRip.
        cost = _break_cost(atoms, cut) + abs(upper - lower) / limit + 9.0 * pair[1].isdigit()
        if cost < best:
            best, lines = cost, pair
    return lines


def _join(atoms: Sequence[Atom]) -> str:
    return "".join(f" {atom.text}" if atom.spaced else atom.text for atom in atoms).strip()
