"""How a film shows itself in a notebook: a document to keep, which plays as long as its kernel lives.

The output has no widget in it: what is saved reads the same wherever it is opened. The widget beside it
has no view of its own. Its front end (`projector.js`) finds the kernel's films in the page, and plays them.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import traitlets

from aura_nb import film_page
from aura_nb.film import Film
from aura_nb.widgets.display import has_kernel
from aura_nb.widgets.esm import joined
from aura_nb.widgets.film_pieces import Files, answer, files
from aura_nb.widgets.poster import poster
from aura_nb.widgets.shared import Shared

HERE = Path(__file__).parent
KEPT = 32
"""The films that a kernel plays, those shown last."""


class Projector(Shared):
    """The one widget of a kernel that plays the films shown in its cells."""

    _esm = joined(HERE / "projector.js")
    _css = (HERE / "film_player.css").read_text(encoding="utf-8")

    _films: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """By key: what a page has to know of each film that may be asked for."""

    def __init__(self) -> None:
        self._kept: dict[str, Film] = {}
        self._adding = threading.Lock()
        super().__init__()
        self.on_msg(self._on_message)

    def add(self, key: str, film: Film) -> None:
        """Play `film` from now on, whose place in the page goes by `key`."""
        told = {"title": film.title, "size": [*film.size], "language": film.language}
        # Wherever the kernel's folder is when a page asks.
        kept = replace(film, path=film.path.absolute(), vtt=film.vtt and film.vtt.absolute())
        with self._adding:
            self._kept.pop(key, None)
            self._kept[key] = kept
            for old in [*self._kept][:-KEPT]:
                del self._kept[old]
            self._films = {name: known for name, known in self._films.items() if name in self._kept} | {key: told}

    def _on_message(self, _widget: object, content: object, _buffers: object) -> None:
        if (piece := answer(content, self._files)) is not None:
            self.send(*piece)

    def _files(self, key: str) -> Files | None:
        film = self._kept.get(key)
        # What was made in its place since is another film, which has a place of its own in the page.
        return files(film) if film and _key(film) == key else None


def shown(film: Film) -> str:
    """The HTML of `film` for a cell's output; where there is no kernel to play it, one that plays by itself."""
    from IPython import get_ipython

    # Colab shows each output in a frame of its own, where nothing can find it.
    if not has_kernel(get_ipython()) or "google.colab" in sys.modules:
        return film._repr_html_()
    key = played(film)
    return film_page.poster(film, poster(film) if key else b"", key)


def played(film: Film) -> str:
    """The key of `film` for its place in the page: from now on it plays there. Empty where the file is gone."""
    try:
        key = _key(film)
    except OSError:
        return ""
    _projector().add(key, film)
    return key


_lock = threading.Lock()
_held: list[Projector] = []


def _projector() -> Projector:
    """This kernel's; a new one where it was closed, by `Widget.close_all()`, say."""
    with _lock:
        if not _held or _held[0].comm is None:
            _held[:] = [Projector()]
        return _held[0]


def _key(film: Film) -> str:
    """The same for the same film, whatever folder it lies in: a notebook that is run again stays as it is."""
    told = (film.title, film.seconds, film.size, film.codec, film.path.stat().st_size)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:10]
