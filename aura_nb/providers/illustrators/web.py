"""Illustrators that ask a server for a picture and set the card beside it: what they have in common.

They are asked in plain HTTP and JSON, through httpx.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel

from aura_nb.providers import failures
from aura_nb.providers.base import Credit, Drawing, DrawRequest, Socket
from aura_nb.providers.config import Config
from aura_nb.providers.guard import Guard
from aura_nb.providers.illustrators import beside, query
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.providers.illustrators.photo import Unfit
from aura_nb.providers.remote import Remote
from aura_nb.providers.wire import Wire
from aura_nb.script import Picture

if TYPE_CHECKING:
    import httpx

M = TypeVar("M", bound=BaseModel)

MOST_REPLY = 80_000_000
"""Bytes of a reply in JSON: pictures come within it, too."""


class WebIllustrator(Remote):
    """A photo from a server beside a card. A vendor's class says how it is had, by `find`."""

    socket: ClassVar[Socket] = "illustrator"
    package: ClassVar[str] = "httpx"
    extra: ClassVar[str] = "pictures"

    def __init__(
        self, config: Config | None = None, *, guard: Guard | None = None, cards: Cards | None = None
    ) -> None:
        super().__init__(config, guard=guard)
        self._cards = cards or Cards()

    def draws(self, picture: Picture) -> bool:
        """Titles, points and quotes: what a photo may stand beside."""
        return beside.takes(picture)

    def depends(self, request: DrawRequest) -> str:
        """The card's own part, and what is looked for."""
        parts = (beside.REVISION, self._cards.info.version, self._cards.depends(request), *self.queries(request))
        return json.dumps(parts, ensure_ascii=False)

    def draw(self, request: DrawRequest, out: Path) -> Drawing:
        """Draw the card beside a photo; without one when its words need the room.

        Raises a `ProviderFailure` (`BadReply` when there is no photo that can be shown), `InvalidBrief`
        for a theme that is none, `JobCancelled`.
        """
        request.cancel.check()

        def find(area: tuple[int, int]) -> tuple[bytes, tuple[Credit, ...]]:
            return self.find(self.config, request, area)

        try:
            drawing = beside.draw(self._cards, request, out, find)
        except Unfit as unfit:
            raise self.failed(self.config, unfit) from None
        request.progress(1.0)
        return drawing

    @abstractmethod
    def find(
        self, config: Config, request: DrawRequest, area: tuple[int, int]
    ) -> tuple[bytes, tuple[Credit, ...]]:
        """A JPEG or PNG of at least about `area` in pixels, and whose work it is."""

    def queries(self, request: DrawRequest) -> tuple[str, ...]:
        """What to look for, the most fitting first."""
        return query.queries(request.picture, request.topic, request.language)

    def credentials(self, config: Config) -> dict[str, Any]:
        """Arguments for the client of the API: headers with the key, say."""
        return {}

    def asked(
        self,
        config: Config,
        line: Wire,
        method: str,
        path: str,
        form: type[M],
        *,
        seconds: float | None = None,
        **told: Any,
    ) -> tuple[M, Mapping[str, str]]:
        """The API's reply in its `form`, and its headers. Raises what httpx does, ValueError for another form."""
        import httpx

        options = line.options(self.url(config), seconds or self.seconds(config))
        with (
            httpx.Client(base_url=self.url(config), **self.credentials(config), **options) as client,
            client.stream(method, path, **told) as response,
        ):
            data = body(response, MOST_REPLY)
            if not response.is_success:
                raise Answered(response.status_code, said(data), response.headers)
            return form.model_validate_json(data), response.headers

    def failed(self, config: Config, error: Exception) -> failures.ProviderFailure:
        """As of all; a photo that cannot be shown is a bad reply."""
        if isinstance(error, Unfit):
            remedy = "Try again, or use another illustrator."
            return failures.BadReply(self.name, f"sent a photo that {error}.", remedy=remedy)
        return super().failed(config, error)

    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """What the server answered."""
        if isinstance(error, Answered):
            return error.code, error.message, error.headers.get("retry-after")
        return None


class Answered(Exception):
    """The server answered with a status that is no success."""

    def __init__(self, code: int, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(code)
        self.code, self.message, self.headers = code, message, headers


def body(response: httpx.Response, most: int) -> bytes:
    """The body of a streamed response. Raises `Unfit` for more than `most` bytes."""
    parts: list[bytes] = []
    total = 0
    for part in response.iter_bytes():
        parts.append(part)
        total += len(part)
        if total > most:
            raise Unfit(f"is larger than {most // 1_000_000} MB")
    return b"".join(parts)


def said(data: bytes) -> str:
    """What an error's body says, in the forms that are usual; nothing of a page for people."""
    try:
        told = json.loads(data)
    except ValueError:
        text = data[:1000].decode("utf-8", "replace").strip()
        return "" if text.startswith("<") else text
    if not isinstance(told, dict):
        return str(told)[:300]
    found = next((told[name] for name in ("errors", "detail", "error", "message", "code") if told.get(name)), "")
    return "; ".join(map(str, found)) if isinstance(found, list) else str(found)


def one_line(text: str, most: int = 100) -> str:
    """A name as a server gives it, fit to be shown: one line, without control characters."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"
