"""The chart of what films cost. Imports matplotlib: only for who asks for one."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from aura_nb.film import StageTiming
from aura_nb.jobs.summary import STAGE_NAMES
from aura_nb.timings import Costs

# Okabe and Ito's palette, which is told apart with every kind of colour vision
# (https://jfly.uni-koeln.de/color/); its yellow is darkened, to be seen on white as well.
COLORS = {
    "write": "#cc79a7",
    "narrate": "#e69f00",
    "picture": "#56b4e9",
    "caption": "#b8a900",
    "compose": "#0072b2",
    "finish": "#009e73",
}
OTHER = "#8a8a8a"
HATCH = "////"
WIDTH, ROW, AROUND = 9.0, 0.62, 1.35


class TimingsFigure(Figure):
    """A figure that shows itself in a notebook, also in one that has never loaded pyplot."""

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=144, facecolor=self.get_facecolor())
        return picture.getvalue()


def draw(costs: Mapping[str, Costs]) -> TimingsFigure:
    """A row a film, named by `costs`: how long it took, by stages, and how long it plays.

    Colours of text and background are those of the style in use.
    """
    figure = TimingsFigure(figsize=(WIDTH, AROUND + ROW * len(costs)), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Axes = figure.add_subplot()
    ink = matplotlib.rcParams["text.color"]
    longest = max((max(_length(c), _plays(c)) for c in costs.values()), default=1.0) or 1.0
    for row, one in enumerate(costs.values()):
        _bar(axes, row, one, longest, ink)
    axes.set_yticks(range(len(costs)), labels=[_short(name) for name in costs])
    axes.tick_params(left=False)
    axes.set_ylim(len(costs) - 0.5, -0.5)
    axes.set_xlim(0, longest * 1.42)
    axes.set_xlabel("seconds")
    axes.xaxis.grid(True, alpha=0.25)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.legend(handles=_legend(costs, ink), loc="outside upper left", ncols=5, frameon=False, fontsize="small")
    return figure


def _bar(axes: Axes, row: int, one: Costs, longest: float, ink: str) -> None:
    """The bar of one film. Stages overlap in time: each has its share of how long the whole took."""
    length, worked = _length(one), sum(stage.seconds for stage in one.stages)
    left = 0.0
    for stage in one.stages:
        width = length * stage.seconds / worked if worked else 0.0
        _part(axes, row, left, width, stage)
        left += width
    plays = _plays(one)
    if plays:
        axes.plot([plays, plays], [row - 0.42, row + 0.42], color=ink, linewidth=2.2, solid_capstyle="butt")
    axes.text(max(left, plays) + 0.015 * longest, row, _words(one), va="center", fontsize="small", color=ink)


def _part(axes: Axes, row: int, left: float, width: float, stage: StageTiming) -> None:
    color = COLORS.get(stage.stage, OTHER)
    axes.barh(row, width, left=left, height=0.56, color=color)
    cached = width * stage.cached / stage.items if stage.items else 0.0
    if cached:
        over = "black" if sum(to_rgb(color)) > 1.2 else "white"
        axes.barh(
            *(row, cached),
            left=left,
            height=0.56,
            fill=False,
            hatch=HATCH,
            edgecolor=over,
            linewidth=0,
            alpha=0.75,
        )


def _length(one: Costs) -> float:
    """How long it took; where only the stages are known, as long as all of them."""
    return one.took or sum(stage.seconds for stage in one.stages)


def _plays(one: Costs) -> float:
    return 0.0 if math.isnan(one.film_seconds) else one.film_seconds


def _words(one: Costs) -> str:
    items, cached = (sum(getattr(stage, name) for stage in one.stages) for name in ("items", "cached"))
    length = _length(one)
    words = f"{length:.1f} s" if length >= 1 else f"{length:.2f} s"
    if not math.isnan(one.realtime):
        words += f", {one.realtime:.1f} × realtime"
    return f"{words}\n{cached} of {items} from the cache"


def _short(name: str, most: int = 34) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def _legend(costs: Mapping[str, Costs], ink: str) -> list[Patch | Line2D]:
    found = dict.fromkeys(stage.stage for one in costs.values() for stage in one.stages)
    order = [*(name for name in COLORS if name in found), *(name for name in found if name not in COLORS)]
    handles: list[Patch | Line2D] = [
        Patch(facecolor=COLORS.get(name, OTHER), label=STAGE_NAMES.get(name, name)) for name in order
    ]
    if any(stage.cached for one in costs.values() for stage in one.stages):
        handles.append(
            Patch(facecolor="none", edgecolor=ink, hatch=HATCH, linewidth=0, label="share from the cache")
        )
    if any(_plays(one) for one in costs.values()):
        handles.append(Line2D([], [], color=ink, linewidth=2.2, label="as long as it plays"))
    return handles
