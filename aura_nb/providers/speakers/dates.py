"""Dates, years, times of day and ratios (which look like times) in English words."""

from __future__ import annotations

import re

from aura_nb.providers.speakers.lexicon import MONTHS, RATIO_AFTER, RATIO_BEFORE, VERSIONED, YEAR_BEFORE
from aura_nb.providers.speakers.numerals import NUMBER, cardinal, in_words, year

# In which order a date's figures stand: American, unless the month would be none.
DATES = (
    (re.compile(r"(?P<year>\d{4})([-/])(?P<month>\d\d?)\2(?P<day>\d\d?)"), False),
    (re.compile(r"(?P<month>\d\d?)/(?P<day>\d\d?)/(?P<year>\d{4}|\d\d)"), True),
    (re.compile(r"(?P<day>\d\d?)\.(?P<month>\d\d?)\.(?P<year>\d{4})"), False),
)


def say_date(core: str, previous: str, following: str) -> str | None:
    """What is said for a date, a decade, a time of day or a ratio; None for others."""
    for pattern, swappable in DATES:
        if (match := pattern.fullmatch(core)) and previous.lower() not in VERSIONED:
            month, day = int(match["month"]), int(match["day"])
            if swappable and month > 12:
                month, day = day, month
            if 1 <= month <= 12 and 1 <= day <= 31:
                return f"{MONTHS[month - 1]} {in_words(day, 'ordinal')}, {year(match['year'])}"
    if re.fullmatch(r"[1-9]|[12]\d|3[01]", core) and month_name(previous):
        return in_words(int(core), "ordinal")
    if match := re.fullmatch(r"['’]?(\d{1,3})0['’]?s", core):
        decade = year(f"{match[1]}0")
        return f"{decade[:-1]}ies" if decade.endswith("y") else f"{decade}s"
    ratio = previous.lower() in RATIO_BEFORE or following.lower() in RATIO_AFTER
    if not ratio and (match := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(am|pm)?", core, re.I)):
        return _time(*match.groups())
    if re.fullmatch(rf"(?:{NUMBER})(?::(?:{NUMBER}))+", core):
        return " to ".join(cardinal(number) for number in core.split(":"))
    return None


def month_name(word: str) -> str | None:
    """The month that `word` is or abbreviates."""
    short = word.removesuffix(".")
    found = [month for month in MONTHS if short == month or short in {month[:3], month[:4]}]
    return found[0] if found and len(short) > 2 else None


def is_year(number: str, previous: str) -> bool:
    """Whether a bare number is read as a year: from 1100 on as it looks, from 1010 on after "in", "since" …"""
    return bool(
        re.fullmatch(r"1[1-9]\d\d|20\d\d", number)
        or (previous.lower() in YEAR_BEFORE and re.fullmatch(r"10[1-9]\d", number))
    )


def _time(hour: str, minute: str, second: str | None, half: str | None) -> str:
    minutes = "" if minute == "00" else f"oh {cardinal(minute[1])}" if minute[0] == "0" else cardinal(minute)
    said = f"{cardinal(hour)} {minutes or ('' if half else 'o’clock' if int(hour) <= 12 else 'hundred')}"
    seconds = f" and {cardinal(second)} seconds" if second else ""
    return f"{said}{seconds} {'.'.join(half.upper()) if half else ''}"
