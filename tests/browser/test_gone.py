"""A notebook that was saved with something live in it, opened when its kernel is gone: it tells the truth."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import Lab, Notebook, until
from tests.browser.test_job_view import opened, percent

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PLAY = "import os\nfrom tests.browser.actor import play\nprint(os.getpid())\njob = play(90)\njob"
STUDIO = "import os\nimport aura_nb as aura\nprint(os.getpid())\naura.Studio('Why the sky is blue')"

LOAD = "import os\nimport aura_nb as aura\nprint(os.getpid())\naura.ResourceBar()"


def told(outputs: Locator, words: str) -> None:
    """Once Lab has given the view up, there is only this to be read."""
    given_up = outputs.get_by_text("Error displaying widget: model not found")
    expect(given_up).to_be_attached()
    expect(given_up).to_be_hidden()
    expect(outputs.get_by_text(words)).to_be_visible()


def killed(notebook: Notebook, page: Page) -> None:
    """The kernel dies; the server starts another one by itself, and Lab says so."""
    psutil.Process(int(notebook.text(0))).kill()
    page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()


def test_a_job_that_was_saved_while_it_ran(page: Page, lab: Lab, shots: Path) -> None:
    notebook = opened(page, lab, "gone-job", PLAY, PLAY)
    notebook.run(0)
    outputs, view = notebook.outputs(0), notebook.view(0)
    until(lambda: percent(view) > 2, 30, "progress")
    words = outputs.get_by_text("was being made when this was saved")
    expect(words).to_be_hidden()
    page.screenshot(path=shots / "gone-job-live.png")
    notebook.save()

    notebook.reload()
    expect(view).to_be_visible()
    before = percent(view)
    until(lambda: percent(view) > before, 30, "progress after the reload")
    expect(words).to_be_hidden()

    killed(notebook, page)
    notebook.reload()
    told(outputs, "was being made when this was saved")
    expect(view).to_have_count(0)
    page.screenshot(path=shots / "gone-job.png")

    # What another cell shows live is not in its place.
    notebook.run(1)
    expect(notebook.view(1)).to_be_visible()
    expect(words).to_be_visible()


@pytest.mark.parametrize(
    ("name", "cell", "saved"),
    [("studio", STUDIO, "Run the cell to work in it"), ("load", LOAD, "run the cell to see it")],
)
def test_a_studio_and_the_load_of_the_machine(
    name: str, cell: str, saved: str, page: Page, lab: Lab, shots: Path
) -> None:
    notebook = opened(page, lab, f"gone-{name}", cell)
    notebook.run(0)
    outputs = notebook.outputs(0)
    live, words = outputs.locator(f".aura-{name}"), outputs.get_by_text(saved)
    expect(live).to_be_visible()
    expect(words).to_be_hidden()
    page.screenshot(path=shots / f"gone-{name}-live.png")
    notebook.save()

    notebook.reload()
    expect(live).to_be_visible()
    expect(words).to_be_hidden()

    killed(notebook, page)
    notebook.reload()
    told(outputs, saved)
    expect(live).to_have_count(0)
    page.screenshot(path=shots / f"gone-{name}.png")
