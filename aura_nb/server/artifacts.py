"""What a job made, by the few names it may have, with ranges (RFC 9110 §14) for players that seek."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from aura_nb.manifest import companion
from aura_nb.server.hub import Hub
from aura_nb.server.problem import Problem

KINDS = {
    "film.mp4": ("mp4", "video/mp4"),
    "film.srt": ("srt", "application/x-subrip"),
    "film.vtt": ("vtt", "text/vtt"),
    "film.manifest.json": ("manifest.json", "application/json"),
}
"""The names artifacts are asked by: never a path, so that none can lead elsewhere."""


PIECE_BYTES = 16 << 20
"""What is told at once of a longer range behind a proxy that holds an answer back until it is whole.

jupyter-server-proxy gives up at 100 MiB. A player asks for the rest (RFC 9110 §15.3.7).
"""
_FROM_ON = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_RANGE = re.compile(r"[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18}")


class Artifacts:
    """`GET /api/jobs/{id}/artifacts/{name}`; `?download` asks for a file to save."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @property
    def routes(self) -> list[Route]:
        """What to mount."""
        return [
            Route("/api/jobs/{id}/artifacts", self.list, methods=["GET"]),
            Route("/api/jobs/{id}/artifacts/{name}", self.one, methods=["GET"]),
        ]

    async def list(self, request: Request) -> Response:
        """The names of what the job made and still has."""
        film = await self._film(request.path_params["id"])
        names = [name for name, (kind, _) in KINDS.items() if film is not None and companion(film, kind).is_file()]
        return JSONResponse({"artifacts": names}, headers={"Cache-Control": "no-store"})

    async def one(self, request: Request) -> Response:
        """One of them, whole or a range of it."""
        film, name = await self._film(request.path_params["id"]), request.path_params["name"]
        kind = KINDS.get(name)
        path = companion(film, kind[0]) if film is not None and kind is not None else None
        if path is None or kind is None or not path.is_file():
            raise Problem(404, "UNKNOWN_ARTIFACT", "The job has no artifact of this name.")
        how = "attachment" if "download" in request.query_params else "inline"
        headers = {"Cache-Control": "no-store"}
        _shorten(request)
        return Ranged(path, headers=headers, media_type=kind[1], filename=path.name, content_disposition_type=how)

    async def _film(self, job_id: str) -> Path | None:
        film = (await self._hub.row(job_id)).film
        return Path(film) if film else None


def _shorten(request: Request) -> None:
    """Behind jupyter-server-proxy, take the range that `request` asks for as one of `PIECE_BYTES` at most."""
    found = _FROM_ON.fullmatch(request.headers.get("range", ""))
    if found is None or "x-proxycontextpath" not in request.headers:
        return
    start, end = int(found[1]), int(found[2] or sys.maxsize)
    shorter = f"bytes={start}-{min(end, start + PIECE_BYTES - 1)}".encode()
    headers = request.scope["headers"]
    request.scope["headers"] = [(name, shorter if name == b"range" else value) for name, value in headers]


class Ranged(FileResponse):
    """A file or ranges of it, by RFC 9110 §14 to the letter.

    What is no range of bytes is ignored, as it asks, and of several ranges those that are there are given;
    Starlette refuses both.
    """

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        unit, _, given = http_range.partition("=")
        parts = [part for part in (one.strip(" \t") for one in given.split(",")) if part]
        if unit.strip().lower() != "bytes" or not parts or len(parts) > cls.max_ranges:
            return []
        there = []
        for part in parts:
            first, _, last = part.partition("-")
            if not _RANGE.fullmatch(part) or (first and last and int(last) < int(first)):
                return []
            if int(first) < file_size if first else int(last) and file_size:
                there.append(part)
        if not there:
            raise Problem(
                416,
                "NO_SUCH_RANGE",
                f"The file has {file_size} bytes.",
                headers={"Content-Range": f"bytes */{file_size}"},
            )
        return super()._parse_range_header(f"bytes={','.join(there)}", file_size)
