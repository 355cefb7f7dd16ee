"""`unsplash`: photos of Unsplash. Protocol: https://unsplash.com/documentation

Its guidelines (https://help.unsplash.com/en/articles/2511245-unsplash-api-guidelines) ask that a photo's
author is named with a link that says where it comes from, and that Unsplash is told of each use.
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, PositiveInt

from aura_nb.cancel import Cancel
from aura_nb.providers import checks, failures
from aura_nb.providers.config import Config, Field
from aura_nb.providers.illustrators.stock import (
    MOST_SECONDS,
    Found,
    Photo,
    Search,
    Shape,
    StockPhotos,
    left_of,
    with_query,
)
from aura_nb.providers.remote import check_seconds
from aura_nb.providers.wire import Wire

SHAPES: dict[Shape, str] = {"landscape": "landscape", "portrait": "portrait", "square": "squarish"}


class _Urls(BaseModel):
    raw: str


class _Links(BaseModel):
    html: str
    download_location: str


class _User(BaseModel):
    name: str


class _Photo(BaseModel):
    id: str
    width: PositiveInt
    height: PositiveInt
    urls: _Urls
    links: _Links
    user: _User


class _Photos(BaseModel):
    results: list[_Photo]


class _Used(BaseModel):
    url: str


class Unsplash(StockPhotos):
    """Takes photos from Unsplash."""

    name: ClassVar[str] = "unsplash"
    source: ClassVar[str] = "Unsplash"
    terms: ClassVar[str] = "Unsplash License"
    licence: ClassVar[str] = "proprietary service; photos under the Unsplash License"
    summary: ClassVar[str] = "Photos of Unsplash beside the cards."
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "api_key",
            required=True,
            secret=True,
            env=("UNSPLASH_ACCESS_KEY",),
            help="The access key of your application, from https://unsplash.com/oauth/applications.",
        ),
        Field("app", default="aura_nb", help="Your application's name, told in links to Unsplash."),
        Field("base_url", default="https://api.unsplash.com", help="Where the API is.", check=checks.url),
        Field("timeout", default="20", help="Longest silence in seconds.", check=check_seconds),
    )

    def credentials(self, config: Config) -> dict[str, Any]:
        """The access key, and the version of the API."""
        return {"headers": {"Authorization": f"Client-ID {config.get('api_key')}", "Accept-Version": "v1"}}

    def search(self, config: Config, line: Wire, search: Search, *, seconds: float) -> Found:
        """`/search/photos`; a photo's file is cut by the image host to where faces and detail are."""
        asked: dict[str, str | int] = {
            "query": search.words,
            "orientation": SHAPES[search.shape],
            "content_filter": "high",
            "per_page": search.count,
        }
        language = search.language.lower().partition("-")[0]
        if language != "en":
            asked["lang"] = language
        told, headers = self.asked(config, line, "GET", "/search/photos", _Photos, seconds=seconds, params=asked)
        width, height = search.area
        shown: dict[str, str | int] = {"fm": "jpg", "q": 85, "cs": "tinysrgb", "w": width, "h": height}
        shown |= {"fit": "crop", "crop": "faces,entropy"}
        photos = (
            Photo(
                one.id,
                with_query(one.urls.raw, shown),
                one.width,
                one.height,
                one.links.html,
                one.user.name,
                one.links.download_location,
            )
            for one in told.results
        )
        return Found(tuple(photos), left_of(headers))

    def tell_used(self, config: Config, chosen: Photo, cancel: Cancel) -> None:
        """The GET of `links.download_location` that the guidelines ask for; only its own API gets the key."""
        used, own = urlsplit(chosen.used), urlsplit(self.url(config))
        if (used.scheme, used.netloc) != (own.scheme, own.netloc):
            raise failures.BadReply(
                self.name, f"wants {used.netloc or 'nobody'} to be told of a use.", remedy="Check the base URL."
            )

        def call(line: Wire) -> None:
            self.asked(config, line, "GET", chosen.used, _Used)

        self.ask(config, call, cancel=cancel, timeout=MOST_SECONDS)

    def page(self, config: Config, chosen: Photo) -> str:
        """The photo's page, with where the visitor comes from."""
        return with_query(chosen.page, {"utm_source": config.get("app") or "", "utm_medium": "referral"})

    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """As of all; what others answer with 429 is 403 here."""
        told = super().status(error)
        if told is not None and told[0] == 403 and "rate limit" in told[1].lower():
            return 429, told[1], told[2]
        return told
