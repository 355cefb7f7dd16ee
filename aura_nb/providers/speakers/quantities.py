"""Numbers in English with what is written onto them: signs, units, ranges, versions."""

from __future__ import annotations

import re

from aura_nb.providers.speakers.dates import is_year, say_date
from aura_nb.providers.speakers.lexicon import (
    ATTRIBUTIVE,
    DIALLED,
    PER,
    SCALE_WORDS,
    SCALES,
    SIGNS,
    SYMBOLS,
    VERSIONED,
    unit,
)
from aura_nb.providers.speakers.money import say_money
from aura_nb.providers.speakers.numerals import NUMBER, cardinal, digits, fraction, in_words, year

SIGNED = re.compile(rf"({'|'.join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True))})(.*\d.*)")


def say_number(core: str, previous: str, following: str) -> str | None:
    """What is said for a token that is or begins with a number, between its neighbours; None for others."""
    if (match := SIGNED.fullmatch(core)) and (said := say_number(match[2], previous, following)):
        return f"{SIGNS[match[1]]} {said}"
    for rule in (say_money, say_date, _telephone, _version, _figure, _range, _measure, _rate):
        said = rule(core, previous, following)
        if said is not None:
            return said
    return None


def _telephone(core: str, previous: str, following: str) -> str | None:
    """American numbers. The short ones look like ranges, which are round, years, or not to be called."""
    match = re.fullmatch(r"(?:1-)?(?:\d{3}-)?(\d{3})-(\d{4})", core)
    if match is None:
        return None
    exchange, line = match.groups()
    unlike_a_range = core.count("-") > 1 or exchange == "555" or (int(line) % 10 and int(line) > 2100)
    if not unlike_a_range and previous.lower() not in DIALLED:
        return None
    return ", ".join(digits(part) for part in core.split("-"))


def _version(core: str, previous: str, following: str) -> str | None:
    if match := re.fullmatch(r"v?(\d+(?:\.\d+){2,})(\w*)|v(\d+(?:\.\d+)*)()", core, re.I):
        said = " point ".join(cardinal(part) for part in (match[1] or match[3]).split("."))
        return f"{'version ' if core[0] in 'vV' else ''}{said} {match[2] or ''}"
    if previous.lower() in VERSIONED and re.fullmatch(r"\d+\.\d+", core):
        return " point ".join(cardinal(part) for part in core.split("."))
    return None


def _figure(core: str, previous: str, following: str) -> str | None:
    """Numbers with a form of their own: 21st, 3/4, 2½, 1920×1080, 720p, #5, 6'2"."""
    if match := re.fullmatch(r"(\d+)(?:st|nd|rd|th)", core, re.I):
        return in_words(int(match[1]), "ordinal") if len(match[1]) < 10 else cardinal(match[1])
    if match := re.fullmatch(r"(\d+)/(\d+)(?:rd|th)?", core):
        return fraction(int(match[1]), int(match[2])) if len(core) < 10 else None
    if match := re.fullmatch(rf"({NUMBER})[x×]({NUMBER})", core):
        return f"{year(match[1])} by {year(match[2])}"
    if match := re.fullmatch(r"(\d{3,4})p", core):
        return f"{year(match[1])} p"
    if match := re.fullmatch(r"(\d+)([½⅓⅔¼¾])", core):
        return f"{cardinal(match[1])} and {SYMBOLS[match[2]].replace('one ', 'a ')}"
    if match := re.fullmatch(r"#(\d+)", core):
        return f"number {cardinal(match[1])}"
    if match := re.fullmatch(r"(\d)['′’](\d\d?)[\"″”]?", core):
        return f"{cardinal(match[1])} foot {cardinal(match[2])}"
    return None


def _range(core: str, previous: str, following: str) -> str | None:
    """`5–10%`, `5%-10%`, `9am-5pm`: what both ends have is said once."""
    match = re.fullmatch(rf"({NUMBER})([^\d\s-]*)\s*(?:-|–|—|\.\.+|…)\s*({NUMBER})(.*)", core)
    if match is None:
        return None
    low, low_tail, high, tail = match.groups()
    low_ending, ending = _ending(low_tail, low), _ending(tail, high)
    if low_ending is None or ending is None or (low_tail and not tail):
        return None
    shared = low_ending == ending or not low_ending
    begin = _plain(low, previous) if shared else f"{cardinal(low)} {low_ending}"
    return f"{begin} to {_plain(high, previous) if shared and not ending else cardinal(high)} {ending}"


def _measure(core: str, previous: str, following: str) -> str | None:
    match = re.fullmatch(rf"({NUMBER})(.*)", core)
    if match is None:
        return None
    number, tail = match.groups()
    if tail == "°" and following.lower() in ATTRIBUTIVE:
        return f"{cardinal(number)} degree"
    ending = _ending(tail, number)
    if ending is None:
        return None
    bare = not tail and not unit(following) and following.lower() not in SCALE_WORDS
    return f"{_plain(number, previous) if bare else cardinal(number)} {ending}"


def _rate(core: str, previous: str, following: str) -> str | None:
    """`€5/month`, `20%/year`."""
    amount, slash, of = core.rpartition("/")
    per = PER.get(of) or unit(of, one=True) or (of if of.isalpha() and len(of) > 2 else None)
    said = say_number(amount, previous, "") if slash and per and re.search(r"\d", amount) else None
    return said and f"{said} per {per}"


def _ending(tail: str, number: str) -> str | None:
    """What follows a number in the same token: nothing, a percent sign, a unit, a scale."""
    tail = tail.lstrip("-")
    if tail == "K" and number in {"2", "4", "8"}:
        return tail
    if tail in {"k", "K", "M", "B"}:
        return SCALES[tail]
    if not tail:
        return ""
    if tail in {"%", "‰"}:
        return SYMBOLS[tail]
    if tail in {"x", "×"}:
        return "times"
    if tail.lower() in {"am", "pm"}:
        return ".".join(tail.upper())
    return (
        unit(tail, one=number == "1") or SCALES.get(tail) or (tail if tail.isalpha() and len(tail) > 2 else None)
    )


def _plain(number: str, previous: str) -> str:
    return year(number) if is_year(number, previous) else cardinal(number)
