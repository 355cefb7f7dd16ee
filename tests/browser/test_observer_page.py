"""The observer page in a real Chromium, over a real server: what it shows of jobs that run and that are over."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from aura_nb.errors import RenderError
from aura_nb.jobs.job import Job
from aura_nb.jobs.queue import Queue
from aura_nb.jobs.snapshot import Snapshot, fold
from aura_nb.pipeline.context import Report
from tests.browser.lab import until
from tests.server.played import drawn, progress

pytestmark = pytest.mark.browser


def piece(kind: str, start: int, frames: int) -> Report:
    data = {"kind": kind, "segment": f"{kind}-{start}", "start": start, "frames": frames, "fps": 30}
    return Report("scene-ready", "compose", data=data)


def troubles(page: Page) -> list[str]:
    """What the page complains of from now on: errors, and violations of its policy."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    return found


def test_a_job_is_watched_from_its_beginning_to_its_playing_film(page: Page, server, play, film, shots):
    found = troubles(page)
    page.goto(server.url)
    assert server.token not in page.url
    expect(page.locator("#link")).to_have_text("Live")
    expect(page.get_by_text("No film has been made yet")).to_be_visible()
    played = play("Why the sky is blue", film=film)
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
    until(lambda: video.evaluate("video => video.currentTime") > 0.5, 30, "playing")
    assert video.evaluate("video => video.textTracks[0].cues.length") > 0
    with page.expect_download() as saved:
        page.get_by_role("link", name="Film (MP4)").click()
    assert saved.value.path().read_bytes() == film.path.read_bytes()
    assert found == []


def test_a_reload_comes_back_to_the_running_job_with_all_that_was_shown(page: Page, server, play):
    played = play()
    played.say(drawn(0, "The moon"), progress(50))
    page.goto(server.url)
    expect(page.get_by_alt_text("Scene 1: The moon")).to_be_visible()
    page.reload()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    expect(page.get_by_alt_text("Scene 1: The moon")).to_be_visible()
    played.say(progress(60))
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "60")


def test_cancel_works_by_keyboard_and_a_failure_says_what_to_do(page: Page, server, play, shots):
    played = play()
    page.goto(server.url)
    button = page.get_by_role("button", name="Cancel")
    expect(button).to_be_visible()
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    assert played.job.wait(5)
    failing = play("Whales")
    failing.end()
    expect(page.get_by_text("Free some space.")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=shots / "observer-dark.png")


def test_who_may_only_look_sees_no_cancel(page: Page, serve, play):
    play()
    page.goto(serve(control=False).url)
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()


def test_the_link_opens_from_a_page_of_another_site(page: Page, server):
    """As from a notebook: Jupyter is often at `localhost`, and the server's link at `127.0.0.1`."""
    body = f'<a href="{server.url}" target="_blank" rel="noopener">Films</a>'
    page.route("http://localhost:4321/", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("http://localhost:4321/")
    with page.context.expect_page() as opened:
        page.get_by_role("link").click()
    expect(opened.value.locator("#link")).to_have_text("Live")


def test_what_waits_is_below_what_runs_and_opens_when_its_turn_comes(page: Page, server, play):
    first, _ = play("One"), play("Two")
    page.goto(server.url)
    above = page.locator("#now h3")
    expect(above).to_have_text(["One", "Two"])
    expect(page.get_by_role("progressbar")).to_have_count(1)
    first.end()
    expect(above).to_have_text(["Two", "One"])
    expect(page.get_by_role("progressbar")).to_have_count(2)


def test_of_a_long_session_the_newest_few_stay_open_and_what_is_watched(page: Page, server, play, film):
    page.goto(server.url)
    play("Film 0", film=film).end()
    page.locator("video").evaluate("video => { video.muted = video.loop = true; return video.play(); }")
    for number in range(1, 6):
        play(f"Film {number}", film=film).end()
        expect(page.locator("#now h3").first).to_have_text(f"Film {number}")
    running = play("Film 6")
    expect(page.locator("#now h3")).to_have_text([f"Film {number}" for number in (6, 5, 4, 3, 0)])
    expect(page.locator("#earlier h3")).to_have_text(["Film 2", "Film 1"])
    page.locator("#earlier summary").first.click()
    expect(page.locator("#earlier video")).to_be_visible()
    running.say(progress(30))
    expect(page.get_by_text("30 %")).to_be_visible()


def test_two_hundred_jobs_that_are_over_are_lines_to_search_and_to_open(page: Page, server, journal, film, shots):
    queue = Queue(8)
    jobs = [Job(f"Film {number}", film_of(number, film), journal=journal, queue=queue) for number in range(200)]
    for job in jobs:
        job.start().wait(20)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/api/jobs" in request.url else None)
    page.goto(server.url)
    # The newest is what one came to see.
    expect(page.get_by_role("heading", name="Latest")).to_be_visible()
    expect(page.locator("#now video")).to_be_visible()
    lines = page.locator("#earlier > ol > li:visible")
    expect(lines).to_have_count(20)
    assert len([url for url in asked if "artifacts" not in url]) <= 3
    page.get_by_label("Find").fill("film 7 failed")
    expect(lines).to_have_count(11)
    expect(page.get_by_text("11 of 199")).to_be_visible()
    page.get_by_text("Film 77", exact=True).click()
    expect(page.get_by_text("Install it.")).to_be_visible()
    page.get_by_label("Find").fill("")
    page.get_by_role("button", name="Show all 199").click()
    expect(lines).to_have_count(199)
    page.get_by_text("Film 10", exact=True).click()
    line = page.locator("#earlier > ol > li", has_text="Film 10").filter(has=page.locator("video"))
    expect(line.get_by_alt_text("Scene 1: One")).to_be_visible()
    expect(line.get_by_role("link", name="Captions (SRT)")).to_be_visible()
    page.screenshot(path=shots / "observer-history.png")


def test_many_open_films_leave_the_page_its_connections(page: Page, server, play, film):
    """A film that is loaded and not played holds one of the browser's six."""
    for number in range(9):
        play(f"Film {number}", film=film).end()
    page.goto(server.url)
    lines = page.locator("#earlier .line")
    expect(lines).to_have_count(8)
    for number in range(8):
        lines.nth(number).click()
    expect(page.locator("video")).to_have_count(9)
    assert page.locator("video").evaluate_all("all => all.filter((one) => one.preload !== 'none').length") == 1
    played = play("Tides")
    played.say(drawn(0, "The moon"), progress(30))
    expect(page.get_by_alt_text("Scene 1: The moon")).to_be_visible()


def film_of(number, film):
    def work(report, cancel):
        report(drawn(0, "One"))
        if str(number).startswith("7"):
            raise RenderError("The voice is missing.", remedy="Install it.")
        return film

    return work


def test_a_film_that_was_moved_away_is_said_to_be(page: Page, server, play, film):
    play("Tides", film=replace(film, path=film.path.with_name("gone.mp4"))).end()
    page.goto(server.url)
    expect(page.get_by_text("its file was moved or deleted")).to_be_visible()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda route: route.abort(), "The server did not answer"),
        (lambda route: route.fulfill(status=503), "The server did not answer"),
        (lambda route: route.fulfill(content_type="video/mp4", body="no film"), "cannot play this film"),
    ],
)
def test_a_film_that_does_not_come_or_cannot_be_played_is_not_said_to_be_moved(
    answer, said, page: Page, server, play, film
):
    page.route("**/artifacts/film.mp4", answer)
    play("Tides", film=film).end()
    page.goto(server.url)
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_role("link", name="Film (MP4)")).to_be_visible()


def test_the_page_asks_nobody_but_its_server_and_nothing_is_blocked(page: Page, server, play, film):
    found, asked = troubles(page), []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script("""document.addEventListener("securitypolicyviolation",
      ({ blockedURI, violatedDirective }) => console.error("blocked", blockedURI, violatedDirective));""")
    played = play("Tides", film=film)
    played.say(drawn(0, "One"), progress(40))
    page.goto(server.url)
    expect(page.get_by_alt_text("Scene 1: One")).to_be_visible()
    played.end()
    expect(page.locator("video")).to_be_visible()
    page.get_by_text("Log (").click()
    page.reload()
    expect(page.locator("video")).to_be_visible()
    assert [url for url in asked if not url.startswith((server.base_url, "data:", "blob:"))] == []
    assert found == []


def test_old_figures_are_never_shown_as_fresh(page: Page, server):
    page.goto(server.url)
    load = page.get_by_role("group", name="Load of this machine")
    expect(load).to_contain_text("%")
    expect(load).not_to_contain_text("old figures")
    page.route("**/api/metrics/system", lambda route: route.abort())
    expect(load).to_contain_text("old figures")


def test_a_bar_that_nobody_feeds_any_more_says_so(page: Page, server):
    """As in a notebook whose kernel has gone: nobody is left to call the figures old."""
    page.clock.install()
    page.goto(server.url)
    page.evaluate("""async () => {
      const { default: bar } = await import("./static/resource_bar.js");
      const load = { cpu: 12, memory: 80, disk: 95, gpu: null, levels: { memory: "yellow", disk: "red" } };
      const model = { get: () => ({ load, paused: false, stale: false }), on() {}, off() {} };
      bar.render({ model, el: document.body.appendChild(document.createElement("aside")) });
    }""")
    bar = page.locator("aside")
    expect(bar).to_contain_text("80 %")
    expect(bar.get_by_text("n/a")).to_be_visible()
    page.clock.run_for(7_000)
    expect(bar).not_to_contain_text("old figures")
    page.clock.run_for(2_000)
    expect(bar).to_contain_text("old figures")


def test_a_line_that_is_opened_while_its_job_goes_on_shows_the_newest(page: Page, server):
    """Both ask for the whole state; the answers come in either order."""
    page.goto(server.url)
    state = json.loads(json.dumps(Snapshot("0123456789ab").wire()))
    told = page.evaluate(
        """async (state) => {
            const { JobOnPage } = await import("./static/job.js");
            const told = [];
            const ask = window.fetch;
            for (const order of [[0, 1], [1, 0]]) {
                const answers = [];
                window.fetch = () => new Promise((give) => answers.push(give));
                const job = new JobOnPage({ ...state, seq: 1 }, () => {});
                job.fold();
                const both = [job.open(), job.listed({ ...state, seq: 3 })];
                for (const one of order) {
                    answers[one](new Response(JSON.stringify({ ...state, seq: one + 2 })));
                    await both[one].catch((error) => told.push(String(error)));
                }
                told.push(job.state.seq, Boolean(job.box));
                job.close();
            }
            window.fetch = ask;
            return told;
        }""",
        state,
    )
    assert told == [3, True, 3, True]


def test_the_page_folds_events_as_the_kernel_does(page: Page, server, play, film):
    """The page's `fold.js` and the kernel's `fold` give the same state after every event of real jobs."""
    page.goto(server.url)
    jobs = []
    for title, made in (("Tides", film), ("Whales", None)):
        played = play(title, film=made)
        played.say(
            Report("step-status", "picture", data={"state": "running"}),
            progress(20, 1),
            drawn(0, "One"),
            drawn(1, "Two"),
            drawn(0, "One again"),
            Report("scene-ready", "compose", data={"scene": 0, "segment": "abc"}),
            piece("body", 0, 50),
            piece("body", 60, 7),
            piece("captions", 0, 90),
            piece("sound", 0, 90),
            piece("transition", 50, 10),
            Report("warning", "picture", "Too small."),
            Report("warning", "picture", "Too small."),
            Report("job-log", "picture", "A line."),
            Report("step-status", "picture", data={"state": "done", "seconds": 1.5, "items": 2, "cached": 1}),
            progress(60, 2),
        )
        played.end()
        jobs.append(played.job)
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
