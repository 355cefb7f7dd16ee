"""An afternoon in one Studio. Each test goes on where the one before it stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.lab import Lab, Notebook
from tests.browser.test_studio import EMPTY, headings, opened, tab

pytestmark = [pytest.mark.slow, pytest.mark.browser]

TOLD = "print(studio.film.title, studio.film.seconds, sep='\\n')"
SECONDS = "(seconds) => Math.abs(document.querySelector('.aura-studio video')?.duration - seconds) < 0.1"
FOCUS = """(root) => {
  const now = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(now);
  const { top, bottom } = now.getBoundingClientRect();
  const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
  const seen = outlined && top < innerHeight && bottom > 0;
  return { inside: root.contains(now), seen, what: now.outerHTML.slice(0, 120) };
}"""
SOURCE = "() => panel.content.widgets[0].model.sharedModel.source"

ORDER = "(root) => [...root.querySelectorAll('.aura-job, .as-result-title')].map((one) => one.className)"
ADD_AND_LEAVE = """(root) => {
  const buttons = [...root.querySelectorAll('button')];
  const add = buttons.find((one) => one.textContent === 'Add a scene');
  add.focus();
  add.click();
  // At once: the kernel cannot have answered before the user is gone.
  buttons.find((one) => one.getAttribute('aria-label') === 'Undo the last change').focus();
}"""


@pytest.fixture(scope="module")
def desk(browser: Browser, lab: Lab) -> Iterator[tuple[Notebook, Locator]]:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(30_000)
    yield opened(page, lab, "afternoon", EMPTY, TOLD)
    page.close()


def tab_to(page: Page, studio: Locator, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus, which is in the Studio and seen all the way."""
    for _ in range(40):
        page.keyboard.press("Tab")
        see_focus(studio)
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {wanted}")


def see_focus(studio: Locator) -> None:
    found = studio.evaluate(FOCUS)
    assert found["inside"], found
    assert found["seen"], found


def test_from_the_topic_to_a_film_that_plays_without_a_mouse(desk: tuple[Notebook, Locator]) -> None:
    notebook, studio = desk
    page = notebook.page
    # From the cell that made it, past the cell's own buttons.
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(studio.get_by_role("tab", name="Brief")).to_be_focused()
    tab_to(page, studio, studio.get_by_label("Topic"))
    page.keyboard.type("Why the sky is blue")
    tab_to(page, studio, studio.get_by_label("Points"))
    page.keyboard.type("Sunlight holds all colours.\nAir scatters blue most.")
    tab_to(page, studio, studio.get_by_role("button", name="Write the script"))
    page.keyboard.press("Enter")
    expect(studio.get_by_role("tab", name="Script (")).to_be_focused()
    tab_to(page, studio, studio.get_by_role("button", name="Make the film"))
    page.keyboard.press("Space")
    expect(studio.get_by_role("tab", name="Film")).to_be_focused()
    see_focus(studio)
    play = studio.get_by_role("button", name="Play Why the sky is blue")
    expect(play).to_be_visible(timeout=60_000)
    see_focus(studio)
    tab_to(page, studio, play)
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('.aura-studio video')?.currentTime > 0.2")
    # Whoever pressed Play goes on with the film's own controls.
    expect(studio.locator("video")).to_be_focused()
    page.keyboard.press("Space")


def test_no_key_pressed_in_the_studio_is_taken_for_one_of_the_notebook(desk: tuple[Notebook, Locator]) -> None:
    notebook, studio = desk
    keys = notebook.page.keyboard
    studio.get_by_role("tab", name="Script (").focus()
    for key in ("d", "d", "m", "a", "Shift+Enter", "Control+Enter"):
        keys.press(key)
    expect(studio.get_by_role("tab", name="Script (")).to_be_focused()
    assert notebook.page.evaluate("() => panel.content.widgets.map((cell) => cell.model.type)") == ["code", "code"]
    expect(studio.locator(".as-title")).to_have_text("Why the sky is blue")
    # What is taken back in a field is what was typed there, and not what was in the cell.
    notebook.page.locator(".jp-Notebook-cell .cm-content").first.click()
    keys.press("Control+End")
    keys.type("  # mine")
    tab(studio, "Brief")
    audience = studio.get_by_label("Audience")
    audience.focus()
    keys.type("gardeners")
    keys.press("Control+z")
    expect(audience).to_have_value("")
    keys.press("Control+Shift+z")
    expect(audience).to_have_value("gardeners")
    for key in ("Control+z", "Control+y", "Meta+z"):
        keys.press(key)
    studio.get_by_role("tab", name="Brief").press("Control+z")
    assert str(notebook.page.evaluate(SOURCE)).endswith("  # mine")
    audience.fill("")
    tab(studio, "Script")
    # What is meant for the whole document is heard.
    keys.press("Control+s")
    notebook.page.wait_for_function("() => !panel.context.model.dirty")


def test_scenes_are_added_rewritten_and_removed_and_each_is_undone(desk: tuple[Notebook, Locator]) -> None:
    notebook, studio = desk
    tab(studio, "Script")
    before = headings(studio)
    undo = studio.get_by_role("button", name="Undo the last change")

    studio.get_by_role("button", name="Add a scene").click()
    expect(studio.locator(".as-scene")).to_have_count(len(before) + 1)
    # Whoever adds a scene goes on in it.
    added = studio.locator(".as-scene").last
    expect(added.get_by_label("Heading", exact=True)).to_be_focused()
    notebook.page.keyboard.type("Ein Nachwort")
    expect(added.locator(".as-scene-name")).to_have_text("Ein Nachwort")
    expect(added.get_by_role("textbox", name="Title in the picture", exact=True)).to_have_value("Ein Nachwort")
    undo.click()
    undo.click()
    expect(studio.locator(".as-scene")).to_have_count(len(before))
    # Whoever goes elsewhere at once stays there.
    studio.evaluate(ADD_AND_LEAVE)
    expect(studio.locator(".as-scene")).to_have_count(len(before) + 1)
    expect(undo).to_be_focused()
    undo.click()
    expect(studio.locator(".as-scene")).to_have_count(len(before))

    second = studio.locator(".as-scene").nth(1)
    second.locator(".as-scene-title").click()
    said = second.get_by_label("Narration")
    written = said.input_value()
    said.fill("Said by hand.")
    studio.get_by_role("button", name="Rewrite scene 2").click()
    expect(said).to_have_value(written)
    undo.click()
    expect(said).to_have_value("Said by hand.")
    undo.click()
    expect(said).to_have_value(written)

    remove = studio.get_by_role("button", name="Remove scene 1")
    remove.press("Enter")
    expect(studio.locator(".as-scene-name").first).to_have_text(before[1])
    # The scene that took its place has the focus.
    expect(remove).to_be_focused()
    undo.press("Enter")
    expect(studio.locator(".as-scene-name").first).to_have_text(before[0])
    expect(undo).to_be_focused()
    assert headings(studio) == before


def row_of(studio: Locator, title: str) -> Locator:
    return studio.locator("tr", has=studio.page.get_by_role("rowheader", name=title, exact=True))


def test_a_second_film_stands_beside_the_first_and_either_is_shown(desk: tuple[Notebook, Locator]) -> None:
    notebook, studio = desk
    tab(studio, "Brief")
    studio.get_by_label("Topic").fill("Why grass is green")
    tab(studio, "Script")
    studio.locator(".as-scene.as-open").get_by_label("Narration").fill(
        "Leaves take red and blue light, and leave green."
    )
    tab(studio, "Film")
    # Who makes it now is told that the scenes are still those of the other topic.
    expect(studio.get_by_role("tabpanel", name="Film")).to_contain_text("brief or plan has changed")
    studio.get_by_role("button", name="Make the film").click()
    title = studio.locator(".as-result-title")
    expect(title).to_contain_text("Why grass is green", timeout=60_000)
    notebook.run(1)
    second = notebook.text(1).splitlines()
    assert second[0] == "Why grass is green"
    studio.get_by_role("button", name="Play Why grass is green").click()
    notebook.page.wait_for_function(SECONDS, arg=float(second[1]))
    jobs = studio.locator(".aura-job")
    expect(jobs).to_have_count(2)
    # What was made before stands behind the film, folded.
    assert studio.evaluate(ORDER) == ["aura-job", "as-result-title", "aura-job"]
    expect(jobs.last).not_to_be_visible()
    studio.get_by_text("Earlier jobs").click()
    for job, name in zip(jobs.all(), ("Why grass is green", "Why the sky is blue"), strict=True):
        expect(job.locator(".aura-title")).to_have_text(name)
        expect(job.get_by_role("status")).to_have_text("Done")

    tab(studio, "History")
    for name in ("Why grass is green", "Why the sky is blue"):
        expect(row_of(studio, name).first).to_contain_text("completed")
    row_of(studio, "Why the sky is blue").first.get_by_role("button", name="Show the film").press("Enter")
    expect(studio.get_by_role("tab", name="Film")).to_be_focused()
    expect(title).to_contain_text("Why the sky is blue")
    notebook.run(1)
    first = notebook.text(1).splitlines()
    assert first[0] == "Why the sky is blue"
    assert abs(float(first[1]) - float(second[1])) > 0.3
    studio.get_by_role("button", name="Play Why the sky is blue").click()
    notebook.page.wait_for_function(SECONDS, arg=float(first[1]))


def test_a_job_is_cancelled_where_it_runs_and_an_earlier_one_gone_on_from(desk: tuple[Notebook, Locator]) -> None:
    _, studio = desk
    tab(studio, "Brief")
    studio.get_by_label("Topic").fill("Why leaves fall")
    look = studio.locator("details", has_text="Look and encoding")
    look.locator("summary").click()
    look.get_by_label("Height").select_option("2160")
    tab(studio, "Film")
    studio.get_by_role("button", name="Make the film").click()
    job = studio.locator(".aura-job").first
    expect(job.locator(".aura-title")).to_have_text("Why leaves fall")
    job.get_by_role("button", name="Cancel").press("Enter")
    expect(job.get_by_role("status")).to_have_text("Cancelled")
    see_focus(studio)
    expect(studio.get_by_role("button", name="Make the film")).to_be_visible()

    tab(studio, "History")
    expect(row_of(studio, "Why leaves fall")).to_contain_text("cancelled")
    expect(row_of(studio, "Why leaves fall").get_by_role("button", name="Show the film")).to_have_count(0)
    row_of(studio, "Why grass is green").first.get_by_role("button", name="Edit it").press("Enter")
    expect(studio.get_by_role("tab", name="Brief")).to_be_focused()
    expect(studio.get_by_label("Topic")).to_have_value("Why grass is green")
    expect(look.get_by_label("Height")).to_have_value("360")
    studio.get_by_role("button", name="Undo the last change").click()
    expect(studio.get_by_label("Topic")).to_have_value("Why leaves fall")
