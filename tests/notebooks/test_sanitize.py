"""The sanitise file for nbval: two runs of one notebook are the same through it, and no more is than must be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbval.plugin import get_sanitize_patterns
from typer.testing import CliRunner

import aura_nb
from aura_nb import film_page, tables
from aura_nb.cli import app
from aura_nb.film import Film
from aura_nb.jobs.events import Status
from aura_nb.jobs.snapshot import Snapshot, StageView
from aura_nb.jobs.summary import absent, html, text
from aura_nb.widgets.live import STYLE

ROOT = Path(__file__).parents[2]
FILE = Path(aura_nb.__file__).with_name("nbval_sanitize.cfg")
PATTERNS = get_sanitize_patterns(FILE.read_text(encoding="utf-8"))


def sanitized(said: str) -> str:
    """What nbval makes of an output."""
    for regex, into in dict(PATTERNS).items():
        said = re.sub(regex, into, said)
    return said


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
        "Job('Why the sky is blue', completed) and what follows",
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


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
@pytest.mark.parametrize("title", ["Why the sky is blue", 'It\'s "blue" & so on'])
def test_a_job_shown_while_it_runs_is_the_same_before_and_after_its_end(title: str, status: Status) -> None:
    running = Snapshot("job", title=title, status="running", percent=40.0)
    ended = replace(running, status=status, percent=100.0, stages=(StageView("compose", "done", 1.0),))
    assert sanitized(text(running)) == sanitized(text(ended)) == f"Job({title!r}, STATE)"
    assert (
        sanitized(absent(running) + STYLE)
        == sanitized(html(running, live=True))
        == sanitized(html(ended, live=True))
    )
    other = replace(running, title="Another film")
    assert sanitized(absent(other)) != sanitized(absent(running))
    assert sanitized(text(other)) != sanitized(text(running))


def test_a_job_shown_after_its_end_is_compared_with_all_it_tells() -> None:
    done = Snapshot("job", title="Sky", status="completed", percent=100.0)
    assert sanitized(html(done, film_key="0a1b2c3d4e")) == html(done)
    assert sanitized(html(done)) == html(done)
    assert sanitized(html(done)) != sanitized(html(replace(done, status="failed")))


def test_a_film_is_the_same_wherever_it_lies_and_another_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = Film(tmp_path / "sky.mp4", None, None, tmp_path, "Sky", 2.0, (320, 180), ())
    film.path.write_bytes(b"film")
    away = film_page.poster(film, b"one", "0a1b2c3d4e")
    monkeypatch.chdir(tmp_path)
    linked = film_page.poster(film, b"other", "4e3d2c1b0a")
    assert "sky.mp4" in linked
    assert {sanitized(html) for html in (away, linked)} == {
        "<figure><figcaption>&#x27;Sky&#x27;, 0 scenes, 320×180</figcaption></figure>"
    }
    assert sanitized(film_page.poster(replace(film, title="Sea"), b"one")) != sanitized(away)
    film.path.unlink()
    assert "no longer" in sanitized(film_page.poster(film, b"one"))


FOLDERS = ("/f", "/home/ann/work", "/home/a-user-of-this-machine/a-notebook-of-hers/.local/share/aura_nb/films")


@pytest.mark.parametrize("errors", [("", ""), ("", "The job was cancelled.")])
def test_the_table_of_jobs_is_the_same_wherever_films_are(errors: tuple[str, str], tmp_path: Path) -> None:
    seen = set()
    for folder, hash in zip(FOLDERS, ("1c3c2f", "a0b1c2", "00ffee"), strict=True):
        rows = [
            SimpleNamespace(
                id=f"{number}{hash}beef0",
                title="Why the sky is blue",
                status="cancelled" if error else "completed",
                percent=100.0,
                created=1.7e9 + 100 * number,
                seconds=2.5 * number,
                film_seconds=None if error else 12.5,
                film="" if error else f"{folder}/why-the-sky-is-blue-{hash}.mp4",
                error=error,
                retry_of="",
            )
            for number, error in enumerate(errors)
        ]
        table = tables.jobs(SimpleNamespace(rows=lambda rows=rows: rows))
        films = table[["film"]].reset_index(drop=True)
        shown = (repr(table), table._repr_html_(), films._repr_html_())
        seen.add(tuple(map(sanitized, shown)))
    assert len(seen) == 1, seen


def test_nbval_reads_every_section_and_the_command_prints_where_it_is() -> None:
    told = FILE.read_text(encoding="utf-8")
    assert len(dict(PATTERNS)) == len(re.findall(r"^\[", told, flags=re.MULTILINE)) == told.count("\nregex: ")
    printed = CliRunner().invoke(app, ["nbval-sanitize"]).stdout.strip()
    assert Path(printed).samefile(FILE)


SETTINGS = "plan={'seconds': 10}, render={'height': 360}, profile={'speaker': 'espeak'}"
MAGIC = """%%aura
topic: Where rain comes from
points: [The sun lifts water into the air.]
plan: {seconds: 10}
render: {height: 360}
profile: {speaker: espeak}
"""
CELLS = (
    "import aura_nb as aura\nfrom tests.browser.actor import play\n"
    "job = play(0.3, kept=True)\nassert job.wait(60)",
    "%load_ext aura_nb\naura.Studio('Why the sky is blue')",
    f"brief = aura.Brief('Why the sky is blue', points=['Air scatters it.'])\naura.make(brief, {SETTINGS})",
    MAGIC,
    f"job = aura.start(aura.Brief('Why grass is green'), {SETTINGS})\njob",
    "server = aura.serve(port=0)\nserver",
    "print(server.url)\nserver.stop()",
    "await job\naura.jobs()",
    "job.id",
    "print('begun', aura.jobs().created.iloc[0])",
    "object()",
)
VARYING = len(CELLS) - 2


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

    def folders(name: str) -> dict[str, str]:
        return {f"AURA_NB_{of.upper()}_DIR": str(tmp_path / name / of) for of in ("data", "cache")}

    def validated(*options: str) -> tuple[int, str]:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", str(path), "-p", "no:cacheprovider", "-q"),
                *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=120", *options),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT), **folders("-".join(options)[:9])},
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
        )
        return done.returncode, done.stdout

    code, told = validated("--nbval-sanitize-with", str(FILE))
    assert code == 0, told[-6000:]
    code, told = validated()
    assert f"{VARYING} failed, {len(CELLS) - VARYING} passed" in told, told[-6000:]
