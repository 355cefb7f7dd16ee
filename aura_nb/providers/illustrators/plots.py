"""A matplotlib figure drawn anew for the place it is shown in: as large, with print that can be read.

The author's styling stays. What changes is the size in inches, and with it how large ten points are;
the figure's own layout engine, or matplotlib's, then finds room for everything.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from aura_nb.figures import DRAWING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from aura_nb.providers.illustrators.cards import Place

# A figure is made smaller in inches for the sake of its print, down to this part of its sides.
_SMALLEST = 0.55
# White around what is drawn, as a part of its width.
_MARGIN = 0.02

_SIDES = ("left", "right", "bottom", "top", "wspace", "hspace")


def draw(figure: Figure, place: Callable[[float], Place], legible: float) -> tuple[bytes, float]:
    """A PNG of `figure` for the place that `place(width / height)` tells, and its print's size in pixels.

    `legible` is the size in pixels that print should have. Nothing is cut: what reaches over the edge
    belongs to the picture. Changes `figure`; opens no window and leaves pyplot alone.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with DRAWING:
        FigureCanvasAgg(figure)
        _choose_layout(figure)
        width, height = map(float, figure.get_size_inches())
        aspect = width / height
        if not _has_its_own_shape(figure):
            aspect = place(aspect).filling(aspect)
        size = place(aspect).size
        # As large in inches as before, in the new shape.
        width, height = math.sqrt(width * height * aspect), math.sqrt(width * height / aspect)
        figure.set_size_inches(width, height)
        figure.draw_without_rendering()
        points = _print(figure)
        shrunk = min(1.0, max(_SMALLEST, points / 72 * (size[0] / width) / legible))
        while True:
            figure.set_size_inches(width * shrunk, height * shrunk)
            figure.draw_without_rendering()
            if shrunk >= 1 or not _crowded(figure):
                break
            shrunk = min(1.0, shrunk * 1.15)
        # From here on everything stays where it is.
        figure.set_layout_engine("none")
        box = figure.get_tightbbox()
        if box.width * box.height > 4 * (width * shrunk) * (height * shrunk):
            box = figure.bbox_inches
        box = box.padded(_MARGIN * box.width)
        dpi = place(box.width / box.height).size[0] / box.width
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=dpi, bbox_inches=box, pil_kwargs={"compress_level": 1})
        return buffer.getvalue(), points / 72 * dpi


def _choose_layout(figure: Figure) -> None:
    """Let an engine keep things apart, unless the author has one, or placed the axes by hand."""
    import matplotlib

    engine = figure.get_layout_engine()
    defaults: Any = matplotlib.rcParamsDefault
    moved = any(getattr(figure.subplotpars, side) != defaults[f"figure.subplot.{side}"] for side in _SIDES)
    by_hand = engine is None and moved
    laid_out = any(axes.get_subplotspec() for axes in figure.axes)
    if by_hand or not laid_out or (engine is not None and type(engine).__name__ != "PlaceHolderLayoutEngine"):
        return
    # Colour bars are placed in one of two ways, and those of a figure without an engine suit the other one.
    barred = any(getattr(artist, "colorbar", None) is not None for artist in figure.findobj())
    with contextlib.suppress(RuntimeError):
        figure.set_layout_engine("tight" if barred or engine is not None else "constrained")


def _has_its_own_shape(figure: Figure) -> bool:
    """Whether every panel keeps its proportions, as images and maps do: stretching would only add white."""
    return all(axes.get_aspect() != "auto" or axes.name in {"polar", "3d"} for axes in figure.axes)


def _crowded(figure: Figure) -> bool:
    """Whether two labels beside each other on a horizontal axis are nearer than half a letter."""
    for axes in figure.axes:
        if axes.name in {"polar", "3d"} or not axes.get_visible():
            continue
        labels = [label for label in axes.get_xticklabels() if label.get_visible() and label.get_text().strip()]
        boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.x0)
        gap = 0.5 * max((float(label.get_fontsize()) for label in labels), default=0.0) / 72 * figure.dpi
        if any(right.x0 - left.x1 < gap for left, right in pairwise(boxes)):
            return True
    return False


def _print(figure: Figure) -> float:
    """The size in points of the figure's smaller print: a quarter of its texts are no larger."""
    from matplotlib.text import Text

    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    sizes = sorted(text.get_fontsize() for text in texts if text.get_visible() and text.get_text().strip())
    return float(sizes[len(sizes) // 4]) if sizes else 10.0
