"""HTTP/1.1 as uvicorn speaks it over h11, with what it refuses by itself told as a problem, and in time."""

from __future__ import annotations

import asyncio
import sys
import uuid

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from aura_nb.server.chunks import STATE, Chunks
from aura_nb.server.problem import Problem

HEAD_BYTES = 32 * 1024
"""A request's line and headers: JupyterHub's cookies and 64 cursors take half of it."""
HEAD_SECONDS = 15.0
"""How long they may take, from the connection or from their first byte on."""


class Protocol(H11Protocol):
    """One connection."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, STATE: Chunks(self.conn, self.flow, transport)}
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._watch_head(over=True)

    def send_400_response(self, msg: str) -> None:
        """What h11 cannot make sense of; it is in the middle of saying why."""
        error = sys.exception()
        if getattr(error, "error_status_hint", 400) == 431:
            self._refuse(Problem(431, "HEADERS_TOO_LARGE", f"The headers have more than {HEAD_BYTES} bytes."))
        else:
            self._refuse(Problem(400, "BAD_HTTP", "This is no HTTP request."))

    def _watch_head(self, *, over: bool = False) -> None:
        """Wait for a head that has begun, or for a connection's first."""
        begun = self.cycle is None or bool(self.conn.trailing_data[0])
        reading = begun and self.conn.their_state is h11.IDLE and not over
        if not reading and self._late is not None:
            self._late.cancel()
            self._late = None
        elif reading and self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self._late = None
        if not self.conn.trailing_data[0]:
            # Browsers connect in advance; what is said on such a connection they take for the next answer.
            self.transport.close()
            return
        self._refuse(Problem(408, "TOO_SLOW", f"The headers took more than {HEAD_SECONDS:g} s."))

    def _refuse(self, problem: Problem) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            correlation = uuid.uuid4().hex
            answer = problem.response(correlation)
            answer.headers.update({"connection": "close", "x-correlation-id": correlation})
            events = (
                h11.Response(status_code=answer.status_code, headers=answer.raw_headers),
                h11.Data(data=bytes(answer.body)),
                h11.EndOfMessage(),
            )
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
