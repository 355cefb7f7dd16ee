"""Run the tutorials and save them with the outputs a reader wants: `python -m tests.notebooks.save [PATH]...`.

What belongs to a live kernel only is left out: widget state, ids, and links to servers.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

FOLDER = Path(__file__).parents[2] / "notebooks"
LARGEST_OUTPUT = 20_000
CELL_SECONDS = 300
UNCOMPARED = {
    "02_providers": {
        "aura.providers()": "What works differs from machine to machine.",
        "aura.compare_providers(": "How long it took, and sounds in full.",
    },
    "03_observers": {
        "aura.serve()": "Its link is not saved, for it leads nowhere.",
        "log.groupby(": "When each stage began and ended.",
        "api/metrics/system": "How busy the machine was.",
    },
}
"""By a tutorial and what its code says in one cell only: why nbval is not to compare what that shows."""


def clean(notebook: Any, path: Path) -> Any:
    """`notebook`, which is saved at `path`, without what is not for reading, in place."""
    language = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": language})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = nbformat.from_dict({"tags": ["nbval-ignore-output"]} if why_uncompared(path, cell) else {})
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            data.pop("application/vnd.jupyter.widget-view+json", None)
            # The link of a server that is long gone.
            if "?token=" in str(data.get("text/html", "")):
                del data["text/html"]
            if len(str(data.get("text/html", ""))) > LARGEST_OUTPUT:
                del data["text/html"]
    return notebook


def why_uncompared(path: Path, cell: Any) -> str:
    """Why nbval is not to compare what this cell of the tutorial at `path` shows; nothing if it is to."""
    pieces = UNCOMPARED.get(path.stem, {}) if cell.cell_type == "code" else {}
    return next((why for piece, why in pieces.items() if piece in cell.source), "")


def execute(path: Path) -> Any:
    """Run the notebook at `path` in a kernel with folders of its own; return it with its outputs."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["AURA_NB_DATA_DIR"] = str(Path(folder) / "data")
        os.environ["AURA_NB_CACHE_DIR"] = str(Path(folder) / "cache")
        # Films outside the notebook's folder: a link to them would soon lead nowhere.
        here = Path(folder) / "notebooks"
        here.mkdir()
        NotebookClient(notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": here}}).execute()
    return notebook


def tutorials() -> list[Path]:
    """Those of the course, in their order."""
    return sorted(FOLDER.glob("*.ipynb"))


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]) if sys.argv[1:] else tutorials():
        nbformat.write(clean(execute(path), path), path)
