"""The arc of an English film: hook, what to look for, the user's ideas, a test, an invitation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aura_nb.providers.writers import body
from aura_nb.providers.writers.fit import Ruler
from aura_nb.providers.writers.lexicon import (
    COMMON_IN_AN,
    GOAL_VERB,
    IRREGULAR_PLURAL,
    NAME,
    PRONOUN_OF_ALL,
)
from aura_nb.providers.writers.material import Material
from aura_nb.providers.writers.parts import MUST, Draft, Line, join_headings
from aura_nb.providers.writers.phrases import ANNOUNCED, CLOSINGS, PARTS, SEVERAL_QUESTIONS, VOICINGS, Closing
from aura_nb.providers.writers.questions import TELLING_ORDER, Move, moves
from aura_nb.providers.writers.topic import Topic
from aura_nb.script import Picture, PointsCard, QuoteCard, TitleCard
from aura_nb.spec import Brief, Plan

# A move, and how early it was chosen.
_Ranked = tuple[int, Move]

_WORTH_A_SCENE_SECONDS = 4.0
_SLACK = 1.25
_MOST_POINTS = 6
# The moves that ask for an answer, without which there is none to check.
_ANSWERED = {"look", "guess"}


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
    return Frame(_opening(brief, plan, topic, told=material.tells), _closing(brief, plan, topic, material))


def drafts(brief: Brief, plan: Plan, topic: Topic, material: Material, ends: Frame, ruler: Ruler) -> list[Draft]:
    """All scenes that may be made, with some more lines than there is time for."""
    voicing = VOICINGS[brief.tone]
    room = plan.seconds - ruler.base - ruler.gap * (plan.scenes - 1) - sum(map(ruler.guess, ends.must))
    bodies, spoken = body.drafts(plan, topic, material, room, ruler, voicing)
    left = room - spoken
    slots = max(plan.scenes - 2 - len(bodies), 0)
    ranked = moves(topic, plan.style, told=material.tells)
    if bodies and slots < 2:
        # What has no scene of its own is better asked at the end than before the facts.
        ranked.sort(key=lambda move: move.place == "before")
    asked = [] if bodies and left < _WORTH_A_SCENE_SECONDS else _chosen(ranked, left, slots, ruler)
    placed = sorted(enumerate(asked), key=lambda pair: TELLING_ORDER.index(pair[1].name))
    before = [pair for pair in placed if pair[1].place == "before"]
    after = [pair for pair in placed if pair[1].place == "after"]
    early, late = _shares(len(before), len(after), slots, after_first=bool(bodies))
    opening = ends.opening if early else _with_questions(ends.opening, _asking(before))
    closing = ends.closing if late else _after_questions(_asking(after), ends.closing)
    return [
        opening,
        *(Draft(_asking(group), _points) for group in _dealt(before, early, ruler)),
        *bodies,
        *(Draft(_asking(group), _points) for group in _dealt(after, late, ruler)),
        closing,
    ]


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
        lines.append(Line(_goal(brief.goal, voicing.goal, voicing.able), 2))
    if told:
        lines.append(Line(voicing.told.format(part=PARTS[plan.style][0]), 4))
    else:
        if plan.style != "announcement":
            lines.append(Line(voicing.guess if topic.question or topic.clause else voicing.know, 3))
        lines.append(Line(voicing.honest, 9.5))
    lines.append(Line(voicing.begin, 46 if thoughtful else 26))
    subtitle = f"For {audience}" if audience else (brief.goal or "").strip().rstrip(".")
    subtitle = subtitle[:1].upper() + subtitle[1:]
    card = TitleCard(title=topic.title, subtitle=subtitle if len(subtitle) <= 100 else "")
    return Draft(tuple(lines), lambda kept: (topic.title, card))


def _hook(brief: Brief, plan: Plan, topic: Topic) -> str:
    voicing = VOICINGS[brief.tone]
    if topic.question:
        return topic.question
    if topic.clause:
        return voicing.ask.format(clause=topic.clause)
    subject = topic.subject
    if plan.style != "announcement":
        return f"{subject}."
    determined = re.match(r"(our|my|the|a|an|your|this|these)\b", subject, re.IGNORECASE)
    if topic.kind == "thing" or (topic.kind == "name" and determined):
        if determined:
            subject = subject[0].lower() + subject[1:]
        return voicing.news.format(subject=subject)
    return f"{topic.title}."


_ABLE = re.compile(
    r"(?:(?:they|viewers|students|you|people|everyone|everybody|learners|listeners|readers|pupils|kids|children)\s+)?"
    r"(?:can|(?:will|should)\s+be\s+able\s+to|(?:to\s+)?be\s+able\s+to)\s+(?!not\b)(?P<doing>\S.*)",
    re.IGNORECASE,
)
_OF_THEM = re.compile(r"\b(?:they|them|their|theirs|themselves|his|her|i|me|my)\b", re.IGNORECASE)


def _goal(goal: str, plain: str, able: str) -> str:
    """What the viewers can do afterwards, said to them; in the user's words where that is not certain."""
    words = goal.strip().rstrip(".!")
    doing = ""
    if (match := _ABLE.fullmatch(words)) is not None:
        doing = match["doing"]
    elif (verb := re.sub(r"^to\s+", "", words, flags=re.IGNORECASE)).split(" ")[0].lower() in GOAL_VERB:
        doing = verb[0].lower() + verb[1:]
    return able.format(goal=doing) if doing and not _OF_THEM.search(doing) else plain.format(goal=words)


def audience_phrase(audience: str | None) -> str:
    """The audience as it stands after "for" ("first-year students"), or ""."""
    words = " ".join((audience or "").split()).rstrip(".!")
    words = _FOR.sub("", words)
    if words.lower() in {"general public", "public", "whole family", "family"}:
        return f"the {words.lower()}"
    if re.fullmatch(r"(?:general|broad|wide|wider|mixed|lay|young|adult|international) audience", words.lower()):
        return f"{'an' if words[0].lower() in 'ai' else 'a'} {words.lower()}"
    first, *others = words.split(" ")
    written = re.fullmatch(r"[^\W\d_][^\W\dA-Z_]+(?:[-'’][^\W\dA-Z_]+)*", first)  # no acronym, no camel case
    if not written or any(other[:1].isupper() for other in others) or _is_proper(first, alone=not others):
        return words
    return f"{first.lower()} {' '.join(others)}".strip()


_FOR = re.compile(
    r"^(?:(?:it|this|this film) is )?(?:(?:designed|made|meant|intended|written) )?for(?::\s*|\s+)", re.IGNORECASE
)


def _is_proper(word: str, *, alone: bool) -> bool:
    """Whether `word` is, or may well be, a name: a nationality, a product, or a person's if it stands alone."""
    low = word.lower()
    if low in NAME or (re.search(r"(?:(?<!ci)ans?|ish|ese)$", low) and low not in COMMON_IN_AN):
        return True
    return alone and not (low.endswith("s") or low in IRREGULAR_PLURAL or low in PRONOUN_OF_ALL)


def _closing(brief: Brief, plan: Plan, topic: Topic, material: Material) -> Draft:
    voicing = VOICINGS[brief.tone]
    turn = ANNOUNCED[brief.tone] if plan.style == "announcement" and material.tells else voicing.turn
    made_of: Closing = "told" if material.tells else "asked" if topic.question or topic.clause else "named"
    doing = plan.style == "explainer" and topic.kind == "howto"
    last = CLOSINGS["tutorial" if doing else plan.style][made_of]
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
        if move.name == "check" and not any(earlier.name in _ANSWERED for earlier in chosen):
            continue
        chosen.append(move)
        filled += ruler.gap + sum(ruler.guess(text) for text, _ in move.lines)
    return chosen


def _shares(before: int, after: int, slots: int, *, after_first: bool) -> tuple[int, int]:
    """How many of `slots` scenes go to the questions before and after; 0: they join the first or last scene."""
    if slots == 1 and before and after:
        return (0, 1) if after_first else (1, 0)
    early = min(before, max(round(slots * before / max(before + after, 1)), min(slots, 1)))
    late = min(after, slots - early)
    return early, late


def _dealt(pairs: Sequence[_Ranked], scenes: int, ruler: Ruler) -> list[list[_Ranked]]:
    """Neighbouring moves in `scenes` scenes of about the same length."""
    lengths = [sum(ruler.guess(text) for text, _ in move.lines) for _, move in pairs]
    groups: list[list[_Ranked]] = [[] for _ in range(scenes)]
    before = 0.0
    for pair, length in zip(pairs, lengths, strict=True):
        if groups:
            groups[int(scenes * (before + length / 2) / sum(lengths))].append(pair)
        before += length
    return [group for group in groups if group]


def _asking(group: Sequence[_Ranked]) -> tuple[Line, ...]:
    """The lines of some moves; within one, each stands on the line before it."""
    lines: list[Line] = []
    for priority, move in group:
        for number, (text, shown) in enumerate(move.lines):
            after = len(lines) - 1 if number else None
            opens = not number and not shown
            lines.append(Line(text, 5 + 10 * priority + number, shown, move.heading, after=after, opens=opens))
    return tuple(lines)


def _points(kept: Sequence[Line]) -> tuple[str, Picture]:
    heading = join_headings(line.part for line in kept if line.part) or SEVERAL_QUESTIONS
    points = [line.shown for line in kept if line.shown][:_MOST_POINTS]
    return heading, PointsCard(heading=heading, points=points) if points else TitleCard(title=heading)


def _with_questions(opening: Draft, asked: tuple[Line, ...]) -> Draft:
    """The first scene, going on with questions; it keeps its picture."""
    behind = len(opening.lines)
    shifted = (replace(line, after=None if line.after is None else line.after + behind) for line in asked)
    return Draft((*opening.lines, *shifted), opening.draw)


def _after_questions(asked: tuple[Line, ...], closing: Draft) -> Draft:
    """The last scene, with questions before its goodbye; it shows them."""

    def draw(kept: Sequence[Line]) -> tuple[str, Picture]:
        return _points(kept) if any(line.part for line in kept) else closing.draw(kept)

    return Draft((*asked, *closing.lines), draw)
