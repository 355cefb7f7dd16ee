"""What runs notebooks and saves the state of their widgets: each job and each film may add 20 kB to the file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
JOB_BYTES = 20_000
FILM_BYTES = 20_000
FRONT_END_BYTES = 60_000
"""The job view's, once a notebook; and the player's where a film is shown."""
JOBS = 11
"""More than stay open: what was closed is saved as well."""

BEGIN = "from tests.browser.actor import play"
SHOW = "job = play(0.5)\njob"
END = "await job"


FILM = """
from pathlib import Path
from aura_nb.film import Film
from tests.media.synthetic import blue_then_red

path = blue_then_red(Path({path!r}), (1920, 1080))
with path.open("ab") as file:
    file.write(bytes(40_000_000))
film = Film(path, None, None, path, "Sky", 2.0, (1920, 1080), ())
film
"""


def saved(*cells: str) -> tuple[int, Any]:
    """How many bytes the notebook of these cells grows by when they are run, and its widgets."""
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    before = len(nbformat.writes(notebook))
    os.environ["PYTHONPATH"], kept = str(ROOT), os.environ.get("PYTHONPATH", "")
    try:
        NotebookClient(notebook, timeout=120).execute()
    finally:
        os.environ["PYTHONPATH"] = kept
    [widgets] = notebook.metadata.widgets.values()
    return len(nbformat.writes(notebook)) - before, [*widgets.state.values()]


def views(models: list[Any]) -> list[Any]:
    return [model.state for model in models if model.model_name == "AnyModel"]


@pytest.mark.slow
def test_a_notebook_saved_with_its_widgets_grows_by_what_is_promised() -> None:
    grown, models = saved(BEGIN, *[SHOW, END] * JOBS)
    assert len(views(models)) == JOBS
    assert grown <= FRONT_END_BYTES + JOBS * JOB_BYTES
    assert all(len(str(state)) < JOB_BYTES / 4 for state in views(models))


@pytest.mark.slow
def test_a_film_of_any_size_takes_as_little(tmp_path: Path) -> None:
    cells = [FILM.format(path=str(tmp_path / "sky.mp4")), *["film"] * 10]
    grown, models = saved(*cells)
    # One widget plays them all.
    [projector] = views(models)
    assert len(str(projector)) < FILM_BYTES / 4
    assert grown <= FRONT_END_BYTES + len(cells) * FILM_BYTES
