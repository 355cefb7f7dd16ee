"""Words made ready to be set: cleaned, and with what typesetting must know of their language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "syr", "ug", "ur", "yi"})
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


def setting(language: str, texts: Iterable[str]) -> dict[str, str | None]:
    """Typst's `language`, `region` and `direction` for `texts` said to be in `language` (a BCP 47 tag).

    The direction is that of most of the letters, and the language's own when there are none.
    """
    primary, *subtags = language.lower().split("-")
    region = next((tag.upper() for tag in subtags if len(tag) == 2 and tag.isalpha()), None)
    strong = [unicodedata.bidirectional(character) for text in texts for character in text]
    right, left = sum(kind in {"R", "AL"} for kind in strong), strong.count("L")
    rtl = right > left if right or left else primary in _RIGHT_TO_LEFT
    return {"language": primary, "region": region, "direction": "rtl" if rtl else "ltr"}


def prose(text: str) -> str:
    """`text` as one would set it: composed, without control characters, one space between words.

    Line breaks stay; a straight apostrophe within a word becomes a curved one.
    """
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    lines = (" ".join(_printable(line).split()) for line in composed.split("\n"))
    return _APOSTROPHE.sub("’", "\n".join(line for line in lines if line))


def listing(code: str) -> str:
    """`code` with tabs as four columns, without control characters, trailing space and outer blank lines."""
    lines = [_printable(line.expandtabs(4)).rstrip() for line in code.replace("\r\n", "\n").split("\n")]
    return "\n".join(lines).strip("\n")


def _printable(line: str) -> str:
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in line if unicodedata.category(c) != "Cs")
