"""Written text to spoken text, token by token: captions show the one while the voice says the other.

Done before any engine sees the text, so that all say the same. English in full; in other languages
numbers are put into words (num2words) and the rest is left to the engine, which knows the language.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from aura_nb.providers.speakers.dates import month_name
from aura_nb.providers.speakers.english import say_english
from aura_nb.providers.speakers.lexicon import (
    ABBREVIATIONS,
    BEFORE_NUMBERS,
    CURRENCIES,
    NUMBERED,
    SYMBOLS,
    VERSIONED,
)
from aura_nb.providers.speakers.numerals import cardinal

VERSION = 3

OPENING, CLOSING = "([{\"'“‘«¿¡<", ".,;:!?…)]}\"'”’»>"
KEPT = frozenset(",;:.!?…")
# What no one can read out, a hash or a held key, is not read to its end.
ENDLESS = re.compile(r"([!-~]{60})[!-~]+")
BULLETS = frozenset("-*+•>")
SAYABLE = frozenset([*SYMBOLS, *CURRENCIES, "^", "`"])
SAYABLE_CLASSES = ("L", "M", "N", "P", "Sm", "Zs")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said for each written token; `said` is as long as `written`, "" where nothing is.

    `language` is the BCP 47 tag it is said in.
    """

    written: tuple[str, ...]
    said: tuple[str, ...]
    language: str = "en"

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

    A token with a letter or a digit is never left out, though the groups of a number ("10 000") are
    said with the first; Markdown's marks, emoji and lone punctuation are not said, but a dash makes
    a pause after the word before it.
    """
    written = tuple(text.split())
    english = language.split("-")[0].lower() == "en"
    cores = _grouped([_peel(token) for token in written], "," if english else "")
    said: list[str] = []
    for index, (core, after) in enumerate(cores):
        previous = _beside(reversed(cores[:index]), before=True)
        following = _beside(cores[index + 1 :], before=False)
        if english and after == "." and following[:1].isdigit() and _is_short(core):
            core, after = f"{core}.", ""
            cores[index] = core, after
        if core in {"-", "–", "—", "--"} and not (_is_term(previous) and _is_term(following)):
            _close(said, ",")
            words = ""
        elif english:
            words = say_english(core, after, previous, following) if index or core not in BULLETS else ""
        else:
            words = _foreign(core, language)
        if not any(c.isalnum() for c in words):
            words = "".join(c if c.isalnum() else " " for c in core)
        words = ENDLESS.sub(r"\1", " ".join(words.split()))
        marks = "".join(mark for mark in after if mark in KEPT)
        said.append(f"{words}{marks}" if words else "")
        if marks and not words:
            _close(said, marks)
    return Spoken(written, tuple(said), language)


def _grouped(cores: list[tuple[str, str]], comma: str) -> list[tuple[str, str]]:
    """`cores` with the groups of three of a number ("10 000", with any space) drawn into the first."""
    grouped = list(cores)
    for index, (core, after) in enumerate(cores):
        labels = cores[index - 1][0].lower() if index else ""
        label = labels in NUMBERED or labels in VERSIONED or month_name(labels.title())
        if after or label or not grouped[index][0] or not re.fullmatch(r"[^\w.,]*[1-9]\d{0,2}", core):
            continue
        place = index + 1
        while place < len(cores) and (match := re.fullmatch(r"\d{3}((?![\d:/]).*)?", cores[place][0])):
            core, after = f"{core}{comma}{cores[place][0]}", cores[place][1]
            grouped[place] = "", after
            place += 1
            if match[1] or after:
                break
        grouped[index] = core, ""
    return grouped


def _beside(cores: Iterable[tuple[str, str]], *, before: bool) -> str:
    """The nearest token that is any, unless marks close it off: what is said may depend on it."""
    for core, after in cores:
        if before and after:
            return ""
        if core:
            return core
    return ""


def _is_short(core: str) -> bool:
    """Whether `core` is an abbreviation when a full stop and a number come after it: `p. 12`, `Jan. 5`."""
    short = f"{core.lower()}." in BEFORE_NUMBERS and core != "C"
    return short or (month_name(core) is not None and len(core) < 5)


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
    while start < stop and token[start] in OPENING and (token[start] != "<" or ">" in token[start:]):
        start += 1
    while stop > start and token[stop - 1] in CLOSING and not _belongs(token[start:stop]):
        stop -= 1
    return token[start:stop].strip("_"), token[stop:]


def _belongs(token: str) -> bool:
    """Whether the closing mark is part of the token: `f(x)`, `5'`, `U.S.`, `->`, a lone `>`."""
    if token[-1] == ")":
        return token.count("(") == token.count(")") and "(" in token
    return bool(re.fullmatch(r"(?:[A-Za-z]\.){2,}|[-=]*>", token))


def _is_term(core: str) -> bool:
    return bool(re.fullmatch(r"[\d.,]+|[^\W\d_]|.*[\d)²³]", core))


def _foreign(core: str, language: str) -> str:
    if re.fullmatch(r"-?\d+", core):
        return cardinal(core, language)
    if match := re.fullmatch(r"(\d+)[.,](\d{1,2})", core):
        return cardinal(f"{match[1]}.{match[2]}", language)
    return "".join(c for c in core if c not in "*`^|") if core not in {"_", "#"} else ""
