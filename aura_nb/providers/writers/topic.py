"""A topic, read as English: what kind of subject it is, and the question it asks.

Nothing is guessed that could come out wrong: where the grammar is not certain there is no direct
question, and no pronoun, and the writer takes the phrases that need neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from aura_nb.providers.writers.lexicon import (
    AFTER_ORDER,
    AUXILIARY,
    BASE,
    BASE_OF_PAST,
    BASE_OF_THIRD,
    BE,
    CLAUSE_WORD,
    DETERMINER,
    GREETING,
    HOW_ADJECTIVE,
    HOW_ADVERB,
    IRREGULAR_PLURAL,
    MODAL,
    NOT_PLURAL,
    ORDER,
    PARTICIPLE,
    PREPOSITION,
    PRONOUN,
    QUESTION_WORD,
    RELATIVE,
    THING_ENDINGS,
)

Kind = Literal["why", "how", "amount", "howto", "what", "question", "compare", "thing", "name", "statement"]


@dataclass(frozen=True, slots=True)
class Topic:
    """How to speak of a topic.

    `title` is the topic as a heading; `question` asks it ("Why is the sky blue?") and `clause` is the
    same after "ask" or "see" ("why the sky is blue"); either may be "" where it cannot be formed with
    certainty. `subject` is what to name in a title-like sentence. `plural` decides "it" or "they" for
    a `thing`.
    """

    kind: Kind
    title: str
    question: str = ""
    clause: str = ""
    subject: str = ""
    plural: bool = False


_OPENERS = re.compile(
    r"^(?:(?:an?\s+)?(?:short\s+|brief\s+|quick\s+|gentle\s+)?(?:introduction|intro|guide|primer)\s+to|introducing|"
    r"announcing|presenting|meet|understanding|the\s+basics\s+of|basics\s+of|all\s+about|getting\s+started\s+with)\s+",
    re.IGNORECASE,
)


def read_topic(text: str) -> Topic:
    """Tell what kind of topic `text` is, and how to speak of it."""
    plain = " ".join(text.split())
    asked = plain.endswith("?")
    bare = plain.rstrip(" .!?…:;")
    title = f"{bare}?" if asked else bare
    title = _up(title)
    words = bare.split()
    first = words[0].lower() if words else ""
    lead = first.split("'")[0].split("’")[0]
    if lead in QUESTION_WORD:
        return _asking(lead, words, title, asked)
    if first in AUXILIARY and len(words) > 2:
        return Topic("question", title, question=f"{title.rstrip('?')}?")
    if (sides := _sides(bare)) is not None:
        question = f"{_up(sides[0])} or {sides[1]}?"
        if (asks := re.match(r"(?:the )?(difference)(s?) between", bare, re.IGNORECASE)) is not None:
            verb = "are" if asks.group(2) else "is"
            question = f"What {verb} the {asks.group(1).lower()}{bare[asks.end(1) :]}?"
        return Topic("compare", title, question=question, subject=title)
    if asked:
        return Topic("question", title, question=title)
    if first in ORDER and len(words) > 1 and words[1].lower() in AFTER_ORDER:
        return Topic("howto", title, subject=title)
    return _named(bare, title)


def _asking(lead: str, words: list[str], title: str, asked: bool) -> Topic:
    rest = words[1:]
    clause = " ".join([words[0].lower(), *rest])
    kind: Kind = "why" if lead == "why" else "how" if lead == "how" else "question"
    lower = [word.lower() for word in rest]
    whole = f"{title.rstrip('?')}?"
    if not rest:
        return Topic("question", title, question=whole)
    if lead == "how" and lower[0] == "to":
        if len(rest) == 1:
            return Topic("howto", title, subject=title)
        return Topic("howto", title, question=f"How do you {' '.join(rest[1:])}?", clause=clause)
    measured = lead == "how" and _is_degree(lower[0])
    if measured:
        kind = "amount" if lower[0] in HOW_ADVERB else "question"
    if asked or words[0].lower() != lead or _is_question(lead, lower):
        kind = "what" if lead == "what" and lower[0] in {"is", "are"} and len(rest) < 6 else kind
        return Topic(kind, title, question=whole, plural=lower[0] == "are")
    if lead == "how" and not measured and _is_doubtful(lower):
        return Topic("question", title, subject=title)
    question = _inverted(_up(words[0]), rest) if lead in {"why", "how"} and not measured else ""
    return Topic(kind, title, question=question, clause=clause)


def _is_degree(word: str) -> bool:
    """Whether "how" asks to what degree: "how far", "how dangerous"."""
    return word in HOW_ADVERB | HOW_ADJECTIVE or (len(word) > 5 and word.endswith(("ous", "ful", "less")))


def _is_question(lead: str, rest: list[str]) -> bool:
    """Whether `lead` and `rest` are in the order of a question already: "which language should I learn"."""
    if rest[0] in AUXILIARY or rest[0] in {"about", "come", "if", "not"}:
        return True
    at = next((n for n, word in enumerate(rest) if word in AUXILIARY), 0)
    between = set(rest[:at])
    if not 0 < at < len(rest) - 1 or between & (PRONOUN | DETERMINER | {"i", "there"} | CLAUSE_WORD):
        return False
    subject = rest[at + 1] in PRONOUN | DETERMINER | {"i", "there"}
    if lead in {"which", "whose"} or (lead == "how" and rest[0] in {"much", "many"}):
        return True
    if lead == "how" and _is_degree(rest[0]):
        return at == 1 or (at == 2 and rest[1] in {"ago", "apart", "away", "back"})
    # "What stars are made of" is none; "how time is an illusion" neither, but "how tasty is it" is.
    return (lead == "what" and subject) or (lead == "how" and at == 1 and rest[2] in PRONOUN)


def _is_doubtful(rest: list[str]) -> bool:
    """Whether "how" and `rest` may be a question ("how tasty is sushi") or not ("how paper is made")."""
    return len(rest) > 2 and rest[1] in BE and not rest[0].endswith("s") and not _is_participle(rest[2])


def _is_participle(word: str) -> bool:
    return word.endswith(("ed", "ing")) or word in PARTICIPLE


def _inverted(word: str, rest: list[str]) -> str:
    """The direct question of "why" or "how" and a clause, or "" where the verb is not certain."""
    lower = [part.lower() for part in rest]
    contracted = any(re.search(r"['’](?!s$)|^(?:it|that|he|she|there)['’]", part) for part in lower)
    if contracted or CLAUSE_WORD & set(lower) or any(part.endswith(",") for part in rest):
        return ""
    auxiliaries = [n for n, part in enumerate(lower) if part in AUXILIARY]
    verbs = [
        n for n, part in enumerate(lower) if n and (part in BASE or part in BASE_OF_THIRD or part in BASE_OF_PAST)
    ]
    if len(auxiliaries) == 1 and lower[auxiliaries[0]] in BE | MODAL:
        at = auxiliaries[0]
        if 0 < at < len(rest) - 1 and at <= 6 and lower[at - 1] not in DETERMINER:
            return f"{word} {lower[at]} {' '.join(_lowered([*rest[:at], *rest[at + 1 :]]))}?"
    if not auxiliaries and len(verbs) == 1 and verbs[0] <= 5 and lower[verbs[0] - 1] not in DETERMINER:
        at = verbs[0]
        verb = lower[at]
        do = "did" if verb in BASE_OF_PAST else "does" if verb in BASE_OF_THIRD else "do"
        base = BASE_OF_PAST.get(verb) or BASE_OF_THIRD.get(verb) or verb
        return f"{word} {do} {' '.join(_lowered([*rest[:at], base, *rest[at + 1 :]]))}?"
    return ""


def _lowered(words: list[str]) -> list[str]:
    """Small words in lower case, as in the middle of a sentence; the rest as it is."""
    small = DETERMINER | PREPOSITION | PRONOUN
    return [word.lower() if word.lower() in small else word for word in words]


def _sides(text: str) -> tuple[str, str] | None:
    for pattern in (
        r"(?:the )?differences? between (.+) and (.+)",
        r"comparing (.+) (?:and|with|to) (.+)",
        r"(.+?) and (.+) compared",
        r"(.+?) (?:vs\.?|versus|compared (?:to|with)) (.+)",
        r"([^,]+?) or ([^,]+)",
    ):
        if match := re.fullmatch(pattern, text, re.IGNORECASE):
            return match.group(1), match.group(2)
    return None


def _named(bare: str, title: str) -> Topic:
    rest = _OPENERS.sub("", bare)
    subject = _up(rest)
    words = rest.split()
    lower = [word.lower() for word in words]
    finite = [n for n, word in enumerate(lower[:-1]) if n and word in AUXILIARY]
    if finite and not RELATIVE & set(lower[: finite[0]]) and lower[finite[0] - 1] not in DETERMINER:
        return Topic("statement", title, subject=subject)
    stop = next((n for n, word in enumerate(lower) if n and word in PREPOSITION | RELATIVE), len(words))
    noun = [word for word in words[:stop] if re.search(r"[^\W\d_]", word)]
    if noun and _is_common(noun):
        plural = _is_plural(noun)
        if plural is not None:
            return Topic("thing", title, subject=subject, plural=plural)
    return Topic("name", title, subject=subject)


def _is_common(noun: list[str]) -> bool:
    """Whether the noun phrase is surely a common one: not a person, a place or a proud title."""
    head = noun[-1]
    if noun[0].lower() in GREETING or any(re.search(r"[:;,!]$", word) for word in noun):
        return False
    if {word.lower() for word in noun} & (BASE | set(BASE_OF_THIRD)) or re.search(r"['’]|\d", head):
        return False
    if len(noun) == 1:
        common = head.lower() in IRREGULAR_PLURAL or head.lower().endswith(THING_ENDINGS)
        return head.islower() or common
    return head.islower()


def _is_plural(noun: list[str]) -> bool | None:
    """Whether one would say "they"; None where it is not certain."""
    head = noun[-1].lower()
    if "and" in (word.lower() for word in noun):
        return True
    if head in IRREGULAR_PLURAL:
        return True
    if head in NOT_PLURAL or head.endswith(("ss", "us", "is", "ics")) or not head.endswith("s"):
        return False
    if head.endswith(("as", "os", "ies")) or (len(noun) > 1 and noun[0].lower().endswith("ing")):
        return None
    return True


def _up(text: str) -> str:
    """`text` beginning with a capital, unless its first word is written as it is (`aura_nb`, `iOS`)."""
    if re.match(r"\w*[_\d]|[a-z]+[A-Z]", text.split(" ")[0]):
        return text
    return text[:1].upper() + text[1:]
