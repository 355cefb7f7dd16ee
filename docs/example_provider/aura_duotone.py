"""Title and quote cards in two inks: an example of a provider for aura_nb."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from aura_nb.providers.base import Drawing, DrawRequest, ProviderInfo
from aura_nb.providers.config import Config, Fault, Field
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.script import Picture


def colour(value: str, config: Config) -> Fault | None:
    if re.fullmatch("#[0-9A-Fa-f]{6}", value):
        return None
    return Fault("INVALID_FORMAT", f"{value!r} is no colour.", "Write it as #RRGGBB.")


class Duotone:
    fields = (Field("ink", default="#8A1538", help="The colour of what is darkest.", check=colour),)
    info = ProviderInfo("duotone", "illustrator", local=True, licence="MIT", version="1", fields=fields)

    def __init__(self, config: Config | None = None) -> None:
        self._config, self._cards = config, Cards()

    @property
    def config(self) -> Config:
        return self._config or Config.resolve("duotone", self.fields)

    def missing(self) -> str | None:
        return self.config.missing() if find_spec("cv2") else "pip install opencv-python-headless"

    def draws(self, picture: Picture) -> bool:
        return picture.kind in ("title", "quote")

    def depends(self, request: DrawRequest) -> str:
        return f"{self.config.get('ink')} {self._cards.info.version} {self._cards.depends(request)}"

    def draw(self, request: DrawRequest, out: Path) -> Drawing:
        import cv2
        import numpy as np

        drawing = self._cards.draw(request, out)
        request.cancel.check()
        ink = np.array([*bytes.fromhex((self.config.get("ink") or "")[1:])[::-1]])
        grey = cv2.imdecode(np.fromfile(out, np.uint8), cv2.IMREAD_GRAYSCALE)
        light = np.asarray(grey, np.float64)[..., np.newaxis] / 255
        two = np.rint(255 * light + ink * (1 - light)).astype(np.uint8)
        out.write_bytes(cv2.imencode(".png", two)[1].tobytes())
        return drawing
