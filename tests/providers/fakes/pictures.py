"""Libraries of photos and a drawing server on loopback, by their published protocols.

https://www.pexels.com/api/documentation/, https://unsplash.com/documentation,
https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API
"""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import cv2
import numpy as np

from tests.providers.fakes.server import FakeServer, Say

MAGENTA = (200, 0, 200)


def picture(width: int, height: int, color=MAGENTA, suffix=".jpg") -> bytes:
    """A picture of one colour (blue, green, red)."""
    return cv2.imencode(suffix, np.full((height, width, 3), color, np.uint8))[1].tobytes()


@dataclass(frozen=True)
class Shot:
    """A photo of a library: its size as taken."""

    id: int
    width: int = 4000
    height: int = 6000


class FakeLibrary(FakeServer):
    """A library of photos and, on the same server, the host of their files.

    `search`, `image` and `use` say how each of the three is answered; `data` is what the host sends
    instead of a picture of the size that was asked for. `finds` are the words that find something
    (None: any). `images` is where the files are said to lie.
    """

    paths: tuple[str, str]
    """Of the search and, by its beginning, of telling a use."""

    def __init__(self, *shots: Shot, key: str = "", **options: Any) -> None:
        super().__init__(key=key, **options)
        self.shots = shots or tuple(Shot(number) for number in range(100, 130))
        self.search = self.image = self.use = Say()
        self.data: bytes | None = None
        self.finds: set[str] | None = None
        self.images = ""
        self.searches: list[dict[str, str]] = []
        self.fetched: list[tuple[str, dict[str, str]]] = []
        self.file_headers: list[dict[str, str]] = []
        self.used: list[str] = []

    def __enter__(self):
        self.images = self.images or f"{self.origin}/files"
        return super().__enter__()

    def found(self, shots) -> Any:
        """The form of a search's answer."""
        raise NotImplementedError

    def answer(self, handler, body) -> None:
        path, _, query = handler.path.partition("?")
        told = dict(parse_qsl(query))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        if path.startswith("/files/"):
            self.file_headers.append(headers)
            self.fetched.append((path, told))
            return self._play(handler, self.image, lambda: self._file(handler, told))
        self.headers.append(headers)
        if self.key and self.given_key(headers) != self.key:
            return handler.json(401, self.error(401, f"Invalid key: {self.given_key(headers)}"))
        if path == self.paths[0]:
            self.searches.append(told)
            return self._play(handler, self.search, lambda: self._searched(handler, told))
        if path.startswith(self.paths[1]):
            self.used.append(handler.path)
            return self._play(handler, self.use, lambda: handler.json(200, {"url": f"{self.images}/x"}))
        return handler.json(404, self.error(404, f"no such path {path}"))

    def _searched(self, handler, told) -> None:
        good = self.finds is None or told["query"] in self.finds
        shots = self.shots[: int(told["per_page"])] if good else ()
        answer = json.dumps(self.found(shots)).encode()
        if self.search.fault == "half":
            return self._half(handler, answer, "application/json")
        limits = {"X-Ratelimit-Limit": "200", "X-Ratelimit-Remaining": "173"}
        return handler.whole(200, answer, "application/json", limits)

    def _file(self, handler, told) -> None:
        data = picture(int(told["w"]), int(told["h"])) if self.data is None else self.data
        if self.image.fault == "half":
            return self._half(handler, data, "image/jpeg")
        return handler.whole(200, data, "image/jpeg")

    def _half(self, handler, data, kind) -> None:
        """Hang up in the middle."""
        handler.whole(200, data[: len(data) // 2], kind, {"Content-Length": str(len(data))})
        handler.close_connection = True


class FakePexels(FakeLibrary):
    paths = ("/v1/search", "/none")

    def given_key(self, headers):
        return headers.get("authorization", "")

    def found(self, shots):
        return {
            "page": 1,
            "per_page": len(shots),
            "total_results": len(shots),
            "photos": [
                {
                    "id": shot.id,
                    "width": shot.width,
                    "height": shot.height,
                    "url": f"https://www.pexels.com/photo/{shot.id}/",
                    "photographer": f"Pat\n {shot.id}",
                    "photographer_url": "https://www.pexels.com/@pat",
                    "alt": "A sky",
                    "src": {
                        "original": f"{self.images}/{shot.id}.jpeg",
                        "tiny": f"{self.images}/{shot.id}.jpeg?h=200",
                    },
                }
                for shot in shots
            ],
        }

    def error(self, status, message):
        return {"status": status, "code": message}


class FakeUnsplash(FakeLibrary):
    paths = ("/search/photos", "/photos/")
    uses = ""
    """Where a use is to be told, when it is not here."""

    def given_key(self, headers):
        return headers.get("authorization", "").removeprefix("Client-ID ")

    def found(self, shots):
        uses = self.uses or self.origin
        return {
            "total": len(shots),
            "total_pages": 1,
            "results": [
                {
                    "id": f"u{shot.id}",
                    "width": shot.width,
                    "height": shot.height,
                    "urls": {"raw": f"{self.images}/u{shot.id}?ixid=M3w&ixlib=rb-4.0.3"},
                    "links": {
                        "html": f"https://unsplash.com/photos/u{shot.id}",
                        "download_location": f"{uses}/photos/u{shot.id}/download?ixid=M3w",
                    },
                    "user": {"name": f"Uma\n {shot.id}", "links": {"html": "https://unsplash.com/@uma"}},
                }
                for shot in shots
            ],
        }

    def error(self, status, message):
        return {"errors": [message]}


class FakeWebui(FakeServer):
    """AUTOMATIC1111's server: draws one picture at a time, each of one colour.

    `says` are the answers to txt2img; `looks` is how often the progress must be asked for before a
    picture is done. `api` is False for a server started without --api.
    """

    models = ("dream", "real")

    def __init__(self, *says: Say, **options: Any) -> None:
        super().__init__(*(says or (Say(),)), **options)
        self.api = True
        self.hash: str | None = "a1b2c3d4e5"
        self.job = "scripts_txt2img"
        self.data: bytes | None = None
        self.looks = 0
        self.looked = threading.Semaphore(0)
        self.interrupted = threading.Event()
        self.paths: list[str] = []

    def given_key(self, headers):
        told = headers.get("authorization", "").removeprefix("Basic ")
        return base64.b64decode(told).decode()

    def error(self, status, message):
        return {"detail": message}

    def title(self, name: str) -> str:
        return f"{name}.safetensors [{self.hash}]" if self.hash else f"{name}.safetensors"

    def answer(self, handler, body) -> None:
        path = handler.path.partition("?")[0]
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.headers.append(headers)
        self.paths.append(path)
        if not self.api:
            return handler.json(404, {"detail": "Not Found"})
        if self.key and self.given_key(headers) != self.key:
            return handler.json(401, self.error(401, f"Incorrect username or password {self.given_key(headers)}"))
        match handler.command, path:
            case "GET", "/sdapi/v1/sd-models":
                return self._play(handler, self.listing, lambda: handler.json(200, self._models()))
            case "GET", "/sdapi/v1/options":
                current = self.title(self.models[0]) if self.models else None
                return handler.json(200, {"sd_model_checkpoint": current, "samples_format": "png"})
            case "GET", "/sdapi/v1/progress":
                self.looked.release()
                return handler.json(200, {"progress": 0.4, "eta_relative": 2.0, "state": {"job": self.job}})
            case "POST", "/sdapi/v1/interrupt":
                self.interrupted.set()
                return handler.json(200, {})
            case "POST", "/sdapi/v1/txt2img":
                self.asked.append(body)
                say = self.says[min(len(self.asked), len(self.says)) - 1]
                return self._play(handler, say, lambda: self._draw(handler, body, say))
        return handler.json(404, {"detail": "Not Found"})

    def _models(self) -> Any:
        return [
            {
                "title": self.title(name),
                "model_name": name,
                "hash": self.hash,
                "sha256": self.hash and self.hash * 6,
                "filename": f"models/{name}.safetensors",
                "config": None,
            }
            for name in self.models
        ]

    def _draw(self, handler, body, say) -> None:
        for _ in range(self.looks):
            self.looked.acquire(timeout=10)
        data = picture(body["width"], body["height"], suffix=".png") if self.data is None else self.data
        told = {"images": [base64.b64encode(data).decode()], "parameters": body, "info": "{}"}
        answer = json.dumps(told).encode()
        if say.fault == "half":
            handler.whole(200, answer[:200], "application/json", {"Content-Length": str(len(answer))})
            handler.close_connection = True
            return
        handler.json(200, told)
