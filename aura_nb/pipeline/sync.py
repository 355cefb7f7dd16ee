"""Sync: whether captions say what is spoken, when it is spoken, to a tenth of a second."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from aura_nb.manifest import SceneEntry
from aura_nb.pipeline.caption import Cue
from aura_nb.pipeline.subtitles import WORD_JOINER

SYNC_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class SpokenText:
    """All that is said, character by character without spaces, and the second each begins and ends."""

    text: str
    starts: tuple[float, ...]
    ends: tuple[float, ...]


def spoken_text(scenes: Sequence[SceneEntry]) -> SpokenText:
    """The words of `scenes` as characters, a word's time shared equally among its own."""
    text, starts, ends = "", [], []
    for word, start, end in (word for scene in scenes for word in scene.words):
        chars = bare(word)
        step = (end - start) / max(1, len(chars))
        text += chars
        starts += [start + step * number for number in range(len(chars))]
        ends += [start + step * (number + 1) for number in range(len(chars))]
    return SpokenText(text, tuple(starts), tuple(ends))


def bare(text: str) -> str:
    """`text` without white space and what no one sees."""
    return "".join(c for c in text if not c.isspace() and c != WORD_JOINER and unicodedata.category(c) != "Cc")


def out_of_sync(cues: Sequence[Cue], spoken: SpokenText) -> Iterator[str]:
    """What is wrong with `cues`: other words than are spoken, too early or late, or overlapping."""
    if bare("".join(cue.text for cue in cues)) != spoken.text:
        yield "its words are not those that are spoken"
        return
    first = 0
    for cue in cues:
        last = first + len(bare(cue.text)) - 1
        start, end = spoken.starts[first], spoken.ends[last]
        if abs(cue.start - start) > SYNC_SECONDS or cue.end < end - SYNC_SECONDS:
            shown = f"{cue.start:.2f}–{cue.end:.2f} s"
            yield f"{cue.lines[0]!r} is shown at {shown}, spoken at {start:.2f}–{end:.2f} s"
        first = last + 1
    for cue, following in pairwise(cues):
        if cue.end > following.start + 0.001:
            yield f"{cue.lines[0]!r} overlaps the next"
