"""The observer page in a real Chromium, over a real server: live, reloaded, cut off, and in polling."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import aura_nb as aura
from aura_nb.errors import RenderError
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.snapshot import Snapshot, fold
from aura_nb.pipeline.context import Report
from aura_nb.server.serve import Server
from aura_nb.server.stream import Pace

pytestmark = pytest.mark.browser

# The smallest JPEG there is: one grey pixel.
PIXEL = base64.b64encode(
    bytes.fromhex(
        "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a"
        "1f1e1d1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f"
        "0000010501010101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d010203"
        "00041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a343536373839"
        "3a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4"
        "a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
        "ffda0008010100003f00fbfca28a2803ffd9"
    )
).decode()


@dataclass
class Played:
    """A job whose work does what the test tells it, one report at a time."""

    film: Film | None = None
    steps: list[Report] = field(default_factory=list)
    more: threading.Condition = field(default_factory=threading.Condition)
    over: bool = False

    def __call__(self, report, cancel):
        while True:
            with self.more:
                self.more.wait_for(lambda: self.steps or self.over or cancel.is_set, timeout=0.2)
                steps, self.steps = self.steps, []
            for step in steps:
                report(step)
            cancel.check()
            if self.over:
                if self.film is None:
                    raise RenderError("The disk is full.", remedy="Free some space.")
                return self.film

    def say(self, *steps: Report) -> None:
        with self.more:
            self.steps += steps
            self.more.notify()

    def end(self) -> None:
        with self.more:
            self.over = True
            self.more.notify()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A real film, small and quick."""
    path = tmp_path_factory.mktemp("film") / "sky.mp4"
    brief = aura.Brief("Why the sky is blue", points=["Sunlight is a mix of all colours."])
    return aura.start(
        brief,
        plan={"seconds": 10},
        render={"height": 360},
        profile={"writer": "rulebased", "speaker": "espeak"},
        output=path,
    ).result(120)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite3")
    yield journal
    journal.close()


@pytest.fixture
def server(journal: Journal) -> Iterator[Server]:
    def begin(fields, correlation_id):
        raise AssertionError("nobody begins anything here")

    with Server(journal, begin, port=0, control=True, pace=Pace(heartbeat=1.0)) as server:
        yield server


@pytest.fixture
def begun(journal: Journal) -> Iterator[list[tuple[Job, Played]]]:
    jobs: list[tuple[Job, Played]] = []
    yield jobs
    for job, played in jobs:
        played.end()
        job.wait(5)


def begin(journal: Journal, begun: list, title: str, film: Film | None = None) -> tuple[Job, Played]:
    played = Played(film)
    job = Job(title, played, journal=journal).start()
    begun.append((job, played))
    return job, played


def progress(percent: float, item: int = 1) -> Report:
    return Report(
        "step-progress", "picture", f"Drawing scene {item} of 3", percent=percent, current_item=item, total_items=3
    )


def drawn(scene: int, heading: str) -> Report:
    return Report("scene-ready", "picture", data={"scene": scene, "heading": heading, "thumbnail": PIXEL})


def troubles(page: Page) -> list[str]:
    """What the page complains of from now on: errors, and violations of its policy."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    return found


def test_a_job_is_watched_from_its_beginning_to_its_playing_film(page: Page, server, journal, begun, film, shots):
    found = troubles(page)
    page.goto(server.url)
    assert server.token not in page.url
    expect(page.get_by_role("status").first).to_have_text("Live")
    expect(page.get_by_text("No film has been made yet")).to_be_visible()
    _, played = begin(journal, begun, "Why the sky is blue", film)
    expect(page.get_by_role("heading", name="Why the sky is blue")).to_be_visible()
    bar = page.get_by_role("progressbar")
    played.say(progress(30, 1), drawn(0, "The question"), progress(42, 2))
    expect(bar).to_have_attribute("aria-valuenow", "42")
    expect(page.get_by_alt_text("Scene 1: The question")).to_be_visible()
    expect(page.get_by_text("Drawing scene 2 of 3")).to_be_visible()
    page.screenshot(path=shots / "observer-live.png")
    played.end()
    expect(bar).to_have_attribute("aria-valuenow", "100")
    video = page.locator("video")
    expect(video).to_be_visible()
    video.evaluate("video => { video.muted = true; return video.play(); }")
    # The page's policy forbids `eval`, and so `wait_for_function`.
    deadline = time.monotonic() + 30
    while video.evaluate("video => video.currentTime") <= 0.5:
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    assert video.evaluate("video => video.textTracks[0].cues.length") > 0
    with page.expect_download() as saved:
        page.get_by_role("link", name="Film (MP4)").click()
    assert saved.value.path().read_bytes() == film.path.read_bytes()
    assert found == []


def test_a_reload_comes_back_to_the_running_job_with_all_that_was_shown(page: Page, server, journal, begun):
    _, played = begin(journal, begun, "Tides")
    played.say(drawn(0, "The moon"), progress(50))
    page.goto(server.url)
    expect(page.get_by_alt_text("Scene 1: The moon")).to_be_visible()
    page.reload()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    expect(page.get_by_alt_text("Scene 1: The moon")).to_be_visible()
    played.say(progress(60))
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "60")


def test_a_server_that_went_and_came_back_is_found_again(page: Page, server, journal, begun):
    _, played = begin(journal, begun, "Tides")
    played.say(progress(10))
    page.goto(server.url)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "10")
    server.stop()
    expect(page.locator("#link")).to_have_attribute("data-state", "lost")
    played.say(progress(20))
    again = Server(journal, lambda *_: None, port=server.port).start()
    try:
        expect(page.locator("#link")).to_have_text("Live")
        expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "20")
        played.say(progress(30))
        expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "30")
    finally:
        again.stop()


def test_where_streams_do_not_come_through_the_page_asks_and_streams_again_later(
    page: Page, server, journal, begun
):
    """Fault 18: a page that saw no event gave up after 30 s and never streamed again."""
    page.route("**/api/events*", lambda route: route.abort())
    _, played = begin(journal, begun, "Tides")
    played.say(progress(10))
    page.clock.install()
    page.goto(server.url)
    page.clock.run_for(7_000)
    expect(page.locator("#link")).to_have_attribute("data-state", "polling")
    played.say(progress(35))
    page.wait_for_timeout(200)
    page.clock.run_for(3_000)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "35")
    page.unroute("**/api/events*")
    page.clock.run_for(31_000)
    expect(page.locator("#link")).to_have_text("Live")


def test_cancel_works_by_keyboard_and_a_failure_says_what_to_do(page: Page, server, journal, begun, shots):
    job, _ = begin(journal, begun, "Tides")
    page.goto(server.url)
    button = page.get_by_role("button", name="Cancel")
    expect(button).to_be_visible()
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    assert job.wait(5)
    _, failing = begin(journal, begun, "Whales")
    failing.end()
    expect(page.get_by_text("Free some space.")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=shots / "observer-dark.png")


def test_without_the_token_there_is_nothing_to_see(page: Page, server):
    answer = page.goto(server.base_url)
    assert answer is not None
    assert answer.status == 401


def test_the_link_opens_from_a_page_of_another_site(page: Page, server):
    """As from a notebook: Jupyter is often at `localhost`, and the server's link at `127.0.0.1`."""
    body = f'<a href="{server.url}" target="_blank" rel="noopener">Films</a>'
    page.route("http://localhost:4321/", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("http://localhost:4321/")
    with page.context.expect_page() as opened:
        page.get_by_role("link").click()
    expect(opened.value.locator("#link")).to_have_text("Live")


def test_who_may_only_look_sees_no_cancel(page: Page, journal, begun):
    begin(journal, begun, "Tides")
    with Server(journal, lambda *_: None, port=0) as server:
        page.goto(server.url)
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_role("button", name="Cancel")).to_be_hidden()


def test_the_page_folds_events_as_the_kernel_does(page: Page, server, journal, begun, film):
    """The page's `fold.js` and the kernel's `fold` give the same state after every event of real jobs."""
    page.goto(server.url)
    jobs = []
    for title, made in (("Tides", film), ("Whales", None)):
        job, played = begin(journal, begun, title, made)
        played.say(
            Report("step-status", "picture", data={"state": "running"}),
            progress(20, 1),
            drawn(0, "One"),
            drawn(1, "Two"),
            drawn(0, "One again"),
            Report("scene-ready", "compose", data={"scene": 0, "segment": "abc"}),
            Report("warning", "picture", "Too small."),
            Report("warning", "picture", "Too small."),
            Report("job-log", "picture", "A line."),
            Report("step-status", "picture", data={"state": "done", "seconds": 1.5, "items": 2, "cached": 1}),
            progress(60, 2),
        )
        played.end()
        assert job.wait(10)
        jobs.append(job)
    for job in jobs:
        state = Snapshot(job.id)
        steps = []
        for event in job.events():
            state = fold(state, event)
            steps.append({"event": json.loads(event.encode()), "state": json.loads(json.dumps(state.wire()))})
        folded = page.evaluate(
            """async ([first, events]) => {
                const { fold } = await import("./static/fold.js");
                let state = first;
                return events.map((event) => (state = fold(state, event)));
            }""",
            [json.loads(json.dumps(Snapshot(job.id).wire())), [step["event"] for step in steps]],
        )
        for step, found in zip(steps, folded, strict=True):
            assert found == step["state"], step["event"]["type"]
