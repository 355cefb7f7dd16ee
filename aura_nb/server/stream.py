"""The event stream of one job: raw ASGI over a feed, never compressed, never buffered, resumable.

The rules are those of https://html.spec.whatwg.org/multipage/server-sent-events.html; what proxies do
to streams is why each header is there, and why a stream ends by itself after five minutes: the client
comes back with `Last-Event-ID`, and what a proxy leaked of the old connection is gone with it.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

from aura_nb.server.bell import Bell
from aura_nb.server.feed import Feed

HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # no-transform: neither compressed nor buffered by a proxy that heeds it; the other is nginx's own.
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"content-encoding", b"identity"),
)
# Part of the first event: some clients take a block without data for an event of its own.
RETRY = b"retry: 2000\n"
# One line end and no empty line: behind an id, some clients take that for an event of its own, too.
CONNECTED = b": connected\n"
HEARTBEAT = b": heartbeat\n"


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds: when a stream with nothing to tell says so, and when any ends to be resumed.

    `vanished` is after how long without a sign that what was sent arrives a peer is taken for gone
    (RFC 5482): with the heartbeat before it, within two heartbeats.
    """

    heartbeat: float = 5.0
    life: float = 300.0
    vanished: float = 4.0


class Streaming(Protocol):
    """What a stream asks of its server."""

    @property
    def pace(self) -> Pace: ...

    @property
    def stopping(self) -> bool: ...

    def streaming(self) -> AbstractContextManager[None]: ...


class EventStream:
    """Answers one observer of `feed` with every event after number `after`, to the job's last.

    An ASGI application for a GET.
    """

    def __init__(self, feed: Feed, after: int, server: Streaming) -> None:
        self._feed = feed
        self._seq = after
        self._server = server
        self._gone = False
        self._bell = Bell()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._server.streaming():
            await self._stream(receive, send)

    async def _stream(self, receive: Receive, send: Send) -> None:
        feed, loop, pace = self._feed, asyncio.get_running_loop(), self._server.pace
        began = told = loop.time()
        # First of all: what happens from now on must ring.
        feed.attach(self._bell)
        leaving = loop.create_task(self._wait_for_leaving(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            # At once, with nothing to tell yet: the client learns that it is connected.
            await send(body(CONNECTED))
            begin = RETRY
            # The end of a life comes even to one that always has something to read.
            while not (self._gone or self._server.stopping or loop.time() - began >= pace.life):
                piece = await feed.read(self._seq)
                if piece is not None:
                    self._seq, told = piece.seq, loop.time()
                    await send(body(begin + piece.data))
                    begin = b""
                    continue
                if feed.ended(self._seq):
                    break
                if loop.time() - told >= pace.heartbeat:
                    told = loop.time()
                    await send(body(HEARTBEAT))
                await self._bell.wait()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            feed.detach(self._bell)
            with contextlib.suppress(asyncio.CancelledError):
                await leaving

    async def _wait_for_leaving(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._bell.ring()


def body(data: bytes) -> Message:
    """A piece of an answer, more to come."""
    return {"type": "http.response.body", "body": data, "more_body": True}
