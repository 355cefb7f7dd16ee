"""The scenes that tell the user's own ideas: one idea a scene where there is time, grouped where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aura_nb.providers.writers.fit import Ruler
from aura_nb.providers.writers.material import Material
from aura_nb.providers.writers.parts import Draft, Idea, Line
from aura_nb.providers.writers.phrases import BLOCK_LINES, OUTLINE_QUESTIONS, PARTS, STEP_WORDS, Voicing
from aura_nb.providers.writers.sentences import condense, finish
from aura_nb.providers.writers.topic import Topic
from aura_nb.script import Picture, PointsCard, QuoteCard, TitleCard
from aura_nb.spec import Plan

_SPARE = 1.2
_MOST_POINTS = 6
_PICTURES_BEYOND = 1.5


@dataclass(slots=True)
class _Told:
    """An idea on its way into a scene: its place among all ideas and its section's heading."""

    number: int
    heading: str
    idea: Idea
    seconds: float
    outline: bool = False


def drafts(
    plan: Plan,
    topic: Topic,
    material: Material,
    room: float,
    ruler: Ruler,
    voicing: Voicing | None,
) -> tuple[list[Draft], float]:
    """The scenes of the user's ideas, and about how many of `room` seconds they take.

    `voicing` None: nothing is said but the user's words (a language the writer has no phrases for).
    """
    told = _told(material, topic, ruler, english=voicing is not None)
    chosen = _within(told, room, ruler)
    ends = 2 if voicing else 1
    pictures = sum(item.idea.picture is not None for item in chosen)
    beside = any(item.idea.picture is None for item in chosen)
    most = max(plan.scenes - ends, min(pictures + beside, int(plan.scenes * _PICTURES_BEYOND) - ends), 1)
    groups = _grouped(chosen, most)
    made = [_scene(group, number, len(groups), plan, topic, voicing) for number, group in enumerate(groups)]
    return made, sum(item.seconds for item in chosen)


def _told(material: Material, topic: Topic, ruler: Ruler, *, english: bool) -> list[_Told]:
    told: list[_Told] = []
    for section in material.sections:
        ideas = section.ideas or (Idea((finish(section.heading),), given=True),)
        for idea in ideas:
            if not idea.sentences:
                idea = Idea((_block_line(idea, section.heading or topic.title, english=english),), idea.picture)
            seconds = sum(map(ruler.guess, idea.sentences))
            told.append(_Told(len(told), section.heading, idea, seconds, outline=not section.ideas))
    return told


def _block_line(idea: Idea, name: str, *, english: bool) -> str:
    """What to say beside a picture that has no sentence of its own."""
    picture = idea.picture
    if isinstance(picture, QuoteCard):
        return finish(picture.quote)
    if english and picture is not None:
        return BLOCK_LINES[picture.kind]
    return finish(getattr(picture, "caption", "") or name)


def _within(told: Sequence[_Told], room: float, ruler: Ruler) -> list[_Told]:
    """The ideas there may be time for, in order of rank, with some to spare."""
    total, chosen = 0.0, set()
    for item in sorted(told, key=lambda item: (not item.idea.given, item.number)):
        first = ruler.guess(item.idea.sentences[0])
        if total + first <= room * _SPARE:
            chosen.add(item.number)
            total += first
    if not chosen and told:
        chosen.add(min(told, key=lambda item: len(item.idea.sentences[0])).number)
    return [item for item in told if item.number in chosen]


def _grouped(told: Sequence[_Told], most: int) -> list[list[_Told]]:
    """Neighbours joined, the shortest first and within a section first, until `most` scenes remain."""
    groups = [[item] for item in told]

    def cost(at: int) -> tuple[int, bool, float]:
        both = groups[at] + groups[at + 1]
        pictures = sum(item.idea.picture is not None for item in both)
        return (
            max(pictures - 1, 0),
            groups[at][-1].heading != groups[at + 1][0].heading,
            sum(i.seconds for i in both),
        )

    while len(groups) > most:
        at = min(range(len(groups) - 1), key=cost)
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
    return groups


def _scene(
    group: Sequence[_Told], number: int, count: int, plan: Plan, topic: Topic, voicing: Voicing | None
) -> Draft:
    heading = _heading(group, plan, topic, english=voicing is not None)
    lines: list[Line] = []
    lead = _lead(group, number, count, plan, voicing)
    if lead:
        lines.append(Line(lead, 6 + 3 * number, after=1))
    for item in group:
        for place, sentence in enumerate(item.idea.sentences):
            rank = 1 + item.number + 1000 * place + (0 if item.idea.given else 100_000)
            shown = "" if item.outline else condense(sentence, english=voicing is not None)
            lines.append(Line(sentence, rank, shown, own=True, after=len(lines) - 1 if place else None))
        if item.outline and voicing is not None:
            head = len(lines) - 1
            lines += [
                Line(text, 8 + 10 * n + item.number, text.rstrip("."), after=head)
                for n, text in enumerate(OUTLINE_QUESTIONS)
            ]
    block = next((item.idea.picture for item in group if item.idea.picture is not None), None)
    return Draft(tuple(lines), lambda kept: (heading, _picture(kept, block, heading)))


def _lead(group: Sequence[_Told], number: int, count: int, plan: Plan, voicing: Voicing | None) -> str:
    """A few words between two scenes, or the heading of the section that begins."""
    if voicing is None:
        return ""
    item = group[0]
    if item.heading:
        return "" if item.outline else finish(item.heading)
    if plan.style == "tutorial" and item.number < len(STEP_WORDS) and len(group) == 1:
        return f"Step {STEP_WORDS[item.number]}."
    if number == 0:
        return ""
    part = PARTS[plan.style][0]
    text = voicing.last if number == count - 1 else voicing.then[(number - 1) % len(voicing.then)]
    return text.format(part=part)


def _heading(group: Sequence[_Told], plan: Plan, topic: Topic, *, english: bool) -> str:
    first, last = group[0], group[-1]
    if first.heading:
        return first.heading
    if len(group) == 1 and first.idea.label:
        return first.idea.label
    if not english:
        return topic.title
    _, one, several = PARTS[plan.style]
    return f"{one} {first.number + 1}" if first is last else f"{several} {first.number + 1}–{last.number + 1}"


def _picture(kept: Sequence[Line], block: Picture | None, heading: str) -> Picture:
    if block is not None:
        has_place = "heading" in type(block).model_fields and not getattr(block, "heading", "")
        return block.model_copy(update={"heading": heading}) if has_place else block
    shown = [line for line in kept if line.shown]
    if len(shown) > _MOST_POINTS:
        shown = [line for line in shown if line.after is None][:_MOST_POINTS]
    return (
        PointsCard(heading=heading, points=[line.shown for line in shown]) if shown else TitleCard(title=heading)
    )
