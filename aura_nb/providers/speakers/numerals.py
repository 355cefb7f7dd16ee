"""Numbers in English words, alone or with what is written onto them: signs, units, dates, money."""

from __future__ import annotations

import re

from aura_nb.providers.speakers.lexicon import CURRENCIES, MONTHS, SCALE_WORDS, SCALES, SYMBOLS, unit

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
VERSIONED = frozenset({"python", "version", "v", "release", "node", "java", "cuda", "ubuntu", "pytorch", "numpy"})


def say_number(core: str, previous: str, following: str) -> str | None:
    """What is said for a token that is or begins with a number, between its neighbours; None for others."""
    if match := re.fullmatch(r"([-−+~≈±]?)(.*\d.*)", core):
        sign, rest = match.groups()
        if sign and (said := say_number(rest, previous, following)):
            return f"{SYMBOLS.get('−' if sign == '-' else sign)} {said}" if sign != "≈" else f"about {said}"
    if match := re.fullmatch(rf"([$€£¥₹])({NUMBER})([A-Za-z]{{1,2}})?", core):
        return _money(match[1], match[2], SCALES.get(match[3] or "", ""), following)
    if previous[:1] in CURRENCIES and core in SCALE_WORDS:
        return f"{core} {CURRENCIES[previous[0]][1]}"
    if match := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", core):
        year, month, day = map(int, match.groups())
        if 1 <= month <= 12 and 1 <= day <= 31:
            return f"{MONTHS[month - 1]} {in_words(day, 'ordinal')}, {in_words(year, 'year')}"
    if match := re.fullmatch(r"(\d\d?):(\d\d)(?::(\d\d))?(am|pm)?", core, re.I):
        return _time(*match.groups())
    if match := re.fullmatch(r"v?(\d+(?:\.\d+){2,})(\w*)|v(\d+(?:\.\d+)*)()", core, re.I):
        return f"{'version ' if core[0] in 'vV' else ''}{_version(match[1] or match[3])} {match[2] or ''}"
    if previous.lower() in VERSIONED and re.fullmatch(r"\d+\.\d+", core):
        return _version(core)
    if match := re.fullmatch(r"(\d+)(?:st|nd|rd|th)", core, re.I):
        return in_words(int(match[1]), "ordinal") if len(match[1]) < 10 else cardinal(match[1])
    if match := re.fullmatch(r"['’]?(\d{1,3})0s", core):
        decade = _year(f"{match[1]}0")
        return f"{decade[:-1]}ies" if decade.endswith("y") else f"{decade}s"
    if match := re.fullmatch(rf"({NUMBER})\s*(?:-|–|—|\.\.+|…)\s*({NUMBER})(.*)", core):
        low, high, tail = match.groups()
        ending = _ending(tail, high)
        return None if ending is None else f"{_plain(low)} to {_plain(high)} {ending}"
    if match := re.fullmatch(r"(\d+)/(\d+)", core):
        return _fraction(int(match[1]), int(match[2])) if len(core) < 10 else None
    if match := re.fullmatch(rf"({NUMBER})[x×]({NUMBER})", core):
        return f"{_pairs(match[1])} by {_pairs(match[2])}"
    if match := re.fullmatch(r"(\d{3,4})p", core):
        return f"{_pairs(match[1])} p"
    if match := re.fullmatch(r"(\d+)([½⅓⅔¼¾])", core):
        return f"{cardinal(match[1])} and {SYMBOLS[match[2]].replace('one ', 'a ')}"
    if match := re.fullmatch(r"#(\d+)", core):
        return f"number {cardinal(match[1])}"
    if match := re.fullmatch(rf"({NUMBER})(.*)", core):
        number, tail = match.groups()
        ending = _ending(tail, number)
        if ending is None:
            return None
        bare = not tail and not unit(following) and following.lower() not in SCALE_WORDS
        return _plain(number, may_be_year=bare) + (f" {ending}" if ending else "")
    return None


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


def _plain(number: str, *, may_be_year: bool = True) -> str:
    if may_be_year and re.fullmatch(r"1[1-9]\d\d|20\d\d", number):
        return _year(number)
    return cardinal(number)


def _pairs(number: str) -> str:
    """How sizes in pixels are read: 1920 as nineteen twenty, 1080 as ten eighty."""
    return in_words(int(number), "year") if re.fullmatch(r"\d{4}", number) else cardinal(number)


def _year(number: str) -> str:
    return in_words(int(number), "year") if len(number) == 4 else cardinal(number)


def _money(sign: str, number: str, scale: str, following: str) -> str:
    one, many, parts = CURRENCIES[sign]
    if scale or following.lower() in SCALE_WORDS:
        return f"{cardinal(number)} {scale} {many if scale else ''}"
    whole, dot, cents = number.replace(",", "").partition(".")
    said = f"{cardinal(whole or '0')} {one if whole == '1' else many}"
    if dot and len(cents) == 2:
        return said if cents == "00" else f"{said} and {cardinal(cents)} {parts}"
    return f"{cardinal(number)} {many}" if dot else said


def _time(hour: str, minute: str, second: str | None, half: str | None) -> str:
    if int(hour) > 23 or int(minute) > 59:
        return f"{cardinal(hour)} to {cardinal(minute)}"
    minutes = "" if minute == "00" else f"oh {cardinal(minute[1])}" if minute[0] == "0" else cardinal(minute)
    said = f"{cardinal(hour)} {minutes or ('' if half else 'o’clock' if int(hour) <= 12 else 'hundred')}"
    seconds = f" and {cardinal(second)} seconds" if second else ""
    return f"{said}{seconds} {'.'.join(half.upper()) if half else ''}"


def _version(number: str) -> str:
    return " point ".join(cardinal(part) for part in number.split("."))


def _fraction(above: int, below: int) -> str:
    if (above, below) == (1, 2):
        return "one half"
    if above == below:
        return f"{cardinal(str(above))} {cardinal(str(below))}"
    if 1 <= above < below <= 20 and below > 2:
        name = "quarter" if below == 4 else in_words(below, "ordinal")
        return f"{cardinal(str(above))} {name}{'s' if above > 1 else ''}"
    return f"{cardinal(str(above))} over {cardinal(str(below))}"


def cardinal(number: str, language: str = "en") -> str:
    """A number in words, digit by digit where it is a code or too long to follow."""
    number = number.replace(",", "")
    whole = number.lstrip("-").partition(".")[0]
    if len(whole) > 15 or (len(whole) > 1 and whole[0] == "0"):
        names = {".": "point", "-": "minus"}
        return " ".join(names.get(c) or in_words(int(c), "cardinal", language) for c in number)
    if "." in number and language == "en":
        digits = " ".join(in_words(int(digit), "cardinal") for digit in number.partition(".")[2])
        return f"{in_words(int(whole or 0), 'cardinal')} point {digits}"
    return in_words(float(number) if "." in number else int(number), "cardinal", language)


def in_words(number: float, form: str, language: str = "en") -> str:
    from num2words import CONVERTER_CLASSES, num2words

    tag = language.replace("-", "_")
    tag = tag if tag in CONVERTER_CLASSES else tag.split("_")[0].lower()
    if tag not in CONVERTER_CLASSES:
        return str(number)
    said: str = num2words(number, lang=tag, to=form)
    return said.replace(",", "").replace(" and ", " ") if tag == "en" and form == "cardinal" else said
