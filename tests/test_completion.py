from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from aura_nb.completion import words
from aura_nb.spec import PROFILES, Brief, Plan, Render, Voice
from aura_nb.themes.theme import BUILT_IN

FIRST = "%%aura sky\n"


def offered(text: str) -> list[str]:
    """What Tab offers at the end of `text`, the rest of the cell not written yet."""
    lines = text.split("\n")
    return words(text, len(lines) - 1, lines[-1])[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%aura ", ["doctor", "jobs", "providers"]),
        ("%aura pro", ["providers"]),
        ("%%aura --", ["--output", "--start", "--write"]),
        ("%%aura sky --w", ["--write"]),
        (f"{FIRST}to", ["topic", "tone"]),
        (f"{FIRST}pl", ["plan"]),
        (f"{FIRST}plan:\n  se", ["seconds"]),
        (f"{FIRST}plan:\n  seconds: 20\n  pa", ["pacing"]),
        (f"{FIRST}plan:\n  seconds: 20\nvo", ["voice"]),
        (f"{FIRST}topic = 'x'\n[voice]\nra", ["rate"]),
        (f"{FIRST}[voice]\nrate = 1\n[render]  # looks\nhe", ["height"]),
        (f"{FIRST}plan:\n  pacing: c", ["chill", "conversational"]),
        (f'{FIRST}[plan]\npacing = "f', ["fast"]),
        (f"{FIRST}tone: f", ["friendly", "formal"]),
        (f"{FIRST}[voice]\nsilent = ", ["true", "false"]),
        (f"{FIRST}profile: ", [*PROFILES]),
        (f"{FIRST}render:\n  encoder: libx", ["libx264", "libx265"]),
        (f"{FIRST}render:\n  theme: ", ["light", "dark"]),
        (f"{FIRST}render:\n  theme:\n    ", ["light", "dark"]),
        (f"{FIRST}render:\n  height: 360\n  theme: d", ["dark"]),
        (f"{FIRST}render:\n  theme: dark\n  zo", ["zoom"]),
        (f"{FIRST}profile:\n  ", ["writer", "speaker", "illustrator"]),
        (f"{FIRST}profile:\n  speaker:\n    ", []),
        (f"{FIRST}points:\n  to", []),
        (f"{FIRST}plan:\n  pacing:\n    f", ["fast"]),
        (f"{FIRST}[render]\ntheme = ", ['"light"', '"dark"']),
        (f"{FIRST}[render]\ntheme = d", ['"dark"']),
        (f'{FIRST}[render]\ntheme = "', ["light", "dark"]),
        (f"{FIRST}[render]\nfps = 2", ["24", "25"]),
        (f"{FIRST}topic = 'x'\nrender.theme = 'd", ["dark"]),
        (f"{FIRST}topic: Why ", []),
        (f"{FIRST}topic: ", []),
        ("aura.ma", []),
        ("%aural ", []),
        ("x = 1\n%%aura ", []),
    ],
)
def test_what_fits_where_the_cursor_is(text, expected):
    assert offered(text) == expected


@pytest.mark.parametrize(
    ("part", "head"), [(Brief, ""), (Plan, "[plan]\n"), (Voice, "[voice]\n"), (Render, "[render]\n")]
)
def test_every_field_is_offered(part, head):
    assert {*part.model_fields} <= {*offered(FIRST + head)}


def test_the_themes_that_are_offered_are_those_there_are():
    assert tuple(Render.model_fields["theme"].examples or ()) == BUILT_IN


@given(st.text(alphabet="%aur pln:=[]\n\"'\t", max_size=60))
def test_no_text_breaks_it(text):
    for cell in (text, f"%%aura {text}"):
        assert all(isinstance(word, str) for word in offered(cell))


def test_tab_in_a_shell_offers_them_and_nothing_of_python():
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.extension_manager.load_extension("aura_nb")
    cell = "%%aura\nplan:\n  pac"
    try:
        with provisionalcompleter():
            assert {one.text for one in shell.Completer.completions(cell, len(cell))} == {"pacing"}
    finally:
        InteractiveShell.clear_instance()
