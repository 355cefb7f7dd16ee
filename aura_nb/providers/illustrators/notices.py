"""What the user should be told of a card that was drawn: what is missing, cut off, or hard to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aura_nb.providers.illustrators import fonts, wording
from aura_nb.providers.illustrators.credits import CreditsCard
from aura_nb.script import Picture

Card = Picture | CreditsCard

MOST_ENLARGED = 2.0
"""How many times larger than it is an image may be shown before it looks soft."""

_SMALL = {
    "equation": "the formula is too long to be read. Break it into lines with ` \\ `.",
    "table": "its print is too small to be read well. Show fewer columns or rows, or shorten the cells.",
    "code": "its print is too small to be read well. Show fewer or shorter lines.",
}


def notices(card: Card, report: Mapping[str, Any], missing: Sequence[str]) -> Iterator[str]:
    """One sentence or two a finding, with the remedy.

    `report` is the template's: `cut`, `small`, and for a figure the pixels it is shown at; `bitmap` its
    image's own. `missing` are the characters no font has.
    """
    name = called(card)
    if missing:
        some = " ".join(missing[:12]) + (" …" if len(missing) > 12 else "")
        yield f"{name}: no font has {some} and a mark stands in. {fonts.remedy(tuple(missing))}"
    if report.get("cut"):
        yield f"{name}: too much for one card, so it is cut off with “…”. Split it over two scenes."
    elif report.get("small"):
        yield f"{name}: {_SMALL.get(card.kind, 'its print is too small to be read well. Say less.')}"
    if report.get("bitmap") and report.get("figure"):
        (wide, high), (shown, _) = report["bitmap"], report["figure"]
        times = shown / wide
        if times > MOST_ENLARGED:
            better = f"{round(shown)} × {round(high * times)}"
            yield (
                f"{name}: its image of {wide} × {high} pixels is enlarged {times:.1f} times and looks soft. "
                f"Save it with {better} pixels or as an SVG; of a plot, give the figure itself."
            )


def called(card: Card) -> str:
    """What a card is called in messages: its kind, and its first words."""
    data = card.model_dump(mode="json")
    words = next((data[key] for key in ("title", "heading", "quote", "caption") if data.get(key, "").strip()), "")
    words = wording.prose(words)
    return f"The {card.kind} card" + (f" “{words if len(words) <= 40 else words[:39] + '…'}”" if words else "")
