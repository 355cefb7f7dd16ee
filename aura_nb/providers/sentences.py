"""Text to sentences: what is spoken in one breath, by the one rule writers and narration share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from aura_nb.providers.speakers.spoken import speak_out

Break = Literal["sentence", "paragraph"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Whitespace-separated written tokens, joined by one space, and what kind of break comes after."""

    text: str
    after: Break


FULL_STOPS = frozenset(".։۔।॥။።៕។᠃。．｡﹒")
SENTENCE_ENDS = FULL_STOPS | frozenset("!?…؟፧‼‽⁇⁈⁉！？﹖﹗")
"""Unicode's Sentence_Terminal in the scripts that are written today, and the ellipsis:
https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt"""
CLOSING = "\"'’”»)]）」』】"
"""What may come after the mark that ends a sentence."""
_STOP_OF = {
    **dict.fromkeys(("Deva", "Beng", "Guru", "Orya"), "।"),
    **dict.fromkeys(("Hani", "Hira", "Kana", "Bopo"), "。"),
    **{"Armn": "։", "Ethi": "።", "Khmr": "។", "Mymr": "။"},
}
"""The full stop of each script (ISO 15924) that has one of its own."""
LIST_MARKER = re.compile(r"[(\[]?\w{1,2}[.)\]]")


def mark_of(text: str) -> str:
    """The mark that ends `text` as a sentence, quotes and brackets after it aside; "" if none does."""
    mark = text.rstrip(CLOSING)[-1:]
    return mark if mark in SENTENCE_ENDS else ""


def full_stop(text: str) -> str:
    """The full stop of the script that `text` ends in."""
    from fontTools import unicodedata

    last = next((character for character in reversed(text) if character.isalpha()), "")
    return _STOP_OF.get(unicodedata.script(last) if last else "", ".")


def split_sentences(text: str, language: str) -> list[Sentence]:
    """Split `text` so that the sentences' tokens, in order, are exactly `text.split()`.

    Blank lines end paragraphs. A piece with nothing to say in it (an emoji, a dash) stays with the
    sentence before, a list's "3." with the one after. Boundaries by sentencex (Wikimedia), which
    knows abbreviations and decimals.
    """
    import sentencex

    found: list[Sentence] = []
    held = ""
    for paragraph in re.split(r"\n\s*\n", text):
        for piece in _whole_tokens(sentencex.segment(language.split("-")[0].lower(), paragraph)):
            piece = f"{held} {piece}".strip()
            held = ""
            said = bool(speak_out(piece, language).text)
            if LIST_MARKER.fullmatch(piece) or (not found and not said):
                held = piece
            elif said:
                found.append(Sentence(piece, "sentence"))
            else:
                found[-1] = replace(found[-1], text=f"{found[-1].text} {piece}")
        if found:
            found[-1] = replace(found[-1], after="paragraph")
    if held and found:
        found[-1] = replace(found[-1], text=f"{found[-1].text} {held}")
    elif held:
        found.append(Sentence(held, "paragraph"))
    return found


def _whole_tokens(pieces: Iterable[str]) -> Iterator[str]:
    """Rejoin pieces that were cut within a token ("foo.Bar"), and write each with single spaces."""
    open_piece = ""
    for piece in pieces:
        open_piece += piece
        if piece[-1:].isspace():
            yield from _tidy(open_piece)
            open_piece = ""
    yield from _tidy(open_piece)


def _tidy(piece: str) -> Iterator[str]:
    if tidy := " ".join(piece.split()):
        yield tidy
