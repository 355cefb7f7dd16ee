"""Displayed equations of the notes, in LaTeX or in Typst's own notation, as cards."""

from __future__ import annotations

import re

from aura_nb.script import EquationCard


def equation_card(source: str) -> EquationCard:
    """The card of a `$$` block.

    What has a backslash or a brace is LaTeX, which cards take as it is. Of the rest, `I prop 1/r^2`
    is Typst and `E = mc^2` is not: what Typst cannot set is read as LaTeX, every letter by itself.
    """
    source = source.strip()
    if not re.search(r"[\\{}#]", source) and not typst_sets(source):
        source = re.sub(r"[^\W\d_]{2,}", lambda letters: " ".join(letters.group()), source)
    return EquationCard(equation=source)


def typst_sets(source: str) -> bool:
    """Whether Typst can set `source`, in its own math notation."""
    import typst

    try:
        typst.compile(f"$ {source} $".encode(), format="svg", ignore_system_fonts=True)
    except typst.TypstError:
        return False
    return True
