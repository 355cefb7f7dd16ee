"""The application: every endpoint behind the gate, every error as a problem."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

import aura_nb
from aura_nb.monitor import Monitor
from aura_nb.pipeline.cache import Cache
from aura_nb.server import page, providers_api
from aura_nb.server.access import Access, Gate
from aura_nb.server.artifacts import Artifacts
from aura_nb.server.direct import Direct
from aura_nb.server.hub import Hub
from aura_nb.server.jobs_api import Begin, JobsApi
from aura_nb.server.previews import Previews
from aura_nb.server.problem import Problem

logger = logging.getLogger(__name__)


def application(hub: Hub, access: Access, begin: Begin, monitor: Monitor, cache: Cache) -> ASGIApp:
    """The ASGI application of one server."""
    jobs = JobsApi(hub, begin, control=access.control)
    routes: list[BaseRoute] = [
        Route("/health", _health, methods=["GET"]),
        Route("/ping", _health, methods=["GET"]),
        *jobs.routes,
        *Artifacts(hub).routes,
        *Previews(hub, cache).routes,
        *providers_api.routes(),
        Route("/api/metrics/system", partial(_load, monitor), methods=["GET"]),
        *page.routes(access),
    ]
    handlers = {Problem: _problem, HTTPException: _http, Exception: _fault}
    return Gate(Direct(Starlette(routes=routes, exception_handlers=handlers), jobs.streams), access)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok", "version": aura_nb.__version__}, headers={"Cache-Control": "no-store"})


async def _load(monitor: Monitor, request: Request) -> Response:
    return JSONResponse((await asyncio.to_thread(monitor.look)).wire(), headers={"Cache-Control": "no-store"})


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response(request.state.correlation_id)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "HTTP")
    answer = Problem(error.status_code, code, error.detail).response(request.state.correlation_id)
    answer.headers.update(error.headers or {})
    return answer


async def _fault(request: Request, error: Exception) -> Response:
    logger.error("A request for %s failed.", request.url.path, exc_info=error)
    return Problem(500, "FAULT", "This is a fault of aura_nb: its log says more.").response(
        request.state.correlation_id
    )
