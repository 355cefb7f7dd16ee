"""A job's film while it is made, as HLS (RFC 8216): playlists that grow, and the fragments they name."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aura_nb.errors import RenderError
from aura_nb.jobs.snapshot import Snapshot
from aura_nb.pipeline.cache import Cache
from aura_nb.server.hub import Hub
from aura_nb.server.problem import Problem

KEPT = 8
"""So many states of jobs of other kernels are remembered, for as long as nothing happens there."""


class Previews:
    """`GET /api/jobs/{id}/preview/{name}`: `master.m3u8`, and what it leads to."""

    def __init__(self, hub: Hub, cache: Cache) -> None:
        self._hub = hub
        self._cache = cache
        self._kept: dict[str, Snapshot] = {}

    @property
    def routes(self) -> list[BaseRoute]:
        """What to mount."""
        return [Route("/api/jobs/{id}/preview/{name}", self.one, methods=["GET"])]

    async def one(self, request: Request) -> Response:
        """A playlist, an init segment or a fragment of what the job has finished of its film."""
        # Imported here: it brings libav and OpenCV, which a server without observers does not need.
        from aura_nb.jobs.preview import Preview

        snapshot = await self._snapshot(request.path_params["id"])
        name = request.path_params["name"]
        preview = Preview(snapshot.pieces, ended=snapshot.ended, cache=self._cache)
        try:
            file = await asyncio.to_thread(preview.file, name)
        except RenderError:
            file = None
        if file is None:
            raise Problem(404, "NO_PREVIEW", "Nothing of this name can be watched (yet).")
        # Fragments never change; playlists grow.
        caching = "private, max-age=3600, immutable" if file.lasting else "no-store"
        return Response(file.body, headers={"Cache-Control": caching}, media_type=file.kind)

    async def _snapshot(self, job_id: str) -> Snapshot:
        """The state of a job; replayed from the journal only when something has happened since the last time."""
        job = self._hub.job(job_id)
        if job is not None:
            return job.log.snapshot
        row = await asyncio.to_thread(self._hub.journal.row, job_id)
        if row is None or row.id != job_id:
            raise Problem(404, "UNKNOWN_JOB", "There is no such job.")
        kept = self._kept.get(job_id)
        if kept is None or kept.seq != row.seq:
            kept = await asyncio.to_thread(self._hub.journal.snapshot, job_id)
            self._kept[job_id] = kept
            if len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return kept
