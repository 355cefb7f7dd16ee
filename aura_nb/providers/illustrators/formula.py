"""Formulas: LaTeX into Typst's math notation, and nothing but math let through."""

from __future__ import annotations

import re

from aura_nb.errors import FieldIssue, InvalidBrief

# In Typst math a backslash only escapes one character, so a command or a braced script is LaTeX.
_LATEX = re.compile(r"\\[a-zA-Z]{2,}|[_^]\s*\{|\\[,;!]|^\s*(\$|\\\[|\\\()")
_DELIMITERS = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$"))
# Escaped signs and strings, read from the left as Typst does; what is left of code and comments shows.
_QUOTED = re.compile(r'\\.|"(?:[^"\\]|\\.)*"', re.DOTALL)
_CODE = re.compile(r"#(?!(?:true|false|none)\b)|\bstd\b|//|/\*")


def typst_math(equation: str) -> str:
    """`equation` in Typst math, from either notation. Raises `InvalidBrief` with the remedy.

    LaTeX is turned over by `tex2typst`. Typst code (`#…`) is refused: a script may
    come from anywhere, and a formula needs none.
    """
    math = _from_latex(equation) if _LATEX.search(equation) else equation.strip()
    if _CODE.search(_QUOTED.sub(" ", math)):
        hint = "Leave out `#`, `//` and `/*` (write `\\#` for the sign itself)."
        raise invalid(equation, "code and comments are not allowed in a formula", hint)
    if not math:
        raise invalid(equation, "the formula is empty", "Write one, e.g. `I prop 1/lambda^4`.")
    return math


def invalid(equation: str, message: str, hint: str) -> InvalidBrief:
    """The error for a formula that cannot be set."""
    shown = equation if len(equation) <= 80 else equation[:79] + "…"
    return InvalidBrief([FieldIssue("picture.equation", f"{message}, in {shown!r}", hint)], subject="script")


def _from_latex(equation: str) -> str:
    try:
        from tex2typst import tex2typst
    except ImportError:  # no wheel for this machine: see pyproject.toml
        raise invalid(
            equation,
            "this looks like LaTeX",
            "Run `pip install tex2typst`, or write Typst math, e.g. `frac(a, b)` and `x^(2 n)`.",
        ) from None
    text = equation.strip()
    for left, right in _DELIMITERS:
        if text.startswith(left) and text.endswith(right) and len(text) >= len(left) + len(right):
            text = text[len(left) : -len(right)].strip()
            break
    try:
        return str(tex2typst(text)).strip()
    except ValueError as error:
        reason = str(error).removeprefix("Conversion failed: ").partition("\n")[0]
        raise invalid(
            equation, f"this LaTeX cannot be read ({reason})", "Mend it, or write it in Typst math."
        ) from None
