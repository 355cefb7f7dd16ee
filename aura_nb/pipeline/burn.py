"""Burnt-in captions: each cue typeset once as a strip, and the frames it lies over."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

from aura_nb.media.overlay import Overlay
from aura_nb.pipeline.cache import digest
from aura_nb.pipeline.caption import Cue
from aura_nb.pipeline.context import Context
from aura_nb.providers.illustrators.strips import draw_caption, strip_identity
from aura_nb.spec import Render

# Goes up when this stage would make other strips of the same inputs.
VERSION = 1


def burn(
    cues: Sequence[Cue],
    voice: int,
    frames: int,
    render: Render,
    size: tuple[int, int],
    language: str,
    ctx: Context,
) -> tuple[Overlay, ...]:
    """Draw `cues`, whose clock starts at frame `voice` of a scene of `frames`, for a film of `size` pixels.

    A cue is shown from the frame its start falls into to the frame its end falls into.
    """
    look = strip_identity(theme=render.theme, language=language)
    overlays: list[Overlay] = []
    for number, cue in enumerate(cues):
        ctx.cancel.check()
        first = voice + math.floor(cue.start * render.fps)
        last = min(voice + math.ceil(cue.end * render.fps), frames)
        path, x, y = _strip(cue, look, render.theme, size, language, ctx)
        if overlays and overlays[-1].last > first:
            before = overlays[-1]
            overlays[-1] = Overlay(before.path, before.x, before.y, before.first, first)
        overlays.append(Overlay(path, x, y, first, last))
        ctx.progress((number + 1) / len(cues))
    return tuple(overlays)


def _strip(
    cue: Cue, look: str, theme: str, size: tuple[int, int], language: str, ctx: Context
) -> tuple[Path, int, int]:
    def make(folder: Path) -> None:
        _, x, y = draw_caption(cue.lines, size=size, theme=theme, language=language, out=folder / "strip.png")
        (folder / "place.json").write_text(json.dumps([x, y]), encoding="utf-8")

    folder, _ = ctx.cache.get(digest("strip", VERSION, cue.lines, size, look), make)
    x, y = json.loads((folder / "place.json").read_text(encoding="utf-8"))
    return folder / "strip.png", x, y
