from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import urljoin

import httpx
import pytest
from httpx_sse import connect_sse
from starlette.applications import Starlette

from aura_nb.errors import AuraError, FieldIssue, InvalidBrief
from aura_nb.jobs.journal import Journal
from aura_nb.pipeline.context import Report
from aura_nb.server import jobs_api
from aura_nb.server.body import MOST_BYTES
from aura_nb.server.hub import Hub
from aura_nb.server.jobs_api import JobsApi
from aura_nb.server.serve import Server
from tests.server.conftest import open_client
from tests.server.played import line, progress


@pytest.fixture
def control(serve):
    with open_client(serve(control=True)) as client:
        yield client


def test_jobs_are_listed_newest_first_without_what_is_large(client, play):
    first, second = play("One"), play("Two")
    first.say(progress(30), line("said"))
    first.end()
    jobs = client.get("api/jobs").json()["jobs"]
    assert [job["title"] for job in jobs] == ["Two", "One"]
    # The second has its turn a moment after the first has ended.
    assert jobs[0]["status"] in ("queued", "running")
    assert jobs[1]["status"] == "failed"
    assert jobs[1]["error"] == {
        "message": "The disk is full.",
        "remedy": "Free some space.",
        "type": "RenderError",
        "code": "",
    }
    assert all(job["log"] == [] and job["scenes"] == [] for job in jobs)
    assert second.job.id == jobs[0]["jobId"]


def test_what_is_over_is_read_from_the_journal_once(client, play, journal, monkeypatch):
    """Who polls beside a render must not have the whole history replayed every two seconds."""
    play("One").end()
    play("Two").end()
    first = client.get("api/jobs").json()["jobs"]
    read, bodies = [], journal.bodies
    monkeypatch.setattr(journal, "bodies", lambda job_id, *rest: read.append(job_id) or bodies(job_id, *rest))
    assert client.get("api/jobs").json()["jobs"] == first
    assert read == []
    assert first[1]["created"] < first[0]["created"]


def test_a_job_of_another_kernel_is_read_again_only_when_something_happened(play, journal, monkeypatch):
    job = play("One")
    job.say(line("one"))
    read, bodies = [], journal.bodies
    monkeypatch.setattr(journal, "bodies", lambda job_id, *rest: read.append(job_id) or bodies(job_id, *rest))
    hub = Hub(journal, live=lambda: ())
    api = JobsApi(hub, lambda *_: job.job)
    app = Starlette(routes=api.routes)

    async def ask() -> dict:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return (await client.get("/api/jobs")).json()["jobs"][0]

    while asyncio.run(ask())["seq"] < 3:
        time.sleep(0.01)
    read.clear()
    asyncio.run(ask())
    assert read == []
    job.end()
    assert asyncio.run(ask())["status"] == "failed"
    assert read == [job.job.id]


def test_of_a_long_history_no_more_is_kept_than_is_listed(client, play, monkeypatch):
    monkeypatch.setattr(jobs_api, "MOST_JOBS", 2)
    kept: list[JobsApi] = []
    brief = JobsApi._brief
    monkeypatch.setattr(JobsApi, "_brief", lambda api, row: kept.append(api) or brief(api, row))
    for title in ("One", "Two", "Three", "Four"):
        play(title).end()
        client.get("api/jobs")
    assert len(kept[-1]._listed) == 2


def test_one_job_is_told_whole_with_the_event_a_stream_goes_on_from(client, play):
    job = play("One")
    job.say(progress(30), line("said"))
    job.end()
    told = client.get(f"api/jobs/{job.job.id}").json()
    assert told["lastEventId"] == job.job.log.seq
    assert told["log"][-2]["text"] == "said"
    assert told["percent"] == 30


@pytest.mark.parametrize("ended", [False, True])
def test_who_polls_has_the_fields_of_the_last_event(client, play, ended):
    job = play("One", correlation_id="me-1")
    job.say(Report("step-status", "picture", "Drawing.", total_items=3), progress(30, 2))
    if ended:
        job.end()
    with connect_sse(client, "GET", f"api/jobs/{job.job.id}/events") as source:
        events = (json.loads(event.data) for event in source.iter_sse())
        event = next(event for event in events if event["type"] == ("job-failed" if ended else "step-progress"))
    told = client.get(f"api/jobs/{job.job.id}").json()
    # What is of the event's own kind is in the state in another form, and a running job's clocks run on.
    own = {"type", "data"} | ({"stage", "currentItem", "totalItems"} if ended else {"elapsedSeconds"})
    assert {name: told.get(name, "lacks") for name in event if name not in own} == {
        name: value for name, value in event.items() if name not in own
    }
    assert told.keys() >= event.keys() - {"type", "data"}
    assert (told["correlationId"], told["lastEventId"]) == ("me-1", event["seq"])


@pytest.mark.parametrize("job_id", ["none", "a", "%2e%2e", "x" * 500])
def test_a_job_that_is_not_there_is_a_404(client, play, job_id):
    play()
    for path in (f"api/jobs/{job_id}", f"api/jobs/{job_id}/events"):
        assert (client.get(path).status_code, client.get(path).json()["errorCode"]) == (404, "UNKNOWN_JOB")


def test_the_beginning_of_an_id_is_no_id(client, play):
    job = play()
    assert client.get(f"api/jobs/{job.job.id[:6]}/events").status_code == 404


def test_a_job_begins_with_the_request_s_correlation_id(control, begun):
    answer = control.post("api/jobs", json={"topic": "Whales"}, headers={"X-Correlation-ID": "me-1"})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"jobs/{answer.json()['jobId']}"
    assert begun == [{"topic": "Whales", "correlation_id": "me-1"}]


def test_a_brief_that_is_none_names_its_fields(journal: Journal):
    def begin(fields, correlation_id):
        raise InvalidBrief([FieldIssue("topic", "says too little", "Write more.")], subject="brief")

    with Server(journal, begin, port=0, control=True) as server, open_client(server) as client:
        answer = client.post("api/jobs", json={"topic": "x"})
    assert answer.status_code == 422
    assert answer.json()["fieldErrors"] == [
        {"fieldName": "topic", "errorMessage": "says too little", "suggestedFix": "Write more."}
    ]


def test_a_film_that_cannot_be_begun_says_why(journal: Journal):
    def begin(fields, correlation_id):
        raise AuraError("The disk is full.", remedy="Free some space.")

    with Server(journal, begin, port=0, control=True) as server, open_client(server) as client:
        answer = client.post("api/jobs", json={"topic": "Whales"})
    assert (answer.status_code, answer.json()["suggestedFix"]) == (409, "Free some space.")


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 400), (b"{", 400), (b"[]", 400), (b"[" * 100_000, 400), (b'"' + b"x" * MOST_BYTES + b'"', 413)],
)
def test_a_body_that_is_no_object_or_too_large_is_refused(control, begun, content, status):
    assert control.post("api/jobs", content=content).status_code == status
    assert begun == []


def test_cancelling_ends_a_job_once(control, play):
    job = play()
    assert control.post(f"api/jobs/{job.job.id}/cancel").status_code == 202
    assert job.job.wait(10)
    assert job.job.status == "cancelled"
    again = control.post(f"api/jobs/{job.job.id}/cancel")
    assert (again.status_code, again.json()["errorCode"]) == (409, "ENDED")


def test_a_job_that_runs_is_not_repeated_and_one_of_unknown_wishes_neither(control, play):
    job = play()
    assert control.post(f"api/jobs/{job.job.id}/retry").json()["errorCode"] == "NOT_ENDED"
    job.end()
    assert control.post(f"api/jobs/{job.job.id}/retry").json()["errorCode"] == "NO_SPEC"


def test_an_ended_job_is_begun_again_and_says_which_it_repeats(journal: Journal, play):
    job, asked = play("One", spec={"topic": "Whales"}), []
    job.end()

    def begin(fields, correlation_id, retry_of=None):
        asked.append((fields, correlation_id, retry_of))
        return play("Two", retry_of=retry_of).job

    with Server(journal, begin, port=0, control=True) as server, open_client(server) as client:
        answer = client.post(f"api/jobs/{job.job.id}/retry", headers={"X-Correlation-ID": "me-1"})
        again = client.get(urljoin(str(answer.url), answer.headers["location"]))
        # Which job is repeated is for the server to say.
        client.post("api/jobs", json={"topic": "Whales", "retry_of": {}})
    assert answer.status_code == 202
    assert answer.json()["jobId"] == again.json()["jobId"] != job.job.id
    assert asked == [
        ({"topic": "Whales"}, "me-1", job.job.id),
        ({"topic": "Whales", "retry_of": {}}, asked[1][1], None),
    ]


def test_a_job_whose_wishes_hold_no_longer_is_not_begun_again_and_names_them(journal: Journal, play):
    job = play("One", spec={"topic": "Whales", "render": {"theme": "gone"}})
    job.end()

    def begin(fields, correlation_id, retry_of=None):
        raise InvalidBrief([FieldIssue("render.theme", "no theme 'gone'", "Use one of light, dark.")])

    with Server(journal, begin, port=0, control=True) as server, open_client(server) as client:
        answer = client.post(f"api/jobs/{job.job.id}/retry")
    assert answer.status_code == 422
    assert answer.json()["errorCode"] == "INVALID_BRIEF"
    assert [one["fieldName"] for one in answer.json()["fieldErrors"]] == ["render.theme"]


def test_observers_are_refused_what_changes_anything(client, play, begun):
    job = play()
    for path in ("api/jobs", f"api/jobs/{job.job.id}/cancel", f"api/jobs/{job.job.id}/retry"):
        assert client.post(path, json={}).status_code == 403
    assert not job.job.ended
    assert begun == []
