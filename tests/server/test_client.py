from __future__ import annotations

import threading

import pytest
from typer.testing import CliRunner

from aura_nb import cli
from aura_nb.errors import AuraError, InvalidRequest
from aura_nb.jobs.events import Event
from aura_nb.jobs.summary import STAGE_NAMES
from aura_nb.pipeline.context import Report
from aura_nb.server.client import Remote
from aura_nb.server.stream import Pace
from tests.server.played import line, progress


@pytest.mark.parametrize(
    ("link", "base", "token", "job"),
    [
        ("http://localhost:8765/?token=abc", "http://localhost:8765/", "abc", ""),
        ("http://localhost:8765", "http://localhost:8765/", "", ""),
        ("https://hub.org/user/ada/proxy/8765/?token=abc", "https://hub.org/user/ada/proxy/8765/", "abc", ""),
        ("http://localhost:1/api/jobs/4f2a/events?token=abc", "http://localhost:1/", "abc", "4f2a"),
    ],
)
def test_a_link_says_where_with_what_and_which_job(link, base, token, job):
    assert Remote.of(link) == Remote(base, token, job)


@pytest.mark.parametrize("link", ["", "sky.mp4", "ftp://x/", "http://", "http://x:port/", "http://[x/"])
def test_what_is_no_link_is_one_clear_error(link):
    with pytest.raises(InvalidRequest, match="no link to a server"):
        Remote.of(link)


def test_every_event_is_had_once_though_streams_end_and_heartbeats_come_between(serve, play):
    server, job = serve(pace=Pace(heartbeat=0.05, life=0.2)), play()
    remote = Remote.of(server.url)

    def tell() -> None:
        for number in range(10):
            job.say(line(f"line {number}"))
            pause.wait(0.08)
        job.end()

    pause = threading.Event()
    teller = threading.Thread(target=tell)
    teller.start()
    with remote.client() as client:
        events = list(remote.events(client, remote.newest(client)))
    teller.join(10)
    assert [event.seq for event in events] == list(range(1, job.job.log.seq + 1))
    assert events[-1].type == "job-failed"


def test_a_server_that_stays_away_is_given_up_after_five_tries(serve, play):
    server, job, slept = serve(), play(), []
    remote = Remote.of(server.url)
    server.stop()
    with remote.client() as client, pytest.raises(AuraError, match="cannot be reached"):
        list(remote.events(client, job.job.id, sleep=slept.append))
    assert slept == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_a_wrong_token_is_told_as_the_server_tells_it(server):
    with (
        Remote.of(f"{server.base_url}?token=wrong").client() as client,
        pytest.raises(InvalidRequest, match="token"),
    ):
        Remote.of(server.url).newest(client)


@pytest.mark.parametrize(
    ("how", "exit_code", "end"),
    [
        ("film", 0, "Done in 0:"),
        ("fail", 1, "Failed after 0:"),
        ("cancel", 130, "Cancelled after 0:"),
        ("crash", 1, "Crashed after 0:"),
    ],
)
def test_watching_in_a_shell_shows_the_stages_and_exits_with_the_job_s_end(
    server, play, journal, film, how, exit_code, end
):
    if how == "crash":
        gone = journal.record("abc", title="Tides")
        for seq, status in enumerate(("queued", "running", "running", "crashed"), 1):
            kind = {3: "step-status", 4: "job-failed"}.get(seq, "job-status")
            event = Event(seq, kind, "abc", "me-1", 1.0 * seq, status, "picture" if seq == 3 else None)
            gone.append(event, event.encode(), wait=True)
    else:
        job = play(film=film if how == "film" else None)
        job.say(Report("step-status", "picture", data={"state": "running"}), progress(30, 2))
        while job.job.log.seq < 4:
            pass
        job.job.cancel() if how == "cancel" else job.end()
        job.job.wait(10)
    done = CliRunner().invoke(cli.app, ["watch", server.url])
    assert done.exit_code == exit_code, done.output
    assert f"{STAGE_NAMES['picture']}: " in done.stderr
    assert done.stderr.splitlines()[-1].startswith(end)


def test_watching_on_a_terminal_draws_the_film_s_title_its_stages_and_the_end(server, play, film):
    job = play("Tides of the sea", film=film)
    job.end()
    done = CliRunner().invoke(cli.app, ["watch", server.url], env={"FORCE_COLOR": "1"})
    for shown in ("Tides of the sea", STAGE_NAMES["picture"], "100 %", "Done in 0:"):
        assert shown in done.stderr


def test_without_a_job_there_is_nothing_to_watch(server):
    done = CliRunner().invoke(cli.app, ["watch", server.url])
    assert done.exit_code == 1
    assert "no job to watch" in done.output + done.stderr
