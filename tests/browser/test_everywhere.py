"""The job view in every front end that shows widgets, and a finished notebook where there is no kernel."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from aura_nb.film import Film
from tests.browser.lab import START_SECONDS, jupyter_lab, until
from tests.browser.test_studio import played

pytestmark = [pytest.mark.slow, pytest.mark.browser]

ROOT = Path(__file__).parents[2]
PLAY = "from tests.browser.actor import play\njob = play({seconds})\njob"
MARIMO = """
import marimo

app = marimo.App()


@app.cell
def _():
    from tests.browser.actor import play
    job = play({seconds})
    job
    return


if __name__ == "__main__":
    app.run()
"""

STUDIO = """
import marimo

app = marimo.App()


@app.cell
def _():
    import aura_nb as aura
    studio = aura.Studio(render={"height": 360}, profile={"speaker": "espeak"}, plan={"seconds": 12})
    studio
    return (studio,)


@app.cell
def _(studio):
    studio
    return


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A home, data and cache of its own for what a test starts, which plays jobs from tests.browser.actor."""
    folders = {
        name: tmp_path / name.lower()
        for name in ("HOME", "AURA_NB_DATA_DIR", "AURA_NB_CACHE_DIR", "XDG_CONFIG_HOME", "IPYTHONDIR")
    }
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    own = {"PYTHONPATH": str(ROOT), "MARIMO_SKIP_UPDATE_CHECK": "1"}
    return {name: str(folder) for name, folder in folders.items()} | own


@contextmanager
def served(command: Sequence[str], port: int, folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Run `python -m command` in `folder` until the block ends; gives its address once it answers."""
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    whole, url = psutil.Process(process.pid), f"http://127.0.0.1:{port}/"
    try:
        until(lambda: process.poll() is not None or answers(url), START_SECONDS, f"{command[0]} answering")
        assert process.poll() is None, log.read_text(encoding="utf-8")[-4000:]
        yield url
    finally:
        family = [*whole.children(recursive=True), whole] if whole.is_running() else []
        for member in reversed(family):
            member.terminate()
        for member in psutil.wait_procs(family, timeout=10)[1]:
            member.kill()
        process.wait()


def answers(url: str) -> bool:
    """Whether somebody answers at `url`, be it with an error."""
    try:
        urllib.request.urlopen(url, timeout=30).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def moving(view: Locator) -> None:
    """The view is there, its bar moves on its own, and what is to be seen of it is."""
    expect(view).to_be_visible(timeout=60_000)
    bar = view.get_by_role("progressbar")
    first = int(bar.get_attribute("aria-valuenow") or -1)
    until(lambda: int(bar.get_attribute("aria-valuenow") or -1) > first, 20, "movement of the bar")
    expect(view).to_contain_text("Why the sky is blue")
    expect(view.get_by_role("button", name="Cancel")).to_be_visible()
    expect(view.locator(".aura-scenes img").first).to_be_visible()
    expect(view.page.get_by_text("was being made when this was saved")).to_be_hidden()


def cancelled(view: Locator) -> None:
    """Cancel cancels, by keyboard."""
    button = view.get_by_role("button", name="Cancel")
    button.focus()
    button.press("Enter")


def test_notebook_7(page: Page, env: dict[str, str], tmp_path: Path, shots: Path) -> None:
    with jupyter_lab(tmp_path / "notebook", env, module="notebook") as server:
        server.write("film.ipynb", PLAY.format(seconds=25))
        page.goto(f"{server.url}notebooks/film.ipynb?token={server.token}")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady")
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        view = page.locator(".aura-job").first
        moving(view)
        page.screenshot(path=shots / "notebook7.png")
        cancelled(view)
        expect(page.locator(".jp-Cell-outputArea")).to_contain_text("cancelled")


def test_voila(page: Page, env: dict[str, str], tmp_path: Path, shots: Path) -> None:
    port = free_port()
    notebook(tmp_path / "film.ipynb", PLAY.format(seconds=25))
    command = ("voila", "film.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1")
    with served(command, port, tmp_path, env) as url:
        page.goto(url)
        view = page.locator(".aura-job").first
        moving(view)
        page.screenshot(path=shots / "voila.png")
        cancelled(view)
        expect(page.locator("body")).to_contain_text("cancelled", ignore_case=True)


@contextmanager
def marimo(way: str, notebook: str, env: Mapping[str, str], folder: Path) -> Iterator[str]:
    """The address of `notebook`, opened in marimo to be run or edited."""
    port = free_port()
    (folder / "film.py").write_text(notebook, encoding="utf-8")
    # A click on Run is lost before the kernel is there, which the page does not tell.
    (folder / "pyproject.toml").write_text("[tool.marimo.runtime]\nauto_instantiate = true\n", encoding="utf-8")
    command = ("marimo", way, "film.py", "--headless", "--no-token", f"--port={port}")
    with served(command, port, folder, env) as url:
        yield url


@pytest.mark.parametrize("way", ["run", "edit"])
def test_marimo(way: str, page: Page, env: dict[str, str], tmp_path: Path, shots: Path) -> None:
    with marimo(way, MARIMO.format(seconds=25), env, tmp_path) as url:
        page.goto(url)
        view = page.locator(".aura-job").first
        moving(view)
        page.screenshot(path=shots / f"marimo-{way}.png")
        cancelled(view)
        expect(view.locator(".aura-status")).to_contain_text("Cancelled")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", ["run", "edit"])
def test_the_studio_in_marimo(way: str, page: Page, env: dict[str, str], tmp_path: Path, shots: Path) -> None:
    with marimo(way, STUDIO, env, tmp_path) as url:
        page.goto(url)
        studio, other = page.locator(".aura-studio").first, page.locator(".aura-studio").last
        studio.get_by_label("Topic").fill("Why the sky is blue")
        studio.get_by_label("Points").fill("Sunlight holds all colours.\nAir scatters blue most.")
        expect(other.get_by_label("Topic")).to_have_value("Why the sky is blue")
        page.screenshot(path=shots / f"marimo-studio-brief-{way}.png")
        studio.get_by_role("button", name="Write the script").click()
        expect(studio.get_by_role("tab", name="Script (")).to_have_attribute("aria-selected", "true")
        studio.get_by_role("button", name="Show the picture").first.click()
        expect(studio.locator(".as-open img")).to_be_visible()
        studio.get_by_role("tab", name="Film").click()
        studio.get_by_role("button", name="Make the film").click()
        # A job's own view is in it as well.
        expect(studio.locator(".aura-job").get_by_role("progressbar")).to_be_visible()
        page.screenshot(path=shots / f"marimo-studio-making-{way}.png")
        play = studio.get_by_role("button", name="Play Why the sky is blue")
        play.click(timeout=120_000)
        assert played(studio.locator("video"))["width"] == 640
        page.screenshot(path=shots / f"marimo-studio-{way}.png")
        if way == "edit":
            # A page that runs a notebook has a kernel of its own each time.
            page.reload()
            expect(play).to_be_visible()
            # The other turned to the film as well when that was begun.
            expect(other.get_by_role("tab", name="Film")).to_have_attribute("aria-selected", "true")
            other.get_by_role("tab", name="Brief").click()
            expect(other.get_by_label("Topic")).to_have_value("Why the sky is blue")


FILM = "import aura_nb as aura\nfilm = aura.Film.load({path!r})\nfilm"
MARIMO_FILM = """
import marimo

app = marimo.App()


@app.cell
def _():
    import aura_nb as aura
    film = aura.Film.load({path!r})
    film
    return


if __name__ == "__main__":
    app.run()
"""
PLAYED = """async (video) => {
  video.muted = true;
  await video.play();
  while (video.currentTime < 0.3) await new Promise((done) => setTimeout(done, 50));
  return [video.videoWidth, video.textTracks.length];
}"""


def test_a_film_plays_in_notebook_7(
    page: Page, env: dict[str, str], film: Film, tmp_path: Path, shots: Path
) -> None:
    with jupyter_lab(tmp_path / "notebook", env, module="notebook") as server:
        server.write("film.ipynb", FILM.format(path=str(film.path)))
        page.goto(f"{server.url}notebooks/film.ipynb?token={server.token}")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady")
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.get_by_role("button", name="Play Why the sky is blue").click()
        assert page.locator("video").evaluate(PLAYED) == [640, 1]
        page.screenshot(path=shots / "notebook7-film.png")


def test_a_film_plays_in_voila_through_the_kernel(
    page: Page, env: dict[str, str], film: Film, tmp_path: Path, shots: Path
) -> None:
    port = free_port()
    notebook(tmp_path / "film.ipynb", FILM.format(path=str(film.path)))
    command = ("voila", "film.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1")
    with served(command, port, tmp_path, env) as url:
        page.goto(url)
        page.get_by_role("button", name="Play Why the sky is blue").click()
        assert page.locator("video").evaluate(PLAYED) == [640, 1]
        page.screenshot(path=shots / "voila-film.png")


def test_a_film_plays_in_marimo_which_saves_no_outputs(
    page: Page, env: dict[str, str], film: Film, tmp_path: Path, shots: Path
) -> None:
    with marimo("run", MARIMO_FILM.format(path=str(film.path)), env, tmp_path) as url:
        page.goto(url)
        assert page.locator("video").evaluate(PLAYED) == [640, 1]
        page.screenshot(path=shots / "marimo-film.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_static_html_without_network(scheme: str, page: Page, tmp_path: Path, shots: Path) -> None:
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    studio = "import aura_nb as aura\naura.Studio('Why grass is green')"
    source = notebook(tmp_path / "film.ipynb", PLAY.format(seconds=1), studio, "await job", "job")
    ran = NotebookClient(source, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    exporter = HTMLExporter(theme=scheme)
    (tmp_path / "film.html").write_text(exporter.from_notebook_node(ran)[0], encoding="utf-8")
    page.route("**/*", lambda route: route.abort() if route.request.url.startswith("http") else route.continue_())
    page.goto((tmp_path / "film.html").as_uri())
    outputs = page.locator(".jp-OutputArea-output")
    expect(outputs.first).to_contain_text("completed, 100 %")
    expect(outputs.last).to_contain_text("completed, 100 %")
    expect(outputs.first.get_by_role("img").first).to_be_visible()
    expect(page.get_by_text("Run the cell to work in it.")).to_be_visible()
    assert page.locator("progress, [role=progressbar], .aura-job").count() == 0
    page.screenshot(path=shots / f"static-{scheme}.png")


def notebook(path: Path, *cells: str):
    """A notebook of these code cells, at `path` as well."""
    import nbformat

    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(made, path)
    return made
