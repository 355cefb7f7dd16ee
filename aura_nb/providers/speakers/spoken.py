"""Written text to spoken text, token by token: captions show the one while the voice says the other.

Done before any engine sees the text, so that all say the same. English in full; in other languages
numbers are put into words (num2words) and the rest is left to the engine, which knows the language.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from aura_nb.providers.speakers.english import say_english
from aura_nb.providers.speakers.lexicon import ABBREVIATIONS, CURRENCIES, SYMBOLS
from aura_nb.providers.speakers.numerals import cardinal

VERSION = 2

OPENING, CLOSING = "([{\"'“‘«¿¡<", ".,;:!?…)]}\"'”’»>"
KEPT = frozenset(",;:.!?…")
# What no one can read out, a hash or a held key, is not read to its end.
ENDLESS = re.compile(r"([!-~]{60})[!-~]+")
BULLETS = frozenset("-*+•>")
SAYABLE = frozenset([*SYMBOLS, *CURRENCIES, "^", "`"])
SAYABLE_CLASSES = ("L", "M", "N", "P", "Sm", "Zs")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said for each written token; `said` is as long as `written`, "" where nothing is."""

    written: tuple[str, ...]
    said: tuple[str, ...]

    @property
    def text(self) -> str:
        """All that is said, as the engine gets it."""
        return " ".join(said for said in self.said if said)

    def token_at(self, offset: int) -> int:
        """The written token (by index) that the character at `offset` of `text` belongs to."""
        told = [index for index, said in enumerate(self.said) if said]
        starts = [0, *accumulate(len(self.said[index]) + 1 for index in told)]
        return told[min(bisect_right(starts, offset) - 1, len(told) - 1)]


@lru_cache(maxsize=4096)
def speak_out(text: str, language: str) -> Spoken:
    """How `text` is said in `language`, for each of its whitespace-separated tokens.

    A token with a letter or a digit is never left out; Markdown's marks, emoji and lone
    punctuation are not said, but a dash makes a pause after the word before it.
    """
    written = tuple(text.split())
    cores = [_peel(token) for token in written]
    said: list[str] = []
    for index, (core, after) in enumerate(cores):
        previous = cores[index - 1][0] if index and not cores[index - 1][1] else ""
        following = cores[index + 1][0] if index + 1 < len(cores) else ""
        if core in {"-", "–", "—", "--"} and not (_is_term(previous) and _is_term(following)):
            _close(said, ",")
            words = ""
        elif language.split("-")[0].lower() == "en":
            words = say_english(core, after, previous, following) if index or core not in BULLETS else ""
        else:
            words = _foreign(core, language)
        if not any(c.isalnum() for c in words):
            words = "".join(c if c.isalnum() else " " for c in core)
        words = ENDLESS.sub(r"\1", " ".join(words.split()))
        marks = "".join(mark for mark in after if mark in KEPT).lstrip("." if words == "number" else "")
        said.append(f"{words}{marks}" if words else "")
        if marks and not words:
            _close(said, marks)
    return Spoken(written, tuple(said))


def _close(said: list[str], marks: str) -> None:
    """Put `marks` after the last word that is said, unless it has some."""
    for index in reversed(range(len(said))):
        if said[index]:
            if said[index][-1] not in KEPT:
                said[index] += marks
            return


def _peel(token: str) -> tuple[str, str]:
    """A token without Markdown, emoji and what opens a bracket: its core, and the marks that close it."""
    token = "".join(c for c in token if c in SAYABLE or unicodedata.category(c).startswith(SAYABLE_CLASSES))
    token = re.sub(r"^!?\[|\]\([^)]*\)|^#{1,6}$|`+|~~|\*\*", "", token)
    if len(token) > 1 and not re.search(r"[\d)]\*|\*[\d(]", token):
        token = token.strip("*_") or token
    if token.lower() in ABBREVIATIONS:
        return token, ""
    start, stop = 0, len(token)
    while (
        start < stop and token[start] in OPENING and token[start:] != "<" and token[start + 1 : start + 2] != "="
    ):
        start += 1
    while stop > start and token[stop - 1] in CLOSING and not _belongs(token[start:stop]):
        stop -= 1
    return token[start:stop].strip("_"), token[stop:]


def _belongs(token: str) -> bool:
    """Whether the closing mark is part of the token: `f(x)`, `5'`, `U.S.`, a lone `>`."""
    if token[-1] == ")":
        return token.count("(") == token.count(")") and "(" in token
    return (token[-1] == "." and bool(re.fullmatch(r"(?:[A-Za-z]\.){2,}", token))) or token == ">"


def _is_term(core: str) -> bool:
    return bool(re.fullmatch(r"[\d.,]+|[^\W\d_]|.*[\d)²³]", core))


def _foreign(core: str, language: str) -> str:
    if re.fullmatch(r"-?\d+", core):
        return cardinal(core, language)
    if match := re.fullmatch(r"(\d+)[.,](\d{1,2})", core):
        return cardinal(f"{match[1]}.{match[2]}", language)
    return "".join(c for c in core if c not in "*`^|") if core not in {"_", "#"} else ""
