"""A small whole film, made in a process of its own: `python -m tests.pipeline.small FILM CACHE WORKERS`."""

from __future__ import annotations

import sys
from pathlib import Path

from aura_nb.cancel import Cancel
from aura_nb.film import Film
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.flow import make_film
from aura_nb.pipeline.progress import Rates
from aura_nb.providers import registry
from aura_nb.request import Request
from aura_nb.spec import Brief, Plan, Profile, Render

BRIEF = Brief(
    "Why the sky is blue",
    points=[
        "Sunlight holds every colour.",
        "Air scatters blue far more than red.",
        "So blue comes from all sides.",
    ],
)
RENDER = Render(height=360, fps=24, crf=35, transition=0.25, captions="burnt")
REQUEST = Request(BRIEF, Plan(seconds=10), render=RENDER, profile=Profile(speaker=["espeak"]))


def make(
    output: Path,
    cache: Path,
    *,
    request: Request = REQUEST,
    workers: int = 2,
    parts=registry.default,
    report=lambda said: None,
) -> Film:
    return make_film(
        request,
        output,
        cache=Cache(cache),
        rates=Rates(),
        workers=workers,
        cancel=Cancel(),
        report=report,
        parts=parts,
    )


def files(film: Path) -> dict[str, bytes]:
    """The film and what lies beside it, by their names' ends."""
    return {path.name.removeprefix(film.stem): path.read_bytes() for path in film.parent.glob(f"{film.stem}.*")}


if __name__ == "__main__":
    # A line for everything that happens.
    make(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        workers=int(sys.argv[3]),
        report=lambda said: print(said.type, said.stage, flush=True),
    )
