"""The shortest way to a stream: what stands between it and its socket is held for as long as it lasts."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from aura_nb.server.problem import Problem

Open = Callable[..., Awaitable[ASGIApp]]
"""Gives the stream a request asks for, with what its path names as keywords. Raises `Problem`."""


class Direct:
    """Answers GETs of the `streams` (by their paths, as regular expressions); `app` answers all else.

    Measured: the layers of a Starlette application take some 5 KiB an observer (`benchmarks/observers.py`).
    """

    def __init__(self, app: ASGIApp, streams: Mapping[str, Open]) -> None:
        self._app = app
        self._streams = [(re.compile(path), opened) for path, opened in streams.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> ASGIApp:
        if scope["type"] == "http" and scope["method"] == "GET":
            for path, opened in self._streams:
                if (match := path.fullmatch(scope["path"])) is not None:
                    try:
                        return await opened(Request(scope), **match.groupdict())
                    except Problem as problem:
                        return problem.response(scope["state"]["correlation_id"])
        return self._app
