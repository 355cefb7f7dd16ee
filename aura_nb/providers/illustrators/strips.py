"""Burnt-in captions: white words on a translucent box, set in the theme's own text font."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from aura_nb.providers.illustrators import fonts, wording
from aura_nb.providers.illustrators.typesetter import png_file, typeset, version
from aura_nb.settings import Settings
from aura_nb.themes.theme import load

# Goes up when the same lines would come out differently.
REVISION = 1
MAX_LINES = 2
_STRIP = "/base/strip.typ"
_SOURCE = f'#include "{_STRIP}"'
# Shares of the film's height kept free below the strip; phones lay their controls over the lowest part.
_FOOT = {"wide": 0.028, "tall": 0.05, "square": 0.026}
# Letter size in percent of the shorter side.
_LETTERS = {"wide": 3.6, "tall": 4.4, "square": 3.7}


def draw_caption(
    text_lines: Sequence[str],
    *,
    size: tuple[int, int],
    theme: str,
    language: str,
    out: Path,
    settings: Settings | None = None,
) -> tuple[Path, int, int]:
    """Draw one or two lines as a caption of a film of `size` pixels: an RGBA PNG at `out`.

    Returns its path and where its left top corner goes, in pixels; all numbers are even. A line
    too wide for the film is set smaller.
    """
    import numpy as np

    if not 1 <= len(text_lines) <= MAX_LINES:
        raise ValueError(f"a caption has one or two lines, not {len(text_lines)}")
    width, height = size
    shape = "wide" if width > height else "tall" if height > width else "square"
    unit = min(size) / 100
    look = load(theme)
    book = _book(settings)
    family, text = look.tables["fonts"]["text"], "".join(text_lines)
    lost = book.missing((family,), text, language)
    data = {
        "lines": [fonts.replace_missing(wording.prose(line), lost) for line in text_lines],
        "fonts": book.chain((family,), text, language),
        "unit": unit,
        "letters": _LETTERS[shape] * unit,
        "width": 0.84 * width,
        **wording.setting(language, text_lines),
    }
    pixels, _ = typeset(_SOURCE, {_STRIP: look.files[_STRIP]}, data, book)
    # Video planes need even sides.
    high, broad = pixels.shape[:2]
    even = np.pad(pixels, ((0, high % 2), (0, broad % 2), (0, 0)))
    out.write_bytes(png_file(even))
    x = (width - even.shape[1]) // 2
    y = round(height * (1 - _FOOT[shape])) - even.shape[0]
    return out, x - x % 2, y - y % 2


def strip_identity(*, theme: str, language: str, settings: Settings | None = None) -> str:
    """What beside its lines and the film's size decides how a strip looks: template, fonts, versions."""
    look, book = load(theme), _book(settings)
    template = hashlib.sha256(look.files[_STRIP]).hexdigest()
    family = look.tables["fonts"]["text"]
    return f"{REVISION}+typst{version()}-{template}-{family}-{language}-{book.digest(book.families)}"


def _book(settings: Settings | None) -> fonts.FontBook:
    return fonts.book(fonts.folders((settings or Settings()).fonts))
