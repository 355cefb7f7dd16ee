from __future__ import annotations

import shutil
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

from aura_nb.providers.illustrators import fonts
from aura_nb.providers.illustrators.fonts import PACKAGES, FontBook, book, folders, remedy, replace_missing


def package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    return Path(next(iter(spec.submodule_search_locations)))


@pytest.fixture(scope="module")
def installed() -> FontBook:
    return book(tuple(package(name) for name in PACKAGES[:4]))


@pytest.fixture(scope="module")
def only_inter() -> FontBook:
    return book((package("fontpkg_inter"),))


def test_the_fonts_aura_depends_on_are_found():
    assert {package(name) for name in PACKAGES[:4]} <= {*folders()}


def test_a_folder_of_ones_own_adds_families(tmp_path):
    shutil.copy(next(package("manimgx_fonts").glob("NotoSansHebrew*")), tmp_path)
    assert folders(tmp_path)[-1] == tmp_path
    assert "Noto Sans Hebrew" in book((tmp_path,))


def test_the_system_is_left_out(only_inter):
    embedded = {"Libertinus Serif", "New Computer Modern", "New Computer Modern Math", "DejaVu Sans Mono"}
    assert {*only_inter.families} == {"Inter", *embedded}


@pytest.mark.parametrize(
    ("text", "language", "further"),
    [
        ("Plain, Ελληνικά, Русский", "en", ()),
        ("שלום", "he", ("Noto Sans Hebrew",)),
        ("مرحبا", "ar", ("Noto Sans Arabic",)),
        ("नमस्ते", "hi", ("Noto Sans Devanagari",)),
        ("🚀", "en", ("Noto Emoji",)),
    ],
)
def test_further_families_follow_as_the_text_needs_them(installed, text, language, further):
    assert installed.chain(("Inter",), text, language) == ("Inter", *further)
    assert installed.missing(("Inter",), text, language) == ()


def test_what_no_font_has_is_named_once_in_order(only_inter):
    assert only_inter.missing(("Inter",), "a漢b字漢\u200d\ufe0f\n", "en") == ("漢", "字")


def test_a_family_that_is_not_there_is_passed_over(only_inter):
    assert only_inter.chain(("Comic Sans", "Inter"), "a", "en") == ("Inter",)


def test_what_is_missing_is_replaced_where_it_stood():
    text = "漢字 and ① of 🚀🚀!"
    assert replace_missing(text, "漢字①🚀") == "[…] and 1 of ◆!"


def test_the_remedy_depends_on_the_script():
    assert "pip install manimgx-fonts-cjk" in remedy("漢")
    assert "AURA_NB_FONTS" in remedy("𐤀")


def test_the_digest_is_of_the_files(tmp_path):
    source = next(package("manimgx_fonts").glob("NotoSansHebrew*"))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    shutil.copy(source, tmp_path / "a")
    (tmp_path / "b" / source.name).write_bytes(source.read_bytes() + b"\0")
    one, same, other = (FontBook((place,)) for place in (package("manimgx_fonts"), tmp_path / "a", tmp_path / "b"))
    family = ["Noto Sans Hebrew"]
    assert one.digest(family) == same.digest(family) != other.digest(family)


def test_a_package_that_comes_later_is_found_without_asking_all_at_every_card(tmp_path, monkeypatch):
    shelf = tmp_path / "site-packages"
    shelf.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(shelf)])
    before = folders()
    asked = []
    monkeypatch.setattr(fonts, "entry_points", lambda group: asked.append(group) or entry_points(group=group))
    assert folders() == before
    assert asked == []
    new = shelf / "late_font"
    new.mkdir()
    (new / "__init__.py").touch()
    told = shelf / "late_font-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Name: late-font\nVersion: 1\n")
    (told / "entry_points.txt").write_text("[fonts_ttf]\nlate = late_font\n")
    assert new in folders()
