"""Formulas in English words: symbols, Greek letters, powers, and those of chemistry."""

from __future__ import annotations

import re
from itertools import pairwise

from aura_nb.providers.speakers.lexicon import ELEMENTS, GREEK, SYMBOLS
from aura_nb.providers.speakers.numerals import NUMBER, cardinal, in_words

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
POWERS = {"2": "squared", "3": "cubed", "n": "to the n"}
FUNCTIONS = {
    "sin": "sine", "cos": "cosine", "tan": "tangent", "log": "log", "ln": "log",
    "exp": "exponential", "lim": "limit",
}  # fmt: skip
LOGARITHM = re.compile(r"log_?(?=[₀-₉\d])")


def say_compound_of_elements(core: str) -> str | None:
    """`H₂O`, `NaCl`, `Ca²⁺`, letter by letter; but not `COP26`, a word and its number."""
    match = re.fullmatch(r"((?:[A-Z][a-z]?[\d₀-₉]*)+)(?:([²-³⁰-⁹]?)([⁺⁻])|([+-]))?", core)
    if match is None:
        return None
    flat = match[1].translate(SUBSCRIPTS)
    atoms = re.findall(r"([A-Z][a-z]?)(\d*)", flat)
    charge = match[3] or match[4]
    chemical = charge or re.search(r"\d|[a-z][A-Z]", flat)
    if not chemical or re.fullmatch(r"[A-Z]{3,}\d\d+", flat) or any(atom not in ELEMENTS for atom, _ in atoms):
        return None
    said = [" ".join(atom.upper()) + (f" {cardinal(count)}" if count else "") for atom, count in atoms]
    if match[2]:
        said.append(cardinal(match[2].translate(SUPERSCRIPTS)))
    if charge:
        said.append("plus" if charge in "⁺+" else "minus")
    return " ".join(said)


def say_formula(core: str) -> str | None:
    """`mc^2`, `1/λ⁴`, `x≤3`, `f(x)`, `log₂(8)`; None for what is no formula."""
    powers = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ]+", lambda match: "^" + match[0].translate(SUPERSCRIPTS), core)
    greek = any(c in GREEK for c in powers) and not re.search(r"[^\W\d_a-zA-Z]{3}", powers)
    mathematical = any(c in powers for c in "^=<>≤≥≠≈±×·÷√∞∑∏∫∂→⇒∝∈∇°+") or bool(
        re.search(r"\d[*/]|[*/]\d|^[a-z]\*[A-Za-z]$|^[a-z]/[a-z]$|^[A-Za-z]{1,4}[₀-₉]*\([\w, ]+\)$", powers)
        or LOGARITHM.match(powers)
    )
    if not (greek or mathematical):
        return None
    exponent = r"\^\(?-?(?:\d+(?:\.\d+)?|[A-Za-z])\)?"
    told = LOGARITHM.sub("log base ", powers)
    parts = re.findall(rf"{exponent}|-->|->|=>|[<>!=]=|{NUMBER}|[₀-₉]+|[A-Za-z]+|\S", told)
    said = []
    for before, part in pairwise(["", *parts]):
        named = before.isalpha() or ("base" in parts and before.translate(SUBSCRIPTS).isdecimal())
        said.append("of" if part == "(" and named else _term(part.translate(SUBSCRIPTS)))
    return " ".join(said)


def _term(part: str) -> str:
    if part[0] == "^":
        return _power(part[1:].strip("()"))
    if re.fullmatch(NUMBER, part):
        return cardinal(part)
    if part in FUNCTIONS:
        return FUNCTIONS[part]
    if part.isascii() and part.isalpha():
        return part if len(part) > 2 else " ".join(part)
    return {"-": "minus", "!": "factorial"}.get(part) or GREEK.get(part) or SYMBOLS.get(part, "")


def _power(exponent: str) -> str:
    if exponent in POWERS:
        return POWERS[exponent]
    if exponent.isdecimal() and len(exponent) < 4:
        return f"to the {in_words(int(exponent), 'ordinal')}"
    sign, value = ("minus ", exponent[1:]) if exponent[:1] == "-" else ("", exponent)
    return f"to the {sign}{_term(value) if value else ''}"
