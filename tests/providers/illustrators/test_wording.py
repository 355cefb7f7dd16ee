from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers.illustrators.wording import listing, prose, setting


def test_prose_is_cleaned():
    assert prose(" It's\ta \x07 test\r\n\n  of  e\u0301 ") == "It’s a test\nof é"


def test_code_keeps_its_shape():
    assert listing("\n\tif x:  \r\n\t\treturn 'a'\n\n") == "    if x:\n        return 'a'"


@given(st.text())
def test_nothing_uncontrolled_is_left(text):
    for clean in (prose(text), listing(text)):
        assert all(c == "\n" or c.isprintable() or c.isspace() or ord(c) > 0x7F for c in clean)
    assert prose(prose(text)) == prose(text)


@pytest.mark.parametrize(
    ("language", "text", "direction"),
    [
        ("en", "Hello", "ltr"),
        ("ar", "مرحبا", "rtl"),
        ("he", "42", "rtl"),
        ("en", "שלום עולם", "rtl"),
        ("he", "Mostly English, שלום", "ltr"),
    ],
)
def test_the_letters_give_the_direction_and_the_language_where_there_are_none(language, text, direction):
    assert setting(language, [text])["direction"] == direction


def test_a_tag_is_taken_apart():
    assert setting("zh-Hant-TW", [""]) == {"language": "zh", "region": "TW", "direction": "ltr"}
    assert setting("en", [""])["region"] is None
