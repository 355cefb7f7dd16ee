"""How true is the bar, and is it ever silent? Over the Quick Demo and a 60 s film, both in 1080p.

True: max |percent - 100 · elapsed / total|. Silent: the longest a job has told nothing, at what. Each film
is made twice with an empty cache: the first run with the rates the package ships, the second with what the
first has taught. Run with: python benchmarks/progress.py [demo|minute]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

import aura_nb as aura
from aura_nb.cancel import Cancel
from aura_nb.film import Film
from aura_nb.jobs.events import Event
from aura_nb.jobs.job import Job
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Reporter
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


def run(title: str, request: Request, folder: Path, rates: Rates) -> Job:
    """Make the film as a job, to its end."""

    def work(report: Reporter, cancel: Cancel) -> Film:
        return make_film(
            request,
            folder / "film.mp4",
            cache=Cache(folder / "cache"),
            rates=rates,
            workers=2,
            cancel=cancel,
            report=report,
        )

    job = Job(title, work).start()
    job.result()
    return job


def worst(events: Sequence[Event]) -> float:
    """How far the bar was off at the worst, in points of a hundred."""
    total = events[-1].elapsed_seconds
    told = [event for event in events if event.type == "step-progress"]
    return max(abs(event.percent - 100 * event.elapsed_seconds / total) for event in told)


def silence(events: Sequence[Event]) -> tuple[float, str]:
    """The longest time between two events in seconds, and what went on then."""
    gaps = [(b.elapsed_seconds - a.elapsed_seconds, a.message or a.stage or a.type) for a, b in pairwise(events)]
    return max(gaps)


def main() -> None:
    """Print the table."""
    requests = {
        "demo": Request.ask(aura.quick_demo()),
        "minute": Request.ask(aura.Brief("Why the sky is blue", notes=NOTES), plan=aura.Plan(seconds=60)),
    }
    columns = ("film", "run", "seconds", "max error, points", "distinct percents", "longest silence, s", "while")
    table = Table(*columns, title="Truth of the bar")
    for name in sys.argv[1:] or requests:
        with tempfile.TemporaryDirectory() as shared:
            rates = Rates(Path(shared) / "rates.json")
            for number in ("first", "second"):
                with tempfile.TemporaryDirectory() as folder:
                    events = run(name, requests[name], Path(folder), rates).events()
                moves = len({int(event.percent) for event in events})
                longest, what = silence(events)
                seconds = events[-1].elapsed_seconds
                table.add_row(
                    *(name, number, f"{seconds:.1f}", f"{worst(events):.1f}", str(moves)), f"{longest:.1f}", what
                )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
