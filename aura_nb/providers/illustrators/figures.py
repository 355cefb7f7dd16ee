"""Live figures: of matplotlib and plotly, drawn at the size they are shown at, then framed by a card."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, FieldIssue, InvalidBrief
from aura_nb.figures import kind_of, read
from aura_nb.providers.base import Drawing, DrawRequest, ProviderInfo
from aura_nb.providers.illustrators import charts, plots
from aura_nb.providers.illustrators.cards import Cards, Place
from aura_nb.providers.illustrators.notices import called
from aura_nb.providers.report import Probed
from aura_nb.script import FigureCard, Picture

# Goes up when the same figure and theme would come out differently.
REVISION = 1
# Print of a figure, as a part of the picture's shorter side: what it is given, and what is told to be small.
LEGIBLE = 0.022
SMALL = 0.017

# What plotly sets as LaTeX where MathJax is at hand, which it would fetch from the network.
_FORMULA = re.compile(r'"\$[^"]+\$"')


class Figures:
    """Draws the live figures of a script, and nothing else. Safe to use from several threads."""

    def __init__(self, cards: Cards | None = None) -> None:
        self._cards = cards or Cards()

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo(
            name="figures",
            socket="illustrator",
            local=True,
            licence="Apache-2.0",
            version="+".join([str(REVISION), *_versions(), f"cards{self._cards.info.version}"]),
            summary="Live figures of matplotlib and plotly, drawn at the size they are shown at.",
        )

    def missing(self) -> str | None:
        """Nothing: who has a figure has what made it. What plotly needs besides is told of its figures."""
        return None

    def probe(self, *, timeout: float) -> Probed:
        """What can be drawn on this machine."""
        lacking = charts.lacking()
        made = {name: _version(name) for name in ("matplotlib", "plotly")}
        able = [f"{name} {found}" for name, found in made.items() if found and not (name == "plotly" and lacking)]
        if made["plotly"] and lacking:
            return Probed("PartiallyValid", message="plotly figures cannot be drawn.", remedy=lacking)
        return Probed("Valid", message=f"Draws {' and '.join(able)}." if able else "No plotting library is here.")

    def draws(self, picture: Picture) -> bool:
        """Whether `picture` shows a live figure."""
        return isinstance(picture, FigureCard) and kind_of(picture.image) is not None

    def depends(self, request: DrawRequest) -> str:
        """What a card around the figure depends on: the theme's part in it, and the fonts."""
        return self._cards.depends(request)

    def draw(self, request: DrawRequest, out: Path) -> Drawing:
        """Draw the figure on its card, as an opaque RGB PNG of exactly the size asked for at `out`.

        Raises `InvalidBrief` for a figure that is lost, damaged or not ours, or that matplotlib cannot
        draw; `ProviderError` when plotly's browser is missing or fails; `JobCancelled`.
        """
        picture = request.picture
        if not isinstance(picture, FigureCard):
            raise TypeError(f"{picture.kind} is no live figure")
        figure = read(picture.image)
        request.cancel.check()
        request.progress(0.1)
        place: Callable[[float], Place] = cache(partial(self._cards.place, request))
        png, letters = self._drawn(figure, place, LEGIBLE * min(request.size), request.cancel)
        request.progress(0.7)
        with TemporaryDirectory(prefix="aura_nb-") as folder:
            image = Path(folder) / "figure.png"
            image.write_bytes(png)
            framed = replace(request, picture=picture.model_copy(update={"image": image}))
            drawing = self._cards.draw(framed, out)
        told = [*drawing.warnings, *_notices(called(picture), figure, letters / min(request.size))]
        return replace(drawing, warnings=tuple(told))

    def _drawn(
        self, figure: Any, place: Callable[[float], Place], legible: float, cancel: Cancel
    ) -> tuple[bytes, float]:
        if isinstance(figure, dict):
            return charts.draw(figure, place, legible, name=self.info.name, cancel=cancel)
        try:
            return plots.draw(figure, place, legible)
        except AuraError:
            raise
        except Exception as error:
            why = " ".join(str(error).split())[:300] or type(error).__name__
            issue = FieldIssue(
                "picture.image",
                f"matplotlib cannot draw this figure ({why})",
                'Mend it until fig.savefig("figure.png") works.',
            )
            raise InvalidBrief([issue], subject="script") from None


def _notices(name: str, figure: Any, letters: float) -> Iterator[str]:
    """What a figure falls short of; `letters` is its print's part of the picture's shorter side."""
    if letters < SMALL:
        yield (
            f"{name}: its print is too small to be read well. Make the figure smaller (figsize), "
            "its letters larger, or show fewer panels."
        )
    if isinstance(figure, dict) and _FORMULA.search(json.dumps(figure)):
        yield (
            f"{name}: its formulas are shown as they are typed, with their dollar signs. "
            "Write them with HTML (x<sub>1</sub>) or letters such as β."
        )


@cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _versions() -> list[str]:
    """The packages whose version shows in a figure, those that are here."""
    return [f"{name}{found}" for name in ("matplotlib", "plotly", "kaleido") if (found := _version(name))]
