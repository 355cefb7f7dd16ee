"""Views for the notebook. Nothing here is needed to make a film, and nothing imports ipywidgets early."""

from __future__ import annotations

from aura_nb.widgets.display import mode, register, show

__all__ = ["mode", "register", "show"]
