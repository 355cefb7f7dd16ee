"""The short way to a socket: a piece of a body written past `send`, for a thousand observers told the same.

`send` is a coroutine, so that only a task can call it, and h11 looks at every byte once more. Measured
with a thousand observers on a busy machine: 33 to 42 µs of CPU a piece that way, 23 to 27 this way.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import h11

if TYPE_CHECKING:
    from uvicorn.protocols.http.flow_control import FlowControl

STATE = "chunks"
"""Where a request's ASGI `state` has the `Chunks` of its connection."""


class Chunks:
    """One connection, for an answer whose length nobody has said, between two of its `send`s."""

    __slots__ = ("_conn", "_flow", "_transport")

    def __init__(self, conn: h11.Connection, flow: FlowControl, transport: asyncio.Transport) -> None:
        self._conn, self._flow, self._transport = conn, flow, transport

    def write(self, data: bytes) -> bool:
        """Write `data` as one chunk (RFC 9112 §7.1) if `send` would do so at once; say whether it is written.

        h11 need not be told: of a body in chunks it counts nothing. HTTP/1.0 has none.
        """
        conn = self._conn
        if self._flow.write_paused or self._transport.is_closing():
            return False
        if conn.our_state is not h11.SEND_BODY or (conn.their_http_version or b"") < b"1.1":
            return False
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        return True
