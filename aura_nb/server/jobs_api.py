"""The jobs of this kernel and its journal over HTTP: look at them, begin, cancel and repeat them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from aura_nb.errors import AuraError, InvalidBrief
from aura_nb.jobs.events import ENDED, iso
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import JobRow
from aura_nb.server.body import read_object
from aura_nb.server.discretion import nowhere, told
from aura_nb.server.hub import Hub
from aura_nb.server.multiplex import AllEvents, cursors, joined
from aura_nb.server.problem import Problem
from aura_nb.server.stream import HEADERS

MOST_JOBS = 200
EVENT_ID = "[0-9]{1,15}"


class Begin(Protocol):
    """Begins the job of a request's fields, with a correlation id; one that repeats another says which."""

    def __call__(self, fields: Mapping[str, Any], correlation_id: str, retry_of: str | None = None, /) -> Job:
        """The job, started. Raises AuraError."""
        ...


class JobsApi:
    """The endpoints under `/api/jobs`."""

    def __init__(self, hub: Hub, begin: Begin, *, control: bool = False) -> None:
        self._hub = hub
        self._control = control
        self._begin = begin
        self._listed: dict[str, dict[str, Any]] = {}

    @property
    def routes(self) -> list[Route]:
        """What to mount."""
        return [
            Route("/api/jobs", self.list, methods=["GET"]),
            Route("/api/jobs", self.create, methods=["POST"]),
            Route("/api/jobs/{id}", self.one, methods=["GET"]),
            Route("/api/jobs/{id}/cancel", self.cancel, methods=["POST"]),
            Route("/api/jobs/{id}/retry", self.retry, methods=["POST"]),
        ]

    @property
    def streams(self) -> list[Route]:
        """The event streams, to mount and to answer directly."""
        return [
            Route("/api/events", self.all_events, methods=["GET"]),
            Route("/api/jobs/{id}/events", self.events, methods=["GET"]),
            Route("/api/jobs/{id}/progress/stream", self.events, methods=["GET"]),
        ]

    async def list(self, request: Request) -> Response:
        """All jobs, newest first, without their logs, thumbnails and pieces, with the time each was `created`."""
        rows = await asyncio.to_thread(self._hub.journal.rows)
        jobs = [{**await self._brief(row), "created": iso(row.created)} for row in rows[:MOST_JOBS]]
        self._listed = {job["jobId"]: job for job in jobs}
        # What is told after these numbers is news to whoever has this list.
        known = {job["jobId"]: job["seq"] for job in jobs}
        running = [row.id for row in reversed(rows) if row.id in known and self._hub.runs(row)]
        cursor = joined({job_id: known[job_id] for job_id in running})
        return _json({"jobs": jobs, "lastEventId": cursor, "control": self._control})

    async def one(self, request: Request) -> Response:
        """The state of a job, with the `lastEventId` from which a stream goes on without gap."""
        return _json((await self._hub.snapshot(request.path_params["id"])).wire())

    async def create(self, request: Request) -> Response:
        """Begin a job: the fields of a brief, or a script, with plan, voice, render and profile."""
        job = await self._begun(request, await read_object(request))
        return _json(told(job.snapshot()).wire(), 201, {"Location": f"jobs/{job.id}"})

    async def cancel(self, request: Request) -> Response:
        """Ask a job of this kernel to stop."""
        job = await self._live(request.path_params["id"], "cancelled")
        await asyncio.to_thread(job.cancel)
        return _json(told(job.snapshot()).wire(), 202)

    async def retry(self, request: Request) -> Response:
        """Begin an ended job again; the answer is the new one."""
        snapshot = await self._hub.snapshot(request.path_params["id"])
        if snapshot.status not in ENDED:
            raise Problem(409, "NOT_ENDED", "This job has not ended.", remedy="Cancel it first.")
        spec = json.loads((await self._hub.row(snapshot.job_id)).spec)
        if not spec:
            raise Problem(409, "NO_SPEC", "What this job was asked for was not kept.", remedy="Make it again.")
        job = await self._begun(request, spec, snapshot.job_id)
        return _json(told(job.snapshot()).wire(), 202, {"Location": f"../{job.id}"})

    async def events(self, request: Request) -> ASGIApp:
        """The event stream of a job, behind `Last-Event-ID` or `?lastEventId=`."""
        feed = await self._hub.feed(request.path_params["id"])
        given = _ids(request)
        if not all(re.fullmatch(EVENT_ID, one) for one in given):
            raise _bad_id()
        after = int(given[0]) if given else 0
        if after and feed.ended(after):
            # EventSource comes back after the end; 204 tells it to stay away.
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        return _head() if request.method == "HEAD" else self._hub.stream(feed, after)

    async def all_events(self, request: Request) -> ASGIApp:
        """The events of all jobs in one stream, behind the `lastEventId` of the list or of an event."""
        try:
            known = [cursors(one) for one in _ids(request)]
        except ValueError:
            raise _bad_id() from None
        return _head() if request.method == "HEAD" else AllEvents(self._hub, known[0] if known else {})

    async def _begun(self, request: Request, fields: Mapping[str, Any], *retry_of: str) -> Job:
        try:
            return await asyncio.to_thread(self._begin, fields, request.state.correlation_id, *retry_of)
        except InvalidBrief as error:
            raise Problem(422, "INVALID_BRIEF", str(error), issues=error.issues) from None
        except AuraError as error:
            raise _cannot_start(error) from None

    async def _live(self, job_id: str, what: str) -> Job:
        job = self._hub.job(job_id)
        if job is not None and not job.ended:
            return job
        snapshot = await self._hub.snapshot(job_id)
        if snapshot.status in ENDED:
            raise Problem(409, "ENDED", f"This job is {snapshot.status}: it cannot be {what} any more.")
        raise Problem(409, "ELSEWHERE", f"This job runs in another kernel and can only be {what} there.")

    async def _brief(self, row: JobRow) -> dict[str, Any]:
        # Whoever polls a long history must not have it replayed every time: only what has moved is.
        job, listed = self._hub.job(row.id), self._listed.get(row.id)
        if job is None and listed is not None and listed["seq"] == row.seq:
            return listed
        snapshot = job.snapshot() if job else await asyncio.to_thread(self._hub.journal.snapshot, row.id)
        return replace(told(snapshot), log=(), scenes=(), pieces=()).wire()


def _ids(request: Request) -> list[str]:
    """The event ids a client comes back with, the one that counts first; an empty one is none."""
    given = (request.headers.get("last-event-id"), request.query_params.get("lastEventId"))
    return [one for one in given if one]


def _head() -> Response:
    """What a stream's GET would begin with."""
    answer = Response()
    answer.raw_headers[:] = HEADERS
    return answer


def _cannot_start(error: AuraError) -> Problem:
    return Problem(409, "CANNOT_START", nowhere(error.message), remedy=nowhere(error.remedy))


def _bad_id() -> Problem:
    return Problem(400, "BAD_EVENT_ID", "Last-Event-ID is none of this stream.", remedy="Leave it out to get all.")


def _json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status, {"Cache-Control": "no-store", **(headers or {})})
