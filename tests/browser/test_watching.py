"""A film is watched while it is made: on the observer page, and in a real JupyterLab without a server of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from aura_nb.jobs.journal import Journal
from aura_nb.server.serve import Server
from tests.browser.lab import Lab, Notebook, until
from tests.browser.test_observer_page import troubles
from tests.gated import Gated

pytestmark = [pytest.mark.slow, pytest.mark.browser]

MAKE = "from pathlib import Path\nfrom tests.browser.actor import make\ngated = make(Path({folder!r}))\ngated.job"


@pytest.fixture
def gated(tmp_path: Path, journal: Journal) -> Iterator[Gated]:
    gated = Gated(tmp_path / "made", journal)
    yield gated
    gated.job.cancel()
    gated.go.set()
    gated.job.join(10)


@pytest.fixture
def server(journal: Journal, gated: Gated) -> Iterator[Server]:
    with Server(journal, lambda *_: gated.job, port=0, control=True, cache=gated.cache) as server:
        yield server


def time(video: Locator) -> float:
    return float(video.evaluate("video => video.currentTime"))


def watch(where: Page | Locator) -> Locator:
    """Press Watch by keyboard once it is there; the player's video."""
    button = where.get_by_role("button", name="Watch")
    expect(button).to_be_visible()
    assert "Watch the first" in (button.get_attribute("title") or "")
    button.press("Enter")
    expect(where.get_by_role("button", name="Close")).to_have_attribute("aria-expanded", "true")
    return where.locator(".aura-player video")


def test_on_the_page_it_plays_before_it_is_made_and_goes_on_as_the_finished_film(
    page: Page, server: Server, gated: Gated, shots: Path
) -> None:
    found = troubles(page)
    page.goto(server.url)
    gated.start()
    video = watch(page)
    until(lambda: time(video) > 1, 60, "playing")
    assert not gated.job.ended
    page.screenshot(path=shots / "watching.png")
    # What is made so far comes to its end: the page says what it waits for.
    notice = page.locator(".aura-player").get_by_role("status")
    expect(notice).to_have_text("The next part is being made…")
    page.screenshot(path=shots / "waiting.png")
    edge = time(video)
    assert edge == pytest.approx(gated.job.snapshot().watchable, abs=0.3)
    gated.go.set()
    film = page.locator(".film video")
    expect(film).to_be_visible()
    expect(page.locator(".aura-player")).to_have_count(0)
    until(lambda: time(film) > edge + 1, 60, "the film going on")
    assert time(film) < edge + 8
    assert film.evaluate("video => !video.paused && document.activeElement === video")
    expect(page.get_by_role("button", name="Watch")).to_be_hidden()
    page.screenshot(path=shots / "watched.png")
    # Asking for what is not there yet is no trouble.
    assert [one for one in found if "404" not in one] == []


def test_one_may_seek_in_what_is_there(page: Page, server: Server, gated: Gated) -> None:
    page.goto(server.url)
    gated.start()
    video = watch(page)
    until(lambda: time(video) > 2, 60, "playing")
    video.evaluate("video => { video.currentTime = 0.5; }")
    until(lambda: 0.5 < time(video) < 2, 30, "playing again")
    # The picture is really that of its time: it is drawn, and not black.
    seen = video.evaluate("""(video) => {
      const canvas = new OffscreenCanvas(16, 9);
      const pen = canvas.getContext('2d');
      pen.drawImage(video, 0, 0, 16, 9);
      return [...pen.getImageData(0, 0, 16, 9).data];
    }""")
    assert sum(seen) / len(seen) > 150


def test_without_media_source_extensions_the_browser_s_own_hls_plays_it_where_it_has_any(
    page: Page, server: Server, gated: Gated
) -> None:
    page.add_init_script("delete window.MediaSource")
    page.goto(server.url)
    gated.start()
    video, told = watch(page), page.locator(".aura-player").get_by_role("status")
    if video.evaluate("video => video.canPlayType('application/vnd.apple.mpegurl')"):
        # Chromium's own player may give up where a playlist has not grown (DEMUXER_ERROR_COULD_NOT_PARSE).
        until(lambda: time(video) > 0.5 or video.evaluate("video => Boolean(video.error)"), 60, "playing")
        gave_up = video.evaluate("video => Boolean(video.error)")
        assert str(video.evaluate("video => video.src")).endswith("/preview/master.m3u8")
    else:
        gave_up = True
    if gave_up:
        expect(told).to_contain_text("plays when it is done")


def test_what_a_cancelled_job_has_made_stays_to_be_watched_until_it_is_closed(
    page: Page, server: Server, gated: Gated
) -> None:
    page.goto(server.url)
    gated.start()
    video = watch(page)
    until(lambda: time(video) > 0.5, 60, "playing")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    until(lambda: video.evaluate("video => video.ended"), 60, "the end of what is there")
    page.reload()
    page.locator("summary").first.click()
    video = watch(page)
    until(lambda: time(video) > 0.5, 60, "playing after a reload")
    page.get_by_role("button", name="Close").press("Enter")
    expect(page.locator(".aura-player")).to_have_count(0)


def test_when_what_was_made_is_gone_the_player_says_so(page: Page, server: Server, gated: Gated) -> None:
    page.goto(server.url)
    gated.start()
    expect(page.get_by_role("button", name="Watch")).to_be_visible()
    for piece in gated.job.snapshot().pieces:
        gated.cache.drop(piece.segment)
    watch(page)
    expect(page.locator(".aura-player").get_by_role("status")).to_have_text(
        "What was made of the film is not there any more."
    )


def test_in_a_notebook_the_kernel_hands_it_over_and_nothing_of_it_is_saved(
    page: Page, lab: Lab, tmp_path: Path, shots: Path
) -> None:
    lab.write("watch.ipynb", MAKE.format(folder=str(tmp_path)), "gated.job.status", "gated.go.set()")
    notebook = Notebook(page, lab, "watch.ipynb").open()
    notebook.run(0)
    view = notebook.view(0)
    video = watch(view)
    until(lambda: time(video) > 1, 60, "playing")
    notebook.run(1)
    expect(notebook.outputs(1)).to_contain_text("running")
    page.screenshot(path=shots / "watching-lab.png")
    expect(view.locator(".aura-player").get_by_role("status")).to_have_text("The next part is being made…")
    edge = time(video)
    notebook.theme("JupyterLab Dark")
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot(path=shots / "waiting-lab-dark.png")
    notebook.theme("JupyterLab Light")
    notebook.run(2)
    expect(view.locator(".aura-status")).to_have_text("Done")
    # The job has ended; whoever watches is not interrupted.
    until(lambda: time(video) > edge + 4, 60, "going on after the end")
    view.get_by_role("button", name="Close").click()
    expect(notebook.outputs(0)).to_contain_text("completed, 100 %")
    expect(notebook.view(0)).to_have_count(0)
    notebook.save()
    saved = (lab.root / "watch.ipynb").read_text(encoding="utf-8")
    assert len(saved) < 100_000
    assert "m4s" not in saved


def test_while_a_cell_blocks_the_kernel_the_player_says_so_and_plays_when_it_can(
    page: Page, lab: Lab, tmp_path: Path
) -> None:
    block = "import time\ntime.sleep(12)"
    lab.write("blocked.ipynb", MAKE.format(folder=str(tmp_path)), block, "gated.job.cancel()")
    notebook = Notebook(page, lab, "blocked.ipynb").open()
    notebook.run(0)
    view = notebook.view(0)
    expect(view.get_by_role("button", name="Watch")).to_be_visible()
    notebook.run(1, wait=False)
    page.wait_for_timeout(500)
    video = watch(view)
    expect(view.locator(".aura-player").get_by_role("status")).to_have_text("Waiting for an answer…")
    until(lambda: time(video) > 0.5, 60, "playing")
    notebook.run(2)
