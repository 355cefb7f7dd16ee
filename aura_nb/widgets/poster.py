"""A film's poster: what stands in its place until it plays, and in a saved notebook for good."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from aura_nb.errors import RenderError
from aura_nb.film import Film

WIDTH, MOST_BYTES = 480, 10_000
"""In pixels, and in bytes of JPEG: 14 kB of a notebook."""
SECOND = 2.0
"""Where it is taken: the first card stands there."""
KEPT = 32


def poster(film: Film) -> bytes:
    """A JPEG of `film`; nothing where this machine cannot read its pictures. Raises OSError where it is gone."""
    found = film.path.stat()
    return _drawn(film.path, min(SECOND, film.seconds / 3), (found.st_size, found.st_mtime_ns))


@lru_cache(maxsize=KEPT)
def _drawn(path: Path, second: float, _version: tuple[int, int]) -> bytes:
    from aura_nb.media.still import still

    try:
        return still(path, second, WIDTH, MOST_BYTES)
    except RenderError:
        # The browser may know the codec all the same.
        return b""
