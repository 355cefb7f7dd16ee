"""Numbers in words: cardinals in any language; years, fractions and Roman numerals in English."""

from __future__ import annotations

import re

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
ROMAN = re.compile(r"(?=[IVXL])(XL|L?X{0,3})(IX|IV|V?I{0,3})")
ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50}


def cardinal(number: str, language: str = "en") -> str:
    """A number in words, digit by digit where it is a code or too long to follow."""
    number = number.replace(",", "")
    whole = number.lstrip("-").partition(".")[0]
    if len(whole) > 15 or (len(whole) > 1 and whole[0] == "0"):
        return digits(number, language)
    if "." in number and language == "en":
        return f"{in_words(int(whole or 0), 'cardinal')} point {digits(number.partition('.')[2])}"
    return in_words(float(number) if "." in number else int(number), "cardinal", language)


def digits(number: str, language: str = "en") -> str:
    """`number` digit by digit."""
    names = {".": "point", "-": "minus"}
    return " ".join(names.get(c) or in_words(int(c), "cardinal", language) for c in number)


def year(number: str) -> str:
    """1969 as nineteen sixty-nine; also how sizes in pixels are read: 1080 as ten eighty."""
    return in_words(int(number), "year") if re.fullmatch(r"\d{4}", number) else cardinal(number)


def fraction(above: int, below: int) -> str:
    """1/2 as one half, 3/4 as three quarters, 7/300 as seven over three hundred."""
    if (above, below) == (1, 2):
        return "one half"
    if above == below:
        return f"{cardinal(str(above))} {cardinal(str(below))}"
    if 1 <= above < below <= 20 and below > 2:
        name = "quarter" if below == 4 else in_words(below, "ordinal")
        return f"{cardinal(str(above))} {name}{'s' if above > 1 else ''}"
    return f"{cardinal(str(above))} over {cardinal(str(below))}"


def roman(letters: str) -> int | None:
    """The value of a Roman numeral up to LXXXIX; None for what is none."""
    if not ROMAN.fullmatch(letters):
        return None
    values = [ROMAN_DIGITS[letter] for letter in letters]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def in_words(number: float, form: str, language: str = "en") -> str:
    """`number` as num2words has it; `form` is "cardinal", "ordinal" or "year"."""
    from num2words import CONVERTER_CLASSES, num2words

    tag = language.replace("-", "_")
    tag = tag if tag in CONVERTER_CLASSES else tag.split("_")[0].lower()
    if tag not in CONVERTER_CLASSES:
        return str(number)
    said: str = num2words(number, lang=tag, to=form)
    return said.replace(",", "").replace(" and ", " ") if tag == "en" and form == "cardinal" else said
