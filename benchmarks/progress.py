"""How true is the bar? max |percent - 100 · elapsed / total| over the Quick Demo and a 60 s film.

Each film is made twice with an empty cache: the first run with the rates the package ships, the
second with what the first has taught. Run with: python benchmarks/progress.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import aura_nb as aura
from aura_nb.cancel import Cancel
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Report
from aura_nb.pipeline.flow import make_film
from aura_nb.pipeline.progress import Rates
from aura_nb.request import Request

NOTES = """
Sunlight looks white, but it is a mix of all colours. Each colour is a wave of its own length.
Blue waves are short, red waves are long. Air molecules are much smaller than either.
A molecule scatters short waves far more strongly than long ones. This is Rayleigh scattering.
Its strength goes with one over the fourth power of the wavelength.
So blue light bounces around the whole sky, and reaches the eye from every direction.
At sunset the light crosses far more air. Most of the blue is scattered out of the line of sight.
What is left to reach the eye directly is orange and red.
"""


def run(request: Request, folder: Path, rates: Rates) -> tuple[float, float, int]:
    """Make the film; give its seconds, the worst error of the bar in points, and how often it moved."""
    began = time.monotonic()
    seen: list[tuple[float, float]] = []

    def watch(report: Report) -> None:
        if report.percent is not None:
            top = max(report.percent, seen[-1][1] if seen else 0.0)
            seen.append((time.monotonic() - began, top))

    make_film(
        request,
        folder / "film.mp4",
        cache=Cache(folder / "cache"),
        rates=rates,
        workers=2,
        cancel=Cancel(),
        report=watch,
    )
    total = time.monotonic() - began
    worst = max(abs(percent - 100 * elapsed / total) for elapsed, percent in seen)
    return total, worst, len({int(percent) for _, percent in seen})


def main() -> None:
    """Print the table."""
    demo = Request.ask(aura.quick_demo())
    minute = Request.ask(aura.Brief("Why the sky is blue", notes=NOTES), plan=aura.Plan(seconds=60))
    table = Table("film", "run", "seconds", "max error, points", "distinct percents", title="Truth of the bar")
    for name, request in (("Quick Demo", demo), ("60 s", minute)):
        with tempfile.TemporaryDirectory() as shared:
            rates = Rates(Path(shared) / "rates.json")
            for number in ("first", "second"):
                with tempfile.TemporaryDirectory() as folder:
                    total, worst, moves = run(request, Path(folder), rates)
                table.add_row(name, number, f"{total:.1f}", f"{worst:.1f}", str(moves))
    Console().print(table)


if __name__ == "__main__":
    main()
