"""A few seconds of a film's frames, as they were before they were encoded: where one scene fades to the next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import av
import numpy as np

from aura_nb.film import Film
from aura_nb.media.colour import Yuv, unpacked
from aura_nb.media.ffmpeg import target
from aura_nb.media.frames import one_cv_thread
from aura_nb.pipeline.cast import Cast
from aura_nb.pipeline.compose import Shot, frames_of, let_go
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.picture import draw_scene
from aura_nb.pipeline.timeline import lay_out
from aura_nb.providers import registry
from aura_nb.request import Request


def of_request(
    request: Request, seconds: float, ctx: Context, parts: registry.Registry = registry.default
) -> Iterator[Yuv]:
    """The first fade of the script of `request`, in the middle of `seconds`, without captions.

    The scenes' pictures are drawn by those who would draw them for the film. Raises what drawing does.
    """
    script, render = request.script, request.render
    assert script is not None
    illustrators = Cast.of(request, parts).illustrators
    drawn = [
        draw_scene(
            scene,
            render=render,
            aspect=request.brief.aspect,
            language=request.brief.language,
            topic=request.brief.topic,
            illustrators=illustrators,
            ctx=ctx,
        )
        for scene in script.scenes[:2]
    ]
    timeline = lay_out([seconds] * len(drawn), request.voice.pause, render)
    shots = [Shot(one.picture, one.key, span.frames) for one, span in zip(drawn, timeline.spans, strict=True)]
    wanted = round(seconds * render.fps)
    middle = timeline.segments[0].frames + timeline.fade // 2 if len(drawn) > 1 else wanted // 2
    first = max(0, middle - wanted // 2)
    with one_cv_thread():
        whole = (
            frame for segment in timeline.segments for frame in frames_of(segment, shots, render, request.size)
        )
        try:
            yield from islice(whole, first, first + wanted)
        finally:
            let_go()


def of_film(film: Film, seconds: float) -> Iterator[Yuv]:
    """The frames around the film's second chapter, as a player shows them: they were encoded once already."""
    begins = [chapter.start for chapter in film.chapters[1:2]]
    start = max(0.0, (begins[0] if begins else film.seconds / 2) - seconds / 2)
    with av.open(target(film.path)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate is not None
        shown = (frame for frame in container.decode(stream) if (frame.time or 0.0) >= start)
        for frame in islice(shown, round(seconds * stream.average_rate)):
            yield unpacked(np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8), (frame.width, frame.height))
