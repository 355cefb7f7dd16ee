from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from httpx_sse import connect_sse

from aura_nb.errors import AuraError, RenderError
from aura_nb.jobs.events import Event
from aura_nb.jobs.log import EventLog
from aura_nb.jobs.snapshot import Snapshot, replay
from aura_nb.pipeline.context import Report
from aura_nb.server.discretion import Discreet, nowhere, told
from aura_nb.server.serve import Server
from tests.server.conftest import open_client
from tests.server.played import progress

KEY = "sk-canary-4711-quite-secret"
FOLDER = "/home/ada/quite secret"
FAULT = FileNotFoundError(2, f"No such file for {KEY}", f"{FOLDER}/figures.csv")
OURS = RenderError(f"{FOLDER}/sky.mp4: no space.", remedy=f"Free some in {FOLDER}/films.")


def heard(client, path: str, job_id: str) -> tuple[str, list[dict]]:
    """All that a stream says until the job's last event, and that job's events of it."""
    said, events = [], []
    with connect_sse(client, "GET", path) as source:
        for event in source.iter_sse():
            said.append(event.data)
            told = json.loads(event.data)
            events += [told] if told.get("jobId") == job_id else []
            if events and events[-1]["type"] in ("job-completed", "job-failed"):
                break
    return "".join(said), events


@pytest.mark.parametrize("error", [FAULT, OURS], ids=lambda error: type(error).__name__)
def test_no_answer_and_no_event_of_a_job_that_failed_shows_a_key_or_a_folder(serve, play, journal, caplog, error):
    server, job = serve(control=True), play("Tides", error=error, correlation_id="me-7")
    job.say(progress(20), Report("warning", "picture", f"figures broke with '{FOLDER}/figures.csv'."))
    one = f"api/jobs/{job.job.id}"
    with open_client(server) as client:
        said = client.get(one).text
        # In memory, while it runs, and from the journal, when it is over.
        for times in range(2):
            job.end()
            for path in (f"{one}/events", f"api/events?lastEventId={job.job.id}:1"):
                text, events = heard(client, path, job.job.id)
                said += text
                live = client.get(one)
                assert Snapshot.from_wire(live.json()).error == events_state(events).error
            said += live.text + client.get("api/jobs").text + client.post(f"{one}/retry").text
            if times == 0:
                server.stop()
                server = serve(port=server.port, control=True)
    assert "figures broke with 'figures.csv'." in said
    for secret in (KEY, "/home", "quite secret"):
        assert secret not in said
    failure = live.json()["error"]
    if error is FAULT:
        assert failure["message"] == "The job stopped with FileNotFoundError (correlation id me-7)."
    else:
        assert (failure["message"], failure["remedy"]) == ("sky.mp4: no space.", "Free some in films.")
    # Whoever owns the kernel has all of it, and finds it by the same id.
    assert FOLDER in str(job.job.error)
    assert FOLDER in job.job.snapshot().error.message
    assert any("me-7" in record.getMessage() and record.exc_info for record in caplog.records)


def events_state(events: list[dict]) -> Snapshot:
    """What a page makes of the events of one job."""
    return replay(events[0]["jobId"], (Event.decode(json.dumps(event).encode()) for event in events))


def test_a_film_is_told_by_its_name(client, play, film):
    job = play(film=replace(film, path=Path(f"{FOLDER}/sky.mp4")))
    job.end()
    text, events = heard(client, f"api/jobs/{job.job.id}/events", job.job.id)
    state = client.get(f"api/jobs/{job.job.id}")
    assert events[-1]["data"]["film"] == state.json()["film"]["path"] == "sky.mp4"
    assert FOLDER not in text + state.text + client.get("api/jobs").text
    assert job.job.film.path == Path(f"{FOLDER}/sky.mp4")


def test_a_film_that_cannot_be_begun_names_no_folder(journal):
    def begin(fields, correlation_id):
        raise AuraError(f"{FOLDER}/films cannot be written.", remedy=f"Mend {FOLDER}/films.")

    with Server(journal, begin, port=0, control=True) as server, open_client(server) as client:
        answer = client.post("api/jobs", json={"topic": "Whales"}).json()
    assert (answer["detail"], answer["suggestedFix"]) == ("films cannot be written.", "Mend films.")


def test_a_gap_and_its_state_are_no_hole_in_it():
    log = EventLog("j", ring_bytes=2000)
    log.append("job-status", status="queued", data={"title": "Sky"})
    log.append("warning", f"{FOLDER}/sky.png is small.")
    for number in range(50):
        log.append("job-log", f"line {number} {'x' * 100}")
    (gap,) = Discreet(log).after(0, 0)
    assert gap.event.type == "gap"
    assert FOLDER in log.after(0, 0)[0].body.decode()
    assert FOLDER not in gap.body.decode()
    assert told(log.snapshot).warnings == ("sky.png is small.",)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            "The film cannot be written to /home/ada/films/sky.mp4: no space.",
            "The film cannot be written to sky.mp4: no space.",
        ),
        ("[Errno 2] No such file: '/home/ada b/x.csv'", "[Errno 2] No such file: 'x.csv'"),
        (r"C:\Users\Ada B\sky.mp4 is open.", "sky.mp4 is open."),
        (r"\\server\films\sky.mp4 is open.", "sky.mp4 is open."),
        ("~/films/sky.mp4", "sky.mp4"),
        (
            "See https://example.com/a/b.html, or http://localhost:8765/x/y.",
            "See https://example.com/a/b.html, or http://localhost:8765/x/y.",
        ),
        ("24/7, and/or, 1 / 2, films/sky.mp4, ./a/b", "24/7, and/or, 1 / 2, films/sky.mp4, ./a/b"),
    ],
)
def test_files_are_told_by_their_names(text, left):
    assert nowhere(text) == left
