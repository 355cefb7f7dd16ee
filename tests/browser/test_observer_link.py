"""The observer page's link to its server in a real Chromium: many tabs, and all that breaks a connection."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aura_nb.server.stream import Pace
from tests.browser.lab import until
from tests.server.played import Played, drawn, line, progress

pytestmark = pytest.mark.browser

# A lock of its own tells a page its id, by which it finds itself among the holders of the others.
LEADS = """() => navigator.locks.request("who am I", async ({ name }) => {
  const { held } = await navigator.locks.query();
  const { clientId } = held.find((lock) => lock.name === name);
  return held.some((lock) => lock.clientId === clientId && lock.name !== name);
})"""

# A tab that may be made deaf to the others.
DEAF = """() => {
  window.deaf = false;
  const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage");
  Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
    set(handler) { set.call(this, (event) => window.deaf || handler(event)); },
  });
}"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own, as far as tabs, locks and cookies go."""
    context = browser.new_context()
    yield context
    context.close()


def tabs(context: BrowserContext, url: str, number: int) -> list[Page]:
    """So many tabs with the page, all of them live."""
    pages = [context.new_page() for _ in range(number)]
    for page in pages:
        page.goto(url)
    for page in pages:
        expect(page.locator("#link")).to_have_text("Live")
    return pages


def leader(pages: list[Page]) -> Page:
    (found,) = [page for page in pages if page.evaluate(LEADS)]
    return found


def shows(page: Page, percent: int) -> None:
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", str(percent))


def told(page: Page) -> list[int]:
    """The numbers of the lines in the job's log, as `count` says them."""
    log = page.locator(".aura-log pre").text_content() or ""
    return [int(number) for number in re.findall(r"line (\d+)$", log, re.MULTILINE)]


def count(played: Played, *numbers: int) -> None:
    played.say(*(line(f"line {number}") for number in numbers))


def test_eight_tabs_share_one_stream_and_go_on_without_whoever_had_it(context, server, play):
    """Browsers allow six connections a host: with one each, the seventh tab would hang."""
    played = play()
    pages = tabs(context, server.url, 8)
    assert server.hub.streams == 1
    played.say(drawn(0, "The moon"), progress(30))
    count(played, 1, 2, 3)
    for page in pages:
        shows(page, 30)
        expect(page.get_by_alt_text("Scene 1: The moon")).to_be_visible()
    while len(pages) > 5:
        gone = leader(pages)
        pages.remove(gone)
        first = 10 * len(pages)
        count(played, first)
        gone.close()
        count(played, first + 1)
        until(lambda: server.hub.streams == 1 and leader(pages) is not None, 5, "another leader")
        count(played, first + 2)
    played.say(progress(60))
    wanted = [1, 2, 3, 70, 71, 72, 60, 61, 62, 50, 51, 52]
    for page in pages:
        shows(page, 60)
        assert told(page) == wanted
    assert server.hub.streams == 1


def test_a_leader_that_is_put_to_sleep_hands_over_at_once_and_catches_up_when_it_wakes(context, server, play):
    """By the browser's own events: headless Chromium freezes no page itself."""
    context.add_init_script(f"({DEAF})()")
    played = play()
    pages = tabs(context, server.url, 3)
    asleep = leader(pages)
    awake = [page for page in pages if page is not asleep]
    asleep.evaluate("() => { deaf = true; document.dispatchEvent(new Event('freeze')); }")
    played.say(drawn(0, "The moon"), progress(20))
    count(played, 1, 2)
    for page in awake:
        shows(page, 20)
    leader(awake)
    assert server.hub.streams == 1
    asleep.evaluate("() => { deaf = false; document.dispatchEvent(new Event('resume')); }")
    shows(asleep, 20)
    count(played, 3)
    played.say(progress(40))
    for page in pages:
        shows(page, 40)
        expect(page.get_by_alt_text("Scene 1: The moon")).to_be_visible()
        assert told(page) == [1, 2, 3]
    assert server.hub.streams == 1


def test_a_tab_that_missed_something_notices_by_the_next_event(context, server, play):
    context.add_init_script(f"({DEAF})()")
    played = play()
    pages = tabs(context, server.url, 2)
    (follower,) = [page for page in pages if page is not leader(pages)]
    played.say(progress(10))
    shows(follower, 10)
    follower.evaluate("() => { deaf = true; }")
    played.say(drawn(0, "The moon"), progress(20))
    count(played, 1, 2)
    shows(leader(pages), 20)
    follower.evaluate("() => { deaf = false; }")
    count(played, 3)
    played.say(progress(40))
    shows(follower, 40)
    expect(follower.get_by_alt_text("Scene 1: The moon")).to_be_visible()
    assert told(follower) == [1, 2, 3]


def test_a_leader_that_hangs_is_deposed(context, server, play):
    played = play()
    first, second = (context.new_page() for _ in range(2))
    first.goto(server.url)
    expect(first.locator("#link")).to_have_text("Live")
    second.clock.install()
    second.goto(server.url)
    expect(second.locator("#link")).to_have_text("Live")
    # For the second, the first has been silent for long.
    second.clock.run_for(16_000)
    until(lambda: leader([first, second]) is second, 5, "the second leads")
    played.say(progress(20))
    for page in (first, second):
        shows(page, 20)
    until(lambda: server.hub.streams == 1, 5, "one stream")


def test_without_web_locks_every_tab_streams_for_itself(context, server, play):
    """A page of plain http under another name than localhost has none."""
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })")
    played = play()
    pages = tabs(context, server.url, 2)
    assert server.hub.streams == 2
    played.say(progress(20))
    for page in pages:
        shows(page, 20)


def test_where_web_locks_are_denied_every_tab_streams_for_itself(context, server, play):
    context.add_init_script(
        "LockManager.prototype.request = () => Promise.reject(new DOMException('No.', 'SecurityError'))"
    )
    played = play()
    pages = tabs(context, server.url, 2)
    assert server.hub.streams == 2
    without = context.new_page()
    without.route("**/api/events*", lambda route: route.abort())
    without.goto(server.url)
    expect(without.locator("#link")).to_have_attribute("data-state", "polling")
    played.say(progress(30))
    for page in [*pages, without]:
        shows(page, 30)
    # What the others hear is not this one's to say.
    expect(without.locator("#link")).to_have_attribute("data-state", "polling")


def test_a_server_that_went_and_came_back_is_found_again_by_all_tabs(context, server, serve, play):
    played = play()
    pages = tabs(context, server.url, 3)
    played.say(progress(10))
    shows(pages[0], 10)
    server.stop()
    for page in pages:
        expect(page.locator("#link")).to_have_attribute("data-state", "lost")
    count(played, 1, 2)
    played.say(progress(20))
    again = serve(port=server.port)
    for page in pages:
        expect(page.locator("#link")).to_have_text("Live")
        shows(page, 20)
    count(played, 3)
    played.say(progress(30))
    for page in pages:
        shows(page, 30)
        assert told(page) == [1, 2, 3]
    assert again.hub.streams == 1


@pytest.mark.parametrize("block", [lambda route: route.abort(), lambda route: None], ids=["refused", "held back"])
def test_where_streams_do_not_come_through_the_page_asks_and_streams_again_later(page, server, play, block):
    tries = []
    page.on("request", lambda request: tries.append(request) if "api/events" in request.url else None)
    page.route("**/api/events*", block)
    played = play()
    played.say(progress(10))
    page.clock.install()
    page.goto(server.url)
    expect(page.locator("#link")).to_have_attribute("data-state", "connecting")
    shows(page, 10)
    # Six seconds without a word, another try, six more.
    for _ in range(4):
        page.clock.run_for(4_000)
        page.wait_for_timeout(100)
    expect(page.locator("#link")).to_have_attribute("data-state", "polling")
    assert len(tries) == 2
    played.say(progress(35))
    until(lambda: played.job.snapshot().percent == 35, 5, "progress")
    page.clock.run_for(3_000)
    shows(page, 35)
    page.unroute("**/api/events*")
    page.clock.run_for(31_000)
    expect(page.locator("#link")).to_have_text("Live")
    played.say(progress(50))
    shows(page, 50)


def test_a_network_that_was_gone_comes_back(context, server, play):
    played = play()
    (page,) = tabs(context, server.url, 1)
    context.set_offline(True)
    # Chromium leaves open connections alone; a network that is gone does not.
    page.clock.install()
    page.evaluate("() => dispatchEvent(new Event('online'))")
    expect(page.locator("#link")).to_have_attribute("data-state", "lost")
    assert page.title().startswith("Not connected")
    played.say(drawn(0, "The moon"), progress(20))
    context.set_offline(False)
    expect(page.locator("#link")).to_have_text("Live")
    shows(page, 20)
    expect(page.get_by_alt_text("Scene 1: The moon")).to_be_visible()


def test_after_a_sleep_a_stream_that_keeps_silent_is_replaced(page, serve, play):
    """The machine slept for an hour: its clock jumped, and no connection of before is worth anything."""
    server = serve(pace=Pace(heartbeat=30.0))
    play().say(progress(20))
    page.clock.install()
    page.goto(server.url)
    expect(page.locator("#link")).to_have_text("Live")
    shows(page, 20)
    tries = []
    page.on("request", lambda request: tries.append(request) if "api/events" in request.url else None)
    page.clock.run_for(9_000)
    assert tries == []
    page.clock.fast_forward(3_600_000)
    with page.expect_request("**/api/events*"):
        page.clock.run_for(4_000)
    expect(page.locator("#link")).to_have_text("Live")
    until(lambda: server.hub.streams == 1, 5, "one stream")


def test_a_token_that_is_not_valid_any_more_is_said_in_clear_words(page, server, serve, play):
    play()
    page.goto(server.url)
    expect(page.locator("#link")).to_have_text("Live")
    server.stop()
    serve(port=server.port, token="another")
    words = "This link is not valid any more. Open the one the kernel printed last."
    expect(page.get_by_text(words)).to_be_visible()
    answer = page.reload()
    assert answer is not None
    assert answer.status == 401
    expect(page.get_by_role("heading", name="The token is missing or wrong.")).to_be_visible()
    expect(page.get_by_text("Open the link that the server printed last.")).to_be_visible()
