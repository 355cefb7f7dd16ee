"""What English says for a token that is not a plain word, rule by rule."""

from __future__ import annotations

import re
import unicodedata

from aura_nb.providers.speakers.dates import month_name
from aura_nb.providers.speakers.formulas import SUBSCRIPTS, SUPERSCRIPTS, say_compound_of_elements, say_formula
from aura_nb.providers.speakers.lexicon import (
    ABBREVIATIONS,
    AFTER_AMPERES,
    ALSO_WORDS,
    AS_WRITTEN,
    BEFORE_NUMBERS,
    CURRENCIES,
    GREEK,
    NUMBERED,
    RULERS,
    SPELLED,
    SYMBOLS,
    unit,
)
from aura_nb.providers.speakers.money import say_money
from aura_nb.providers.speakers.numerals import cardinal, in_words, roman
from aura_nb.providers.speakers.quantities import say_number


def say_english(core: str, after: str, previous: str, following: str) -> str:
    """What is said for `core`, the token between `previous` and `following`, closed by the marks `after`."""
    core = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in core)
    lower = core.lower()
    if name := _unit_after(core, previous, following):
        return name
    if said := AS_WRITTEN.get(core) or ABBREVIATIONS.get(lower) or BEFORE_NUMBERS.get(lower):
        return said
    if after.startswith(".") and (said := ABBREVIATIONS.get(f"{lower}.")):
        return said
    if (following[:1].isdigit() or previous.isdigit()) and (month := month_name(core)):
        return month
    if core == "-":
        return "minus"
    if core in SYMBOLS:
        return SYMBOLS[core]
    if core in CURRENCIES:
        return say_money(core, previous, following) or ""
    for said in (
        _address(core),
        say_number(core, previous, following),
        _roman(core, previous),
        say_compound_of_elements(core),
        _letters(core, previous, following),
        _compound(core),
        say_formula(core),
        _identifier(core),
    ):
        if said is not None:
            return said
    # What is left is a word, perhaps with a dash or a slash in it.
    core = re.sub(r"\s*(?:--+|[–—])\s*", ", ", core).replace("&", " and ").replace("/", " ")
    return re.sub(r"[^\w\s.,'’:;!?-]|_", " ", core)


def _unit_after(core: str, previous: str, following: str) -> str | None:
    """The unit that `core` is after a number; "A" and "in" are words too."""
    if not previous[-1:].isdigit() or core in {"B", "a", "in"} or (core == "A" and following not in AFTER_AMPERES):
        return None
    return ".".join(core.upper()) if core in {"AM", "PM", "am", "pm"} else unit(core, one=previous == "1")


def _address(core: str) -> str | None:
    """URLs, e-mail addresses and paths: what one would dictate."""
    if re.match(r"(?:https?://|www\.)\S", core):
        host = re.sub(r"^https?://(?:www\.)?|^www\.", "", core).split("?")[0].split("#")[0].strip("/")
        return _dictate(host)
    if re.fullmatch(r"[^@\s]+@[\w-]+(?:\.[\w-]+)+", core) or re.fullmatch(r"[~.]?(?:/[\w.-]+){2,}/?", core):
        return _dictate(core.strip("~/"))
    if re.fullmatch(r"[\w-]{2,}(?:\.[a-z][\w-]*)+", core) and not core.lower().startswith(("e.g", "i.e")):
        return _dictate(core)
    return None


def _dictate(text: str) -> str:
    names = {".": "dot", "/": "slash", "@": "at", "-": " ", "_": " ", ":": "colon"}
    parts = re.findall(r"[^\W\d_]+|\d+|[^\w\s]|_", text)
    return " ".join(
        names.get(p, "") if not p.isalnum() else cardinal(p) if p.isdigit() else _word(p) for p in parts
    )


def _roman(core: str, previous: str) -> str | None:
    """`Henry VIII` the eighth, `World War II` two; a single letter only where nothing else can be meant."""
    letters, apostrophe, ending = core.partition("'" if "'" in core else "’")
    value = roman(letters)
    if value is None or ending not in {"", "s"}:
        return None
    ruler, named = previous in RULERS, previous[:1].isupper()
    if len(letters) == 1:
        known = ruler or (named and previous.lower() in NUMBERED)
    else:
        known = len(letters) > 2 or named or previous.lower() in NUMBERED
    if not known:
        return None
    said = f"the {in_words(value, 'ordinal')}" if ruler else cardinal(str(value))
    return f"{said}{apostrophe}{ending}"


def _letters(core: str, previous: str = "", following: str = "") -> str | None:
    """Acronyms that are read letter by letter."""
    if match := re.fullmatch(r"([A-Z]{1,3})&([A-Z])", core):
        return f"{'.'.join(match[1])} and {match[2]}"
    if match := re.fullmatch(r"([A-Z]{2,5})(s|'s|’s)?", core):
        letters, plural = match.groups()
        acronym = letters in ALSO_WORDS and not _shouted(previous, following)
        if acronym or letters in SPELLED or not set(letters) & set("AEIOU"):
            if unit(core):
                return unit(core)
            return ".".join(letters) + ("'s" if plural else "")
    if len(core) > 1 and not set(core) & set("aeiouAEIOU") and (name := unit(core)):
        return name
    return None


def _shouted(previous: str, following: str) -> bool:
    """Whether the words beside a token are ordinary ones in capitals."""
    near = [word for word in (previous, following) if len(word) > 1 and word.isalpha()]
    words = [word for word in near if word.isupper() and set(word) & set("AEIOUY") and word not in SPELLED]
    return bool(near) and words == near and previous != "THE"


def _compound(core: str) -> str | None:
    """`β-carotene`, `mid-1990s`, `COVID-19`, `A/B`, `1st/2nd`: part by part; None where all parts are words."""
    if "/" in core:
        parts = core.split("/")
        whole = all(re.fullmatch(r"[A-Z]|[^\W\d_]{2,}|\d+(?:st|nd|rd|th|s)|[A-Z]+\d+", part) for part in parts)
    else:
        parts = core.split("-")
        whole = all(re.fullmatch(r"[^\W_]+(?:[.'’][^\W_]+)*\.?", part) for part in parts) and any(
            re.match(r"[A-Z]|[^\W\d_]{3}", part) for part in parts
        )
    if len(parts) < 2 or not whole or any(ord(c) in SUPERSCRIPTS for c in core):
        return None
    said = [GREEK.get(part) or say_english(part, "", "", "") for part in parts]
    return None if said == parts else " ".join(said)


def _identifier(core: str) -> str | None:
    """Names of code: `snake_case`, `CamelCase`, `call()`, `GPT4`."""
    name = core.removesuffix("()").translate(SUBSCRIPTS)
    if not re.fullmatch(r"[A-Za-z_][\w-]*", name) or not name.isascii():
        return None
    if not (name != core or "_" in name or re.search(r"\d|[a-z][A-Z]|[A-Z]{2}[a-z]{2}", name)):
        return None
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\D)(?=\d)|(?<=\d)(?=\D)|[_-]+", " ", name)
    return " ".join(cardinal(part) if part.isdigit() else _word(part) for part in spaced.split())


def _word(part: str) -> str:
    return _letters(part) or (".".join(part.upper()) if _is_vowelless(part) else part)


def _is_vowelless(part: str) -> bool:
    return 2 <= len(part) <= 4 and not set(part.lower()) & set("aeiouy") and part.isascii()
