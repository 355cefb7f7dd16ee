"""The observer page for everybody: axe, the accessibility tree, the keyboard, narrow windows, own colours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aura_nb.jobs.job import Job
from aura_nb.jobs.queue import Queue
from aura_nb.pipeline.context import Report
from tests.server.played import drawn, line, progress

pytestmark = pytest.mark.browser

SCHEMES = ("light", "dark")


@pytest.fixture
def history(journal, film):
    """So many jobs that are over, every fifth of them failed."""
    queue = Queue(4)

    def work(number: int):
        def run(report, cancel):
            report(drawn(0, "One"))
            if number % 5 == 0:
                raise RuntimeError("The voice is missing.")
            return film

        return run

    def make(number: int) -> None:
        for one in range(number):
            Job(f"Film {one}", work(one), journal=journal, queue=queue).start().wait(20)

    return make


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands (https://github.com/dequelabs/axe-core)."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_any_state(page: Page, server, play, history, film, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(server.url)
    expect(page.get_by_role("heading", name="No film has been made yet")).to_be_visible()
    assert faults(page) == []
    played, _ = play("Why the sky is blue", film=film), play("Tides")
    played.say(
        drawn(0, "The question"), progress(42), line("said"), Report("warning", "picture", "A box is drawn.")
    )
    expect(page.get_by_text("A box is drawn.").first).to_be_visible()
    expect(page.get_by_text("not measured while a film is rendered")).to_be_visible()
    page.get_by_text("Log (").first.click()
    assert faults(page) == []
    played.end()
    expect(page.locator("video")).to_be_visible()
    assert faults(page) == []
    server.stop()
    expect(page.locator("#link")).to_have_attribute("data-state", "lost")
    assert faults(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_a_long_history(page: Page, server, history, scheme):
    history(25)
    page.emulate_media(color_scheme=scheme)
    page.goto(server.url)
    page.locator("#earlier summary").nth(3).click()
    page.get_by_label("Find").fill("film failed")
    expect(page.get_by_text("of 24")).to_be_visible()
    assert faults(page) == []


def test_a_screen_reader_finds_landmarks_headings_and_a_named_bar(page: Page, server, play):
    played = play("Why the sky is blue")
    played.say(progress(42))
    page.goto(server.url)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "42")
    expect(page.locator("body")).to_match_aria_snapshot("""
      - banner:
        - heading "Films in the making" [level=1]
        - status: Live
        - group "Load of this machine"
      - main:
        - region "In the making":
          - heading "In the making" [level=2]
          - list:
            - listitem:
              - group "Why the sky is blue":
                - heading "Why the sky is blue" [level=3]
                - button "Cancel"
                - 'progressbar "Why the sky is blue: progress"'
    """)
    assert page.title() == "42 % – Why the sky is blue"


def test_only_changes_of_state_are_read_aloud(page: Page, server, play):
    """A region that told of every step would never be silent."""
    page.goto(server.url)
    expect(page.locator("#link")).to_have_text("Live")
    page.evaluate("""() => {
      window.aloud = [];
      const regions = document.querySelectorAll("[role=status], [aria-live]");
      const tell = (changes) => aloud.push(...changes.map(({ target }) => target.textContent));
      const what = { childList: true, characterData: true };
      for (const region of regions) new MutationObserver(tell).observe(region, what);
    }""")
    played = play("Tides")
    for percent in range(1, 60):
        played.say(progress(percent, percent % 3))
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "59")
    played.end()
    expect(page.get_by_text("Failed", exact=True)).to_be_visible()
    assert page.evaluate("aloud") == ["Tides: Running", "Tides: Failed"]
    assert page.locator("main [role=status]").count() == 1


def test_everything_is_reached_by_keyboard_in_the_order_it_is_seen(page: Page, server, play, history):
    history(25)
    play("Tides").say(progress(10), line("said"))
    page.goto(server.url)
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    stops = []
    for _ in range(6):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate("""() => {
          const { tagName, textContent } = document.activeElement;
          const { outlineStyle } = getComputedStyle(document.activeElement);
          return [tagName, textContent.slice(0, 7), outlineStyle !== "none"];
        }""")
        )
    assert stops == [
        ["BUTTON", "Cancel", True],
        ["SUMMARY", "Log (1)", True],
        ["INPUT", "", True],
        ["SUMMARY", "Film 24", True],
        ["SUMMARY", "Film 23", True],
        ["SUMMARY", "Film 22", True],
    ]
    page.keyboard.press("Enter")
    expect(page.locator("#earlier .aura-job")).to_be_visible()
    more = page.get_by_role("button", name="Show all 25")
    more.focus()
    page.keyboard.press("Enter")
    expect(more).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent").startswith("Film 4")


@pytest.fixture
def narrow(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    yield context
    context.close()


def test_a_window_of_320_pixels_shows_all_without_scrolling_sideways(narrow, server, play, history, film):
    history(8)
    played = play("How tides work, and why there are two of them every day rather than one", film=film)
    played.say(drawn(0, "The question"), progress(42), line("word " * 40 + "x" * 200))
    page = narrow.new_page()
    page.goto(server.url)
    page.get_by_text("Log (").click()
    played.end()
    expect(page.locator("video")).to_be_visible()
    page.locator("#earlier summary").first.click()
    expect(page.locator("#earlier .aura-job")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_bar_is_seen_where_the_user_s_own_colours_rule_and_rests_for_who_wants_rest(page: Page, server, play):
    play("Tides").say(Report("step-status", "picture", data={"state": "running"}), progress(42))
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto(server.url)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "42")
    style = page.locator(".aura-fill").evaluate(
        "(fill) => { const s = getComputedStyle(fill); return [s.backgroundColor, s.transitionDuration]; }"
    )
    track = page.locator(".aura-bar").evaluate("(bar) => getComputedStyle(bar).backgroundColor")
    assert style[0] != track
    assert style[1] == "0s"
    moving = page.evaluate("document.getAnimations().map((one) => one.animationName ?? one.transitionProperty)")
    assert moving == []
