from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers import guard, registry
from aura_nb.server.access import Access
from tests.server.conftest import open_client

ACCESS = Access("the-token", control=True, hosts=frozenset({"hub.example.org"}))
READ_ONLY = replace(ACCESS, control=False)


def scope(method="GET", path="/api/jobs", query="", **headers) -> dict:
    given = {"host": "localhost:8765", "authorization": "Bearer the-token"} | {
        name.replace("_", "-"): value for name, value in headers.items() if value is not None
    }
    dropped = {name.replace("_", "-") for name, value in headers.items() if value is None}
    raw = [(name.encode(), value.encode()) for name, value in given.items() if name not in dropped]
    return {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": raw}


def code(access: Access, **asked) -> str | None:
    problem = access.problem(scope(**asked))
    return problem.code if problem else None


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:1", "127.0.0.1:8765", "127.9.9.9", "[::1]:80", "x.localhost", "hub.example.org"],
)
def test_it_answers_to_this_machine_s_names_and_those_it_was_given(host):
    assert code(ACCESS, host=host) is None


@pytest.mark.parametrize("given", ["Hub.Example.org", "hub.example.org."])
@pytest.mark.parametrize("asked", ["hub.example.org", "HUB.example.ORG:8765", "hub.example.org."])
def test_a_name_is_the_same_in_any_case(given, asked):
    access = replace(ACCESS, hosts=[given])
    assert code(access, host=asked, path="/health", authorization=None) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[", "169.254.169.254", "10.0.0.1"],
)
@pytest.mark.parametrize("path", ["/api/jobs", "/health", "/"])
def test_a_name_of_others_that_leads_here_gets_no_answer(host, path):
    assert code(ACCESS, host=host, path=path, authorization=None) == "UNKNOWN_HOST"


def test_under_any_name_the_token_opens_for_a_proxy_hands_on_the_one_that_the_browser_used():
    assert code(ACCESS, host="jupyter.example:8888") is None
    cookie = f"{ACCESS.cookie}=the-token"
    assert code(ACCESS, host="jupyter.example:8888", authorization="token jupyters-own", cookie=cookie) is None
    assert code(ACCESS, host="jupyter.example:8888", authorization="token jupyters-own") == "UNKNOWN_HOST"


@pytest.mark.parametrize(
    "asked",
    [
        {"authorization": "Bearer wrong"},
        {"authorization": None},
        {"authorization": "Basic the-token"},
        {"authorization": None, "query": "token=the-toke"},
        {"authorization": None, "cookie": "aura-nb=the-token"},
        # A link somebody is led to must not begin a film.
        {"authorization": None, "query": "token=the-token", "method": "POST"},
    ],
)
def test_without_the_token_nothing_is_told(asked):
    assert code(ACCESS, **asked) == "TOKEN_REQUIRED"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"authorization": "token the-token"},
        {"authorization": None, "query": "x=1&token=the-token"},
        {"authorization": None, "cookie": f"a=b; {ACCESS.cookie}=the-token"},
        {"authorization": None, "path": "/health"},
        {"authorization": None, "path": "/ping"},
    ],
)
def test_the_token_opens_by_header_cookie_and_for_reading_by_the_link(asked):
    assert code(ACCESS, **asked) is None


@pytest.mark.parametrize(
    "told",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://["},
        {"origin": "https://evil.example", "x_forwarded_host": "hub.org, inner"},
        {"origin": "http://", "x_forwarded_host": ","},
        # Whatever the names are: the browser knows.
        {"origin": "http://localhost:8765", "sec_fetch_site": "cross-site"},
        {"origin": "http://localhost:8765", "sec_fetch_site": "same-site"},
        {"origin": None, "sec_fetch_site": "cross-site"},
    ],
)
def test_a_page_of_others_may_not_write(told):
    assert code(ACCESS, method="POST", **told) == "FOREIGN_ORIGIN"


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"origin": "http://localhost:8765"},
        # jupyter-server-proxy hands on the Host of the browser; a proxy before it may say it elsewhere.
        {"origin": "http://ada-laptop:8888", "host": "ada-laptop:8888"},
        {"origin": "https://hub.org", "host": "127.0.0.1:8081", "x_forwarded_host": "hub.org, inner"},
        {"origin": "https://hub.org:8443", "host": "hub.org", "sec_fetch_site": "same-origin"},
    ],
)
def test_a_page_of_ours_may_write_through_whatever_proxies(told):
    assert code(ACCESS, method="POST", **told) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_who_was_not_given_control_may_only_look(method):
    assert code(READ_ONLY, method=method) == "READ_ONLY"
    assert code(READ_ONLY) is None
    assert code(READ_ONLY, method="POST", path="/api/providers/validate-enhanced") is None


@given(st.text(max_size=60), st.sampled_from(["GET", "POST"]))
def test_no_header_breaks_it(text, method):
    asked = scope(method=method, host=None, authorization=None)
    for name in (b"host", b"authorization", b"cookie", b"origin", b"x-forwarded-host"):
        asked["headers"] += [(name, text.encode("utf-8", "surrogatepass"))]
    assert ACCESS.problem(asked) is not None or "localhost" in text
    asked["headers"] += [(b"cookie", f"{ACCESS.cookie}=the-token".encode())]
    ACCESS.problem(asked)


def test_every_answer_carries_an_id_the_client_s_own_where_it_gave_one(client, server):
    assert client.get("api/jobs", headers={"X-Correlation-ID": "me-42"}).headers["x-correlation-id"] == "me-42"
    for bad in ("a b", "x" * 200, "<script>"):
        told = client.get("api/jobs/none", headers={"X-Correlation-ID": bad})
        assert re.fullmatch("[0-9a-f]{32}", told.headers["x-correlation-id"])
        assert told.json()["correlationId"] == told.headers["x-correlation-id"]
    refused = httpx.get(f"{server.base_url}api/jobs", headers={"X-Correlation-ID": "me-43"})
    assert (refused.status_code, refused.json()["correlationId"]) == (401, "me-43")
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert refused.headers["www-authenticate"] == "Bearer"


def test_health_needs_no_token_and_answers_while_all_breakers_are_open(server, monkeypatch):
    # Those of this process, for as long as this takes.
    monkeypatch.setattr(guard.default, "_guards", {})
    monkeypatch.setattr(guard.default, "_store", None)
    names = {name for socket in registry.SOCKETS for name in registry.names(socket)}
    guards = [guard.default.of(name) for name in names]
    told: list[guard.Change] = []
    for one in guards:
        one.restore(guard.Kept("open", 0.0))
        one.on_change(told.append)
    assert {one.state for one in guards} == {"open"}
    eras = [one._breaker.era for one in guards]
    for path in ("health", "ping") * 10:
        assert httpx.get(f"{server.base_url}{path}").json()["status"] == "ok"
    # Neither tried, closed, nor opened anew.
    assert {one.state for one in guards} == {"open"}
    assert [one._breaker.era for one in guards] == eras
    assert told == []


def test_no_error_tells_of_paths_tokens_or_code(server):
    with open_client(server) as client:
        answers = [
            client.get("api/jobs/../../etc/passwd"),
            client.get("nothing"),
            client.put("api/jobs"),
            client.get("api/jobs/none/artifacts/film.mp4"),
            client.post("api/providers/validate-enhanced", content=b"\xff{"),
        ]
    for answer in answers:
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert server.token not in answer.text
        assert "Traceback" not in answer.text
        assert ".py" not in answer.text
