"""The picture stage: each scene's picture, drawn once and kept until something it depends on changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from aura_nb.errors import FieldIssue, InvalidBrief, ProviderError
from aura_nb.pipeline.cache import digest, file_digest
from aura_nb.pipeline.context import Context
from aura_nb.providers.base import Illustrator
from aura_nb.script import FigureCard, Picture, Scene
from aura_nb.spec import Aspect, Render

# Goes up when this stage would make other pictures of the same inputs.
VERSION = 1

# Pictures are zoomed into: drawn a third larger they stay sharp (measured, see benchmarks).
OVERSIZE = 4 / 3


@dataclass(frozen=True)
class Drawn:
    """A scene's picture: its PNG, its cache key, and who drew it. `cached`: it was there already."""

    picture: Path
    key: str
    provider: str
    cached: bool


@runtime_checkable
class Themed(Protocol):
    """An illustrator whose pictures depend on more than the picture, size and its version."""

    def identity(self, picture: Picture, *, theme: str, language: str) -> str:
        """A text that changes whenever the theme's or the fonts' part in `picture` does."""
        ...


def picture_size(render: Render, aspect: Aspect) -> tuple[int, int]:
    """Width and height in pixels that pictures are drawn at: 4/3 of the film's, both even."""
    width, height = render.size(aspect)
    return 2 * round(width * OVERSIZE / 2), 2 * round(height * OVERSIZE / 2)


def draw_scene(
    scene: Scene,
    *,
    render: Render,
    aspect: Aspect,
    language: str,
    illustrators: Sequence[Illustrator],
    ctx: Context,
) -> Drawn:
    """Draw `scene`'s picture by the first of `illustrators` that can, or take it from the cache.

    The picture is drawn a third larger than the film.
    An illustrator that fails is named by `ctx.warn` and the next one tried. Raises the last one's
    `ProviderError` when all fail, and `InvalidBrief` when the picture itself cannot be drawn.
    """
    for position, illustrator in enumerate(illustrators):
        ctx.cancel.check()
        try:
            return _draw_by(illustrator, scene.picture, picture_size(render, aspect), render.theme, language, ctx)
        except InvalidBrief as error:
            where = f"scene “{scene.heading}”, " if error.subject == "script" else ""
            issues = [FieldIssue(f"{where}{i.field}", i.message, i.remedy) for i in error.issues]
            raise InvalidBrief(issues, subject=error.subject) from None
        except ProviderError as error:
            if position + 1 == len(illustrators):
                raise
            following = illustrators[position + 1].info.name
            ctx.warn(f"“{scene.heading}”: {error} Going on with {following}.")
    raise ValueError("draw_scene needs at least one illustrator")


def _draw_by(
    illustrator: Illustrator, picture: Picture, size: tuple[int, int], theme: str, language: str, ctx: Context
) -> Drawn:
    info = illustrator.info
    identity = (
        illustrator.identity(picture, theme=theme, language=language) if isinstance(illustrator, Themed) else theme
    )
    image = file_digest(picture.image) if isinstance(picture, FigureCard) else None
    shown = picture.model_dump(mode="json", exclude={"image"})
    key = digest("picture", VERSION, info.name, info.version, shown, image, size, language, identity)

    def make(folder: Path) -> None:
        drawing = illustrator.draw(picture, size=size, theme=theme, language=language, out=folder / "picture.png")
        (folder / "warnings.txt").write_text("\n".join(drawing.warnings), encoding="utf-8")

    folder, cached = ctx.cache.get(key, make)
    for warning in (folder / "warnings.txt").read_text(encoding="utf-8").splitlines():
        ctx.warn(warning)
    return Drawn(folder / "picture.png", key, info.name, cached)


def thumbnail(picture: Path, width: int = 240) -> bytes:
    """A JPEG of `picture`, `width` pixels wide and at most 6 kB, for the live view."""
    import cv2

    from aura_nb.media.colour import read_picture

    pixels = read_picture(picture)
    height = max(1, round(pixels.shape[0] * width / pixels.shape[1]))
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    for quality in (85, 70, 55, 40, 25, 10):
        data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= 6000:
            return data
    return thumbnail(picture, width * 3 // 4)
