"""Whatever happens to kernel, page and cell while a job runs: what the view shows afterwards is right."""

from __future__ import annotations

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.lab import Lab, Notebook, until
from tests.browser.test_job_view import PLAY, opened, percent

pytestmark = [pytest.mark.slow, pytest.mark.browser]

KEPT = """
import os
from tests.browser.actor import play
print(os.getpid())
job = play({seconds}, kept=True)
job
"""
JOBS = "import aura_nb as aura\nprint(aura.jobs()['status'].iloc[0])"


@pytest.mark.parametrize(("way", "became"), [("restarted", "cancelled"), ("killed", "crashed")])
def test_a_kernel_that_went_is_told_as_gone_and_the_next_one_knows_what_became_of_its_job(
    way: str, became: str, page: Page, lab: Lab
) -> None:
    notebook = opened(page, lab, f"gone-{way}", KEPT.format(seconds=60), JOBS)
    notebook.run(0)
    view = notebook.view(0)
    until(lambda: percent(view) > 2, 30, "progress")
    if way == "restarted":
        notebook.restart_kernel()
    else:
        # The server starts another one by itself, and Lab says so.
        psutil.Process(int(notebook.text(0))).kill()
        page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    expect(view.get_by_role("status")).to_have_text("Kernel gone")
    expect(view.get_by_role("button", name="Cancel")).to_be_disabled()
    expect(view).to_contain_text("aura.jobs()")
    notebook.attach()
    notebook.run(1)
    assert notebook.text(1).split() == [became]
    expect(view.get_by_role("status")).to_have_text("Kernel gone")


def test_an_interrupt_cancels_and_leaves_one_line(page: Page, lab: Lab) -> None:
    make = "from aura_nb import follow\nfrom tests.browser.actor import play\njob = play(60)\nfollow(job)"
    notebook = opened(page, lab, "interrupted", make, "print(job.status)")
    notebook.run(0, wait=False)
    until(lambda: notebook.view(0).count() > 0 and percent(notebook.view(0)) > 2, 30, "progress")
    notebook.interrupt_kernel()
    expect(notebook.outputs(0)).to_contain_text("was interrupted and is cancelled")
    notebook.run(1)
    assert notebook.text(1) == "cancelled\n"
    assert notebook.error(0).startswith("KeyboardInterrupt: “Why the sky is blue” was interrupted")
    assert len(notebook.error(0).splitlines()) == 1
    # The document has taken the view's place, above the line.
    expect(notebook.view(0)).to_have_count(0)
    expect(notebook.outputs(0).locator("table")).to_be_visible()
    expect(notebook.outputs(0).locator("b", has_text="cancelled")).to_be_visible()


def test_two_tabs_on_one_kernel_agree_and_either_cancels(page: Page, browser: Browser, lab: Lab) -> None:
    first = opened(page, lab, "tabs", PLAY.format(seconds=90))
    first.run(0)
    until(lambda: percent(first.view(0)) > 2, 30, "progress")
    first.save()
    other = browser.new_page()
    try:
        second = Notebook(other, lab, first.name).open()
        expect(second.view(0)).to_be_visible()
        expect(second.view(0).locator("img").first).to_be_visible()
        before = percent(second.view(0))
        until(lambda: min(percent(first.view(0)), percent(second.view(0))) > before, 30, "progress in both")
        second.view(0).get_by_role("button", name="Cancel").click()
        expect(second.view(0).get_by_role("status")).to_have_text("Cancelled")
        expect(first.view(0)).to_have_count(0)
        expect(first.outputs(0)).to_contain_text("cancelled")
    finally:
        other.close()


def test_a_cell_that_is_run_again_shows_its_new_job_and_the_old_one_runs_on(page: Page, lab: Lab) -> None:
    again = PLAY.format(seconds=90) + "\nmade = [*globals().get('made', []), job]\njob"
    end_of = "made[{0}].cancel(); made[{0}].wait(10); print(*[one.status for one in made])"
    notebook = opened(page, lab, "again", again, end_of.format(0), end_of.format(1))
    notebook.run(0)
    until(lambda: percent(notebook.view(0)) > 5, 30, "progress")
    notebook.run(0)
    expect(notebook.view(0)).to_have_count(1)
    until(lambda: 1 < percent(notebook.view(0)) < 5, 30, "the new job's progress")
    notebook.run(1)
    assert notebook.text(1).split() == ["cancelled", "running"]
    before = percent(notebook.view(0))
    until(lambda: percent(notebook.view(0)) > before, 30, "progress after the old job's end")
    expect(notebook.outputs(0)).not_to_contain_text("cancelled")
    notebook.run(2)
    expect(notebook.outputs(0)).to_contain_text("cancelled")


def test_a_view_that_is_closed_leaves_its_job_which_can_be_shown_again(page: Page, lab: Lab) -> None:
    close = "import ipywidgets\nipywidgets.Widget.close_all()"
    notebook = opened(page, lab, "closed", PLAY.format(seconds=15), close, "job", "print(job.wait(60))")
    notebook.run(0)
    until(lambda: percent(notebook.view(0)) > 5, 30, "progress")
    notebook.run(1)
    expect(notebook.view(0)).to_have_count(0)
    notebook.run(2)
    shown = percent(notebook.view(2))
    assert shown >= 5
    until(lambda: percent(notebook.view(2)) > shown, 30, "progress in the new view")
    notebook.run(3)
    for cell in (0, 2):
        expect(notebook.outputs(cell)).to_contain_text("completed, 100 %")
        expect(notebook.view(cell)).to_have_count(0)
