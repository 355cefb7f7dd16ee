"""The fonts pictures are set in: where they come from, what they cover, and what stands in for the rest.

Only font packages, the folder of `AURA_NB_FONTS` and Typst's embedded fonts are used, never the
system's, so that a film looks the same on every machine.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typst

# What `aura_nb` depends on, then packages that announce themselves under no entry point.
PACKAGES = (
    "fontpkg_inter",
    "fontpkg_source_serif_4",
    "fontpkg_jetbrains_mono",
    "manimgx_fonts",
    "manimgx_fonts_cjk",
    "noto_cjk_sans_jp_regular",
    "cvttf_NotoSansCJK_Regular",
)
# Pimoroni's font packages and those of fontpkg.org say by these that they are there.
ENTRY_POINTS = ("fontpkg.family", "fonts_ttf", "fonts_otf")
CJK_PACKAGE = "manimgx-fonts-cjk"

_CJK_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH")
_CJK_REGIONS = {"ja": "JP", "ko": "KR", "zh": "SC", "zh-tw": "TC", "zh-hant": "TC", "zh-hk": "HK"}
# Typst's own fonts have no file to look into; these ranges they all have.
_EMBEDDED = frozenset({*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x391, 0x3CA), *range(0x410, 0x450)})
# Joiners, selectors and tags shape their neighbours and have no glyph of their own.
_INVISIBLE = frozenset({*range(0x200B, 0x2010), *range(0x2060, 0x2065), *range(0xFE00, 0xFE10), 0xFEFF, 0xAD})


def folders(extra: Path | None = None) -> tuple[Path, ...]:
    """Every folder with fonts to use: the installed font packages', then `extra`."""
    return (*_installed(_shelves()), *([extra] if extra else []))


def _shelves() -> tuple[int, ...]:
    """When a package last came or went, where `pip` puts them: asking every package takes 0.1 s."""
    names = (path for path in sys.path if path.endswith(("site-packages", "dist-packages")))
    return tuple(shelf.stat().st_mtime_ns for shelf in map(Path, names) if shelf.is_dir())


@lru_cache(maxsize=1)
def _installed(shelves: tuple[int, ...]) -> tuple[Path, ...]:
    modules = [*PACKAGES]
    for group in ENTRY_POINTS:
        modules += sorted({point.module for point in entry_points(group=group)} - {*modules})
    found = []
    for module in modules:
        spec = find_spec(module)
        if spec is not None:
            found += [Path(place) for place in spec.submodule_search_locations or ()]
    return tuple(found)


@lru_cache(maxsize=8)
def book(places: tuple[Path, ...]) -> FontBook:
    """The fonts in these folders, looked through once a process."""
    return FontBook(places)


class FontBook:
    """The font families at hand. Safe to use from several threads."""

    def __init__(self, places: Sequence[Path]) -> None:
        import typst

        self.handle: typst.Fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(place) for place in places]
        )
        self._files: dict[str, list[tuple[str, int]]] = {}
        for face in self.handle.fonts():
            files = self._files.setdefault(face.family, [])
            if face.path is not None:
                files.append((face.path, face.index))

    @property
    def families(self) -> tuple[str, ...]:
        """The name of every family at hand, in order."""
        return tuple(sorted(self._files))

    def __contains__(self, family: str) -> bool:
        return family in self._files

    def covers(self, family: str, character: str) -> bool:
        """Whether `family` has a glyph for `character`."""
        files = self._files.get(family)
        if files is None:
            return False
        return ord(character) in (_coverage(*sorted(files)[0]) if files else _EMBEDDED)

    def chain(self, families: Sequence[str], text: str, language: str) -> tuple[str, ...]:
        """`families`, and after them those further ones that `text` needs."""
        chosen = [family for family in families if family in self]
        for character in _visible(text):
            if not any(self.covers(family, character) for family in chosen):
                further = (f for f in self._fallbacks(text, language) if self.covers(f, character))
                if found := next(further, None):
                    chosen.append(found)
        return tuple(chosen)

    def missing(self, families: Sequence[str], text: str, language: str) -> tuple[str, ...]:
        """The characters of `text` that no font has, each once, in order."""
        chosen = self.chain(families, text, language)
        return tuple(c for c in _visible(text) if not any(self.covers(family, c) for family in chosen))

    def digest(self, families: Iterable[str]) -> str:
        """SHA-256 (hex) of the files of `families`."""
        total = hashlib.sha256()
        for family in families:
            total.update(f"\0{family}".encode())
            for path in sorted({path for path, _ in self._files.get(family, ())}):
                total.update(_file_digest(path, Path(path).stat().st_mtime_ns).encode())
        return total.hexdigest()

    def _fallbacks(self, text: str, language: str) -> list[str]:
        region = _CJK_REGIONS.get(language.lower()) or _CJK_REGIONS.get(language.lower().partition("-")[0])
        region = region or _region_of(text)

        def rank(family: str) -> tuple[bool, bool, bool, str]:
            other_region = " CJK " in family and not family.endswith(f" {region}")
            return other_region, not family.startswith("Noto Sans"), not family.startswith("Noto"), family

        return sorted((family for family, files in self._files.items() if files), key=rank)


def replace_missing(text: str, missing: Iterable[str]) -> str:
    """`text` with what no font has replaced: by its plain form, else `[…]` for words and `◆` for symbols."""
    lost = frozenset(missing)
    shown: list[str] = []
    for character in text:
        plain = unicodedata.normalize("NFKD", character)
        if character not in lost:
            shown.append(character)
        elif plain != character and not lost & {*plain}:
            shown.append(plain)
        else:
            mark = "[…]" if unicodedata.category(character)[0] in "LMN" else "◆"
            if not shown or shown[-1] != mark:
                shown.append(mark)
    return "".join(shown)


def remedy(missing: Iterable[str]) -> str:
    """How to come by a font for these characters."""
    if any(unicodedata.name(character, "").startswith(_CJK_SCRIPTS) for character in missing):
        return f"Run `pip install {CJK_PACKAGE}` for Chinese, Japanese and Korean."
    return "Set AURA_NB_FONTS to a folder with a font that has them."


def _visible(text: str) -> Iterator[str]:
    for character in dict.fromkeys(text):
        if unicodedata.category(character)[0] not in "ZC" and ord(character) not in _INVISIBLE:
            yield character


def _region_of(text: str) -> str:
    names = [unicodedata.name(character, "") for character in {*text}]
    if any(name.startswith(("HIRAGANA", "KATAKANA")) for name in names):
        return "JP"
    return "KR" if any(name.startswith("HANGUL") for name in names) else "SC"


@lru_cache(maxsize=256)
def _coverage(path: str, index: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=index, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


@lru_cache(maxsize=256)
def _file_digest(path: str, modified: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
