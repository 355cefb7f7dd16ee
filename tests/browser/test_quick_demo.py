"""The first tutorial in a real JupyterLab, with real films: what a newcomer sees."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT
from tests.browser.lab import Lab, Notebook, until

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

NAME = "01_quick_demo.ipynb"
LONG = """
import os
import aura_nb as aura

points = [f"Fact number {n} is told at some length, so that there is something to do." for n in range(8)]
brief = aura.Brief("A long film", points=points)
job = aura.start(brief, plan=aura.Plan(seconds=60), profile=aura.Profile(speaker=("espeak",)))
print(os.getpid())
job
"""
ASKED_TO_ENDED = """
asked = next(event for event in job.events() if event.status == "cancelling")
print(job.events()[-1].timestamp - asked.timestamp)
"""


def code_cells(notebook: Notebook) -> list[int]:
    script = "() => panel.content.widgets.map((cell) => cell.model.type)"
    types: list[str] = notebook.page.evaluate(script)
    return [number for number, kind in enumerate(types) if kind == "code"]


def test_the_tutorial_runs_the_bar_moves_and_the_film_plays(page: Page, lab: Lab, shots: Path) -> None:
    shutil.copy(ROOT / "notebooks" / NAME, lab.root / NAME)
    page.set_default_timeout(400_000)
    notebook = Notebook(page, lab, NAME).open()
    page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    first, *others = code_cells(notebook)

    seen = notebook.record_bar()
    notebook.run(first)
    values = seen()
    assert len(set(values)) >= 5
    assert values == sorted(values)
    expect(notebook.outputs(first)).to_contain_text("completed, 100 %")

    notebook.outputs(first).locator("figure").get_by_role("button", name="Play").click()
    video = notebook.outputs(first).locator("video")
    video.scroll_into_view_if_needed()
    played: dict[str, Any] = video.evaluate("""async (video) => {
      video.muted = true;
      await video.play();
      while (video.currentTime < 0.5) await new Promise(requestAnimationFrame);
      video.pause();
      const { duration, videoWidth: width, videoHeight: height } = video;
      return { duration, width, height, captions: video.textTracks.length };
    }""")
    assert (played["width"], played["height"]) == (1920, 1080)
    assert 12 <= played["duration"] <= 20
    assert played["captions"] == 1
    page.screenshot(path=shots / "film.png")

    for number in others:
        notebook.run(number)
    assert [notebook.error(number) for number in others] == [""] * len(others)


@pytest.mark.parametrize("stage", ["Write the script", "Compose the scenes"])
def test_cancel_stops_a_film_within_two_seconds_and_leaves_no_process(stage: str, page: Page, lab: Lab) -> None:
    lab.write("cancel.ipynb", LONG, ASKED_TO_ENDED)
    notebook = Notebook(page, lab, "cancel.ipynb").open()
    notebook.run(0)
    kernel = psutil.Process(int(notebook.text(0)))
    view = notebook.view(0)
    expect(view.locator(".aura-stage[data-state=running]", has_text=stage)).to_be_visible()
    view.get_by_role("button", name="Cancel").click()
    expect(notebook.outputs(0)).to_contain_text("cancelled")
    notebook.run(1)
    assert float(notebook.text(1)) <= 2
    until(lambda: not kernel.children(recursive=True), 2, "the end of every child process")
    notebook.restart_kernel()
