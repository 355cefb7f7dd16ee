"""The arc of an English film: hook, what to look for, the user's ideas, a test, an invitation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from aura_nb.providers.writers import body
from aura_nb.providers.writers.fit import Ruler
from aura_nb.providers.writers.lexicon import GOAL_VERB
from aura_nb.providers.writers.material import Material
from aura_nb.providers.writers.parts import MUST, Draft, Line
from aura_nb.providers.writers.phrases import ANNOUNCED, CLOSINGS, PARTS, VOICINGS
from aura_nb.providers.writers.questions import TELLING_ORDER, Move, moves
from aura_nb.providers.writers.topic import Topic
from aura_nb.script import Picture, PointsCard, QuoteCard, TitleCard
from aura_nb.spec import Brief, Plan

_WORTH_A_SCENE_SECONDS = 4.0
_SLACK = 1.25
_MOST_POINTS = 6


@dataclass(frozen=True, slots=True)
class Frame:
    """The first and the last scene, which every film has."""

    opening: Draft
    closing: Draft

    @property
    def must(self) -> list[str]:
        """What is said in any case."""
        return [line.text for draft in (self.opening, self.closing) for line in draft.lines if line.rank == MUST]


def frame(brief: Brief, plan: Plan, topic: Topic, material: Material) -> Frame:
    """Opening and closing in the brief's tone."""
    return Frame(_opening(brief, plan, topic, told=bool(material)), _closing(brief, plan, topic, material))


def drafts(brief: Brief, plan: Plan, topic: Topic, material: Material, ends: Frame, ruler: Ruler) -> list[Draft]:
    """All scenes that may be made, with some more lines than there is time for."""
    voicing = VOICINGS[brief.tone]
    room = plan.seconds - ruler.base - ruler.gap * (plan.scenes - 1) - sum(map(ruler.guess, ends.must))
    bodies, spoken = body.drafts(plan, topic, material, room, ruler, voicing)
    left = room - spoken
    asked = _chosen(moves(topic, plan.style, told=bool(material)), left, plan.scenes - 2 - len(bodies), ruler)
    if bodies and left < _WORTH_A_SCENE_SECONDS:
        asked = []
    slots = min(len(asked), max(plan.scenes - 2 - len(bodies), 1))
    before, after = _asking(asked, slots)
    return [ends.opening, *before, *bodies, *after, ends.closing]


def _opening(brief: Brief, plan: Plan, topic: Topic, *, told: bool) -> Draft:
    voicing = VOICINGS[brief.tone]
    lines = [Line(_hook(brief, plan, topic), MUST)]
    thoughtful = plan.style in {"explainer", "research"}
    if thoughtful:
        lines += [Line(voicing.beats[0], 26), Line(voicing.beats[1], 16 if not topic.question else 36)]
    audience = audience_phrase(brief.audience)
    if audience:
        lines.append(Line(voicing.audience.format(audience=audience), 1))
    if brief.goal:
        lines.append(Line(_goal(brief.goal, voicing.goal, voicing.aim), 2))
    if told:
        lines.append(Line(voicing.told.format(part=PARTS[plan.style][0]), 4))
    else:
        if plan.style != "announcement":
            lines.append(Line(voicing.guess if topic.question or topic.clause else voicing.know, 3))
        lines.append(Line(voicing.honest, 9.5))
    lines.append(Line(voicing.begin, 46 if thoughtful else 26))
    subtitle = f"For {audience}" if audience else (brief.goal or "").strip().rstrip(".")
    card = TitleCard(title=topic.title, subtitle=subtitle if len(subtitle) <= 100 else "")
    return Draft(tuple(lines), lambda kept: (topic.title, card))


def _hook(brief: Brief, plan: Plan, topic: Topic) -> str:
    voicing = VOICINGS[brief.tone]
    if topic.question:
        return topic.question
    if topic.clause:
        return voicing.ask.format(clause=topic.clause)
    subject = topic.subject
    if plan.style == "announcement" and topic.kind in {"thing", "name"}:
        if re.match(r"(our|my|the|a|an|your|this|these)\b", subject, re.IGNORECASE):
            subject = subject[0].lower() + subject[1:]
        return voicing.news.format(subject=subject)
    return f"{subject}."


def _goal(goal: str, plain: str, aim: str) -> str:
    words = goal.strip().rstrip(".!")
    verb = re.sub(
        r"^((they|viewers|students|you|people|everyone)\s+)?((can|should|will)\s+)?(be able to\s+|to\s+)?",
        "",
        words,
        flags=re.IGNORECASE,
    )
    if verb.split()[0].lower() in GOAL_VERB:
        return aim.format(goal=verb[0].lower() + verb[1:])
    return plain.format(goal=words)


def audience_phrase(audience: str | None) -> str:
    """The audience as it stands after "for" ("first-year students"), or ""."""
    words = " ".join((audience or "").split()).rstrip(".!")
    words = re.sub(r"^(?:it is |this is )?(?:meant |made )?for\s+", "", words, flags=re.IGNORECASE)
    if words.lower() in {"general public", "public", "whole family", "family"}:
        return f"the {words.lower()}"
    head = words.split(" ")[0]
    if head.istitle() and re.fullmatch(_COMMON_AUDIENCE, head.lower()):
        return words[0].lower() + words[1:]
    return words


_COMMON_AUDIENCE = (
    r"(first|second|third|final|high|primary|secondary|middle|new|young|old|curious|busy|all|anyone|everyone|everybody|"
    r"people|the|our|my|your|a|an|.*-year|.*ers|.*ists|.*ians|.*ents|.*ors|kids|children|adults|parents|families|teens|"
    r"non-.*|undergraduate|graduate|general|colleagues|staff|beginners|managers|data|software|school)"
)


def _closing(brief: Brief, plan: Plan, topic: Topic, material: Material) -> Draft:
    voicing = VOICINGS[brief.tone]
    turn = ANNOUNCED[brief.tone] if plan.style == "announcement" else voicing.turn
    last = CLOSINGS[plan.style][bool(material)]
    lines = [
        Line(turn, MUST),
        *(Line(text, 7 + 10 * number) for number, text in enumerate(last)),
        *(Line(text, 24 + 20 * number) for number, text in enumerate(voicing.goodbye)),
    ]
    headings = [section.heading for section in material.sections if section.heading]
    card: Picture
    if plan.style != "announcement" and topic.question:
        card = QuoteCard(quote=topic.question)
    elif len(headings) > 1:
        card = PointsCard(heading=topic.title, points=headings[:_MOST_POINTS])
    else:
        card = TitleCard(title=turn.rstrip("."), subtitle=topic.title)
    return Draft(tuple(lines), lambda kept: (turn.rstrip(".!"), card))


def _chosen(ranked: Sequence[Move], seconds: float, scenes: int, ruler: Ruler) -> list[Move]:
    """The first moves that fill `seconds` with some to spare, and `scenes` if there are enough."""
    chosen: list[Move] = []
    filled = 0.0
    for move in ranked:
        if filled >= seconds * _SLACK and len(chosen) >= scenes:
            break
        chosen.append(move)
        filled += ruler.gap + sum(ruler.guess(text) for text, _ in move.lines)
    return chosen


def _asking(chosen: Sequence[Move], slots: int) -> tuple[list[Draft], list[Draft]]:
    """The moves as scenes in telling order, several in one scene where there are more than `slots`."""
    ranked = sorted(enumerate(chosen), key=lambda pair: TELLING_ORDER.index(pair[1].name))
    before = [pair for pair in ranked if pair[1].place == "before"]
    after = [pair for pair in ranked if pair[1].place == "after"]
    early = min(len(before), max(1, round(slots * len(before) / max(len(ranked), 1)))) if before else 0
    late = min(len(after), max(1, slots - early)) if after else 0
    return (
        [_scene(group) for group in _dealt(before, early)],
        [_scene(group) for group in _dealt(after, late)],
    )


def _dealt(pairs: Sequence[tuple[int, Move]], groups: int) -> list[Sequence[tuple[int, Move]]]:
    edges = [round(n * len(pairs) / groups) for n in range(groups + 1)] if groups else [0]
    return [pairs[start:end] for start, end in pairwise(edges)]


def _scene(group: Sequence[tuple[int, Move]]) -> Draft:
    lines: list[Line] = []
    for priority, move in group:
        first = len(lines)
        for number, (text, shown) in enumerate(move.lines):
            after = len(lines) - 1 if len(lines) > first else None
            lines.append(Line(text, 5 + 10 * priority + number, shown, move.heading, after=after))

    def draw(kept: Sequence[Line]) -> tuple[str, Picture]:
        heading = kept[0].part
        points = [line.shown for line in kept if line.shown][:_MOST_POINTS]
        return heading, PointsCard(heading=heading, points=points) if points else TitleCard(title=heading)

    return Draft(tuple(lines), draw)
