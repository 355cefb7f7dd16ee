"""The application: every endpoint behind the gate, every error as a problem."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

import aura_nb
from aura_nb.monitor import Monitor
from aura_nb.pipeline.cache import Cache
from aura_nb.server import openapi, page, providers_api
from aura_nb.server.access import Access, Gate, fault
from aura_nb.server.artifacts import Artifacts
from aura_nb.server.body import NoBody
from aura_nb.server.direct import Direct
from aura_nb.server.hub import Hub
from aura_nb.server.jobs_api import Begin, JobsApi
from aura_nb.server.previews import Previews
from aura_nb.server.problem import Problem
from aura_nb.server.wire import Health

logger = logging.getLogger(__name__)


def application(hub: Hub, access: Access, begin: Begin, monitor: Monitor, cache: Cache) -> ASGIApp:
    """The ASGI application of one server."""
    jobs = JobsApi(hub, begin, control=access.control)
    handlers = {Problem: _problem, HTTPException: _http, Exception: _fault}
    app = Starlette(exception_handlers=handlers)
    for route in routes(hub, jobs, access, monitor, cache):
        if "GET" in (route.methods or ()):
            # Behind the route's look at the method: a GET where there is none is that before all.
            route.app = NoBody(route.app)
        app.router.routes.append(route)
    # A redirect would name us as the Host header does, which behind a proxy is not where we are.
    app.router.redirect_slashes = False
    return Gate(Direct(app, jobs.streams), access)


def routes(hub: Hub, jobs: JobsApi, access: Access, monitor: Monitor, cache: Cache) -> list[Route]:
    """Every endpoint, each described in `operations.py`."""
    return [
        Route("/health", _health, methods=["GET"]),
        Route("/ping", _health, methods=["GET"]),
        *jobs.routes,
        *jobs.streams,
        *Artifacts(hub).routes,
        *Previews(hub, cache).routes,
        *providers_api.routes(),
        Route("/api/metrics/system", partial(_load, monitor), methods=["GET"]),
        *openapi.routes(access),
        *page.routes(access),
    ]


async def _health(request: Request) -> Response:
    health: Health = {"status": "ok", "version": aura_nb.__version__}
    return JSONResponse(health, headers={"Cache-Control": "no-store"})


async def _load(monitor: Monitor, request: Request) -> Response:
    return JSONResponse((await asyncio.to_thread(monitor.look)).wire(), headers={"Cache-Control": "no-store"})


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response(request.state.correlation_id)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "HTTP")
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
    return Problem(error.status_code, code, error.detail, headers=headers).response(request.state.correlation_id)


def _allowed(request: Request) -> str:
    """The methods of a path, of all its routes: Starlette names those of the first."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    methods = [route.methods or () for route in routes if route.path_regex.fullmatch(request.scope["path"])]
    return ", ".join(sorted({method for some in methods for method in some}))


async def _fault(request: Request, error: Exception) -> Response:
    logger.error("A request for %s failed.", request.url.path, exc_info=error)
    return fault().response(request.state.correlation_id)
