"""The user's own material as ideas in order: points, outline and notes, every sentence verbatim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.providers.writers.lexicon import (
    AUXILIARY,
    CLAUSE_WORD,
    DETERMINER,
    PREPOSITION,
    PRONOUN,
    QUESTION_WORD,
)
from aura_nb.providers.writers.notes import plain, read_notes
from aura_nb.providers.writers.parts import Idea, Section
from aura_nb.providers.writers.sentences import bare, finish, same, split
from aura_nb.spec import Brief

LONGEST = 2100

# Words shared with the headings, nearness to the sentences' starts, evenness.
_Score = tuple[int, float, float]
_TELL_NOTHING = AUXILIARY | DETERMINER | PREPOSITION | PRONOUN | QUESTION_WORD | CLAUSE_WORD

_BRACKETED = re.compile(r"^(?:\(?\d{1,2}\)|\(?[a-zA-Z]\)|\[\d{1,2}\])\s+(?=\S)")
# "3. Mai" is a date: other languages write ordinals so.
_NUMBER = re.compile(rf"{_BRACKETED.pattern}|^\d{{1,2}}\.\s+(?=\S)")
_LABEL = re.compile(r"^((?:[^\W_][\w'’-]*\s?){1,4}):\s+(?=\S)(?!//)")


@dataclass(frozen=True, slots=True)
class Material:
    """All the user gave, as sections in the order they are told."""

    sections: tuple[Section, ...]

    @property
    def ideas(self) -> tuple[Idea, ...]:
        """The ideas of all sections, in order."""
        return tuple(idea for section in self.sections for idea in section.ideas)

    @property
    def tells(self) -> bool:
        """Whether it says anything beside headings."""
        return bool(self.ideas)

    def __bool__(self) -> bool:
        return bool(self.sections)


def gather(brief: Brief) -> Material:
    """Points (dealt to the outline's headings), then the notes; a sentence said twice is kept once.

    Raises `InvalidBrief` for a sentence too long to be one.
    """
    points = [point_idea(point, brief.language) for point in brief.points]
    headings = [bare(heading) for heading in brief.outline]
    told = _deal(headings, points) if headings else [Section("", tuple(points))]
    for section in read_notes(brief.notes, brief.topic, brief.language):
        twin = next((n for n, s in enumerate(told) if section.heading and same(s.heading, section.heading)), None)
        if twin is None:
            told.append(section)
        else:
            told[twin] = replace(told[twin], ideas=told[twin].ideas + section.ideas)
    for section in told:
        for sentence in (sentence for idea in section.ideas for sentence in idea.sentences):
            if len(sentence) > LONGEST:
                raise InvalidBrief([_too_long(sentence)])
    return Material(tuple(_without_repeats(told)))


def _too_long(sentence: str) -> FieldIssue:
    return FieldIssue(
        "notes",
        f"a sentence of {len(sentence)} characters, {sentence[:60]!r} …, cannot be said in one breath",
        f"Break it up with full stops: {LONGEST} characters at most.",
    )


def point_idea(point: str, language: str) -> Idea:
    """One of the brief's points, without the mark of a list; a leading "Label: " also names it."""
    point = plain(point)
    marker = _NUMBER if language.split("-")[0].lower() == "en" else _BRACKETED
    point = marker.sub("", point)
    named = _LABEL.match(point)
    sentences = tuple(finish(sentence) for sentence in split(point, language))
    return Idea(sentences, label=named.group(1).strip() if named else "", given=True)


def _deal(headings: Sequence[str], points: Sequence[Idea]) -> list[Section]:
    """Each point under the heading it shares words with, order kept; evenly where none tells."""
    count = len(headings)
    keys = [_stems(heading) for heading in headings]
    # best[h]: the best (score, choice of headings) for the points so far, the last one under h.
    best: list[tuple[_Score, tuple[int, ...]]] = [((0, 0.0, 0.0), ())] * count
    for number, point in enumerate(points):
        stems = _stems(" ".join(point.sentences))
        even = number * count // len(points)
        nearest = best[0]
        row = []
        for place in range(count):
            nearest = max(nearest, best[place], key=lambda entry: entry[0])
            shared, early = _likeness(keys[place], stems)
            (all_shared, all_early, all_even), chosen = nearest
            score = (all_shared + shared, all_early + early, all_even - abs(place - even))
            row.append((score, (*chosen, place)))
        best = row
    places = max(best, key=lambda entry: entry[0])[1]
    return [
        Section(heading, tuple(point for point, place in zip(points, places, strict=True) if place == number))
        for number, heading in enumerate(headings)
    ]


def _likeness(heading: Sequence[str], point: Sequence[str]) -> tuple[int, float]:
    """How many of the heading's words the point has, and how near to its start the first one stands (0–1)."""
    found = [at for key in heading if (at := _place_of(key, point)) is not None]
    return len(found), 1 - min(found) / len(point) if found else 0.0


def _place_of(key: str, stems: Sequence[str]) -> int | None:
    return next((at for at, stem in enumerate(stems) if _kin(key, stem)), None)


def _kin(one: str, other: str) -> bool:
    """Whether two stems are of one word ("rotat", "rotation"); those of four letters only if equal."""
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) > 4 and long.startswith(short))


def _stems(text: str) -> list[str]:
    """The words that tell, without their endings: "merge", "merges", "merged" and "merging" are one."""
    told = (word for word in re.findall(r"[^\W\d_]{4,}", text.casefold()) if word not in _TELL_NOTHING)
    stems = (re.sub(r"(?:ing|ed|es|e|s)$", "", word) for word in told)
    return [stem for stem in stems if len(stem) >= 4]


def _without_repeats(sections: Iterable[Section]) -> Iterable[Section]:
    said: set[str] = set()
    for section in sections:
        ideas = []
        for idea in section.ideas:
            fresh = []
            for sentence in idea.sentences:
                if sentence.casefold() not in said:
                    said.add(sentence.casefold())
                    fresh.append(sentence)
            if fresh or idea.picture is not None:
                ideas.append(replace(idea, sentences=tuple(fresh)))
        if ideas or section.heading:
            yield replace(section, ideas=tuple(ideas))
