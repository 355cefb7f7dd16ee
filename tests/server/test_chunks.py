"""The short way writes what `send` would have written, or nothing."""

from __future__ import annotations

import h11
import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from aura_nb.server.chunks import Chunks
from tests.server.played import line
from tests.server.test_stream import Raw, path


class Transport:
    """The end of a socket: keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.closing = False

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closing


class Asked:
    """A connection that was asked for something, as uvicorn holds it."""

    def __init__(self, version: str = "1.1") -> None:
        self.conn, self.transport = h11.Connection(h11.SERVER), Transport()
        self.conn.receive_data(f"GET / HTTP/{version}\r\nHost: localhost\r\n\r\n".encode())
        self.conn.next_event()
        self.flow = FlowControl(self.transport)
        self.chunks = Chunks(self.conn, self.flow, self.transport)

    def send(self, event: h11.Event) -> None:
        self.transport.write(self.conn.send(event))

    def begin(self) -> None:
        self.send(h11.Response(status_code=200, headers=[]))


def test_what_is_written_past_h11_is_to_a_client_as_what_went_through_it():
    asked, client = Asked(), h11.Connection(h11.CLIENT)
    asked.begin()
    asked.send(h11.Data(data=b"one"))
    assert asked.chunks.write(b"two")
    assert asked.chunks.write(b"x" * 5000)
    asked.send(h11.Data(data=b"three"))
    asked.send(h11.EndOfMessage())
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "localhost")]))
    client.send(h11.EndOfMessage())
    client.receive_data(asked.transport.written)
    events = list(iter(client.next_event, h11.PAUSED if client.their_state is h11.DONE else h11.NEED_DATA))
    assert b"".join(event.data for event in events if isinstance(event, h11.Data)) == (
        b"onetwo" + b"x" * 5000 + b"three"
    )


@pytest.mark.parametrize("why", ["not begun", "over", "old", "full", "closing"])
def test_nothing_is_written_where_send_would_wait_or_write_otherwise(why):
    asked = Asked("1.0" if why == "old" else "1.1")
    if why != "not begun":
        asked.begin()
    if why == "over":
        asked.send(h11.EndOfMessage())
    if why == "full":
        asked.flow.pause_writing()
    asked.transport.closing = why == "closing"
    before = asked.transport.written
    assert not asked.chunks.write(b"data")
    assert asked.transport.written == before


def test_an_observer_that_speaks_an_older_http_is_told_live_too(server, play):
    """As nginx does to what is behind it, unless told otherwise."""
    job = play()
    with Raw(server, path(job.job), version="1.0") as observer:
        for number in range(3):
            job.say(line(f"line {number}."))
            head, _, told = observer.until(f"line {number}.".encode()).partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert told.startswith(b": connected\nretry: 2000\nid: 1\n")
    assert b"\r\n" not in told
