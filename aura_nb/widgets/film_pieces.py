"""A film's bytes for the page that plays it, a piece a message: no film is too large, no notebook keeps one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aura_nb.film import Film

PIECE_BYTES = 2_000_000
"""A page asks for the next piece once it has the last: so much is under way at once."""
GONE = "The film is no longer where it was made."

Files = Mapping[str, Path | None]
"""What a page may ask for: the `film` itself and its `captions`."""
Answer = tuple[dict[str, Any], list[bytes]]


def files(film: Film) -> Files:
    """What a page needs of `film`, wherever the kernel's folder is when it asks."""
    return {"film": film.path.absolute(), "captions": film.vtt and film.vtt.absolute()}


def answer(content: object, find: Callable[[str], Files | None]) -> Answer | None:
    """What to send to a page that asks for a piece; None for a message that asks for none.

    `find` gives a film's files by the key that the page knows it by, None for one it does not know.
    """
    match content:
        case {"type": "film", "id": str(id), "key": str(key), "part": str(part), "start": int(start)} if (
            0 <= start <= sys.maxsize
        ):
            told = {"type": "film", "id": id}
            try:
                path = (find(key) or {}).get(part)
                if path is None:
                    return {**told, "problem": GONE}, []
                return _piece(told, path, start)
            except OSError:
                return {**told, "problem": GONE}, []
    return None


def _piece(told: dict[str, Any], path: Path, start: int) -> Answer:
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(PIECE_BYTES)
        # Of what was read: at `path` there may be another file by now.
        found = os.fstat(file.fileno())
    # A page throws away what it has of a file that was replaced meanwhile.
    return {**told, "size": found.st_size, "version": str(found.st_mtime_ns)}, [data]
