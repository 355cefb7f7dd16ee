"""What is to be seen and heard of one scene before the film is made: the film's own picture and voice."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from aura_nb.errors import AuraError
from aura_nb.media.sample import VERSION as SAMPLE
from aura_nb.media.sample import encode_sample
from aura_nb.pipeline import scene as rehearsal
from aura_nb.pipeline.cache import digest
from aura_nb.pipeline.cast import Cast
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.picture import shrunk
from aura_nb.request import Request
from aura_nb.script import Scene

WIDTH = 720
MOST_BYTES = 90_000

_versions = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Medium:
    """Something to see or hear: its bytes, or the file they are in. `version` is another for every one.

    `made_of` tells what it was made of, `by` who made it; `seconds` is the length of a sound.
    """

    kind: str
    version: int
    data: bytes | Path
    made_of: str
    by: str
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    def read(self) -> bytes:
        """The bytes. Raises OSError."""
        return self.data.read_bytes() if isinstance(self.data, Path) else self.data


def picture_of(scene: Scene, request: Request, ctx: Context) -> Medium:
    """The picture of `scene` as the film will show it, small. Raises as `pipeline.scene.draw`."""
    notes: list[str] = []
    drawn = rehearsal.draw(scene, request, Cast.of(request), _telling(ctx, notes))
    return Medium(
        "image/jpeg",
        next(_versions),
        shrunk(drawn.picture, WIDTH, MOST_BYTES),
        shown_by(scene, request),
        drawn.provider,
        notes=tuple(notes),
    )


def voice_of(scene: Scene, request: Request, ctx: Context) -> Medium:
    """The voice of `scene` as the film will have it, a minute at most. Raises as `pipeline.scene.speak`."""
    if request.voice.silent:
        raise AuraError("This film is to be silent.", remedy="Turn “Silent” off under Voice to hear it.")
    notes: list[str] = []
    spoken = rehearsal.speak(scene, request, Cast.of(request), _telling(ctx, notes))

    def encode(folder: Path) -> None:
        encode_sample(spoken.audio, folder / "sample.m4a", cancel=ctx.cancel)

    folder, _ = ctx.cache.get(digest("studio.sample", SAMPLE, spoken.key), encode)
    said = said_by(scene.text, request)
    return Medium(
        *("audio/mp4", next(_versions), (folder / "sample.m4a").read_bytes(), said, spoken.speaker),
        seconds=spoken.seconds,
        notes=tuple(notes),
    )


def shown_by(scene: Scene, request: Request) -> str:
    """What a picture depends on, as far as it is edited here."""
    brief, render = request.brief, request.render
    look = (scene.picture, render.theme, render.size(brief.aspect), brief.language, brief.topic)
    return digest(*look, request.profile.illustrator)


def said_by(text: str, request: Request) -> str:
    """What a voice depends on, as far as it is edited here."""
    return digest(text, request.voice, request.plan.rate, request.brief.language, request.profile.speaker)


def _telling(ctx: Context, notes: list[str]) -> Context:
    return Context(ctx.cache, ctx.cancel, warn=notes.append)
