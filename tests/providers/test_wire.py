"""The wire: whom it leads to, what it bears, and how it is cut."""

from __future__ import annotations

import socket
import threading

import httpx
import pytest

from aura_nb.providers import failures, wire
from aura_nb.providers.wire import CONNECT_SECONDS, Wire
from tests.providers.fakes.server import Say
from tests.providers.fakes.vendors import FakeOpenAI


class Stream:
    """A connection of httpcore to `peer`, of which only the socket is looked at."""

    def __init__(self, peer: str) -> None:
        self.peer, self.shut = peer, False

    def get_extra_info(self, info: str) -> Stream:
        assert info == "socket"
        return self

    def getpeername(self) -> tuple[str, int]:
        return self.peer, 80

    def shutdown(self, how: int) -> None:
        assert how == socket.SHUT_RDWR
        self.shut = True


def traced(line: Wire):
    """What httpx calls as a request goes on its way."""
    request = httpx.Request("GET", "http://example.org/")
    for hook in line.options("http://example.org/")["event_hooks"]["request"]:
        hook(request)
    return request.extensions["trace"]


@pytest.mark.parametrize(
    "peer",
    ["169.254.169.254", "169.254.0.1", "100.100.100.200", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254"],
)
def test_a_link_local_or_metadata_peer_is_refused_as_soon_as_it_is_connected(peer):
    stream = Stream(peer)
    with pytest.raises(ConnectionRefusedError, match="link-local or metadata") as raised:
        traced(Wire())("connection.connect_tcp.complete", {"return_value": stream})
    assert stream.shut
    failure = wire.failure("openai", raised.value, "http://example.org/")
    assert isinstance(failure, failures.Unreachable)
    assert peer in str(failure)


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.7", "93.184.216.34", "::1"])
def test_any_other_peer_is_let_pass(peer):
    stream = Stream(peer)
    traced(Wire())("connection.connect_tcp.complete", {"return_value": stream})
    assert not stream.shut


class Listener:
    """A server that takes whatever comes and keeps every byte of it."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.heard, self.ended = b"", threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _listen(self):
        client, _ = self.socket.accept()
        with client:
            while data := client.recv(4096):
                self.heard += data
        self.ended.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}/"


def test_a_refused_peer_receives_not_one_byte_of_the_request(monkeypatch):
    # The name resolves to a peer that turns out to be a forbidden one: here, that of the listener.
    monkeypatch.setattr(wire, "forbidden", lambda host: host == "127.0.0.1")
    with Listener() as server:
        headers = {"Authorization": "Bearer canary"}
        with (
            httpx.Client(**Wire().options(server.url, 5.0), headers=headers) as client,
            pytest.raises(ConnectionRefusedError),
        ):
            client.post(server.url, json={"text": "secret"})
        assert server.ended.wait(10)
    assert server.heard == b""


def test_a_cut_ends_what_waits_and_what_comes_later():
    line, waiting = Wire(), threading.Event()
    with FakeOpenAI(Say(), key="") as server:
        server.listing = Say(fault="hang")
        url = f"{server.origin}/v1/models"
        broken = []

        def ask():
            with httpx.Client(**line.options(url, 60.0)) as client:
                waiting.set()
                try:
                    client.get(url)
                except httpx.TransportError as error:
                    broken.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        assert server.stalled.wait(10)
        line.cut()
        thread.join(10)
        assert server.left.wait(10)
        ask()
    assert len(broken) == 2


def test_limits_bound_the_silence_and_the_way_to_the_server():
    with httpx.Client(**Wire().options("http://example.org/", 60.0)) as client:
        assert client.timeout == httpx.Timeout(60.0, connect=CONNECT_SECONDS)
        assert not client.follow_redirects
    with httpx.Client(**Wire().options("http://example.org/", 0.5)) as client:
        assert client.timeout == httpx.Timeout(0.5)
    assert "timeout" not in Wire().options("http://example.org/")


@pytest.mark.parametrize(
    ("url", "heeded"),
    [
        ("http://localhost:1/", False),
        ("http://127.0.0.2/", False),
        ("http://[::1]/", False),
        ("http://a.org/", True),
    ],
)
def test_a_proxy_is_never_asked_for_this_machine(url, heeded):
    assert Wire().options(url)["trust_env"] is heeded


def test_a_certificate_that_is_not_trusted_is_no_bad_reply():
    with FakeOpenAI(Say(), tls=True) as server, httpx.Client(**Wire().options(server.origin, 5.0)) as client:
        with pytest.raises(httpx.ConnectError) as raised:
            client.get(server.origin)
        failure = wire.failure("openai", raised.value, server.origin)
    assert isinstance(failure, failures.Untrusted)
    assert server.headers == []


def test_an_authority_of_one_s_own_is_trusted_once_it_is_named(tmp_path, monkeypatch):
    wire.authorities.cache_clear()
    with FakeOpenAI(Say(), tls=True) as server:
        server.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        try:
            with httpx.Client(**Wire().options(server.origin, 5.0)) as client:
                assert client.get(f"{server.origin}/v1/models").status_code == 200
        finally:
            wire.authorities.cache_clear()
