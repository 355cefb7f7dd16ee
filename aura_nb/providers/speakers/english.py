"""What English says for a token that is not a plain word, rule by rule."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from aura_nb.providers.speakers.lexicon import ABBREVIATIONS, ELEMENTS, GREEK, SPELLED, SYMBOLS, unit
from aura_nb.providers.speakers.numerals import NUMBER, cardinal, in_words, say_number

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
POWERS = {"2": "squared", "3": "cubed", "n": "to the n"}
FUNCTIONS = {
    "sin": "sine", "cos": "cosine", "tan": "tangent", "log": "log", "ln": "log",
    "exp": "exponential", "lim": "limit",
}  # fmt: skip


def say_english(core: str, after: str, previous: str, following: str) -> str:
    """What is said for `core`, the token between `previous` and `following`, closed by the marks `after`."""
    core = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in core)
    lower = core.lower()
    if previous[-1:].isdigit() and core not in {"A", "B", "a", "in"} and (name := unit(core, one=previous == "1")):
        return name
    if said := ABBREVIATIONS.get(lower) or (after.startswith(".") and ABBREVIATIONS.get(f"{lower}.")):
        return said
    if lower == "no" and after.startswith(".") and following.isdecimal():
        return "number"
    if core == "-":
        return "minus"
    if core in SYMBOLS:
        return SYMBOLS[core]
    for said in (
        _address(core),
        say_number(core, previous, following),
        _letters(core),
        _formula(core),
        _identifier(core),
    ):
        if said is not None:
            return said
    # What is left is a word, perhaps with a dash or a slash in it.
    core = re.sub(r"\s*(?:--+|[–—])\s*", ", ", core).replace("&", " and ").replace("/", " ")
    return re.sub(r"[^\w\s.,'’:;!?-]|_", " ", core)


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


def _formula(core: str) -> str | None:
    """Symbols, Greek letters, powers: `mc^2`, `1/λ⁴`, `x≤3`, `f(x)`."""
    powers = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ]+", lambda match: "^" + match[0].translate(SUPERSCRIPTS), core)
    greek = any(c in GREEK for c in powers) and not re.search(r"[^\W\d_a-zA-Z]{3}", powers)
    mathematical = any(c in powers for c in "^=<>≤≥≠≈±×·÷√∞∑∏∫∂→⇒∝∈∇°+") or bool(
        re.search(r"\d[*/]|[*/]\d|^[A-Za-z][*/][A-Za-z]$|^[A-Za-z]{1,4}\([\w, ]+\)$", powers)
    )
    if not (greek or mathematical):
        return None
    exponent = r"\^\(?-?(?:\d+(?:\.\d+)?|[A-Za-z])\)?"
    parts = re.findall(rf"{exponent}|{NUMBER}|[A-Za-z]+|\S", powers.translate(SUBSCRIPTS))
    said = []
    for before, part in pairwise(["", *parts]):
        said.append("of" if part == "(" and before.isalpha() else _term(part))
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


def _letters(core: str) -> str | None:
    """Chemical formulas and acronyms that are read letter by letter."""
    flat = core.translate(SUBSCRIPTS)
    if match := re.fullmatch(r"([A-Z]{1,3})&([A-Z])", core):
        return f"{'.'.join(match[1])} and {match[2]}"
    atoms = re.findall(r"([A-Z][a-z]?)(\d*)", flat)
    if (
        re.search(r"\d", flat)
        and "".join(a + n for a, n in atoms) == flat
        and all(a in ELEMENTS for a, _ in atoms)
    ):
        return " ".join(" ".join(a.upper()) + (f" {cardinal(n)}" if n else "") for a, n in atoms)
    if match := re.fullmatch(r"([A-Z]{2,5})(s|'s|’s)?", core):
        letters, plural = match.groups()
        if letters in SPELLED or not set(letters) & set("AEIOU"):
            if unit(core):
                return unit(core)
            return ".".join(letters) + ("'s" if plural else "")
    if len(core) > 1 and not set(core) & set("aeiouAEIOU") and (name := unit(core)):
        return name
    return None


def _identifier(core: str) -> str | None:
    """Names of code: `snake_case`, `CamelCase`, `call()`, `GPT4`."""
    name = core.removesuffix("()")
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
