"""The scenes that tell the user's own ideas: one idea a scene where there is time, grouped where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aura_nb.providers.writers.fit import Ruler
from aura_nb.providers.writers.material import Material
from aura_nb.providers.writers.parts import Draft, Idea, Line, join_headings
from aura_nb.providers.writers.phrases import (
    BLOCK_HEADINGS,
    BLOCK_LINES,
    OUTLINE_ANSWERS,
    OUTLINE_QUESTIONS,
    PARTS,
    QUOTED,
    STEP_WORDS,
    Voicing,
)
from aura_nb.providers.writers.sentences import condense, finish
from aura_nb.providers.writers.topic import Topic
from aura_nb.script import Picture, PointsCard, QuoteCard, TitleCard
from aura_nb.spec import SECONDS_PER_SCENE, Plan

_SPARE = 1.2
_MOST_POINTS = 6
_PICTURES_BEYOND = 1.5


@dataclass(slots=True)
class _Told:
    """An idea on its way into a scene: its place among all ideas, and its section's heading.

    `begins` says that it is the first under that heading, `outline` that it is only the heading,
    `bare` that it is a picture without a sentence of its own.
    """

    number: int
    heading: str
    idea: Idea
    seconds: float
    begins: bool
    outline: bool
    bare: bool

    @property
    def name(self) -> str:
        """The heading or label it would stand under by itself, or ""."""
        return self.heading or self.idea.label


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
    spoken = sum(item.seconds for item in chosen)
    places = plan.scenes - ends
    share = round(places * min(spoken / max(room, 1.0), 1.0)) if voicing else places
    headings = len({item.name for item in chosen})
    pictured = min(pictures + beside, int(plan.scenes * _PICTURES_BEYOND) - ends)
    if voicing and places > 2 and room - spoken > SECONDS_PER_SCENE[plan.density]:
        places -= 1  # for the questions that fill the rest
    # A scene lasts about as long as the density says: too many words for one get another, not a recap.
    paced = min(round(spoken / SECONDS_PER_SCENE[plan.density]), plan.scenes - ends)
    most = max(min(share, places), -(-places // 2), min(headings, places), pictured, paced, 1)
    groups = [_shown_only(group) for group in _grouped(chosen, most)]
    alone = sum(all(item.idea.picture is None for item in group) for group in groups) == 1
    made = [
        _scene(group, number, len(groups), plan, topic, voicing, alone=alone)
        for number, group in enumerate(groups)
    ]
    return made, spoken


def _told(material: Material, topic: Topic, ruler: Ruler, *, english: bool) -> list[_Told]:
    told: list[_Told] = []
    for section in material.sections:
        ideas = section.ideas or (Idea((finish(section.heading),), given=True),)
        for idea in ideas:
            bare = not idea.sentences
            if bare:
                idea = Idea((_block_line(idea, section.heading or topic.title, english=english),), idea.picture)
            seconds = sum(map(ruler.guess, idea.sentences))
            heading = section.heading
            begins = bool(heading) and not (told and told[-1].heading == heading)
            told.append(_Told(len(told), heading, idea, seconds, begins, not section.ideas, bare))
    return told


def _block_line(idea: Idea, name: str, *, english: bool) -> str:
    """What to say beside a picture that has no sentence of its own."""
    picture = idea.picture
    if isinstance(picture, QuoteCard):
        by = picture.attribution
        if by:
            return finish((QUOTED if english else "{by}: {quote}").format(by=by, quote=picture.quote))
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
            groups[at][-1].name != groups[at + 1][0].name,
            sum(i.seconds for i in both),
        )

    while len(groups) > most:
        at = min(range(len(groups) - 1), key=cost)
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
    return groups


def _shown_only(group: list[_Told]) -> list[_Told]:
    """Without the ideas that rest on a picture for which the scene has no room."""
    shown = next((item for item in group if item.idea.picture is not None), None)

    def rests(item: _Told) -> bool:
        sentences = item.idea.sentences
        return item.idea.picture is not None and (item.bare or sentences[-1].endswith((":", "：")))

    return [item for item in group if item is shown or not rests(item)]


def _scene(
    group: Sequence[_Told],
    number: int,
    count: int,
    plan: Plan,
    topic: Topic,
    voicing: Voicing | None,
    *,
    alone: bool,
) -> Draft:
    english = voicing is not None
    block = next((item.idea.picture for item in group if item.idea.picture is not None), None)
    heading = _heading(group, plan, topic, block, alone=alone, english=english)
    lines: list[Line] = []
    for at, item in enumerate(group):
        lead = _lead(group, at, number, count, plan, voicing)
        if lead:
            lines.append(Line(lead, 6 + 3 * number, after=len(lines) + 1))
        for place, sentence in enumerate(item.idea.sentences):
            rank = 1 + item.number + 1000 * place + (0 if item.idea.given else 100_000)
            said = sentence.removeprefix(f"{heading}: ") if item.idea.label == heading else sentence
            shown = item.heading if item.outline else condense(said[0].upper() + said[1:], english=english)
            lines.append(Line(sentence, rank, shown, own=True, after=len(lines) - 1 if place else None))
        if item.outline and voicing is not None:
            head = len(lines) - 1
            asked = [OUTLINE_QUESTIONS[(2 * item.number + turn) % len(OUTLINE_QUESTIONS)] for turn in range(2)]
            for turn, text in enumerate(OUTLINE_ANSWERS if item.heading.endswith("?") else asked):
                lines.append(Line(text, 8 + 10 * turn + item.number, text, after=head))

    def draw(kept: Sequence[Line]) -> tuple[str, Picture]:
        texts = {line.text for line in kept}
        told = [item for item in group if item.idea.sentences[0] in texts] or group
        name = _heading(told, plan, topic, block, alone=alone, english=english)
        return name, _picture(kept, block, name)

    return Draft(tuple(lines), draw)


def _lead(group: Sequence[_Told], at: int, number: int, count: int, plan: Plan, voicing: Voicing | None) -> str:
    """A few words before an idea: the heading that begins, or what links two scenes."""
    item = group[at]
    if voicing is None or item.outline:
        return ""
    if item.begins:
        return finish(item.heading)
    if at or item.name:
        return ""
    last = group[-1].number
    if plan.style == "tutorial" and last < len(STEP_WORDS):
        steps = [STEP_WORDS[item.number] for item in (group[0], group[-1])]
        if len(group) == 1:
            return f"Step {steps[0]}."
        return f"Steps {steps[0]} {'and' if len(group) == 2 else 'to'} {steps[1]}."
    if number == 0:
        return ""
    part = PARTS[plan.style][0]
    final = number == count - 1 and len(group) == 1
    text = voicing.last if final else voicing.then[(number - 1) % len(voicing.then)]
    return text.format(part=part)


def _heading(
    group: Sequence[_Told], plan: Plan, topic: Topic, block: Picture | None, *, alone: bool, english: bool
) -> str:
    first, last = group[0], group[-1]
    # What heads a scene is said of all that stands below it.
    if all(item.heading for item in group) and (joined := join_headings(item.heading for item in group)):
        return joined
    if len({item.name for item in group}) == 1 and first.name:
        return first.name
    if not english:
        return topic.title
    if block is not None:
        return BLOCK_HEADINGS[block.kind]
    _, one, several = PARTS[plan.style]
    if alone:
        return one if first is last else several
    return f"{one} {first.number + 1}" if first is last else f"{several} {first.number + 1}–{last.number + 1}"


def _picture(kept: Sequence[Line], block: Picture | None, heading: str) -> Picture:
    if block is not None:
        has_place = "heading" in type(block).model_fields and not getattr(block, "heading", "")
        return block.model_copy(update={"heading": heading}) if has_place else block
    shown = [line for line in kept if line.shown and line.shown != heading]
    if len(shown) > _MOST_POINTS:
        shown = [line for line in shown if line.own and line.after is None][:_MOST_POINTS]
    return (
        PointsCard(heading=heading, points=[line.shown for line in shown]) if shown else TitleCard(title=heading)
    )
