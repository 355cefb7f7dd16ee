"""Credits: the cards after the last scene, which name those whose work the film shows.

They are the film's own and not the script's: nobody speaks over them, and without anybody to name
there are none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

from aura_nb.pipeline.cache import digest
from aura_nb.pipeline.context import Context
from aura_nb.providers.base import Credit, ProviderInfo
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.providers.illustrators.credits import CreditsCard

# Goes up when this stage would make other cards of the same names.
VERSION = 1
TITLE = "Credits"
MOST_NAMES = 24
LIKELY_SECONDS = 4.0
# However far the film zooms, every name stays in the frame.
MOST_ZOOM = 1.08


@dataclass(frozen=True, slots=True)
class EndCard:
    """A card as drawn: its PNG, its cache key, and for how many seconds it is seen by itself."""

    picture: Path
    key: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Credits:
    """The cards that end a film, in order, and whether they were there already."""

    cards: tuple[EndCard, ...]
    cached: bool


def typesetter() -> ProviderInfo:
    """Who draws the cards, whatever illustrators the film has."""
    return Cards().info


def reading_seconds(names: int) -> float:
    """For how long a card of so many names is shown: 3 s at least, 8 s at most."""
    return min(max(3.0, 2.0 + 0.4 * names), 8.0)


def draw_credits(
    credits: Sequence[Credit], *, size: tuple[int, int], theme: str, language: str, ctx: Context
) -> Credits:
    """Draw the cards that name `credits`, as many as it takes for all names to be read.

    Raises `InvalidBrief` for a theme that is none, `RenderError` when its template fails, `JobCancelled`.
    """
    if not credits:
        return Credits((), cached=True)
    # Who made several of the pictures is named once.
    people = [*dict.fromkeys(replace(credit, url="") for credit in credits)]
    cards = Cards()
    look = cards.look_of(CreditsCard.of(credits), theme=theme, language=language)
    named = [asdict(person) for person in people]
    key = digest("credits", VERSION, cards.info.version, named, size, language, look)

    def make(folder: Path) -> None:
        names: list[int] = []
        warnings: list[str] = []

        def draw(some: Sequence[Credit]) -> None:
            ctx.cancel.check()
            drawing, whole = cards.draw_card(
                CreditsCard.of(some), size, theme, language, folder / f"{len(names)}.png"
            )
            if whole or len(some) == 1:
                names.append(len(some))
                warnings.extend(drawing.warnings)
                return
            for part in _parts(some, 2):
                draw(part)

        for part in _parts(people, math.ceil(len(people) / MOST_NAMES)):
            draw(part)
        told = json.dumps({"names": names, "warnings": warnings}, ensure_ascii=False)
        (folder / "credits.json").write_text(told, encoding="utf-8")

    folder, cached = ctx.cache.get(key, make)
    told = json.loads((folder / "credits.json").read_text(encoding="utf-8"))
    for warning in told["warnings"]:
        ctx.warn(warning)
    drawn = [
        EndCard(folder / f"{n}.png", f"{key}-{n}", reading_seconds(names)) for n, names in enumerate(told["names"])
    ]
    return Credits(tuple(drawn), cached)


def _parts(credits: Sequence[Credit], count: int) -> list[Sequence[Credit]]:
    """`credits` in `count` runs of even length."""
    cuts = [round(len(credits) * number / count) for number in range(count + 1)]
    return [credits[first:last] for first, last in pairwise(cuts)]
