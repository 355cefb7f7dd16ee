"""What a request may bring, over a real socket: so many bytes, so many seconds, JSON and nothing else."""

from __future__ import annotations

import time

import pytest

from aura_nb.server import body, protocol
from aura_nb.server.body import MOST_BYTES
from tests.server.conftest import open_client
from tests.server.connection import Connection

PATH = "/api/providers/validate-enhanced"


@pytest.fixture
def wire(observed):
    with Connection(observed.server) as connection:
        yield connection


@pytest.fixture
def hasty(monkeypatch):
    """Short times, so that the tests are, too."""
    monkeypatch.setattr(body, "MOST_SECONDS", 0.2)
    monkeypatch.setattr(body, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)


def test_a_body_that_is_said_to_be_too_large_is_refused_before_it_comes(hasty, wire):
    wire.post(PATH, f"Content-Length: {MOST_BYTES + 1}", "Expect: 100-continue")
    status, problem, closed = wire.told()
    assert (status, problem["errorCode"], closed) == (413, "TOO_LARGE", True)


@pytest.mark.parametrize("length", ["9" * 30, "1" * 19])
def test_a_length_beyond_all_measure_is_too_large(hasty, wire, length):
    wire.post(PATH, f"Content-Length: {length}")
    assert wire.told()[0] in (400, 413)


def test_a_body_that_says_no_length_is_refused_where_it_is_too_large(hasty, wire):
    wire.post(PATH, "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    for _ in range(MOST_BYTES // 0x10000 + 1):
        wire.say(chunk)
    status, problem, _ = wire.told()
    assert (status, problem["errorCode"]) == (413, "TOO_LARGE")


def test_a_body_that_never_ends_holds_nothing(hasty, wire):
    wire.post(PATH, "Content-Length: 100")
    wire.say("{")
    status, problem, closed = wire.told()
    assert (status, problem["errorCode"], closed) == (408, "TOO_SLOW", True)


def test_an_answer_does_not_wait_for_a_body_that_nobody_reads(hasty, observed):
    with Connection(observed.server) as line:
        line.say(f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n{{")
        status, problem, closed = line.told()
        assert (status, problem["errorCode"], closed) == (401, "TOKEN_REQUIRED", True)


def test_a_large_body_that_is_refused_does_not_take_the_answer_with_it(observed):
    with open_client(observed.server) as client:
        answer = client.post(PATH[1:], content=b"x" * 8 * MOST_BYTES, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_a_connection_on_which_nothing_is_said_ends_without_a_word(hasty, wire):
    # Browsers connect in advance: an answer there would be taken for that of the request to come.
    assert wire.ended()


@pytest.mark.parametrize("begin", ["G", "GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_headers_that_never_end_hold_nothing(hasty, wire, begin):
    wire.say(begin)
    status, problem, closed = wire.told()
    assert (status, problem["errorCode"], closed) == (408, "TOO_SLOW", True)


def test_headers_that_come_one_by_one_are_one_request(hasty, wire):
    wire.say("GET /none HTTP/1.1\r\nHost: local")
    time.sleep(0.1)
    wire.say(f"host\r\nAuthorization: Bearer {wire.server.token}\r\n\r\n")
    assert wire.told()[0] == 404
    # The connection is kept, and is watched again from the next request's first byte on.
    wire.say("GET")
    assert wire.told()[0] == 408


def test_headers_without_end_are_refused(wire):
    wire.say("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x" * (protocol.HEAD_BYTES + 70_000))
    status, problem, closed = wire.told()
    assert (status, problem["errorCode"], closed) == (431, "HEADERS_TOO_LARGE", True)


@pytest.mark.parametrize(
    "said",
    [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_problem_like_any_other(wire, said):
    wire.say(said.encode("latin-1"))
    status, problem, closed = wire.told()
    assert (status, problem["errorCode"], closed) == (400, "BAD_HTTP", True)


def test_chunks_that_are_none_end_the_connection(wire):
    wire.post(PATH, "Transfer-Encoding: chunked")
    wire.say("zz\r\n")
    assert wire.told()[:1] == (400,)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/jobs", 400, "UNEXPECTED_BODY"),
        ("/api/events", 400, "UNEXPECTED_BODY"),
        # Where there is no GET at all, that is what to tell of.
        (PATH, 405, "METHOD_NOT_ALLOWED"),
        ("/api/none", 404, "NOT_FOUND"),
    ],
)
@pytest.mark.parametrize("length", ["Content-Length: 2", "Transfer-Encoding: chunked"])
def test_a_get_carries_no_body(wire, path, status, code, length):
    wire.ask(f"GET {path} HTTP/1.1", length)
    wire.say("{}" if "2" in length else "2\r\n{}\r\n0\r\n\r\n")
    answered, problem, _ = wire.told()
    assert (answered, problem["errorCode"]) == (status, code)


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"provider=ollama", "application/x-www-form-urlencoded", "UNSUPPORTED_TYPE"),
        (b"{}", "text/plain", "UNSUPPORTED_TYPE"),
        (b"{}", "multipart/form-data; boundary=x", "UNSUPPORTED_TYPE"),
        (b"\xff{", "application/json", "NO_JSON"),
        (b"", "application/json", "NO_JSON"),
        (b'{"provider": NaN}', "application/json", "NO_JSON"),
        (b'{"provider": "\\ud800"}', "application/json", "NO_JSON"),
        (b"[" * 100_000, "application/json", "NO_JSON"),
        (b'{"a": ' + b"9" * 9000 + b"}", "application/json", "NO_JSON"),
        (b"[]", "application/json; charset=utf-8", "NO_OBJECT"),
        (b"null", "application/json", "NO_OBJECT"),
    ],
)
def test_only_a_json_object_is_read(observed, content, kind, code):
    answer = observed.client.post(PATH[1:], content=content, headers={"Content-Type": kind})
    assert answer.json()["errorCode"] == code
    assert answer.status_code == (415 if code == "UNSUPPORTED_TYPE" else 400)
