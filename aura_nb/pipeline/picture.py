"""The picture stage: each scene's picture, drawn once and kept until something it depends on changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from aura_nb.errors import FieldIssue, InvalidBrief, ProviderError
from aura_nb.pipeline.cache import digest, file_digest
from aura_nb.pipeline.chain import calling, first_able
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.identity import identified
from aura_nb.platforms import Aspect
from aura_nb.providers.base import Choosy, Credit, DrawRequest, Illustrator, ProviderInfo, Themed
from aura_nb.providers.illustrators.photo import Unfit, dimensions
from aura_nb.script import FigureCard, Picture, Scene
from aura_nb.spec import Render

# Goes up when this stage would make other pictures of the same inputs.
VERSION = 2

# Pictures are zoomed into: drawn a third larger they stay sharp (measured, see benchmarks).
OVERSIZE = 4 / 3


@dataclass(frozen=True)
class Drawn:
    """A scene's picture: its PNG, cache key, who drew it, whom to credit, and whether it was there already."""

    picture: Path
    key: str
    provider: str
    cached: bool
    credits: tuple[Credit, ...] = ()


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
    topic: str,
    illustrators: Sequence[Illustrator],
    ctx: Context,
) -> Drawn:
    """Draw `scene`'s picture by the first of `illustrators` that can, or take it from the cache.

    The picture is drawn a third larger than the film. Illustrators that do not draw such pictures are
    passed over. Raises `ProviderError` when none can draw it, `InvalidBrief` when the picture itself
    cannot be drawn, `JobCancelled`.
    """
    ctx.cancel.check()
    size = picture_size(render, aspect)
    request = DrawRequest(scene.picture, size, render.theme, language, topic, ctx.cancel, ctx.progress)
    able = [one for one in illustrators if _draws(one, scene.picture)]
    if not able:
        names = ", ".join(one.info.name for one in illustrators)
        raise ProviderError(
            "illustrator",
            f"none of {names} draws the {scene.picture.kind} of “{scene.heading}”.",
            remedy="End the profile's chain of illustrators with figures and cards, which draw everything.",
        )
    try:
        return first_able("illustrator", able, lambda one: _draw_by(one, request, ctx), ctx, of=scene.heading)
    except InvalidBrief as error:
        where = f"scene “{scene.heading}”, " if error.subject == "script" else ""
        issues = [FieldIssue(f"{where}{i.field}", i.message, i.remedy) for i in error.issues]
        raise InvalidBrief(issues, subject=error.subject) from None


def _draws(illustrator: Illustrator, picture: Picture) -> bool:
    if not isinstance(illustrator, Choosy):
        return True
    try:
        return illustrator.draws(picture)
    except Exception:
        # One that cannot even say so will fail at the work, where the next takes over and that is told.
        return True


def _check(picture: Path, size: tuple[int, int], name: str) -> None:
    """Raise `ProviderError` for what is no picture of `size`: no later stage could say whose fault it is."""
    try:
        found = dimensions(picture.read_bytes())
    except FileNotFoundError:
        problem = "drew nothing"
    except Unfit as unfit:
        problem = f"drew something that {unfit}"
    else:
        if found == size:
            return
        problem = f"drew {found[0]} × {found[1]} pixels where {size[0]} × {size[1]} were asked for"
    raise ProviderError(name, f"{problem}.", remedy="Tell its author.")


def _draw_by(illustrator: Illustrator, request: DrawRequest, ctx: Context) -> Drawn:
    name, picture = illustrator.info.name, request.picture
    if isinstance(illustrator, Themed):
        with calling(illustrator, ctx):
            depends = illustrator.depends(request)
    else:
        depends = digest(request.theme, request.topic)
    image = file_digest(picture.image) if isinstance(picture, FigureCard) else None
    shown = picture.model_dump(mode="json", exclude={"image"})

    def key(info: ProviderInfo) -> str:
        return digest(
            "picture", VERSION, name, info.version, shown, image, request.size, request.language, depends
        )

    def make(folder: Path) -> None:
        with calling(illustrator, ctx):
            drawing = illustrator.draw(request, folder / "picture.png")
        _check(folder / "picture.png", request.size, name)
        told = {"warnings": drawing.warnings, "credits": [asdict(credit) for credit in drawing.credits]}
        (folder / "drawing.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    before = f"The picture {name} drew before is used."
    found = key(identified(illustrator, key, ctx, before=before))
    folder, cached = ctx.cache.get(found, make)
    told = json.loads((folder / "drawing.json").read_text(encoding="utf-8"))
    for warning in told["warnings"]:
        ctx.warn(warning)
    credits = tuple(Credit(**credit) for credit in told["credits"])
    return Drawn(folder / "picture.png", found, name, cached, credits)


def thumbnail(drawn: Drawn, ctx: Context) -> bytes:
    """A JPEG of the picture, 240 pixels wide and at most 6 kB, for the live view."""

    def make(folder: Path) -> None:
        (folder / "small.jpg").write_bytes(shrunk(drawn.picture, 240, 6000))

    folder, _ = ctx.cache.get(digest("thumbnail", VERSION, drawn.key), make)
    return (folder / "small.jpg").read_bytes()


def shrunk(picture: Path, width: int, most: int) -> bytes:
    """A JPEG of `picture`, `width` pixels wide and of at most `most` bytes: narrower if it must be."""
    from aura_nb.media.colour import read_picture
    from aura_nb.media.still import jpeg

    return jpeg(read_picture(picture), width, most)
