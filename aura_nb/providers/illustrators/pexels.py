"""`pexels`: photos of Pexels. Protocol: https://www.pexels.com/api/documentation/"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, PositiveInt

from aura_nb.providers import checks
from aura_nb.providers.config import Config, Field
from aura_nb.providers.illustrators.stock import Found, Photo, Search, StockPhotos, left_of, with_query
from aura_nb.providers.remote import check_seconds
from aura_nb.providers.wire import Wire

# The languages its search knows, by its own names.
LOCALES: tuple[str, ...] = (
    "en-US",
    "pt-BR",
    "es-ES",
    "ca-ES",
    "de-DE",
    "it-IT",
    "fr-FR",
    "sv-SE",
    "id-ID",
    "pl-PL",
    "ja-JP",
    "zh-TW",
    "zh-CN",
    "ko-KR",
    "th-TH",
    "nl-NL",
    "hu-HU",
    "vi-VN",
    "cs-CZ",
    "da-DK",
    "fi-FI",
    "uk-UA",
    "el-GR",
    "ro-RO",
    "nb-NO",
    "sk-SK",
    "tr-TR",
    "ru-RU",
)
# The least size of a photo that can be asked for, in millions of pixels.
SIZES = {"small": 4, "medium": 12, "large": 24}


class _Source(BaseModel):
    original: str


class _Photo(BaseModel):
    id: int
    width: PositiveInt
    height: PositiveInt
    url: str
    photographer: str
    src: _Source


class _Photos(BaseModel):
    photos: list[_Photo]


class Pexels(StockPhotos):
    """Takes photos from Pexels."""

    name: ClassVar[str] = "pexels"
    source: ClassVar[str] = "Pexels"
    terms: ClassVar[str] = "Pexels License"
    licence: ClassVar[str] = "proprietary service; photos under the Pexels License"
    summary: ClassVar[str] = "Photos of Pexels beside the cards."
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "api_key",
            required=True,
            secret=True,
            env=("PEXELS_API_KEY",),
            help="Your key, free from https://www.pexels.com/api/.",
        ),
        Field("base_url", default="https://api.pexels.com", help="Where the API is.", check=checks.url),
        Field("timeout", default="20", help="Longest silence in seconds.", check=check_seconds),
    )

    def credentials(self, config: Config) -> dict[str, Any]:
        """The key, as it is."""
        return {"headers": {"Authorization": config.get("api_key") or ""}}

    def search(self, config: Config, line: Wire, search: Search, *, seconds: float) -> Found:
        """`/v1/search`; a photo's file is the original, resized by the image host."""
        width, height = search.area
        # A third of a photo may be lost when it is cut.
        needed = 1.5 * width * height / 1e6
        asked: dict[str, str | int] = {
            "query": search.words,
            "orientation": search.shape,
            "size": next((name for name, least in SIZES.items() if least >= needed), "large"),
            "locale": locale(search.language),
            "per_page": search.count,
        }
        told, headers = self.asked(config, line, "GET", "/v1/search", _Photos, seconds=seconds, params=asked)
        resized: dict[str, str | int] = {
            "auto": "compress",
            "cs": "tinysrgb",
            "fit": "crop",
            "w": width,
            "h": height,
        }
        photos = (
            Photo(
                str(one.id),
                with_query(one.src.original, resized),
                one.width,
                one.height,
                one.url,
                one.photographer,
            )
            for one in told.photos
        )
        return Found(tuple(photos), left_of(headers))


def locale(language: str) -> str:
    """Pexels' name of a language, a BCP 47 tag; American English for one it does not know."""
    tag = language.lower()
    wanted = "nb" if tag.startswith("no") else tag.partition("-")[0]
    exact = (name for name in LOCALES if name.lower() == tag)
    # Traditional Chinese stands first in Pexels' list, and is written in fewer countries.
    alike = (name for name in reversed(LOCALES) if name.partition("-")[0] == wanted)
    return next(exact, None) or next(alike, "en-US")
