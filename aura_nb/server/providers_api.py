"""Provider validation over HTTP, with the semantics of `/api/providers/validate-enhanced`.

An observer's request looks at fields only: asking an address that a request names, with a key of this
machine, would hand the key to whoever asks.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aura_nb.errors import UnknownProvider
from aura_nb.providers import validation
from aura_nb.providers.report import ReportWire
from aura_nb.server.access import correlation_id
from aura_nb.server.body import read_object
from aura_nb.server.problem import Problem
from aura_nb.server.wire import ALIASES, Question, Questions, Reports, checked


def routes() -> list[Route]:
    """What to mount."""
    return [
        Route("/api/providers/validate-enhanced", _one, methods=["POST"]),
        Route("/api/providers/validate", _several, methods=["POST"]),
    ]


async def _one(request: Request) -> Response:
    question = checked(Question, await read_object(request))
    return _json(await _report(question, request))


async def _several(request: Request) -> Response:
    """One object or `{"providers": [...]}` of such; the answer has the same shape."""
    asked = await read_object(request)
    if "providers" not in asked:
        return _json(await _report(checked(Question, asked), request))
    questions = checked(Questions, asked).providers
    return _json({"providers": list(await asyncio.gather(*(_report(one, request) for one in questions)))})


async def _report(asked: Question, request: Request) -> ReportWire:
    given = asked.configuration or {}
    try:
        report = await asyncio.to_thread(
            validation.validate,
            ALIASES.get(asked.provider.lower(), asked.provider),
            {key: str(value) for key, value in given.items() if value is not None},
            partial=bool(asked.partialValidation),
            correlation_id=correlation_id(asked.correlationId, request.state.correlation_id),
        )
    except UnknownProvider as error:
        raise Problem(400, error.code, error.message, remedy=error.remedy) from None
    return {**report.wire(), "provider": asked.provider}


def _json(body: ReportWire | Reports) -> Response:
    return JSONResponse(body, headers={"Cache-Control": "no-store"})
