"""Sentences: found in running text, made ready to be spoken, and shortened for the screen."""

from __future__ import annotations

import re

from aura_nb.providers.writers.lexicon import LEANING, NEGATION, PREPOSITION, SMALL, TURN, spoken_words

SHORT = 60
LONG = 120

_DISPENSABLE = re.compile(
    r"^(?:however|moreover|furthermore|in fact|indeed|therefore|thus|hence|consequently|as a result|so|then|"
    r"first|second|third|next|finally|in short|in other words|that is|also|in addition|of course|and|now),\s+",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\s*(?:;|\s[–—-]{1,2}\s|—|:|,\s+(?=(?:so|and|which|who|because|since|thus|hence|making|giving|meaning)\b))\s*"
)


def split(text: str, language: str = "en") -> list[str]:
    """The sentences of `text`, verbatim but for white space, by sentencex (Wikimedia)."""
    import sentencex

    found: list[str] = []
    whole = True
    for piece in sentencex.segment(language.split("-")[0].lower(), " ".join(text.split())):
        # A cut within a word ("foo.Bar") is none.
        if whole or not found:
            found.append(piece)
        else:
            found[-1] += piece
        whole = piece[-1:].isspace()
    return [sentence for piece in found if (sentence := piece.strip())]


def finish(sentence: str) -> str:
    """`sentence` with a full stop, if it ends in no mark of its own."""
    sentence = " ".join(sentence.split())
    return sentence if re.search(r"[.!?…:。！？][\"'”’»)\]」』]*$", sentence) else f"{sentence.rstrip(',;')}."


def condense(sentence: str, *, english: bool = True) -> str:
    """A short form of `sentence` for the screen, or "" when none is safe.

    At most `SHORT` characters where a clause border allows, never more than `LONG`. Words are only
    left out, never added, and never where that would turn the meaning: not a negation, a condition,
    a comparison or a hedge. Other languages than English are shown whole or not at all.
    """
    whole = _bare(sentence)
    if not english:
        return whole if len(whole) <= LONG else ""
    short = _DISPENSABLE.sub("", whole)
    short = _bare(re.sub(r"\s*\(([^()]*)\)", lambda m: m.group() if _turns(m.group(1)) else "", short))
    if short and short != whole:
        short = short[0].upper() + short[1:]
    if len(short) <= SHORT:
        return short
    best = short
    for match in _CUT.finditer(short):
        head, tail = short[: match.start()], short[match.end() :]
        if len(head) >= 12 and len(head) < len(best) and _stands(head, tail) and not _turns(tail):
            best = head
            break
    return _bare(best) if len(best) <= LONG else ""


def label(sentence: str, limit: int = 40) -> str:
    """A name for a chapter: the whole short form, or "" when it is longer than `limit`."""
    short = condense(sentence)
    return short if len(short) <= limit else ""


def _bare(sentence: str) -> str:
    """Without its closing full stop; a question or an exclamation keeps its mark."""
    sentence = " ".join(sentence.split())
    return sentence if sentence.endswith("...") else sentence.rstrip(".:;,。 ")


def _turns(tail: str) -> bool:
    """Whether leaving out `tail` could turn the meaning of what stands before it."""
    said = spoken_words(tail)
    # A negation further in denies something of its own ("…, and it does not rust").
    return any(word in TURN for word in said) or any(word in NEGATION for word in said[:2])


def _stands(head: str, tail: str) -> bool:
    """Whether `head` is a statement by itself when `tail` is cut off."""
    said, rest = spoken_words(head), spoken_words(tail)
    if len(said) < 3 or said[0] in LEANING or said[-1] in SMALL:
        return False
    # "At dusk the sky turns red, and …" stands, "In the north, which …" and "In the north, and in …" do not.
    return said[0] not in PREPOSITION or (rest[:1] in (["and"], ["so"]) and not PREPOSITION & set(rest[1:2]))
