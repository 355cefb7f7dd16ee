"""The shortest way to a stream: what stands between it and its socket is held for as long as it lasts."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aura_nb.server.body import announced
from aura_nb.server.problem import Problem


class Direct:
    """Answers GETs of the `streams`, whose endpoints give the stream itself; `app` answers all else, bodies too.

    Measured: the layers of a Starlette application take some 5 KiB an observer (`benchmarks/observers.py`).
    """

    def __init__(self, app: ASGIApp, streams: Sequence[Route]) -> None:
        self._app = app
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> ASGIApp:
        if scope["method"] == "GET" and announced(Headers(scope=scope)) == 0:
            for route in self._streams:
                if (match := route.path_regex.fullmatch(scope["path"])) is not None:
                    scope["path_params"] = match.groupdict()
                    try:
                        stream: ASGIApp = await route.endpoint(Request(scope))
                    except Problem as problem:
                        return problem.response(scope["state"]["correlation_id"])
                    return stream
        return self._app
