"""Every tutorial runs from top to bottom, says what it said when saved, and reads well without a kernel."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

import aura_nb
from tests.notebooks.save import FOLDER, UNCOMPARED, clean, tutorials, why_uncompared

NOTEBOOKS = tutorials()
SANITIZE = Path(aura_nb.__file__).with_name("nbval_sanitize.cfg")
LARGEST_FILE = 200_000
CPU_SECONDS = 120
"""A whole tutorial takes two minutes at most, on one core that has nothing else to do. All its processes count."""
WALL_SECONDS = 4 * CPU_SECONDS
"""And by the clock no more than four times that, however busy the machine is: here waiting counts, too."""
# A path of some machine, a clock time, or the hexadecimal id of a job.
PASSING = re.compile(r"/(?:home|root|tmp|usr|var|work|Users)/|[A-Z]:\\\\|\b\d\d:\d\d:\d\d\b|\b[0-9a-f]{12,}\b")

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def outputs(path: Path) -> list[Any]:
    return [output for cell in read(path).cells for output in cell.get("outputs", ())]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_runs_and_says_what_was_saved(path: Path, tmp_path: Path) -> None:
    before = cpu_seconds()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", str(path), "-p", "no:cacheprovider"),
            *("--nbval", "--nbval-current-env", f"--nbval-cell-timeout={WALL_SECONDS}"),
            *("--nbval-sanitize-with", str(SANITIZE)),
        ],
        env={
            **os.environ,
            "AURA_NB_DATA_DIR": str(tmp_path / "data"),
            "AURA_NB_CACHE_DIR": str(tmp_path / "cache"),
            "AURA_NB_PROGRESS": "auto",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=WALL_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert cpu_seconds() - before <= CPU_SECONDS


def cpu_seconds() -> float:
    """Those of all processes that were started here and have ended, of those that they started, and so on."""
    spent = os.times()
    return spent.children_user + spent.children_system


def test_all_is_compared_but_what_differs_by_its_nature(path: Path) -> None:
    cells = read(path).cells
    named = [cell for cell in cells if why_uncompared(path, cell)]
    assert len(named) == len(UNCOMPARED.get(path.stem, ()))
    assert [cell for cell in cells if cell.metadata.get("tags")] == named
    assert not any("NBVAL" in cell.source for cell in cells)


def test_it_was_run_in_order_and_without_errors(path: Path) -> None:
    counts = [cell.execution_count for cell in read(path).cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert not [output for output in outputs(path) if output.output_type == "error"]


def test_it_carries_nothing_of_the_run_that_saved_it(path: Path) -> None:
    saved = read(path)
    assert clean(copy.deepcopy(saved), path) == saved, "Save it by: python -m tests.notebooks.save"
    assert path.stat().st_size < LARGEST_FILE
    for output in outputs(path):
        data = output.get("data", {})
        words = output.get("text", "") + data.get("text/plain", "")
        # Pictures within the HTML are base64, in which any letters occur.
        words += re.sub(r'src="data:[^"]*"', "", data.get("text/html", ""))
        assert not PASSING.search(words), PASSING.search(words)


def test_its_first_line_is_a_title_and_its_text_speaks(path: Path) -> None:
    cells = read(path).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert sum(cell.cell_type == "markdown" for cell in cells) >= len(cells) // 3


def test_it_ends_with_what_to_open_next(path: Path) -> None:
    last = read(path).cells[-1].source
    assert last.startswith("## Next\n")
    links = re.findall(r"\]\(([^):]+)\)", last)
    following = NOTEBOOKS[NOTEBOOKS.index(path) + 1 :]
    assert [link for link in links if link.endswith(".ipynb")] == [after.name for after in following[:1]]
    assert all((FOLDER / link).is_file() for link in links)


@pytest.mark.slow
def test_a_viewer_without_a_kernel_shows_every_job_ended(path: Path) -> None:
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter(embed_images=True).from_filename(path)
    assert "completed" in page
    assert "vnd.jupyter.widget-view" not in page
    jobs = [o.data["text/plain"] for o in outputs(path) if "Job(" in o.get("data", {}).get("text/plain", "")]
    assert jobs
    assert all(re.search(r", (completed|cancelled)\)$", job) for job in jobs), jobs
