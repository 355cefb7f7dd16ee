"""A film in a cell of a real JupyterLab: it plays, of any size, and the saved notebook keeps a poster of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from aura_nb.film import INLINE_BYTES, Film
from aura_nb.media.ffmpeg import find
from tests.browser.lab import Lab, Notebook

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SAVED_BYTES = 20_000
SHOW = "import aura_nb as aura\nfilm = aura.Film.load({path!r})\nfilm"
PLAYED = """async (video) => {
  video.muted = true;
  await video.play();
  for (let left = 200; left && video.currentTime < 0.3; left -= 1) await new Promise((r) => setTimeout(r, 50));
  const cues = video.textTracks[0]?.cues?.length ?? 0;
  return { moved: video.currentTime >= 0.3, width: video.videoWidth, seconds: video.duration, cues };
}"""


@pytest.fixture(scope="module")
def large(film: Film, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film larger than what was ever put into a page: noise, which no encoder makes small."""
    path = tmp_path_factory.mktemp("large") / "large.mp4"
    noise = "color=gray:s=320x180:r=30:d=24,noise=alls=100:allf=t"
    encoded = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "6", "-pix_fmt", "yuv420p")
    subprocess.run([str(find().path), "-v", "error", "-f", "lavfi", "-i", noise, *encoded, str(path)], check=True)
    assert path.stat().st_size > INLINE_BYTES
    for end in ("manifest.json", "vtt", "srt"):
        shutil.copy(film.path.with_suffix(f".{end}"), path.with_suffix(f".{end}"))
    return path


@pytest.fixture
def shown(page: Page, lab: Lab, request: pytest.FixtureRequest) -> Notebook:
    return Notebook(page, lab, f"{request.node.name}.ipynb")


def saved(notebook: Notebook, number: int = 0) -> str:
    """The HTML of a cell's film in the saved notebook; nothing else of it is saved but its one line."""
    notebook.save()
    cell = notebook.lab.read(notebook.name).cells[number]
    [output] = [output for output in cell.outputs if output.get("data", {}).get("text/html")]
    assert set(output.data) == {"text/html", "text/plain"}
    assert len(json.dumps(output)) <= SAVED_BYTES
    return output.data["text/html"]


def plays(place: Locator) -> dict[str, float]:
    video = place.locator("video")
    expect(video).to_be_visible()
    told = video.evaluate(PLAYED)
    assert told["moved"]
    return told


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_it_plays_with_captions_and_is_a_poster_in_the_saved_notebook(
    theme: str, film: Film, shown: Notebook, shots: Path
) -> None:
    shown.lab.write(shown.name, SHOW.format(path=str(film.path)))
    shown.open().theme(theme)
    shown.run(0)
    place = shown.outputs(0).locator("figure")
    play = place.get_by_role("button", name="Play Why the sky is blue")
    expect(play).to_be_visible()
    expect(place.get_by_text("Run the cell")).to_be_hidden()
    place.screenshot(path=shots / f"film-cell-{theme[11:]}.png")
    play.press("Enter")
    told = plays(place)
    assert (told["width"], told["cues"] > 0) == (640, True)
    assert told["seconds"] == pytest.approx(film.seconds, abs=0.2)
    place.screenshot(path=shots / f"film-cell-playing-{theme[11:]}.png")
    assert "data:image/jpeg" in saved(shown)


def test_one_that_is_larger_than_any_message_plays_in_a_cell(large: Path, shown: Notebook, shots: Path) -> None:
    shown.lab.write(shown.name, SHOW.format(path=str(large)))
    shown.open().run(0)
    place = shown.outputs(0).locator("figure")
    # Nothing is fetched before somebody asks for it.
    expect(place.locator("progress")).to_have_count(0)
    place.get_by_role("button", name="Play").click()
    told = plays(place)
    assert (told["width"], told["seconds"]) == (320, pytest.approx(24, abs=0.2))
    saved(shown)


def test_without_its_kernel_it_is_a_poster_and_says_how_it_plays(film: Film, shown: Notebook, shots: Path) -> None:
    shown.lab.write(shown.name, SHOW.format(path=str(film.path)), "film")
    shown.open().run(0)
    place = shown.outputs(0).locator("figure")
    play = place.get_by_role("button", name="Play")
    expect(play).to_be_visible()
    shown.save()

    # The kernel lives, and plays after a reload.
    shown.reload()
    play.click()
    assert plays(place)["width"] == 640

    # With another kernel it is what the saved notebook says, and plays where its cell is run again.
    shown.restart_kernel()
    shown.reload()
    expect(place.get_by_role("img")).to_be_visible()
    expect(place.get_by_text("Run the cell")).to_be_visible()
    expect(play).to_have_count(0)
    assert "Error" not in shown.outputs(0).inner_text()
    place.screenshot(path=shots / "film-without-kernel.png")
    shown.run(0)
    play.click()
    assert plays(place)["width"] == 640


def test_in_a_kernel_that_was_started_anew_it_plays_on_the_same_page(film: Film, shown: Notebook) -> None:
    shown.lab.write(shown.name, SHOW.format(path=str(film.path)), "film")
    shown.open()
    for number in (0, 1):
        shown.run(number)
    first, second = (shown.outputs(number).locator("figure") for number in (0, 1))
    expect(first.get_by_role("button", name="Play")).to_be_visible()
    shown.restart_kernel()

    # Lab keeps the models of the kernel that is gone: theirs must not take the press.
    shown.run(0)
    first.get_by_role("button", name="Play").click()
    assert plays(first)["width"] == 640

    # So it is with the output of a cell that was not run again.
    second.get_by_role("button", name="Play").click()
    assert plays(second)["width"] == 640


def test_in_the_notebooks_folder_it_plays_by_a_link_and_through_the_kernel_where_that_leads_nowhere(
    film: Film, lab: Lab, shown: Notebook
) -> None:
    folder = lab.root / "films of mine"
    folder.mkdir()
    for end in ("mp4", "manifest.json", "vtt"):
        shutil.copy(film.path.with_suffix(f".{end}"), folder / f"sky.{end}")
    shown.lab.write(
        shown.name,
        SHOW.format(path="films of mine/sky.mp4"),
        # The links of this one mean another folder than the notebook's.
        "import os\nos.chdir('films of mine')\naura.Film.load('sky.mp4')",
        "from aura_nb.widgets import projector\nprojector.poster = lambda film: b''\naura.Film.load('sky.mp4')",
    )
    shown.open().run(0)
    first, second = (shown.outputs(number).locator("figure") for number in (0, 1))
    told = plays(first)
    assert (told["width"], told["cues"] > 0) == (640, True)
    assert "/files/films" in first.locator("video").evaluate("video => video.currentSrc")
    assert 'src="films%20of%20mine/sky.mp4"' in saved(shown)
    shown.run(1)
    second.locator("video").evaluate("video => { video.muted = true; video.play().catch(() => {}); }")
    expect(second.locator(".aura-film-player video")).to_be_visible()
    told = plays(second)
    assert (told["width"], told["cues"] > 0) == (640, True)

    # Without a poster the browser tries the link at once: that is not somebody who wants to see the film.
    shown.run(2)
    third = shown.outputs(2).locator(".aura-film-player")
    expect(third.get_by_role("button", name="Play")).to_be_visible()
    expect(third).to_have_attribute("data-state", "")
    expect(third.locator("video")).to_have_count(0)
    third.get_by_role("button", name="Play").click()
    assert plays(third)["width"] == 640


def test_the_studio_plays_one_of_any_size(large: Path, shown: Notebook, shots: Path) -> None:
    opened = (
        "import aura_nb as aura\nstudio = aura.Studio()\nstudio._shop._opened = aura.Film.load({path!r})\nstudio"
    )
    shown.lab.write(shown.name, opened.format(path=str(large)))
    shown.open().run(0)
    studio = shown.outputs(0).locator(".aura-studio")
    studio.get_by_role("tab", name="Film").click()
    player = studio.locator(".aura-film-player")
    expect(player).to_have_css("background-image", re.compile("blob:"))
    studio.screenshot(path=shots / "film-studio.png")
    player.get_by_role("button", name="Play").press("Enter")
    told = plays(player)
    assert (told["width"], told["cues"] > 0) == (320, True)


MADE = """
import aura_nb as aura

brief = aura.Brief("Why the sky is blue", points=["Air scatters blue most."])
speaker = {"writer": "rulebased", "speaker": "espeak"}
job = aura.start(brief, plan={"seconds": 10}, render={"height": 360}, profile=speaker)
job
"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_what_is_left_of_a_job_plays_its_film(theme: str, shown: Notebook, shots: Path) -> None:
    shown.lab.write(shown.name, MADE, "await job")
    shown.open().theme(theme)
    shown.run(0)
    # The job's own view has the film, too, until the document takes its place.
    shown.run(1)
    place = shown.outputs(0).locator("[data-aura-film]")
    expect(shown.view(0)).to_have_count(0)
    play = place.get_by_role("button", name="Play Why the sky is blue")
    expect(play).to_be_visible()
    shown.outputs(0).screenshot(path=shots / f"film-job-{theme[11:]}.png")
    play.click()
    told = plays(place)
    assert (told["width"], told["cues"] > 0) == (640, True)
    saved(shown)


def test_a_job_s_view_plays_its_film_and_stays_until_that_is_seen(shown: Notebook, shots: Path) -> None:
    # Nobody closes this view: it is one that a Studio shows.
    held = "from aura_nb.widgets import views\nviews.hold(job)"
    shown.lab.write(shown.name, MADE.replace("\njob\n", "\n"), "await job;", held)
    shown.open()
    for number in range(3):
        shown.run(number)
    view = shown.view(2)
    view.get_by_role("button", name="Play").click()
    told = plays(view)
    assert (told["width"], told["cues"] > 0) == (640, True)
    view.screenshot(path=shots / "film-job-view.png")
    view.get_by_role("button", name="Close").click()
    expect(view.locator("video")).to_have_count(0)


def test_while_it_is_fetched_it_says_how_far_it_is_and_can_be_stopped(
    large: Path, shown: Notebook, shots: Path
) -> None:
    slow = """
import time
from aura_nb.widgets import projector

def slowly(content, find, answer=projector.answer):
    time.sleep(0.2)
    return answer(content, find)

projector.answer = slowly
"""
    shown.lab.write(shown.name, slow + SHOW.format(path=str(large)))
    shown.open().run(0)
    place = shown.outputs(0).locator("figure")
    place.get_by_role("button", name="Play").click()
    expect(place.get_by_text(re.compile(r"\d+ of \d\d MB"))).to_be_visible()
    stop = place.get_by_role("button", name="Stop fetching")
    place.screenshot(path=shots / "film-fetching.png")
    stop.click()
    expect(place.locator("progress")).to_be_hidden()
    expect(place.locator("video")).to_have_count(0)
    place.get_by_role("button", name="Play").click()
    assert plays(place)["width"] == 320


def test_a_kernel_that_is_busy_is_waited_for_and_that_is_said(film: Film, shown: Notebook) -> None:
    busy = "import time, pathlib\nwhile not pathlib.Path('go').exists(): time.sleep(0.05)"
    shown.lab.write(shown.name, SHOW.format(path=str(film.path)), busy)
    shown.open().run(0)
    place = shown.outputs(0).locator("figure")
    play = place.get_by_role("button", name="Play")
    expect(play).to_be_visible()
    shown.run(1, wait=False)
    play.click()
    expect(place.get_by_role("status")).to_contain_text("The kernel does not answer. If it is busy")
    (shown.lab.root / "go").touch()
    assert plays(place)["width"] == 640


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_static_html_shows_its_poster_and_plays_it_by_a_link(
    scheme: str, film: Film, page: Page, tmp_path: Path, shots: Path
) -> None:
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    for end in ("mp4", "manifest.json", "vtt"):
        shutil.copy(film.path.with_suffix(f".{end}"), tmp_path / f"sky.{end}")
    cells = [SHOW.format(path="sky.mp4"), SHOW.format(path=str(film.path)), "film.embed()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    (tmp_path / "film.html").write_text(
        HTMLExporter(theme=scheme).from_notebook_node(notebook)[0], encoding="utf-8"
    )
    page.route("**/*", lambda route: route.abort() if route.request.url.startswith("http") else route.continue_())
    page.goto((tmp_path / "film.html").as_uri())
    linked, away, embedded = page.locator("figure").all()
    assert linked.locator("video").evaluate("video => [video.readyState, video.poster.slice(0, 15)]") == [
        *(0, "data:image/jpeg")
    ]
    expect(away.get_by_role("img")).to_be_visible()
    expect(away).to_contain_text("film.embed()")
    expect(away.get_by_role("button")).to_have_count(0)
    page.screenshot(path=shots / f"film-static-{scheme}.png", full_page=True)
    for place in (linked, embedded):
        assert plays(place)["width"] == 640
