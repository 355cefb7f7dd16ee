"""What a request begins, by the server a user starts: the briefs, checks and jobs are the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import aura_nb as aura
from aura_nb.jobs.events import Event
from tests.server.conftest import open_client

ASKED = {
    "topic": "Why the sky is blue",
    "plan": {"seconds": 10},
    "render": {"height": 360},
    "profile": {"speaker": ["espeak"]},
}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    with aura.serve(port=0, control=True) as server, open_client(server) as client:
        client.timeout = 60
        yield client


def test_a_film_is_begun_cancelled_and_begun_again_with_the_same_wishes(client):
    began = client.post("api/jobs", json=ASKED, headers={"X-Correlation-ID": "me-1"})
    assert began.status_code == 201, began.text
    job = began.json()
    assert (job["title"], job["correlationId"], job["retryOf"]) == (ASKED["topic"], "me-1", None)
    cancelled(client, job["jobId"])
    again = client.post(f"api/jobs/{job['jobId']}/retry")
    assert again.status_code == 202, again.text
    assert (again.json()["title"], again.json()["retryOf"]) == (ASKED["topic"], job["jobId"])
    cancelled(client, again.json()["jobId"])
    rows = {row.id: row for row in aura.api.journal().rows()}
    assert rows[again.json()["jobId"]].spec == rows[job["jobId"]].spec


def cancelled(client: httpx.Client, job_id: str) -> None:
    """Cancel the job, and read its stream to the end."""
    assert client.post(f"api/jobs/{job_id}/cancel").status_code == 202
    assert "event: job-cancelled" in client.get(f"api/jobs/{job_id}/events").text
    assert client.get(f"api/jobs/{job_id}").json()["status"] == "cancelled"


def test_what_no_film_can_be_made_of_is_told_by_its_fields(client):
    wrong = {**ASKED, "topic": "", "plan": {"seconds": -1}, "render": {"height": "tall"}}
    answer = client.post("api/jobs", json=wrong)
    assert (answer.status_code, answer.json()["errorCode"]) == (422, "INVALID_BRIEF")
    told = {one["fieldName"]: one["suggestedFix"] for one in answer.json()["fieldErrors"]}
    assert told.keys() == {"topic", "plan.seconds", "render.height"}
    assert all(told.values())
    assert client.get("api/jobs").json()["jobs"] == []


def test_a_job_of_another_kernel_is_not_cancelled_here(client):
    event = Event(1, "job-status", "abc", "me-2", 1.0, "running", data={"title": "Tides"})
    aura.api.journal().record("abc", title="Tides").append(event, event.encode(), wait=True)
    answer = client.post("api/jobs/abc/cancel")
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "ELSEWHERE")
    assert client.get("api/jobs/abc").json()["status"] == "running"
