"""A live view in a notebook, and before it the document that is read wherever that view cannot be shown.

They are two outputs of a cell. JupyterLab shows one form of an output: where a widget's kernel is gone, its
manager (`renderer.ts` of jupyterlab-manager 5) leaves "model not found" in the place of a view, and looks at
no other form beside it. So the document stands for itself, as it does on GitHub, in nbviewer and through
nbconvert, and gives way to the view while that is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aura_nb.widgets.shared import Shared

VIEW = "application/vnd.jupyter.widget-view+json"
NOTHING = {"text/html": "", "text/plain": ""}
"""What a view leaves behind. nbval counts it from the first, and nbconvert warns of an output without any form."""

# Lab, Notebook and Voilà; VS Code by its source, `webviewPreloads.ts`. Where the second rule holds there is no
# view yet, or none any more: the text is Lab's.
STYLE = (
    '<style class="aura-absent">'
    ".jp-OutputArea-child:has(> * > .aura-absent):has(+ .jp-OutputArea-child .aura-live),"
    ".jp-OutputArea-child:has(> * > .aura-absent) + .jp-OutputArea-child:not(:has(> .jp-OutputArea-output > *)),"
    ".output_container:has(.aura-absent):has(+ .output_container .aura-live)"
    "{display:none}</style>"
)
"""Hides the document that holds it while the view behind it is live, and else what is in that view's place."""


def show(document: Mapping[str, Any], view: Shared, *, display_id: str | None = None) -> None:
    """Display `view`, and `document` (its forms by MIME type, HTML among them) for where that cannot be shown."""
    from IPython.display import display

    live, *_ = view._repr_mimebundle_() or ({},)
    html = f"{document['text/html']}{STYLE}"
    display({**document, "text/html": html}, raw=True, **_named(display_id))
    display({VIEW: live[VIEW], **NOTHING}, raw=True, **_named(display_id and _view_of(display_id)))


def end(document: Mapping[str, Any], display_id: str) -> None:
    """Have `document` take the place of what was shown live under `display_id`."""
    from IPython.display import update_display

    update_display(document, raw=True, display_id=display_id)
    update_display(NOTHING, raw=True, display_id=_view_of(display_id))


def _view_of(display_id: str) -> str:
    return f"{display_id}-view"


def _named(display_id: str | None) -> dict[str, str]:
    return {} if display_id is None else {"display_id": display_id}
