from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers.writers.equations import equation_card
from aura_nb.providers.writers.notes import read_notes
from aura_nb.script import CodeCard, EquationCard, FigureCard, QuoteCard, TableCard

NOTES = r"""# Why the sky is blue

Sunlight holds *every* colour. See [this](https://example.org).

$$
I = \frac{1}{\lambda^4}
$$

*Rayleigh's law.*

## In code

```python
print("blue")
```

It prints `blue`.

> Look up.
> — A child

1. One thing
2. Another thing

| nm | times |
|---:|------:|
| 450 | 4.4 |

![The sky](sky.png)

![remote](https://example.org/sky.png)
"""


@pytest.fixture(scope="module")
def sections():
    return read_notes(NOTES, "Why the sky is blue?")


def test_sections_follow_headings_and_leave_out_the_topic(sections):
    assert [section.heading for section in sections] == ["", "In code"]


def test_sentences_are_plain_text_and_verbatim(sections):
    said = [sentence for section in sections for idea in section.ideas for sentence in idea.sentences]
    assert said == [
        "Sunlight holds every colour.",
        "See this.",
        "It prints blue.",
        "One thing.",
        "Another thing.",
    ]


def test_blocks_become_pictures_beside_their_paragraph(sections):
    first = sections[0].ideas[0]
    assert first.picture == EquationCard(equation=r"I = \frac{1}{\lambda^4}", caption="Rayleigh's law.")
    code, quote, one, table, figure = sections[1].ideas
    assert code.picture == CodeCard(code='print("blue")', language="python")
    assert quote.picture == QuoteCard(quote="Look up.", attribution="A child")
    assert one.picture is None
    assert table.picture == TableCard(columns=["nm", "times"], rows=[["450", "4.4"]])
    assert figure.picture == FigureCard(image=Path("sky.png"), caption="The sky")


def test_footnotes_boxes_and_what_was_left_for_later_are_not_spoken():
    notes = """A big release[^1], with no footnote[^2].

- [ ] open item
- [x] done item

TODO: write more
And this stays.

[^1]: A footnote.
"""
    said = [s for section in read_notes(notes) for idea in section.ideas for s in idea.sentences]
    assert said == ["A big release, with no footnote.", "open item.", "done item.", "And this stays."]


@given(st.text(alphabet="ab #*_`$|->\n.1![]()~", max_size=200))
def test_reads_any_text(notes):
    for section in read_notes(notes):
        assert section.heading or section.ideas


@pytest.mark.parametrize(
    ("source", "equation"),
    [
        ("I prop 1 / lambda^4", "I prop 1 / lambda^4"),
        ("E = mc^2", "E = m c^2"),
        (r"\frac{a}{b}", r"\frac{a}{b}"),
        ("f(x) = x^2", "f(x) = x^2"),
    ],
)
def test_equations_in_both_notations(source, equation):
    assert equation_card(source).equation == equation
