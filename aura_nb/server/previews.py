"""A job's film while it is made, as HLS (RFC 8216): playlists that grow, and the fragments they name."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aura_nb.errors import RenderError
from aura_nb.pipeline.cache import Cache
from aura_nb.server.hub import Hub
from aura_nb.server.problem import Problem


class Previews:
    """`GET /api/jobs/{id}/preview/{name}`: `master.m3u8`, and what it leads to."""

    def __init__(self, hub: Hub, cache: Cache) -> None:
        self._hub = hub
        self._cache = cache

    @property
    def routes(self) -> list[Route]:
        """What to mount."""
        return [Route("/api/jobs/{id}/preview/{name}", self.one, methods=["GET"])]

    async def one(self, request: Request) -> Response:
        """A playlist, an init segment or a fragment of what the job has finished of its film."""
        # Imported here: it brings libav and OpenCV, which a server without observers does not need.
        from aura_nb.jobs.preview import Preview

        snapshot = await self._hub.snapshot(request.path_params["id"])
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
