"""What the narrator says of its own accord, by tone: it greets, links and says goodbye, and claims nothing.

Every phrase is a question, an invitation, or true of any film. Change one and the tests ask you to
read it again (`tests/providers/writers/test_honesty.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aura_nb.spec import Style, Tone


@dataclass(frozen=True, slots=True)
class Voicing:
    """One tone's phrases, each list in the order they are used.

    `ask` puts an indirect question. `guess` and `know` open a film without facts (of a question, of
    anything else), `honest` says that it has none; `told` opens one with. `beats` are the short
    breaths that make the length come out right, `begin` where a pause for thought is out of place.
    `audience`, `goal` and `able` take the user's words, `able` what the viewer can do afterwards.
    """

    ask: str
    news: str
    guess: str
    know: str
    honest: str
    told: str
    beats: tuple[str, str]
    begin: str
    audience: str
    goal: str
    able: str
    then: tuple[str, ...]
    last: str
    turn: str
    goodbye: tuple[str, ...]


VOICINGS: Mapping[Tone, Voicing] = {
    "informative": Voicing(
        ask="Let us ask {clause}.",
        news="Announcing {subject}.",
        guess="Before you look it up, try to answer it yourself.",
        know="Before you look anything up, say what you know.",
        honest="This film brings questions, not answers.",
        told="Let us take it one {part} at a time.",
        beats=("Think about it.", "What comes to mind first?"),
        begin="Let us begin.",
        audience="This is for {audience}.",
        goal="The aim: {goal}.",
        able="Afterwards you should be able to {goal}.",
        then=("Next.", "Now the next {part}.", "From there, one step further."),
        last="And one last {part}.",
        turn="Now it is your turn.",
        goodbye=("Keep asking.", "Thank you for thinking along."),
    ),
    "friendly": Voicing(
        ask="Let's ask {clause}.",
        news="Say hello to {subject}.",
        guess="Before you look it up, have a guess.",
        know="Before you look anything up, what do you know already?",
        honest="I won't tell you the answers, but I'll help you ask.",
        told="Let's take it one {part} at a time.",
        beats=("Have a think.", "What comes to mind first?"),
        begin="Let's begin.",
        audience="This one is for {audience}.",
        goal="Here's the aim: {goal}.",
        able="Afterwards you should be able to {goal}.",
        then=("And then?", "Let's go on.", "With me so far? Then on we go."),
        last="And one last thing.",
        turn="Now you try.",
        goodbye=("See you soon.", "Thanks for thinking along."),
    ),
    "enthusiastic": Voicing(
        ask="Let's ask {clause}!",
        news="Here comes {subject}!",
        guess="Don't look it up yet: guess first!",
        know="Quick, before you look anything up: what do you know already?",
        honest="No answers here, just questions worth chasing!",
        told="Let's go, one {part} at a time!",
        beats=("Any ideas?", "What comes to mind first?"),
        begin="Let's begin!",
        audience="This one is for {audience}!",
        goal="Here's our aim: {goal}!",
        able="Afterwards you should be able to {goal}!",
        then=("Next!", "On to the next {part}!", "Hold on to that, and let's keep going!"),
        last="And one more!",
        turn="Now it's your turn!",
        goodbye=("Go find out!", "Thanks for thinking along!"),
    ),
    "formal": Voicing(
        ask="Let us ask {clause}.",
        news="We announce {subject}.",
        guess="Please form an answer of your own first.",
        know="Please recall first what you already know.",
        honest="This film poses questions; it does not answer them.",
        told="We shall take one {part} at a time.",
        beats=("Let us consider.", "What comes to mind first?"),
        begin="Let us begin.",
        audience="This film is addressed to {audience}.",
        goal="The aim: {goal}.",
        able="Afterwards you should be able to {goal}.",
        then=("Next.", "We turn to the next point.", "Let us continue with the point that follows."),
        last="One point remains.",
        turn="The next step is yours.",
        goodbye=("Consider it well.", "Thank you for your attention."),
    ),
    "playful": Voicing(
        ask="So, let's ask {clause}.",
        news="Drum roll, please: {subject}.",
        guess="No peeking: guess first.",
        know="No peeking: what do you know already?",
        honest="I have no answers up my sleeve, only questions.",
        told="One {part} at a time, or we shall trip.",
        beats=("Curious?", "What pops into your head first?"),
        begin="Here we go.",
        audience="Specially for {audience}.",
        goal="Our mission: {goal}.",
        able="Mission accomplished if you can {goal}.",
        then=("And hop, on we go.", "Next stop.", "Still there? Good, because we are not done."),
        last="And one for the road.",
        turn="Your move.",
        goodbye=("Off you go.", "Mind the rabbit holes on your way out."),
    ),
}

STEP_WORDS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *(
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ),
)

# Over questions of several sorts.
SEVERAL_QUESTIONS = "Ask yourself"

# A part of the film: how it is spoken of, and its heading for one and for several.
PARTS: Mapping[Style, tuple[str, str, str]] = {
    "explainer": ("idea", "Key idea", "Key ideas"),
    "tutorial": ("step", "Step", "Steps"),
    "announcement": ("point", "News", "News"),
    "research": ("point", "Point", "Points"),
}

ANNOUNCED: Mapping[Tone, str] = {
    "informative": "That is the news.",
    "friendly": "That's the news.",
    "enthusiastic": "And that's the news!",
    "formal": "This concludes the news.",
    "playful": "And that's the scoop.",
}
# What to ask of a heading without facts; two each, taking turns.
OUTLINE_QUESTIONS = (
    "What would you want to know here?",
    "What do you know about it already?",
    "What belongs here, and what does not?",
    "What would be a good example?",
    "Who would you ask about it?",
    "How would you notice that it is missing?",
)

OUTLINE_ANSWERS = ("What would you answer?", "And how could you find out?")

_MAKE_STEPS = (
    "Write your steps down as you go.",
    "Where you hesitate, make a note.",
    "Then let someone else follow your steps, and watch where they stop.",
)
_HEAR_OF_IT = (
    "If you have a question, ask whoever sent you this film.",
    "Who else should hear of it?",
)
_READ_WORK = (
    "Look for the original work, and read how it was done.",
    "Which part would you check first?",
    "And ask what was left out.",
)

# Beside a picture from the notes: what to say where they have no sentence for it, and its heading
# where they have none.
BLOCK_LINES: Mapping[str, str] = {
    "code": "Read this listing line by line.",
    "table": "Take a look at this table.",
    "equation": "Here it is, written as an equation.",
    "figure": "Take a look at this picture.",
}
QUOTED = "In the words of {by}: {quote}"
BLOCK_HEADINGS: Mapping[str, str] = {
    "code": "In code",
    "table": "In a table",
    "equation": "As an equation",
    "figure": "In a picture",
    "quote": "In words",
}

# What the last scene asks for, by what the film was made of: the user's facts, a question, a subject.
Closing = Literal["told", "asked", "named"]
CLOSINGS: Mapping[Style, Mapping[Closing, tuple[str, ...]]] = {
    "explainer": {
        "told": (
            "Say it once in your own words.",
            "Which part would you explain differently?",
            "Note what is still unclear, and look that up first.",
        ),
        "asked": (
            "Find one answer, and compare it with your guess.",
            "If the two differ, ask which of them you can check.",
            "Then tell someone what you found.",
        ),
        "named": (
            "Find one good source, and compare it with what you knew.",
            "If the two differ, ask which of them you can check.",
            "Then tell someone what you found.",
        ),
    },
    "tutorial": {
        "told": (
            "Go slowly the first time.",
            "Where you hesitate, go back one step.",
            "Then do it once more without looking.",
        ),
        "asked": _MAKE_STEPS,
        "named": _MAKE_STEPS,
    },
    "announcement": {
        "told": (*_HEAR_OF_IT, "Decide what to do with it next."),
        "asked": (*_HEAR_OF_IT, "Decide what you need to know next."),
        "named": (*_HEAR_OF_IT, "Decide what you need to know next."),
    },
    "research": {
        "told": (
            "Ask how each point was found.",
            "Which of them would you check first?",
            "And ask what was left out.",
        ),
        "asked": _READ_WORK,
        "named": _READ_WORK,
    },
}
