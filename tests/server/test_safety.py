"""Who gets no answer, over a real socket: foreign names, foreign pages, paths that lead elsewhere."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace

import httpx
import pytest
from httpx_sse import connect_sse

from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.jobs.journal import Journal
from aura_nb.server.serve import Server
from tests.jobs import fakes
from tests.server.conftest import open_client
from tests.server.connection import Connection

CANARY = "sk-canary-4711-quite-secret"
VALIDATE = "/api/providers/validate-enhanced"


def asked(server, first: str, *headers: str, **how) -> tuple[int, str]:
    with Connection(server) as connection:
        connection.ask(first, *headers, "Content-Length: 0", **how)
        status, problem, _ = connection.told()
        return status, problem.get("errorCode", "")


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST.", "localhost:8765", "127.0.0.1", "127.0.0.1:65535", "127.8.8.8"),
        *("[::1]", "[::1]:8765", "[0:0:0:0:0:0:0:1]", "a.localhost"),
    ],
)
def test_this_machine_s_names_are_answered(observed, host):
    assert asked(observed.server, "GET /health HTTP/1.1", host=host)[0] == 200


FOREIGN = [
    *("evil.example", "evil.example:8765", "localhost.evil.example", "127.0.0.1.evil.example", "evillocalhost"),
    *("[::2]", "2130706433", "0x7f000001", "127.1", "0.0.0.0", "localhost.."),
]
NAMELESS = [
    *(
        "localhost@evil.example",
        "user@localhost",
        "user:secret@127.0.0.1",
        "localhost, evil.example",
        "[::1",
        "::1",
    ),
    *("[::1%25eth0]", "[localhost]", "[127.0.0.1]x", "localhost:x", "localhost:8765:1", "localhost/"),
    *("l%6fcalhost", "ⅼocalhost", ""),
]


@pytest.mark.parametrize(
    ("host", "token"), [(h, False) for h in (*FOREIGN, *NAMELESS)] + [(h, True) for h in NAMELESS]
)
def test_other_names_are_not_wherever_they_lead(observed, host, token):
    for path in ("/health", "/api/jobs", "/"):
        name = host.encode().decode("latin-1")
        assert asked(observed.server, f"GET {path} HTTP/1.1", host=name, token=token) == (421, "UNKNOWN_HOST")


@pytest.mark.parametrize("host", FOREIGN)
def test_a_name_that_a_proxy_hands_on_opens_with_the_token(observed, host):
    with Connection(observed.server) as connection:
        connection.ask("HEAD /api/jobs HTTP/1.1", host=host)
        assert connection.socket.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_host_is_given_once(observed):
    assert asked(observed.server, "GET /health HTTP/1.1", "Host: localhost") == (400, "BAD_HTTP")
    assert asked(observed.server, "GET /health HTTP/1.1", host=None) == (400, "BAD_HTTP")
    assert asked(observed.server, "GET /health HTTP/1.0", host=None) == (421, "UNKNOWN_HOST")


def test_a_whole_address_in_the_request_line_is_no_path_of_ours(observed):
    assert asked(observed.server, "GET http://localhost/health HTTP/1.1") == (404, "NOT_FOUND")


PAGES = [
    (("Origin: http://localhost",), True),
    (("Origin: http://localhost", "Sec-Fetch-Site: same-origin"), True),
    (("Sec-Fetch-Site: none",), True),
    ((), True),
    (("Origin: http://localhost:9999",), False),
    (("Origin: https://evil.example",), False),
    (("Origin: http://localhost.evil.example",), False),
    (("Origin: http://evil.example/localhost",), False),
    (("Origin: http://[",), False),
    (("Origin: null",), False),
    (("Origin: ",), False),
    (("Sec-Fetch-Site: same-site",), False),
    (("Origin: http://localhost", "Sec-Fetch-Site: cross-site"), False),
    (("Sec-Fetch-Site: whatever",), False),
]


@pytest.mark.parametrize(("headers", "ours"), PAGES)
def test_only_its_own_page_makes_a_browser_write(controlled, headers, ours):
    for path in ("/api/jobs/none/cancel", "/api/jobs"):
        status, code = asked(controlled.server, f"POST {path} HTTP/1.1", *headers)
        assert (code == "FOREIGN_ORIGIN", status == 403) == (not ours, not ours)


def test_the_token_of_a_link_opens_nothing_but_reads(controlled):
    server = controlled.server
    for method, path in (("POST", "api/jobs"), ("POST", VALIDATE[1:]), ("DELETE", "api/jobs/x")):
        answer = httpx.request(method, f"{server.base_url}{path}", params={"token": server.token})
        assert (answer.status_code, answer.json()["errorCode"]) == (401, "TOKEN_REQUIRED")
    assert httpx.get(f"{server.base_url}api/jobs", params={"token": server.token}).status_code == 200


@pytest.mark.parametrize("given", ["x", "ü", "\x80", "Bearer", "null", "*"])
def test_no_other_token_does(observed, given):
    server = observed.server
    headers = {b"Authorization": f"Bearer {given}".encode("utf-8", "replace")}
    assert httpx.get(f"{server.base_url}api/jobs", headers=headers).status_code == 401
    assert httpx.get(f"{server.base_url}api/jobs", params={"token": given}).status_code == 401


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "X"])
def test_methods_there_are_none_of_do_nothing(observed, controlled, method):
    assert asked(observed.server, f"{method} /api/jobs HTTP/1.1") == (403, "READ_ONLY")
    assert asked(controlled.server, f"{method} /api/jobs HTTP/1.1") == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("api/jobs", "GET, HEAD, POST"),
        ("api/jobs/x/events", "GET, HEAD"),
        ("api/events", "GET, HEAD"),
        ("api/jobs/x/cancel", "POST"),
        ("health", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(controlled, path, methods):
    for method in {"POST", "GET", "PUT", "OPTIONS"} - {*methods.split(", ")}:
        answer = controlled.client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)
        assert answer.json()["errorCode"] == "METHOD_NOT_ALLOWED"


def test_a_head_is_a_get_without_its_body(client, play):
    job = play()
    for path in ("", "health", "api/jobs", f"api/jobs/{job.job.id}/events", "api/events", "static/page.js"):
        told = client.head(path)
        assert (told.status_code, told.content) == (200, b"")
    assert client.head(f"api/jobs/{job.job.id}/events").headers["content-type"].startswith("text/event-stream")
    assert client.head("api/jobs/none/events").status_code == 404


OUTSIDE = [
    *(
        "..",
        "../secret.txt",
        "..%2fsecret.txt",
        "..%252fsecret.txt",
        "%2e%2e%2fsecret.txt",
        "%252e%252e%252fsecret.txt",
    ),
    *("..\\secret.txt", "..%5csecret.txt", "..%255csecret.txt", "secret.txt", "/etc/passwd", "%2fetc%2fpasswd"),
    *("film.mp4%00", "film.mp4%00.txt", "%00", "film.mp4/", "film.mp4/..", "./film.mp4/../secret.txt", "FILM.MP4"),
    *("film.mp4;x", "film.mp4%20", "film.mp4::$DATA", "%c0%ae%c0%ae/secret.txt", "%ff%fe", "..%u2215secret.txt"),
    *("page.py", "../page.py", "..%2fpage.py", "index.html", "static", "x" * 9000),
]


@pytest.fixture(scope="module")
def filmed(observed, tmp_path_factory):
    """The id of a job whose film has other files beside it."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "film.mp4").write_bytes(b"film")
    job = observed.play(film=replace(fakes.film(), path=folder / "film.mp4"))
    job.end()
    return job.job.id


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_leads_out_of_what_may_be_had(observed, filmed, name):
    assert observed.client.get(f"api/jobs/{filmed}/artifacts/film.mp4").content == b"film"
    for folder in (f"/api/jobs/{filmed}/artifacts", "/static", "/api/jobs", ""):
        status, code = asked(observed.server, f"GET {folder}/{name} HTTP/1.1")
        assert (status, code) in {(404, "NOT_FOUND"), (404, "UNKNOWN_JOB"), (404, "UNKNOWN_ARTIFACT")}


@pytest.mark.parametrize("given", ["-1", "1" * 16, "1.0", "+1", " 1", "1,2", "0x1", "١", "%00", "NaN"])
def test_an_event_id_that_is_none_is_refused(observed, filmed, given):
    for path in (f"api/jobs/{filmed}/events", "api/events"):
        answer = observed.client.get(f"{path}?lastEventId={given}")
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "BAD_EVENT_ID")


def test_a_fault_is_a_problem_and_tells_nothing(journal, caplog):
    def begin(fields, correlation_id):
        raise RuntimeError("the inside")

    with Server(journal, begin, port=0, control=True) as server, open_client(server) as client:
        answer = client.post("api/jobs", json={"topic": "x"}, headers={"X-Correlation-ID": "me-9"})
        assert client.get("health").status_code == 200
    assert (answer.status_code, answer.json()["errorCode"]) == (500, "FAULT")
    assert answer.json()["correlationId"] == "me-9"
    assert "inside" not in answer.text
    # Once, for whoever mends it.
    assert [record.name for record in caplog.records if record.exc_info] == ["aura_nb.server.app"]


def test_a_fault_of_a_stream_is_a_problem_too(server, client, monkeypatch, caplog):
    async def broken(*_):
        raise RuntimeError("the inside")

    monkeypatch.setattr(server.hub, "feed", broken)
    answer = client.get("api/jobs/some/events")
    assert (answer.status_code, answer.json()["errorCode"]) == (500, "FAULT")
    assert [record.name for record in caplog.records if record.exc_info] == ["aura_nb.server.access"]


def test_no_answer_and_no_log_shows_keys_tokens_or_folders(serve, play, journal, tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ELEVENLABS_API_KEY", "AURA_NB_PEXELS_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    server = serve(control=True)
    job = play()
    job.end()
    token = {"token": server.token}
    with open_client(server) as client:
        answers = [
            client.get("api/jobs/none", params=token),
            client.get("api/jobs/none/events", params=token),
            client.get("api/events", params={**token, "lastEventId": CANARY}),
            client.get("api/jobs/none/artifacts/film.mp4", params=token),
            client.get("nothing", params=token),
            client.put("api/jobs", params=token),
            client.get("api/jobs", headers={"Host": "evil.example", "Authorization": ""}),
            client.get("api/jobs", headers={"Authorization": f"Bearer {CANARY}"}),
            client.post("api/jobs", json={}, headers={"Origin": "null"}),
            client.post("api/jobs", content=b"x" * 1_100_000),
            client.post("api/jobs", content=b"x", headers={"Content-Type": "text/plain"}),
            client.post(f"api/jobs/{job.job.id}/retry"),
            client.post(VALIDATE, json={"provider": CANARY[:3]}),
            client.post(VALIDATE, json={"provider": "openai", "configuration": {"baseUrl": 3, "model": []}}),
            client.post(VALIDATE, json={"provider": "openai", "configuration": {"baseUrl": "ftp://x"}}),
            client.post(VALIDATE, json={"provider": "anthropic"}),
            client.post(VALIDATE, json={"provider": "elevenlabs", "configuration": {"ApiKey": CANARY}}),
            client.get("api/jobs"),
            client.get("api/openapi.json"),
        ]
    with Connection(server) as connection:
        connection.say(f"GET /?token={server.token} nonsense\r\n\r\n")
        connection.told()
    statuses = {answer.status_code for answer in answers}
    assert {400, 401, 403, 404, 405, 409, 413, 415, 421} <= statuses
    shown = "".join(f"{answer.headers} {answer.text}" for answer in answers if answer.request.method)
    logged = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    for secret in (CANARY, server.token, str(tmp_path), "Traceback"):
        assert secret not in shown
        assert secret not in logged
    assert ".py" not in shown.replace("page.py", "")


@pytest.mark.parametrize("given", ["a b", "x" * 129, "<script>", "ü", "a\tb", "", '"', "me,you"])
def test_an_id_that_is_none_is_replaced_and_never_repeated(observed, filmed, given):
    client, headers = observed.client, {b"X-Correlation-ID": given.encode()}
    for answer in (
        client.get("health", headers=headers),
        client.get("api/jobs/none", headers=headers),
        client.get(f"api/jobs/{filmed}/events", headers=headers),
        client.post(VALIDATE, json={"provider": "ollama", "correlationId": given}, headers=headers),
        client.post(VALIDATE, json={"provider": "nobody"}, headers=headers),
    ):
        told = answer.headers["x-correlation-id"]
        assert re.fullmatch("[0-9a-f]{32}", told)
        if answer.headers["content-type"].endswith("json") and "correlationId" in answer.json():
            assert answer.json()["correlationId"] == told


def test_one_id_joins_a_request_its_job_s_events_and_what_a_later_server_tells(serve, journal, play):
    server = serve(control=True)
    with open_client(server) as client:
        began = client.post("api/jobs", json={"topic": "Whales"}, headers={"X-Correlation-ID": "me-1:a.b~c"})
        assert began.headers["x-correlation-id"] == "me-1:a.b~c"
        job = began.json()["jobId"]
        client.post(f"api/jobs/{job}/cancel", headers={"X-Correlation-ID": "another"})
        with connect_sse(client, "GET", f"api/jobs/{job}/events") as source:
            live = [json.loads(event.data) for event in source.iter_sse()]
    assert live[-1]["type"] == "job-cancelled"
    assert {event["correlationId"] for event in live} == {"me-1:a.b~c"}
    server.stop()
    reopened = Journal(journal.path)
    with (
        Server(reopened, lambda *_: pytest.fail("nothing begins"), port=0) as later,
        open_client(later) as client,
        connect_sse(client, "GET", f"api/jobs/{job}/events") as source,
    ):
        assert [json.loads(event.data) for event in source.iter_sse()] == live
    assert reopened.row(job).correlation_id == "me-1:a.b~c"
    reopened.close()


def test_one_id_joins_a_question_its_report_and_its_problem(client, journal):
    mine = {"X-Correlation-ID": "me-2"}
    report = client.post(VALIDATE, json={"provider": "ollama"}, headers=mine)
    assert (report.json()["correlationId"], report.headers["x-correlation-id"]) == ("me-2", "me-2")
    own = client.post(VALIDATE, json={"provider": "ollama", "correlationId": "me-3"}, headers=mine)
    assert (own.json()["correlationId"], own.headers["x-correlation-id"]) == ("me-3", "me-2")
    several = client.post(
        "/api/providers/validate", json={"providers": [{"provider": "ollama"}] * 2}, headers=mine
    )
    assert [one["correlationId"] for one in several.json()["providers"]] == ["me-2", "me-2"]
    problem = client.post(VALIDATE, json={"provider": "nobody"}, headers=mine)
    assert (problem.json()["correlationId"], problem.headers["x-correlation-id"]) == ("me-2", "me-2")

    def begin(fields, correlation_id):
        raise InvalidBrief([FieldIssue("topic", "says too little", "Write more.")], subject="brief")

    with Server(journal, begin, port=0, control=True) as server, open_client(server) as control:
        assert control.post("api/jobs", json={}, headers=mine).json()["correlationId"] == "me-2"
