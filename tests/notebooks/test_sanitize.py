"""The sanitise file for nbval: two runs of one notebook are the same through it, and no more is than must be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbval.plugin import get_sanitize_patterns
from typer.testing import CliRunner

import aura_nb
from aura_nb.cli import app

ROOT = Path(__file__).parents[2]
FILE = Path(aura_nb.__file__).with_name("nbval_sanitize.cfg")
PATTERNS = get_sanitize_patterns(FILE.read_text(encoding="utf-8"))


def sanitized(text: str) -> str:
    """What nbval makes of an output."""
    for regex, replace in dict(PATTERNS).items():
        text = re.sub(regex, replace, text)
    return text


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("<aura.Thing object at 0x7f3a2bd45e10>", "<aura.Thing object at 0xADDRESS>"),
        ('src="data:image/webp;base64,UklGRhIA/+8=" alt', 'src="data:image/webp;base64,BYTES" alt'),
        (f"http://127.0.0.1:44611/?token={'x' * 43}", "http://ADDRESS/?token=TOKEN"),
        (f'href="/user/ann/proxy/44611/?token={"-" * 43}"', 'href="/proxy/PORT/?token=TOKEN"'),
        ("Port 8765 is taken: this is 8766.", "A port is taken."),
        ("<td>2026-11-28 11:06:32+01:00</td>", "<td>TIME</td>"),
        ("at 11:06:32 it began", "at TIME it began"),
        ("Took 12.5 s, then 2 min 05 s, then 40 ms.", "Took SECONDS, then SECONDS, then SECONDS."),
        ("Job 1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "Job ID"),
        ("retry of 4f2a9c01d7e3", "retry of ID"),
        ("/home/ann/films/why-it-is-1a2b3c.mp4", "FOLDER/why-it-is-HASH.mp4"),
        (r"C:\Users\ann\films\why-it-is-1a2b3c.srt", "FOLDER/why-it-is-HASH.srt"),
        ("<br>why-it-is-1a2b3c.mp4 · 1920 × 1080", "<br>why-it-is-HASH.mp4 · 1920 × 1080"),
    ],
)
def test_what_may_differ_is_replaced(said: str, left: str) -> None:
    assert sanitized(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "Job('Why the sky is blue', completed)",
        "Film('Why the sky is blue', 4 scenes, 1920×1080, captions)",
        "42 of 43 scenes; 12345678 and 123456789012 are numbers, facade and decade are words",
        "https://example.org/films/sky.mp4",
        "   seconds of it\n",
        "<td>completed</td><td>100.0</td>",
        "2 msgs, 3 sheep",
    ],
)
def test_all_else_is_compared_as_it_is(said: str) -> None:
    assert sanitized(said) == said


def test_nbval_reads_every_section_and_the_command_prints_where_it_is() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert len(dict(PATTERNS)) == len(re.findall(r"^\[", text, flags=re.MULTILINE)) == text.count("\nregex: ")
    printed = CliRunner().invoke(app, ["nbval-sanitize"]).stdout.strip()
    assert Path(printed).samefile(FILE)


CELLS = (
    "import aura_nb as aura\nfrom tests.browser.actor import play\n"
    "job = play(0.3, kept=True)\nassert job.wait(60)",
    "server = aura.serve(port=0)\nserver",
    "print(server.url)\nserver.stop()",
    "aura.jobs()",
    "job.id",
    "print('begun', aura.jobs().created.iloc[0])",
    "object()",
)
VARYING = len(CELLS) - 1


@pytest.mark.slow
def test_a_notebook_whose_outputs_differ_in_that_alone_passes_with_the_file_and_fails_without(tmp_path) -> None:
    from nbclient import NotebookClient

    path = tmp_path / "films.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    os.environ["PYTHONPATH"], before = str(ROOT), os.environ.get("PYTHONPATH", "")
    try:
        NotebookClient(notebook, timeout=120).execute()
    finally:
        os.environ["PYTHONPATH"] = before
    nbformat.write(notebook, path)

    def validated(*options: str) -> tuple[int, str]:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", str(path), "-p", "no:cacheprovider", "-q"),
                *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=120", *options),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT), "AURA_NB_DATA_DIR": str(tmp_path / "-".join(options)[:9])},
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
        )
        return done.returncode, done.stdout

    code, told = validated("--nbval-sanitize-with", str(FILE))
    assert code == 0, told[-6000:]
    code, told = validated()
    assert f"{VARYING} failed, 1 passed" in told, told[-6000:]
