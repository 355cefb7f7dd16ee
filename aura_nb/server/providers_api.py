"""Provider validation over HTTP, with the semantics of `/api/providers/validate-enhanced`.

An observer's request looks at fields only: asking an address that a request names, with a key of this
machine, would hand the key to whoever asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aura_nb.errors import UnknownProvider
from aura_nb.providers import validation
from aura_nb.server.body import read_object
from aura_nb.server.problem import Problem

MOST = 50


def routes() -> list[BaseRoute]:
    """What to mount."""
    return [
        Route("/api/providers/validate-enhanced", _one, methods=["POST"]),
        Route("/api/providers/validate", _several, methods=["POST"]),
    ]


async def _one(request: Request) -> Response:
    return JSONResponse(await _report(await read_object(request), request))


async def _several(request: Request) -> Response:
    """One object or `{"providers": [...]}` of such; the answer has the same shape."""
    asked = await read_object(request)
    if "providers" not in asked:
        return JSONResponse(await _report(asked, request))
    many = asked["providers"]
    if not isinstance(many, list) or len(many) > MOST or not all(isinstance(one, dict) for one in many):
        raise Problem(400, "BAD_REQUEST", f"providers is no list of at most {MOST} objects.")
    return JSONResponse({"providers": await asyncio.gather(*(_report(one, request) for one in many))})


async def _report(asked: Mapping[str, Any], request: Request) -> dict[str, Any]:
    name, given = asked.get("provider"), asked.get("configuration") or {}
    if not isinstance(name, str) or not name.strip():
        raise Problem(400, "PROVIDER_REQUIRED", "provider is required.", remedy="Name one, e.g. ollama.")
    if not isinstance(given, dict) or not all(
        isinstance(value, str | int | float | None) for value in given.values()
    ):
        raise Problem(400, "BAD_CONFIGURATION", "configuration is no object of texts.")
    correlation = asked.get("correlationId")
    if not isinstance(correlation, str) or not 0 < len(correlation) <= 128:
        correlation = request.state.correlation_id
    fields = {key: str(value) for key, value in given.items() if value is not None}
    partial = asked.get("partialValidation") is True
    try:
        report = await asyncio.to_thread(
            validation.validate, name.strip(), fields, partial=partial, correlation_id=correlation
        )
    except UnknownProvider as error:
        raise Problem(400, "UNKNOWN_PROVIDER", error.message, remedy=error.remedy) from None
    return report.wire()
