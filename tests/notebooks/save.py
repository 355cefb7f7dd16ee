"""Run a notebook and save it with the outputs a reader wants: `python -m tests.notebooks.save PATH`.

What differs from run to run, or belongs to a live kernel only, is left out: widget state, times,
ids, and films (megabytes of base64 that no viewer of notebooks plays).
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

LARGEST_OUTPUT = 200_000
CELL_SECONDS = 300


def clean(notebook: Any) -> Any:
    """`notebook` without what is not for reading, in place."""
    language = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": language})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = nbformat.from_dict({})
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if not _is_table_of_times(cell, output)]
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            data.pop("application/vnd.jupyter.widget-view+json", None)
            # The link of a server that is long gone.
            if "?token=" in str(data.get("text/html", "")):
                del data["text/html"]
            if len(str(data.get("text/html", ""))) > LARGEST_OUTPUT:
                del data["text/html"]
    return notebook


def _is_table_of_times(cell: Any, output: Any) -> bool:
    live = cell.source.startswith("# NBVAL_IGNORE_OUTPUT")
    return live and 'class="dataframe"' in str(output.get("data", {}).get("text/html", ""))


def execute(path: Path) -> Any:
    """Run the notebook at `path` in a kernel with folders of its own; return it with its outputs."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["AURA_NB_DATA_DIR"] = str(Path(folder) / "data")
        os.environ["AURA_NB_CACHE_DIR"] = str(Path(folder) / "cache")
        NotebookClient(notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": folder}}).execute()
    return notebook


if __name__ == "__main__":
    for name in sys.argv[1:]:
        nbformat.write(clean(execute(Path(name))), Path(name))
