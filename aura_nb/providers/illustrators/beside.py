"""A photo beside a card: it fills its part of the picture to the edges, and the words keep theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aura_nb.providers.base import Credit, Drawing, DrawRequest
from aura_nb.providers.illustrators import photo
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.script import Picture

# Goes up when the same photo and card would come out differently.
REVISION = 1

KINDS = frozenset({"title", "points", "quote"})
"""The cards there may be a photo beside: the others need the room, and the eye, themselves."""

WIDE, TALL, SQUARE = 0.42, 0.38, 0.40
"""The photo's share of the width of wide pictures, and of the height of the others."""


def takes(picture: Picture) -> bool:
    """Whether `picture` is of a kind that a photo may stand beside."""
    return picture.kind in KINDS


def area(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height in pixels of the photo in a picture of `size`."""
    width, height = size
    if width > height:
        return round(WIDE * width), height
    return width, round((SQUARE if width == height else TALL) * height)


def draw(
    cards: Cards,
    request: DrawRequest,
    out: Path,
    find: Callable[[tuple[int, int]], tuple[bytes, tuple[Credit, ...]]],
) -> Drawing:
    """Draw the card of `request` with the photo that `find` gives, a JPEG or PNG for an area in pixels.

    A card whose words would not all be read beside a photo has none: nothing is looked for, and the
    user is told. Raises `photo.Unfit` and what `find` and `Cards.draw` raise.
    """
    room = area(request.size)
    if not cards.fits(request, room):
        drawing = cards.draw(request, out)
        told = f"The {request.picture.kind} card has too many words to stand beside a photo, and has none."
        return replace(drawing, warnings=(*drawing.warnings, told))
    data, credits = find(room)
    return replace(cards.draw(request, out, photo=photo.cut(data, room)), credits=credits)
