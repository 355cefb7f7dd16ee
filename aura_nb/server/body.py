"""What a request may bring with it: JSON, of so many bytes, within so much time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aura_nb.server.problem import Problem

MOST_BYTES = 1_000_000
"""A request's body: a script of 200 long scenes takes a tenth of it."""
MOST_SECONDS = 20.0
"""How long a body may take: whoever sends it for ever holds nothing."""
LINGER_SECONDS = 1.0
"""How long what still comes after an answer is dropped: to close on it could take the answer with it."""


class Body:
    """`receive` for a request with a body: raises `Problem` when that is too long, or takes too long."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = MOST_BYTES
        self._until = time.monotonic() + MOST_SECONDS
        self.whole = False

    async def __call__(self) -> Message:
        if self.whole:
            # What follows is that the client leaves, for which there is no hurry.
            return await self._receive()
        try:
            async with asyncio.timeout(self._until - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise Problem(408, "TOO_SLOW", f"The body took more than {MOST_SECONDS:g} s.") from None
        self.whole = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise too_large()
        return message

    async def drain(self) -> None:
        """Drop what is still on its way, for a moment."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.whole:
                    self.whole = not (await self._receive()).get("more_body", False)


def announced(headers: Headers) -> int | None:
    """How long a body is said to be, in bytes; 0: there is none, None: it comes in chunks."""
    if "transfer-encoding" in headers:
        return None
    length = headers.get("content-length", "0")
    return int(length) if length.isdecimal() and len(length) < 20 else MOST_BYTES + 1


class NoBody:
    """Refuses a request that brings a body where `app`, an endpoint, would leave it unread."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if announced(Headers(scope=scope)) != 0:
            raise Problem(400, "UNEXPECTED_BODY", f"A {scope['method']} carries no body.")
        await self._app(scope, receive, send)


def too_large() -> Problem:
    """What is said of a body with more than `MOST_BYTES`."""
    return Problem(413, "TOO_LARGE", f"The body has more than {MOST_BYTES} bytes.")


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object a request carries. Raises `Problem` for anything else."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(
            415, "UNSUPPORTED_TYPE", "Only application/json is read here.", remedy="Say so in Content-Type."
        )
    try:
        found = from_json(await request.body(), allow_inf_nan=False)
    except ClientDisconnect:
        raise Problem(400, "NO_JSON", "The body broke off.") from None
    except (ValueError, RecursionError):
        raise Problem(400, "NO_JSON", "The body is no JSON.", remedy="Send an object in UTF-8.") from None
    if not isinstance(found, dict):
        raise Problem(400, "NO_OBJECT", "The body is no JSON object.")
    return found
