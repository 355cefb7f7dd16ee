from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.errors import InvalidBrief
from aura_nb.providers.illustrators.formula import typst_math


@pytest.mark.parametrize(
    "math", ["I prop 1 / lambda^4", "x^2 + y_1", 'v = s/t "in" m/s', "a & = b \\ & = c", r"\#1"]
)
def test_typst_math_is_left_as_it_is(math):
    assert typst_math(f" {math} ") == math


@pytest.mark.parametrize(
    ("latex", "typst"),
    [
        (r"\frac{a}{b}", "a/b"),
        (r"$$I \propto \lambda^{-4}$$", "I prop lambda^(-4)"),
        (r"\[\sqrt{2}\]", "sqrt(2)"),
        (r"\(x_{10}\)", "x_10"),
    ],
)
def test_latex_is_turned_over(latex, typst):
    assert typst_math(latex) == typst


def test_latex_that_cannot_be_read_is_named():
    with pytest.raises(InvalidBrief, match=r"picture\.equation: this LaTeX cannot be read .* in '\\\\frac\{a'"):
        typst_math(r"\frac{a")


def test_without_the_converter_the_remedy_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "tex2typst", None)
    with pytest.raises(InvalidBrief, match=r"looks like LaTeX.*pip install tex2typst"):
        typst_math(r"\frac{a}{b}")


@pytest.mark.parametrize(
    "code",
    [
        '#read("/etc/passwd")',
        "x + #{1}",
        'std.read("x")',
        "a#import",
        "std .eval",
        # What only looks like a string hides nothing.
        r'\" #read("x") \"',
        '/* " */ #read("x") "',
    ],
)
def test_code_is_refused(code):
    with pytest.raises(InvalidBrief, match="code and comments are not allowed"):
        typst_math(code)


def test_nothing_is_no_formula():
    with pytest.raises(InvalidBrief, match="empty"):
        typst_math(" $$ $$ ")


@given(st.text(alphabet='#\\"$()[]{}aстd.^_ ', max_size=30))
def test_whatever_is_let_through_holds_no_code(text):
    try:
        math = typst_math(text)
    except InvalidBrief:
        return
    within = escaped = False
    for sign in math:
        assert within or escaped or sign != "#"
        within ^= sign == '"' and not escaped
        escaped = sign == "\\" and not escaped
