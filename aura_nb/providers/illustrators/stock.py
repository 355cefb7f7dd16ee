"""Libraries of photos: look for one that suits the words, choose it, fetch it, name who took it."""

from __future__ import annotations

import hashlib
import threading
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aura_nb.cancel import Cancel
from aura_nb.providers import failures
from aura_nb.providers.base import Credit, DrawRequest, ProviderInfo
from aura_nb.providers.checks import forbidden
from aura_nb.providers.config import Config
from aura_nb.providers.illustrators import photo
from aura_nb.providers.illustrators.web import WebIllustrator, body, one_line
from aura_nb.providers.report import Probed
from aura_nb.providers.wire import Wire, is_loopback

# Goes up when the same search would be answered with another photo, or another part of it.
REVISION = 1

CHOICE = 12
"""One of so many of the first results is taken: further down they fit the words less and less."""
MOST_ENLARGED = 1.5
"""A photo that has to be enlarged by more is not taken; one that need not be goes before."""
MOST_SECONDS = 120.0
"""No search and no photo takes longer, however slowly it trickles in."""
MOST_REDIRECTS = 3
MOST_FILMS = 64
"""Of so many topics it is remembered which photos were taken."""

Shape = Literal["landscape", "portrait", "square"]


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a library: where its file is (already at a fitting size), its size as it was taken,
    its own page, and who took it. `used` is the address that wants to be told when it is used.
    """

    id: str
    file: str
    width: int
    height: int
    page: str
    author: str
    used: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and how many requests the library still allows; None when it does not say."""

    photos: tuple[Photo, ...]
    left: int | None


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: words in `language` (BCP 47), and `area`, what the photo is to fill in pixels."""

    words: str
    area: tuple[int, int]
    language: str
    count: int = 30

    @property
    def shape(self) -> Shape:
        """The shape of photo that loses least when it is cut to the area."""
        ratio = self.area[0] / self.area[1]
        return "landscape" if ratio > 1.2 else "portrait" if ratio < 1 / 1.2 else "square"


class StockPhotos(WebIllustrator):
    """An illustrator that takes photos from a library. A library's class says how it is searched."""

    source: ClassVar[str]
    """The library's name, as it wants to be credited."""
    terms: ClassVar[str]
    """The name of the licence the photos are under."""

    def __init__(self, config: Config | None = None, **seams: object) -> None:
        super().__init__(config, **seams)  # type: ignore[arg-type]
        self._taken = Taken()

    @property
    def info(self) -> ProviderInfo:
        """Who it is; the photos' authors are to be named."""
        return replace(super().info, credits=True)

    def identity(self, config: Config) -> str:
        """The way photos are chosen, and the server where it is not the library's own."""
        server = urlsplit(self.url(config)).netloc
        own = urlsplit(self.field("base_url").default or "").netloc
        return str(REVISION) if server == own else f"{REVISION}@{server}"

    def find(
        self, config: Config, request: DrawRequest, area: tuple[int, int]
    ) -> tuple[bytes, tuple[Credit, ...]]:
        """The file of a photo that suits the words, and its author."""
        queries = self.queries(request)
        for words in queries:
            search = Search(words, area, request.language)
            found = self._ask(config, search, request.cancel)
            large = [one for one in found.photos if _enlarged(one, area) <= 1] or [
                one for one in found.photos if _enlarged(one, area) <= MOST_ENLARGED
            ]
            if large:
                break
        else:
            tried = ", ".join(f"“{words}”" for words in queries) or "a picture without words"
            remedy = "Name something that can be photographed in the brief's topic or the card's heading."
            raise failures.BadReply(self.name, f"has no photo for {tried}.", remedy=remedy)
        request.progress(0.3)
        chosen = self._taken.choose(large[:CHOICE], request)
        self.tell_used(config, chosen, request.cancel)
        data = self.ask(
            config, lambda line: self._fetch(config, chosen, line), cancel=request.cancel, timeout=MOST_SECONDS
        )
        request.progress(0.8)
        credit = Credit("Photo", one_line(chosen.author), self.source, self.page(config, chosen), self.terms)
        return data, (credit,)

    def probe(self, *, timeout: float) -> Probed:
        """Whether the library answers and takes the key: the smallest search. Raises a `ProviderFailure`."""
        config = self.config
        search = Search("sky", (1, 1), "en", count=1)
        found = self.reach(config, lambda line: self.search(config, line, search, seconds=timeout))
        details = {} if found.left is None else {"requests_left": found.left}
        return Probed("Valid", details, message=f"{self.source} answers and takes the key.")

    @abstractmethod
    def search(self, config: Config, line: Wire, search: Search, *, seconds: float) -> Found:
        """The photos the library has, the most fitting first."""

    def tell_used(self, config: Config, chosen: Photo, cancel: Cancel) -> None:
        """Tell the library that the photo is used, where it wants to know."""
        return

    def page(self, config: Config, chosen: Photo) -> str:
        """The address of the photo's own page, as the library wants it linked."""
        return chosen.page

    def _ask(self, config: Config, search: Search, cancel: Cancel) -> Found:
        def call(line: Wire) -> Found:
            return self.search(config, line, search, seconds=self.seconds(config))

        return self.ask(config, call, cancel=cancel, timeout=MOST_SECONDS)

    def _fetch(self, config: Config, chosen: Photo, line: Wire) -> bytes:
        # A client without the key: it belongs to the API, and the files lie elsewhere.
        import httpx

        address = chosen.file
        for _ in range(1 + MOST_REDIRECTS):
            self._check(config, address)
            host = urlsplit(address).netloc
            with (
                httpx.Client(**line.options(address, self.seconds(config))) as client,
                client.stream("GET", address, headers={"Accept": "image/jpeg, image/png"}) as response,
            ):
                if response.next_request is not None:
                    address = str(response.next_request.url)
                    continue
                if response.is_success:
                    return body(response, photo.MOST_BYTES)
                code = response.status_code
            told = f"{host} answered {code} for the photo."
            if code == 429 or code >= 500:
                raise failures.of_status(self.name, code, told, remedy="Try again later.")
            raise failures.BadReply(self.name, told, remedy="Try again, or use another illustrator.")
        raise failures.BadReply(
            self.name, "the photo is sent from host to host.", remedy="Try again, or use another illustrator."
        )

    def _check(self, config: Config, address: str) -> None:
        """Raise `BadReply` for an address that no photo is fetched from, whoever gave it."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        testing = is_loopback(self.url(config))
        good = parts.scheme == "https" and not is_loopback(address)
        good = good or (testing and is_loopback(address) and parts.scheme in ("http", "https"))
        if not good or forbidden(host) or parts.username is not None:
            raise failures.BadReply(
                self.name,
                f"names {host or 'no host'} for a photo, which is not asked.",
                remedy="Check the base URL.",
            )


class Taken:
    """Which photos are in a film already, so that two of its scenes do not show the same one.

    The choice is made by the picture's own words and so the same whenever a scene is drawn again, but
    for the photos that another scene of the topic has taken. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_topic: OrderedDict[str, dict[str, str]] = OrderedDict()

    def choose(self, photos: Sequence[Photo], request: DrawRequest) -> Photo:
        """One of `photos`, which are not none."""
        mine = request.picture.model_dump_json()
        first = int.from_bytes(hashlib.sha256(mine.encode()).digest()[:8], "big") % len(photos)
        order = [*photos[first:], *photos[:first]]
        with self._lock:
            taken = self._by_topic.setdefault(request.topic, {})
            self._by_topic.move_to_end(request.topic)
            if len(self._by_topic) > MOST_FILMS:
                self._by_topic.popitem(last=False)
            chosen = next((one for one in order if taken.get(one.id, mine) == mine), order[0])
            taken.setdefault(chosen.id, mine)
        return chosen


def with_query(address: str, added: Mapping[str, str | int]) -> str:
    """`address` with `added` to its query, in the place of what it said of the same names."""
    parts = urlsplit(address)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode({**given, **added})))


def left_of(headers: Mapping[str, str]) -> int | None:
    """How many requests are left, as both libraries say it."""
    told = headers.get("x-ratelimit-remaining", "")
    return int(told) if told.isascii() and told.isdecimal() else None


def _enlarged(one: Photo, area: tuple[int, int]) -> float:
    return max(area[0] / one.width, area[1] / one.height)
