"""What runs notebooks and saves the state of their widgets: each job may add 20 kB to the file, all in all."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
JOB_BYTES = 20_000
FRONT_END_BYTES = 60_000
"""The job view's, once a notebook."""
JOBS = 11
"""More than stay open: what was closed is saved as well."""

BEGIN = "from tests.browser.actor import play"
SHOW = "job = play(0.5)\njob"
END = "await job"


@pytest.mark.slow
def test_a_notebook_saved_with_its_widgets_grows_by_what_is_promised(tmp_path: Path) -> None:
    from nbclient import NotebookClient

    cells = [nbformat.v4.new_code_cell(cell) for cell in (BEGIN, *[SHOW, END] * JOBS)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    before = len(nbformat.writes(notebook))
    os.environ["PYTHONPATH"], kept = str(ROOT), os.environ.get("PYTHONPATH", "")
    try:
        NotebookClient(notebook, timeout=120).execute()
    finally:
        os.environ["PYTHONPATH"] = kept
    [saved] = notebook.metadata.widgets.values()
    models = [model.model_name for model in saved.state.values()]
    assert models.count("AnyModel") == JOBS
    assert len(nbformat.writes(notebook)) - before <= FRONT_END_BYTES + JOBS * JOB_BYTES
    views = [model.state for model in saved.state.values() if model.model_name == "AnyModel"]
    assert all(len(str(state)) < JOB_BYTES / 4 for state in views)
