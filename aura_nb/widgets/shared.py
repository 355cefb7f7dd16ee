"""Widgets whose front end is sent once a kernel: a notebook that keeps the state of its widgets has it once.

nbclient, papermill and `nbconvert --execute` save each widget's state, that of closed ones included. With
its front end in it a job would take 39 kB of the notebook.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from aura_nb.widgets import marimo

LOADER = (Path(__file__).parent / "shared.js").read_text(encoding="utf-8")


class FrontEnd(ipywidgets.Widget):  # type: ignore[misc]  # ipywidgets has no types
    """The front end of a class of widgets, which their pages take from here. It has no view of its own."""

    module = traitlets.Unicode().tag(sync=True)
    style = traitlets.Unicode().tag(sync=True)


class Shared(anywidget.AnyWidget):
    """A widget that shares its front end, the `_esm` and `_css` of its class, with all of that class.

    Its own `_esm` only finds that. In marimo each has its own: there, what one cell has opened is
    closed with that cell's output, and nothing is saved.
    """

    _esm: str
    _css: str
    _front_end = traitlets.Unicode().tag(sync=True)
    """The name of the model that has it."""

    def __init__(self, **traits: Any) -> None:
        if not marimo.running():
            traits["_front_end"] = _front_end(type(self)).model_id
            self._esm, self._css = LOADER, ""
        super().__init__(**traits)


_open: dict[type[Shared], FrontEnd] = {}
_opening = threading.Lock()


def _front_end(of: type[Shared]) -> FrontEnd:
    """The one model with the front end of a class of widgets; a new one when that was closed."""
    with _opening:
        if of not in _open or _open[of].comm is None:
            _open[of] = FrontEnd(module=of._esm, style=of._css)
        return _open[of]
