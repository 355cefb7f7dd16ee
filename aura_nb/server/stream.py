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
from aura_nb.server.chunks import STATE, Chunks
from aura_nb.server.feed import Feed
from aura_nb.server.lag import Lag

HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # no-transform: neither compressed nor buffered by a proxy that heeds it; the other is nginx's own.
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"content-encoding", b"identity"),
)
RETRY = b"retry: 2000\n"
# One line end and no empty line, so that it is part of the first event: some clients take a block without
# data for an event of its own.
CONNECTED = b": connected\n" + RETRY
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

    An ASGI application for a GET. Its task sleeps while the job runs as it should: what is new is written
    when the feed rings, by who rings. It wakes for what takes longer, and for what ends.
    """

    def __init__(self, feed: Feed, after: int, server: Streaming) -> None:
        self._feed = feed
        self._seq = after
        self._server = server
        self._gone = self._idle = False
        self._bell = Bell()
        self._lag = Lag()
        self._chunks: Chunks | None = None
        self._loop = asyncio.get_running_loop()
        self._began = self._told = self._loop.time()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._chunks = scope.get("state", {}).get(STATE)
        with self._server.streaming():
            await self._stream(receive, send)

    def ring(self) -> None:
        """There may be something new: write it if nothing is in the way, else wake the task."""
        if not (self._idle and self._write()):
            self._bell.ring()

    def _write(self) -> bool:
        """Whether all that is new could be written at once."""
        if self._chunks is None or self._over:
            return False
        piece = self._feed.at_hand(self._seq)
        if piece is None or not self._chunks.write(piece.data):
            return False
        self._seq, self._told = piece.seq, self._loop.time()
        return self._feed.settled(self._seq)

    @property
    def _over(self) -> bool:
        # The end of a life comes even to one that always has something to read.
        return self._gone or self._server.stopping or self._loop.time() - self._began >= self._server.pace.life

    async def _stream(self, receive: Receive, send: Send) -> None:
        feed, loop, heartbeat = self._feed, self._loop, self._server.pace.heartbeat
        # First of all: what happens from now on must ring.
        feed.attach(self)
        leaving = loop.create_task(self._wait_for_leaving(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            # At once, with nothing to tell yet: the client learns that it is connected.
            await send(body(CONNECTED))
            while not self._over:
                piece = await feed.read(self._seq, spared=self._lag.spared)
                if piece is not None:
                    self._seq, self._told = piece.seq, loop.time()
                    await self._lag.over(send(body(piece.data)))
                    continue
                self._lag.caught_up()
                if feed.ended(self._seq):
                    break
                if loop.time() - self._told >= heartbeat:
                    self._told = loop.time()
                    await send(body(HEARTBEAT))
                self._idle = True
                await self._bell.wait()
                self._idle = False
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            feed.detach(self)
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
