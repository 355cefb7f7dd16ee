"""The job view in a real JupyterLab: it moves, it tells the truth after a reload, and Cancel cancels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.lab import Lab, Notebook, until

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PLAY = "from tests.browser.actor import play\njob = play({seconds})\njob"

CLOSE = """
from aura_nb.widgets import display
print("closed", len([view.close() for view in display._kept]))
"""


def percent(view: Locator) -> int:
    return int(view.get_by_role("progressbar").get_attribute("aria-valuenow") or -1)


def opened(page: Page, lab: Lab, name: str, *cells: str) -> Notebook:
    lab.write(f"{name}.ipynb", *cells)
    return Notebook(page, lab, f"{name}.ipynb").open()


def test_the_bar_moves_and_the_end_becomes_a_document(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, "moves", PLAY.format(seconds=4), "await job\njob", CLOSE)
    seen = notebook.record_bar()
    notebook.run(0)
    notebook.run(1)
    for cell in (0, 1):
        expect(notebook.outputs(cell)).to_contain_text("completed, 100 %")
        expect(notebook.view(cell)).to_have_count(0)
    values = seen()
    assert len(set(values)) >= 5
    assert values == sorted(values)
    # The document waits for the page to say that it has shown the end.
    assert values[-1] == 100
    notebook.run(2)
    expect(notebook.outputs(2)).to_contain_text("closed 1")
    expect(notebook.outputs(0)).to_contain_text("completed, 100 %")


def test_all_displays_of_a_job_agree(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, "agree", PLAY.format(seconds=60), "job", "job.cancel(); job.wait(10)")
    notebook.run(0)
    until(lambda: percent(notebook.view(0)) > 5, 30, "progress")
    notebook.run(1)
    expect(notebook.view(1)).to_be_visible()
    expect(notebook.view(1).locator("img")).to_have_count(1)
    both = "() => [...document.querySelectorAll('.aura-bar')].map((bar) => bar.ariaValueNow)"
    until(lambda: len(set(page.evaluate(both))) == 1, 10, "both views at the same percent")
    notebook.run(2)
    for cell in (0, 1):
        expect(notebook.outputs(cell)).to_contain_text("cancelled")


def test_a_reloaded_page_shows_the_true_state_and_its_cancel_works(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, "reload", PLAY.format(seconds=90), "job.status")
    notebook.run(0)
    until(lambda: percent(notebook.view(0)) >= 5, 60, "progress")
    before = percent(notebook.view(0))
    notebook.save()
    notebook.reload()
    view = notebook.view(0)
    expect(view).to_be_visible()
    assert percent(view) >= before
    expect(view.locator("img").first).to_be_visible()
    until(lambda: percent(view) > before + 1, 60, "progress after the reload")
    view.get_by_role("button", name="Cancel").click()
    expect(view.get_by_role("status")).to_have_text("Cancelled")
    notebook.run(1)
    expect(notebook.outputs(1)).to_contain_text("cancelled")


def test_a_second_tab_shows_the_job_as_the_first_does(page: Page, browser: Browser, lab: Lab) -> None:
    first = opened(page, lab, "tabs", PLAY.format(seconds=90))
    first.run(0)
    until(lambda: percent(first.view(0)) >= 5, 60, "progress")
    first.save()
    tab = browser.new_page()
    second = Notebook(tab, lab, "tabs.ipynb").open()
    view = second.view(0)
    expect(view.locator("img").first).to_be_visible()
    before = percent(view)
    until(lambda: percent(view) > before, 60, "progress in the second tab")
    view.get_by_role("button", name="Cancel").click()
    for notebook in (first, second):
        expect(notebook.outputs(0)).to_contain_text(re.compile("cancelled", re.IGNORECASE))
    tab.close()


def test_a_saved_notebook_tells_the_end_without_its_kernel(page: Page, lab: Lab) -> None:
    notebook = opened(page, lab, "saved", PLAY.format(seconds=1), "job.wait(60)")
    notebook.run(0)
    notebook.run(1)
    expect(notebook.outputs(0)).to_contain_text("completed")
    notebook.save()
    notebook.page.evaluate("() => panel.sessionContext.shutdown()")
    notebook.reload()
    expect(notebook.outputs(0)).to_contain_text("completed")
    expect(notebook.outputs(0)).not_to_contain_text("Error displaying widget")
    saved = lab.read("saved.ipynb")
    assert "widgets" not in saved.metadata
    assert set(saved.cells[0].outputs[0].data) == {"text/html", "text/plain"}


INSIDE = """(view) => {
  const edge = view.getBoundingClientRect().right;
  const parts = [...view.querySelectorAll(':scope > *, .aura-stages, .aura-stages *, .aura-scenes')];
  return view.clientWidth > 0 && parts.every((part) => part.getBoundingClientRect().right <= edge);
}"""


def test_nothing_overflows_and_everything_is_accessible_at_any_width_in_either_theme(
    page: Page, lab: Lab, shots: Path
) -> None:
    notebook = opened(page, lab, "widths", PLAY.format(seconds=600))
    notebook.run(0)
    view = notebook.view(0)
    expect(view.locator("img")).to_have_count(1)
    view.locator("summary").click()
    expect(view.locator("pre")).to_contain_text("Drew scene 1.")
    for theme in ("Dark", "Light"):
        notebook.theme(f"JupyterLab {theme}")
        for width in (480, 640, 1000):
            view.evaluate("(view, width) => { view.style.width = `${width}px`; }", width)
            assert view.evaluate(INSIDE), (theme, width)
            view.screenshot(path=shots / f"job-{width}-{theme.lower()}.png")
        found = Axe().run(page, ".aura-job")
        assert found.violations_count == 0, found.generate_report()
    notebook.restart_kernel()
