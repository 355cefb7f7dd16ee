"""Scenes that ask instead of telling: guiding questions for each kind of topic and style.

Nothing here states a fact. A move is a scene's worth of such questions: what is spoken, and what
stands on the screen and says it shorter ("" where the words only lead to the next).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aura_nb.providers.writers.phrases import PARTS
from aura_nb.providers.writers.topic import Topic
from aura_nb.spec import Style

_TRYABLE = re.compile(
    r"\b(?:releases?|versions?|updates?|upgrades?|apps?|features?|tools?|modes?|librar(?:y|ies)|packages?|plug-?ins?|"
    r"websites?|games?|recipes?|menus?|courses?|betas?|\d+\.\d+)\b",
    re.IGNORECASE,
)
Place = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Move:
    """A scene of questions: heading, (spoken, shown) lines, and whether it stands before the facts."""

    name: str
    heading: str
    lines: tuple[tuple[str, str], ...]
    place: Place = "after"


TELLING_ORDER = (
    *("words", "guess", "prior", "kit", "look"),
    *("recall", "case", "draw", "numbers", "links", "first_try", "error", "check", "doubt", "note", "sources"),
    *("ask_around", "past", "teach", "next"),
)


def moves(topic: Topic, style: Style, *, told: bool) -> list[Move]:
    """The moves that suit `topic`, the most useful first; `told` when the film has facts as well."""
    first = "guess" if topic.question or topic.clause else "prior"
    if style == "tutorial" or (style == "explainer" and topic.kind == "howto"):
        names = f"look-howto check-howto kit error {first} teach sources note next"
    elif style == "announcement":
        tried = "first_try" if _TRYABLE.search(topic.title) else ""
        names = f"look-announcement check-announcement {tried} {first} doubt ask_around next"
    elif style == "research":
        names = f"look-research check-research {first} case doubt sources numbers teach words links next"
    elif topic.kind == "how":
        names = f"look-how check-how {first} teach doubt sources words draw links numbers next past"
    elif topic.kind == "amount":
        names = "look-amount check-amount teach doubt sources words next past"
    elif topic.kind == "name":
        names = f"look-name check-name {first} teach doubt sources words draw links numbers next past"
    else:
        kind = topic.kind
        names = f"look-{kind} check-{kind} {first} case teach doubt sources words draw links numbers next past"
    chosen = [_ALL[name] for name in names.split()]
    if told and style == "announcement":
        chosen = [move for move in chosen if move.name != first]
    elif told:
        chosen = [MOVES["recall"], *(move for move in chosen if move.name not in {"words", "past"})]
    them, they, are = ("them", "they", "are") if topic.plural else ("it", "it", "is")
    part = PARTS[style][0]
    return [_filled(move, them=them, they=they, are=are, part=part) for move in chosen]


def _filled(move: Move, **words: str) -> Move:
    lines = tuple((text.format(**words), shown.format(**words)) for text, shown in move.lines)
    return Move(move.name, move.heading, lines, move.place)


def _look(*lines: tuple[str, str]) -> Move:
    return Move("look", "What to look for", (*lines, ("Take a moment with each.", "")), "before")


def _check(*lines: tuple[str, str], heading: str = "Test your answer") -> Move:
    return Move("check", heading, lines)


LOOK: Mapping[str, Move] = {
    "why": _look(
        ("What exactly do we observe?", "What we observe"),
        ("What could cause it?", "What could cause it"),
        ("And what would have to change for it to be otherwise?", "What would make it otherwise"),
    ),
    "how": _look(
        ("Where does it begin, and where does it end?", "Where it begins and ends"),
        ("What happens in between, step by step?", "The steps in between"),
        ("And which step could not be left out?", "The step that cannot be left out"),
    ),
    "amount": _look(
        ("What would you guess, before any thought?", "Your first guess"),
        ("Which number would surely be too small, and which too large?", "Too small, too large"),
        ("And how could one measure it?", "How to measure it"),
    ),
    "howto": _look(
        ("What do you need before you begin?", "What you need"),
        ("What comes first, and what has to wait for it?", "What comes first"),
        ("And how will you know that it worked?", "The sign that it worked"),
    ),
    "what": _look(
        ("What would count as an example?", "An example"),
        ("What looks similar, but is something else?", "Something similar, but different"),
        ("And who needs the word, and what for?", "Who needs the word"),
    ),
    "question": _look(
        ("What exactly is being asked?", "What is being asked"),
        ("What would an answer look like?", "What an answer looks like"),
        ("And how could you tell a good answer from a bad one?", "Good answers and bad ones"),
    ),
    "compare": _look(
        ("What do the two have in common?", "What they share"),
        ("Where do they differ?", "Where they differ"),
        ("And when does the difference matter?", "When the difference matters"),
    ),
    "thing": _look(
        ("What {are} {they}, in one plain sentence?", "One plain sentence"),
        ("Where would you come across {them}?", "Where you come across {them}"),
        ("And what would be different without {them}?", "The world without {them}"),
    ),
    "name": _look(
        ("Who or what are we talking about?", "Who or what"),
        ("What came before, and what came after?", "Before and after"),
        ("And what is known, and what is only said?", "What is known, what is only said"),
    ),
    "statement": _look(
        ("What exactly is being said?", "What is being said"),
        ("What speaks for it?", "What speaks for it"),
        ("And what speaks against it?", "What speaks against it"),
    ),
    "announcement": _look(
        ("What is new?", "What is new"),
        ("Who is it for?", "Who it is for"),
        ("And what can you do next?", "What you can do next"),
    ),
    "research": _look(
        ("What exactly is the question?", "The question"),
        ("How could one find out?", "The method"),
        ("What result would settle it?", "The result"),
        ("And what would still be unknown?", "The limits"),
    ),
}

CHECK: Mapping[str, Move] = {
    "why": _check(
        ("Then put your answer to the test.", ""),
        ("Does each step lead to the next?", "Does each step lead to the next?"),
        ("Does it also fit the cases that turn out differently?", "Does it fit the other cases?"),
        ("And what could you observe that would prove it wrong?", "What would prove it wrong?"),
    ),
    "how": _check(
        ("Then follow one example from start to finish.", "One example, start to finish"),
        ("Where did you have to guess?", "Where did you guess?"),
        ("What would happen if you left one step out?", "Leave one step out"),
    ),
    "amount": _check(
        ("Then compare your guess with a number you trust.", "A number you trust"),
        ("Who measured it, and how?", "Who measured it, and how?"),
        ("How far off might it still be?", "How far off might it be?"),
    ),
    "howto": _check(
        ("Then do it once, slowly.", "Do it once, slowly"),
        ("Where did you hesitate?", "Where did you hesitate?"),
        ("What would you do differently the second time?", "What would you change?"),
    ),
    "what": _check(
        ("Then say it in one sentence, without the word itself.", "One sentence, without the word"),
        ("Does your sentence fit a plain example?", "Does it fit an example?"),
        ("Does it keep out what only looks similar?", "Does it keep the others out?"),
    ),
    "question": _check(
        ("Then put your answer to the test.", ""),
        ("What is it based on?", "What is it based on?"),
        ("Who would see it differently, and why?", "Who sees it differently?"),
        ("And what could you find out that would prove it wrong?", "What would prove it wrong?"),
    ),
    "compare": _check(
        ("Then make up your mind.", ""),
        ("In which case would you take the one, in which the other?", "When the one, when the other?"),
        ("Who would decide differently, and why?", "Who would decide differently?"),
    ),
    "thing": _check(
        ("Then put your answer to the test.", ""),
        ("Does it fit an example you know well?", "An example you know well"),
        ("Does it tell you anything you did not know before?", "Something you did not know"),
        ("And what could you find out that would prove it wrong?", "What would prove it wrong?"),
    ),
    "name": _check(
        ("Then put what you have found to the test.", ""),
        ("Where does each piece come from?", "Where does it come from?"),
        ("Do the pieces fit together?", "Do the pieces fit?"),
        ("And what is still missing from the picture?", "What is missing?"),
        heading="Put it to the test",
    ),
    "statement": _check(
        ("Then put it to the test.", ""),
        ("How could you find out whether it is so?", "How to find out"),
        ("What would you expect to see if it were not?", "What if it were not so?"),
        heading="Put it to the test",
    ),
    "announcement": _check(
        ("What will you do differently from now on?", "What will you do differently?"),
        ("What stays as it was?", "What stays the same?"),
        ("And what do you need to know before you decide?", "What do you need to know?"),
        heading="What it means for you",
    ),
    "research": _check(
        ("Then look at the answer the way a referee would.", "As a referee would"),
        ("Could it be chance?", "Could it be chance?"),
        ("What else could explain it?", "What else could explain it?"),
        ("And has anyone done it again?", "Has anyone done it again?"),
        heading="Look twice",
    ),
}

MOVES: Mapping[str, Move] = {
    move.name: move
    for move in (
        Move(
            "recall",
            "Look back",
            (
                ("Which {part} could you repeat without looking?", "What can you repeat?"),
                ("Pause here if you need a moment.", "Pause here"),
                ("And which one would you want to hear again?", "What would you hear again?"),
            ),
        ),
        Move(
            "guess",
            "Your first guess",
            (
                ("Write down your first guess.", "Write down your guess"),
                ("How sure are you, from one to ten?", "How sure are you?"),
                ("Where did you pick it up?", "Where did you pick it up?"),
                ("Keep your note; you can compare later.", "Keep your note"),
            ),
            "before",
        ),
        Move(
            "prior",
            "What you know",
            (
                ("Write down what you know already.", "What you know already"),
                ("How sure are you of it, from one to ten?", "How sure are you?"),
                ("Where did you pick it up?", "Where did you pick it up?"),
                ("Keep your note; you can compare later.", "Keep your note"),
            ),
            "before",
        ),
        Move(
            "words",
            "The words",
            (
                ("Which of the words could you define right now?", "Which can you define?"),
                ("And which would you have to look up?", "Which would you look up?"),
                ("Does everyone you know use them in the same way?", "Does everyone mean the same?"),
            ),
            "before",
        ),
        Move(
            "case",
            "One concrete case",
            (
                ("What would be one concrete case?", "One concrete case"),
                ("What would you see, hear or measure there?", "What would you see there?"),
                ("What in it could not be otherwise, and what could?", "What could be otherwise?"),
                ("And which case would surprise you?", "Which case would surprise you?"),
            ),
        ),
        Move(
            "draw",
            "Draw it",
            (
                ("Take a pen and sketch what you know.", "Sketch what you know"),
                ("A few boxes and arrows will do.", "Boxes and arrows"),
                ("Which arrow are you least sure of?", "The arrow you doubt"),
                ("And which box is still empty?", "The empty box"),
            ),
        ),
        Move(
            "links",
            "Connections",
            (
                ("What does it remind you of?", "What does it remind you of?"),
                ("Where does the comparison fit?", "Where does it fit?"),
                ("And where does it break down?", "Where does it break down?"),
            ),
        ),
        Move(
            "numbers",
            "How much?",
            (
                ("Can you put a number on any part of it?", "Put a number on it"),
                ("How big, how fast, how often?", "How big, how fast, how often?"),
                ("Guess first, and only then look it up.", "Guess, then look it up"),
                ("Which number would change your mind?", "A number to change your mind"),
            ),
        ),
        Move(
            "doubt",
            "The other side",
            (
                ("Now take the other side: what would it say?", "The other side"),
                ("Who might disagree with you?", "Who might disagree?"),
                ("What would you need to see to change your mind?", "What would change your mind?"),
                ("Is there a simpler account that fits as well?", "Is there a simpler account?"),
            ),
        ),
        Move(
            "sources",
            "Where to look",
            (
                ("Where would you look for a good answer?", "Where would you look?"),
                ("Who might know it at first hand?", "Who knows at first hand?"),
                ("Which part could you check yourself?", "What can you check yourself?"),
                ("And do two sources that never met agree?", "Do independent sources agree?"),
            ),
        ),
        Move(
            "teach",
            "Tell someone",
            (
                ("Tell it to someone who has never heard of it.", "Tell someone new to it"),
                ("Use no word that you could not explain.", "Only words you can explain"),
                ("Where do you get stuck?", "Where do you get stuck?"),
                ("Start reading there.", "Start reading there"),
            ),
        ),
        Move(
            "next",
            "The next question",
            (
                ("What would you ask next?", "What would you ask next?"),
                ("Which part would you most like to understand?", "Which part interests you most?"),
                ("Write it down before it slips away.", "Write it down"),
            ),
        ),
        Move(
            "past",
            "Who asked before",
            (
                ("Who might have wondered about this before you?", "Who wondered before you?"),
                ("What could they have known, and what not?", "What could they have known?"),
                ("And what can you find out that they could not?", "What can you find out?"),
            ),
        ),
        Move(
            "kit",
            "Before you begin",
            (
                ("Lay out everything you need.", "Lay everything out"),
                ("What is missing?", "What is missing?"),
                ("Who could lend you a hand?", "Who could help?"),
                ("And how much time will you give it?", "How much time?"),
            ),
            "before",
        ),
        Move(
            "error",
            "When it goes wrong",
            (
                ("What could go wrong?", "What could go wrong?"),
                ("How would you notice?", "How would you notice?"),
                ("And how would you get back to the last good step?", "Back to the last good step"),
            ),
        ),
        Move(
            "note",
            "Make it repeatable",
            (
                ("Write each step down in one short sentence.", "One sentence a step"),
                ("Could someone follow it without you?", "Could someone follow it?"),
                ("Which step needs a picture?", "Which step needs a picture?"),
            ),
        ),
        Move(
            "first_try",
            "Your first try",
            (
                ("What would you try first?", "What would you try first?"),
                ("What would make you go back to it?", "What would bring you back?"),
                ("And what would you miss?", "What would you miss?"),
            ),
        ),
        Move(
            "ask_around",
            "Ask around",
            (
                ("Ask someone who has seen it.", "Ask someone who has seen it"),
                ("What did they notice first?", "What did they notice first?"),
                ("What would they tell you to look out for?", "What to look out for"),
            ),
        ),
    )
}

_ALL: Mapping[str, Move] = {
    **MOVES,
    **{f"look-{kind}": move for kind, move in LOOK.items()},
    **{f"check-{kind}": move for kind, move in CHECK.items()},
}
