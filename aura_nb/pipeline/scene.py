"""One scene as the film of a request has it: its speech, its length, its picture."""

from __future__ import annotations

from aura_nb.pipeline.cast import Cast
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.narrate import Narration, narrate_scene, spoken_seconds
from aura_nb.pipeline.picture import Drawn, draw_scene
from aura_nb.request import Request
from aura_nb.script import Scene


def speak(scene: Scene, request: Request, cast: Cast, ctx: Context) -> Narration:
    """Speak `scene`, or take its speech from the cache. Raises `ProviderError`, `JobCancelled`."""
    return narrate_scene(
        scene.text,
        voice=request.voice,
        language=request.brief.language,
        rate=request.rate,
        speakers=cast.speakers,
        ctx=ctx,
    )


def seconds(text: str, request: Request, cast: Cast, ctx: Context) -> float:
    """How long a scene that says `text` is spoken, or read in a silent film. Raises as `speak`."""
    if request.voice.silent:
        return reading_seconds(text, request)
    return spoken_seconds(
        text,
        voice=request.voice,
        language=request.brief.language,
        rate=request.rate,
        speakers=cast.speakers,
        ctx=ctx,
    )


def reading_seconds(text: str, request: Request) -> float:
    """How long reading `text` takes: what a silent scene lasts, and what a spoken one is expected to."""
    return max(3.0, len(text.split()) * 60 / (160 * request.rate))


def draw(scene: Scene, request: Request, cast: Cast, ctx: Context) -> Drawn:
    """Draw the picture of `scene`, or take it from the cache. Raises as `draw_scene`."""
    return draw_scene(
        scene,
        render=request.render,
        aspect=request.brief.aspect,
        language=request.brief.language,
        topic=request.brief.topic,
        illustrators=cast.illustrators,
        ctx=ctx,
    )
