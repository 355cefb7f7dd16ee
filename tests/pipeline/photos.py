"""An illustrator that, for all a film can tell, shows the photos of others."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

from aura_nb.providers import registry
from aura_nb.providers.base import Credit, Drawing, DrawRequest, ProviderInfo
from aura_nb.script import Picture, QuoteCard
from tests.media.synthetic import card


def photo_by(author: str, source: str = "Unsplash") -> Credit:
    return Credit("Photo", author, source, f"https://example.org/{author}", f"{source} License")


class Photos:
    """Draws what is quoted, the attribution's lines being the photographers."""

    info = ProviderInfo("photos", "illustrator", False, "various", "1", credits=True)

    def missing(self) -> str | None:
        return None

    def draws(self, picture: Picture) -> bool:
        return isinstance(picture, QuoteCard)

    def draw(self, request: DrawRequest, out: Path) -> Drawing:
        assert isinstance(request.picture, QuoteCard)
        card(out, request.size, (60, 120, 60), request.picture.quote)
        return Drawing(out, credits=tuple(map(photo_by, request.picture.attribution.splitlines())))


PARTS = registry.Registry(
    lambda: [
        *registry.installed(),
        EntryPoint("illustrator.photos", "tests.pipeline.photos:Photos", registry.GROUP),
    ]
)
