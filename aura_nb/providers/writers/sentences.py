"""Sentences: found in running text, made ready to be spoken, and shortened for the screen."""

from __future__ import annotations

import re

from aura_nb.providers.sentences import CLOSING, FULL_STOPS, full_stop, mark_of, split_sentences
from aura_nb.providers.writers.lexicon import (
    AUXILIARY,
    BASE_OF_PAST,
    BASE_OF_THIRD,
    BELIEF,
    DENIAL,
    LEANING,
    PREPOSITION,
    RELATIVE,
    SMALL,
    TURN,
    denies,
    spoken_words,
    words,
)

SHORT = 60
LONG = 120

_DISPENSABLE = re.compile(
    r"^(?:however|moreover|furthermore|in fact|indeed|therefore|thus|hence|consequently|as a result|so|then|"
    r"first|second|third|next|finally|in short|in other words|that is|also|in addition|of course|and|now),\s+",
    re.IGNORECASE,
)
_NOT_SHOWN = "".join(sorted(FULL_STOPS)) + ":;,：；，、،؛ "
_CUT = re.compile(r"\s*(;)\s+|,\s+(?=and\b)")
# "Say it, and you regret it" is a condition; "…, and this is …" speaks of the statement before.
_NO_SUBJECT = PREPOSITION | RELATIVE | words("i we you this that these those so then thus as what")
_FINITE = AUXILIARY | set(BASE_OF_THIRD) | set(BASE_OF_PAST)


def split(text: str, language: str = "en") -> list[str]:
    """The sentences of `text`, verbatim but for white space, as they will be narrated."""
    return [sentence.text for sentence in split_sentences(" ".join(text.split()), language)]


def same(one: str, other: str) -> bool:
    """Whether two headings differ in marks, spaces and capitals at most."""
    return re.sub(r"\W+", "", one).casefold() == re.sub(r"\W+", "", other).casefold()


def finish(sentence: str) -> str:
    """`sentence` with a full stop of its script, if it ends in no mark of its own."""
    sentence = " ".join(sentence.split())
    if mark_of(sentence) or sentence.rstrip(CLOSING).endswith((":", "：")):
        return sentence
    return f"{sentence.rstrip(',;，、；،؛')}{full_stop(sentence)}"


def bare(sentence: str) -> str:
    """`sentence` as a heading: without its closing full stop; a question or an exclamation keeps its mark."""
    sentence = " ".join(sentence.split())
    return sentence if sentence.endswith("...") else sentence.rstrip(_NOT_SHOWN)


def condense(sentence: str, *, english: bool = True) -> str:
    """A short form of `sentence` for the screen, or "" when none is safe.

    Longer than `SHORT` characters, it is cut before a second statement (after ";" or ", and") where
    there surely is one; never more than `LONG`. Words are only left out, never added, and never where
    that would turn the meaning: not a condition, a comparison or a hedge, nor what refutes a belief.
    Other languages than English are shown whole or not at all.
    """
    whole = bare(sentence)
    if not english:
        return whole if len(whole) <= LONG else ""
    short = _DISPENSABLE.sub("", whole)
    short = bare(re.sub(r"\s+\(([^()]+)\)(?=\s|$)", lambda m: "" if _aside(m.group(1)) else m.group(), short))
    if short and short != whole:
        short = short[0].upper() + short[1:]
    if len(short) <= SHORT:
        return short
    for match in _CUT.finditer(short):
        head, tail = short[: match.start()], short[match.end() :]
        if len(head) <= LONG and _stands(head) and _goes_on(tail, contrast=bool(match.group(1))):
            return bare(head)
    return short if len(short) <= LONG else ""


def _turns(tail: str) -> bool:
    """Whether leaving out `tail` could turn the meaning of what stands before it."""
    said = spoken_words(tail)
    # A negation further in denies something of its own ("…, and it does not rust").
    return bool((TURN | DENIAL) & set(said) or denies(said[:2]))


def _stands(head: str) -> bool:
    """Whether `head` is a whole statement, made as true by the narrator, when what follows is cut off."""
    said = spoken_words(head)
    if len(said) < 3 or "," in head:
        return False
    return not (said[0] in LEANING or said[-1] in SMALL or BELIEF & set(said))


def _aside(bracketed: str) -> bool:
    """Whether what stands in brackets only adds: a relative clause, a name or a number."""
    said = spoken_words(bracketed)
    return (said[:1] == ["which"] or not re.search(r"[a-z]", bracketed)) and not _turns(bracketed)


def _goes_on(tail: str, *, contrast: bool) -> bool:
    """Whether `tail` is a statement of its own: a subject and its verb, and nothing about the one before.

    In `contrast` to it, any negation is about the one before ("It works for most; it does not for some").
    """
    said = spoken_words(tail)
    said = said[1:] if said[:1] == ["and"] else said
    if not said or said[0] in _NO_SUBJECT or _turns(" ".join(said)) or (contrast and denies(said)):
        return False
    verb = next((n for n, word in enumerate(said) if n and word in _FINITE), 0)
    return bool(verb) and not RELATIVE & set(said[:verb]) and said[verb] not in {"will", "would"}
