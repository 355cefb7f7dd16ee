"""A film's poster: what stands in its place until it plays, and in a saved notebook for good."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from aura_nb.errors import RenderError
from aura_nb.film import Film

WIDTH, MOST_BYTES = 480, 10_000
"""In pixels, and in bytes of JPEG: 14 kB of a notebook."""
SECOND = 2.0
"""Where it is taken at the latest, and within the first card, before that fades."""
KEPT = 32


def poster(film: Film) -> bytes:
    """A JPEG of `film`; nothing where this machine cannot read its pictures. Raises OSError where it is gone."""
    found = film.path.stat()
    first = film.chapters[0].end if film.chapters else film.seconds
    return _drawn(film.path, min(SECOND, first / 2), (found.st_size, found.st_mtime_ns))


@lru_cache(maxsize=KEPT)
def _drawn(path: Path, second: float, _version: tuple[int, int]) -> bytes:
    from aura_nb.media.still import still

    try:
        return still(path, second, WIDTH, MOST_BYTES)
    except RenderError:
        # The browser may know the codec all the same.
        return b""
