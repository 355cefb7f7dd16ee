"""The plot of what films cost to make: `aura.plot_timings([film, job])`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aura_nb.errors import AuraError
from aura_nb.jobs.journal import Journal
from aura_nb.timings import Made, costs_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_timings(made: Made | Sequence[Made], *, journal: Journal | None = None) -> Figure:
    """Draw what films or jobs cost, a bar each, as a matplotlib figure that shows itself in a notebook.

    A bar is as long as the making took. Its colours are the stages, each with its share of the work, as
    stages overlap; the share of its items that came from the cache is hatched. The upright line says how
    long the film plays: what ends before it was made faster than realtime. Takes what `compare` takes: jobs,
    films, and ids of past kernels' jobs. Text and background follow matplotlib's style in use.

    Raises AuraError for an id that is no job's, and when matplotlib is not installed.
    """
    costs = costs_of(made, journal)
    try:
        from aura_nb import timings_chart
    except ImportError as error:
        raise AuraError(f"matplotlib is not installed ({error}).", remedy="pip install matplotlib") from None
    return timings_chart.draw(costs)
