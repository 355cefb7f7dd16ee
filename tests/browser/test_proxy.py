"""Through a real Jupyter server with jupyter-server-proxy, at its root and under a hub's prefix."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from httpx_sse import connect_sse
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

import aura_nb as aura
from aura_nb import cli
from aura_nb.film import Film
from aura_nb.jobs.journal import Journal
from aura_nb.server import artifacts
from aura_nb.server.access import Access
from aura_nb.server.artifacts import PIECE_BYTES
from aura_nb.server.serve import Server
from aura_nb.server.stream import Pace
from tests.browser.lab import Lab, Notebook, jupyter_lab, until
from tests.jobs import fakes
from tests.server.played import Played, line, progress

pytestmark = pytest.mark.browser

PREFIX = "/user/ada/"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, lab_env: dict[str, str]) -> Iterator[Lab]:
    """A Jupyter server as JupyterHub starts one, without the hub."""
    env = {**lab_env, "JUPYTERHUB_SERVICE_PREFIX": PREFIX}
    options = (f"--ServerApp.base_url={PREFIX}", "--ServerApp.allow_remote_access=True")
    with jupyter_lab(tmp_path_factory.mktemp("hub"), env, *options) as lab:
        yield lab


@pytest.fixture(params=["plain", "hub"])
def jupyter(request: pytest.FixtureRequest) -> Lab:
    return request.getfixturevalue("lab" if request.param == "plain" else "hub")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A real film, small and quick."""
    return aura.start(
        aura.Brief("Why the sky is blue", points=["Sunlight is a mix of all colours."]),
        plan={"seconds": 10},
        render={"height": 360},
        profile={"writer": "rulebased", "speaker": "espeak"},
        output=tmp_path_factory.mktemp("film") / "sky.mp4",
    ).result(120)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite3")
    yield journal
    journal.close()


@pytest.fixture
def play(journal: Journal) -> Iterator[Callable[..., Played]]:
    """Begin a job that does as it is told."""
    jobs: list[Played] = []

    def begin(**made) -> Played:
        jobs.append(Played("Tides", journal=journal, **made))
        return jobs[-1]

    yield begin
    for job in jobs:
        job.end()


@pytest.fixture
def serve(journal: Journal) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(**settings) -> Server:
        settings = {"port": 0, "control": True, "pace": Pace(heartbeat=0.5), **settings}
        servers.append(Server(journal, lambda *_: None, **settings).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def through(lab: Lab, server: Server) -> str:
    """The address of `server` behind the proxy."""
    return f"{lab.url}proxy/{server.port}/"


def link(lab: Lab, server: Server) -> str:
    return f"{through(lab, server)}?token={server.token}"


def log_in(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}api/status?token={lab.token}")


def client(lab: Lab, server: Server, **headers: str) -> httpx.Client:
    """A program that has both tokens: Jupyter's in the header that Jupyter reads, ours in the cookie."""
    given = {
        "Authorization": f"token {lab.token}",
        "Cookie": f"{Access(server.token).cookie}={server.token}",
        **headers,
    }
    return httpx.Client(base_url=through(lab, server), headers=given, timeout=20)


FILM = """
job = aura.start(
    aura.Brief("Why the sky is blue", points=["Sunlight is a mix of all colours.", "Air scatters its blue."]),
    plan={"seconds": 10}, render={"height": 360}, profile={"writer": "rulebased", "speaker": "espeak"},
)
print(job.id)"""


@pytest.mark.slow
def test_a_notebook_s_link_opens_the_page_and_a_film_is_watched_to_its_end(page: Page, jupyter: Lab, shots: Path):
    cells = ("import aura_nb as aura\nsrv = aura.serve(port=0, control=True)\nsrv", FILM, "srv.stop()")
    jupyter.write("watched.ipynb", *cells)
    notebook = Notebook(page, jupyter, "watched.ipynb").open()
    notebook.run(0)
    anchor = notebook.outputs(0).get_by_role("link", name="Films in the making")
    expect(anchor).to_be_visible()
    page.screenshot(path=shots / "proxy-notebook.png")
    with page.expect_popup() as opened:
        anchor.click()
    observer = opened.value
    expect(observer.locator("#link")).to_have_text("Live")
    assert re.fullmatch(re.escape(jupyter.url) + r"proxy/\d+/", observer.url)
    streams = []
    observer.on("request", lambda request: streams.append(request.url) if "api/events" in request.url else None)
    notebook.run(1)
    made = observer.locator(f"[data-job='{notebook.text(1).strip()}']")
    bar = made.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", re.compile(r"[1-9]\d?"))
    observer.screenshot(path=shots / "proxy-live.png")
    expect(bar).to_have_attribute("aria-valuenow", "100", timeout=90_000)
    assert streams == []  # The one that was open brought it all.
    video = made.locator("video")
    video.evaluate("video => { video.muted = true; return video.play(); }")
    until(lambda: video.evaluate("video => video.currentTime") > 0.5, 30, "playing")
    video.evaluate("video => { video.currentTime = video.duration - 1; }")
    until(lambda: video.evaluate("video => video.ended"), 30, "the end of the film")
    observer.screenshot(path=shots / "proxy-film.png")
    part = video.evaluate("""async (video) => {
      const answer = await fetch(video.src, { headers: { Range: 'bytes=4-7' } });
      return [answer.status, answer.headers.get('content-range'), await answer.text()];
    }""")
    assert part[0] == 206
    assert part[1].startswith("bytes 4-7/")
    assert part[2] == "ftyp"
    notebook.run(2)
    expect(observer.locator("#link")).not_to_have_text("Live")


def test_the_bar_moves_event_by_event_over_one_stream_and_again_after_a_break(
    page: Page, jupyter: Lab, serve, play, shots: Path
):
    server, job = serve(), play()
    log_in(page, jupyter)
    page.goto(link(jupyter, server))
    expect(page.locator("#link")).to_have_text("Live")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    bar = page.get_by_role("progressbar")
    for percent in range(10, 60, 10):
        job.say(progress(percent))
        expect(bar).to_have_attribute("aria-valuenow", str(percent))
    assert [url for url in asked if "metrics" not in url] == []
    server.stop()
    expect(page.locator("#link")).not_to_have_text("Live")
    job.say(line("What nobody heard."), progress(70))
    again = serve(port=server.port)
    assert again.port == server.port
    expect(page.locator("#link")).to_have_text("Live")
    expect(bar).to_have_attribute("aria-valuenow", "70")
    job.say(progress(80))
    expect(bar).to_have_attribute("aria-valuenow", "80")
    page.locator("summary", has_text="Log").click()
    expect(page.get_by_text("What nobody heard.")).to_be_visible()


def test_who_has_control_cancels_and_another_site_s_page_does_not(page: Page, jupyter: Lab, serve, play):
    server, job = serve(), play()
    log_in(page, jupyter)
    page.goto(link(jupyter, server))
    button = page.get_by_role("button", name="Cancel")
    expect(button).to_be_visible()
    # Another port of the same host: the browser sends it all cookies, Jupyter's and ours.
    elsewhere = f"{serve().base_url}ping"
    with page.expect_popup() as opened:
        page.evaluate("(url) => { open(url); }", elsewhere)
    foreign = opened.value
    foreign.wait_for_url(elsewhere)
    target = f"{through(jupyter, server)}api/jobs/{job.job.id}/cancel"
    with foreign.expect_response(target) as refused:
        foreign.evaluate(
            "(url) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' })", target
        )
    # Without the cookies Jupyter would have asked for a log-in, and we have said 401.
    assert refused.value.status == 403
    assert not job.job.ended
    foreign.close()
    button.click()
    assert job.job.wait(10)
    assert job.job.status == "cancelled"


@pytest.mark.parametrize("origin", ["http://127.0.0.1:4321", "https://evil.example", "null"])
def test_without_a_browser_s_own_word_the_origin_is_compared_with_the_host(hub: Lab, serve, play, origin):
    server, job = serve(), play()
    path = f"api/jobs/{job.job.id}/cancel"
    with client(hub, server, Host="ada-laptop:8888") as asking:
        refused = asking.post(path, headers={"Origin": origin})
        assert (refused.status_code, refused.json()["errorCode"]) == (403, "FOREIGN_ORIGIN")
        assert asking.post(path, headers={"Origin": "http://ada-laptop:8888"}).status_code == 202


def test_a_film_too_long_for_the_proxy_is_had_piece_by_piece(lab: Lab, serve, play, tmp_path: Path):
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.truncate(120 << 20)
        file.seek(-4, 2)
        file.write(b"last")
    server, job = serve(), play(film=replace(fakes.film(), path=path))
    job.end()
    with client(lab, server) as asking:
        film = f"api/jobs/{job.job.id}/artifacts/film.mp4"
        begin = asking.get(film, headers={"Range": "bytes=0-"})
        assert begin.status_code == 206
        assert begin.headers["content-range"] == f"bytes 0-{len(begin.content) - 1}/{120 << 20}"
        assert len(begin.content) == PIECE_BYTES
        end = asking.get(film, headers={"Range": f"bytes={(120 << 20) - 4}-"})
        assert (end.status_code, end.content) == (206, b"last")


def test_a_player_asks_for_the_rest(page: Page, lab: Lab, serve, play, film, monkeypatch):
    monkeypatch.setattr(artifacts, "PIECE_BYTES", 50_000)
    assert film.path.stat().st_size > 100_000
    server, job = serve(), play(film=film)
    job.end()
    log_in(page, lab)
    page.goto(link(lab, server))
    pieces: list[int] = []
    page.on("response", lambda answer: pieces.append(answer.status) if "film.mp4" in answer.url else None)
    video = page.locator("video")
    video.evaluate("video => { video.muted = true; video.playbackRate = 4; return video.play(); }")
    until(lambda: video.evaluate("video => video.ended"), 30, "the end of the film")
    assert len(pieces) > 2
    assert set(pieces) == {206}


def test_a_stream_s_life_ends_cleanly_and_it_goes_on_without_loss(lab: Lab, serve, play):
    server, job = serve(pace=Pace(heartbeat=0.2, life=0.5)), play()
    ids: list[int] = []
    with client(lab, server) as asking:
        for number in range(4):
            job.say(line(f"line {number}"))
            headers = {"Last-Event-ID": str(ids[-1])} if ids else {}
            with connect_sse(asking, "GET", f"api/jobs/{job.job.id}/events", headers=headers) as source:
                ids += [int(event.id) for event in source.iter_sse()]
    assert ids == list(range(1, job.job.log.seq + 1))


def test_the_proxy_s_connection_of_a_vanished_client_ends_with_its_stream_s_life(lab: Lab, serve, play):
    server, job = serve(pace=Pace(heartbeat=0.2, life=1.0)), play()
    with client(lab, server) as asking:
        for _ in range(10):
            with connect_sse(asking, "GET", f"api/jobs/{job.job.id}/events") as source:
                next(source.iter_sse())
    assert server.hub.streams > 0
    until(lambda: server.hub.streams == 0, 10, "the end of the streams that nobody reads")


@pytest.mark.parametrize(("how", "exit_code"), [("film", 0), ("fail", 1), ("cancel", 130)])
def test_watching_in_a_shell_through_the_proxy_exits_with_the_job_s_end(lab: Lab, serve, play, how, exit_code):
    server = serve(pace=Pace(heartbeat=0.1, life=0.5))
    job = play(film=fakes.film() if how == "film" else None)
    end = threading.Timer(1.0, job.job.cancel if how == "cancel" else job.end)
    end.start()
    watched = ["watch", link(lab, server)]
    done = CliRunner().invoke(cli.app, watched, env={"AURA_NB_JUPYTER_TOKEN": lab.token})
    end.join()
    assert done.exit_code == exit_code, done.output


def test_who_has_our_token_only_is_told_that_jupyter_asks_for_its_own(lab: Lab, serve, play):
    server = serve()
    play()
    done = CliRunner().invoke(cli.app, ["watch", link(lab, server)], env={"AURA_NB_JUPYTER_TOKEN": ""})
    assert done.exit_code == 2
    assert "--jupyter-token" in done.output + done.stderr


def test_a_server_that_is_gone_is_one_clear_error(lab: Lab, serve):
    server = serve()
    server.stop()
    watched = ["watch", link(lab, server), "--jupyter-token", lab.token]
    done = CliRunner().invoke(cli.app, watched)
    assert done.exit_code == 1
    assert "cannot be reached" in done.output + done.stderr
