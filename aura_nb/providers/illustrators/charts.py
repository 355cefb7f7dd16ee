"""A plotly figure drawn for the place it is shown in, by kaleido in a browser without a window."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.providers import child

if TYPE_CHECKING:
    from aura_nb.providers.illustrators.cards import Place

SECONDS = 60.0
"""How long a browser may take over one figure."""
START_SECONDS = 20.0
"""For the process that asks it to start and to end."""
CHILD = Path(__file__).with_name("charts_child.py")

# plotly.js's own: https://plotly.com/javascript/reference/layout/
_WIDTH, _HEIGHT, _PRINT = 700.0, 450.0, 12.0
# Shapes that a figure without a size of its own may take.
_TALLEST, _WIDEST = 0.8, 2.2
# The margin that plotly express gives every figure without a title.
_EXPRESS = {"t": 60}
# Traces whose labels stand in the margins, which do not grow for them.
_WITHOUT_AXES = {"pie", "sankey", "sunburst", "treemap", "icicle", "funnelarea", "parcoords", "parcats", "table"}
# A figure is made smaller for the sake of its print, down to this part of the sides its author chose.
_SMALLEST = 0.55


def lacking() -> str | None:
    """What is missing on this machine to draw plotly figures, as the remedy; None when nothing is."""
    try:
        from choreographer.browsers.chromium import Chromium
        from kaleido import Kaleido  # noqa: F401
    except ImportError:
        return 'Run: pip install "aura-nb[figures]"'
    if Chromium.find_browser(skip_local=False) is None:
        return "Install Chrome or Chromium, or run: plotly_get_chrome"
    return None


def draw(
    figure: dict[str, Any], place: Callable[[float], Place], legible: float, *, name: str, cancel: Cancel
) -> tuple[bytes, float]:
    """A PNG of plotly's `figure` for the place that `place(width / height)` tells, and its print's size in pixels.

    `legible` is the size in pixels that print should have. Raises `ProviderError` of `name` when there is
    no browser, or it fails; `JobCancelled`, and the browser is gone.
    """
    if remedy := lacking():
        raise ProviderError(name, "cannot draw a plotly figure here.", remedy=remedy)
    layout = figure.get("layout", {})
    template = layout.get("template", {}).get("layout", {})
    width, height = (layout.get(side) or template.get(side) for side in ("width", "height"))
    letters = (layout.get("font") or {}).get("size") or (template.get("font") or {}).get("size") or _PRINT
    scale = legible / letters
    if width or height:
        aspect = (width or _WIDTH) / (height or _HEIGHT)
        aspect = place(aspect).filling(aspect)
        shown = place(aspect).size
        # In the new shape as large as before, or smaller where the print asks for it.
        own = shown[0] / math.sqrt((width or _WIDTH) * (height or _HEIGHT) * aspect)
        scale = min(max(scale, own), own / _SMALLEST)
    else:
        wide, high = place(_WIDTH / _HEIGHT).room
        shown = place(min(max(wide / high, _TALLEST), _WIDEST)).size
    figure = {**figure, "layout": {**layout, **_margins(figure, layout, template)}}
    options = {
        "format": "png",
        "width": round(shown[0] / scale),
        "height": round(shown[1] / scale),
        "scale": scale,
    }
    # In a process of its own: a browser that is stopped half-way leaves threads no interpreter can end with.
    png = child.ask(
        name,
        ["-P", str(CHILD)],
        {"figure": figure, "options": options, "seconds": SECONDS},
        cancel,
        remedy='See whether fig.write_image("figure.png") works.',
        seconds=SECONDS + START_SECONDS,
    )
    return png, letters * scale


def _margins(figure: dict[str, Any], layout: dict[str, Any], template: dict[str, Any]) -> dict[str, Any]:
    """Narrower margins than plotly's own, where the author chose none and the axes make room for their labels."""
    grows = all((template.get(axis) or {}).get("automargin") for axis in ("xaxis", "yaxis"))
    chosen = (layout.get("margin") or {}) not in ({}, _EXPRESS) or "margin" in template
    if chosen or not grows or any(trace.get("type") in _WITHOUT_AXES for trace in figure.get("data", ())):
        return {}
    side = 48 if layout.get("annotations") else 24
    titled = bool((layout.get("title") or {}).get("text"))
    return {"margin": {"l": side, "r": side, "b": side, "t": 72 if titled else side}}
