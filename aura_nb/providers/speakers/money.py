"""Sums of money in English words, the sign before or after the number, on it or beside it."""

from __future__ import annotations

import re

from aura_nb.providers.speakers.lexicon import CURRENCIES, SCALE_WORDS, SCALES
from aura_nb.providers.speakers.numerals import NUMBER, cardinal

SIGN = f"[{''.join(CURRENCIES)}]"
SCALE = "|".join(sorted(SCALES, key=len, reverse=True))
SUM = re.compile(
    rf"(?:(?P<s1>{SIGN})?(?P<low>{NUMBER})(?P<s2>{SIGN})?\s*[-–—]\s*)?"
    rf"(?P<s3>{SIGN})?(?P<number>{NUMBER})(?P<scale>{SCALE})?(?P<s4>{SIGN})?"
)


def say_money(core: str, previous: str, following: str) -> str | None:
    """What is said for a token that is money by itself or by the sign beside it; None for others."""
    if core in CURRENCIES:
        return _sign(core, previous, following)
    if core in SCALE_WORDS and (sign := previous[:1]) in CURRENCIES and len(previous) > 1:
        return f"{core} {CURRENCIES[sign][1]}"
    match = SUM.fullmatch(core)
    if match is None:
        return None
    sign = next((match[name] for name in ("s1", "s2", "s3", "s4") if match[name]), "")
    beside = following in CURRENCIES
    if not sign and not beside and previous not in CURRENCIES:
        return None
    low = f"{cardinal(match['low'])} to " if match["low"] else ""
    scale = SCALES.get(match["scale"] or "", "")
    if not scale and following.lower() in SCALE_WORDS:
        return low + cardinal(match["number"])
    said = low + _amount(sign or (following if beside else previous), match["number"], scale)
    return said if sign or not beside else said.rpartition(" ")[0]


def _sign(sign: str, previous: str, following: str) -> str:
    """A sign on its own: it says the last word of the sum before it, and leaves the one after it to say all."""
    one, many, _ = CURRENCIES[sign]
    if match := SUM.fullmatch(previous):
        return _amount(sign, match["number"], SCALES.get(match["scale"] or "", "")).rpartition(" ")[2]
    if previous.lower() in SCALE_WORDS:
        return many
    return "" if SUM.fullmatch(following) else one


def _amount(sign: str, number: str, scale: str) -> str:
    one, many, parts = CURRENCIES[sign]
    if scale:
        return f"{cardinal(number)} {scale} {many}"
    whole, dot, cents = number.replace(",", "").partition(".")
    said = f"{cardinal(whole or '0')} {one if whole == '1' else many}"
    if dot and len(cents) == 2 and parts:
        return said if cents == "00" else f"{said} and {cardinal(cents)} {parts}"
    return f"{cardinal(number)} {many}" if dot else said
