"""Compose: scenes' pictures to encoded segments, each made by itself and kept under what it shows.

A segment's key says nothing of where in the film it plays, so an edited scene remakes its own body and
the transitions beside it, and a scene that only moves in time remakes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2

from aura_nb.media.colour import Yuv
from aura_nb.media.encode import encode
from aura_nb.media.frames import Still, crossfade, fade_at, one_cv_thread, zoom_at
from aura_nb.media.join import join
from aura_nb.media.overlay import Overlay, Strip
from aura_nb.media.tuning import KEYFRAME_SECONDS
from aura_nb.pipeline.cache import digest, file_digest
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.encoding import Encoding
from aura_nb.pipeline.timeline import Segment
from aura_nb.spec import Render

# Goes up with any change here or in media/ that may change a segment's bytes.
VERSION = "6"
FILE = "segment.mp4"
_REPORT_EVERY = 8  # frames


@dataclass(frozen=True, slots=True)
class Shot:
    """What one scene shows for `frames` frames (its fades included).

    `picture` is the drawn file, and `key` identifies its content (its cache key), so that it is not
    hashed again. `overlays` are in scene-local frames. `zoom` is the most it may be zoomed by, should the
    film's be more: words must stay inside the frame.
    """

    picture: Path
    key: str
    frames: int
    overlays: tuple[Overlay, ...] = ()
    zoom: float = math.inf


Shots = Sequence[Shot] | Mapping[int, Shot]
"""Scenes' shots by number; those that a segment does not show may be missing."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An encoded segment on disk, whether it was there already, and who encoded it."""

    path: Path
    cached: bool
    by: Encoding


def segment_key(
    segment: Segment, shots: Shots, render: Render, size: tuple[int, int], by: Encoding | None = None
) -> str:
    """The cache key of `segment`: all that its bytes depend on, and nothing else."""
    views = [_view(shots[scene], first, segment.frames, render.zoom) for scene, first in _scenes(segment)]
    made_by = (VERSION, av.__version__, cv2.__version__, (by or Encoding.usual()).identity(render))
    return digest("segment", made_by, segment.kind, views, size, render.fps, render.zoom)


def compose_segment(
    segment: Segment,
    shots: Shots,
    render: Render,
    size: tuple[int, int],
    ctx: Context,
    by: Encoding | None = None,
) -> Composed:
    """Make `segment` of the film whose scenes are `shots`, as frames of `size` pixels, encoded `by` (x264).

    Several may be made at once, in threads. Raises RenderError (a picture cannot be read), EncoderFailed
    and, within a frame of the request, JobCancelled; nothing of it stays behind then.
    """
    by = by or Encoding.usual()
    parts = _parts(segment, render, by)
    shown = [0] * len(parts)
    # The parts share what they show, whatever else is shown meanwhile.
    stills = cache(_still)

    def watched(number: int) -> Iterator[Yuv]:
        for frame, planes in enumerate(frames_of(parts[number], shots, render, size, stills)):
            ctx.cancel.check()
            shown[number] = frame
            if frame % _REPORT_EVERY == 0:
                ctx.progress(sum(shown) / segment.frames)
            yield planes

    def encode_part(number: int, out: Path) -> None:
        with one_cv_thread():
            encode(
                out,
                watched(number),
                size=size,
                fps=render.fps,
                crf=render.rate_factor,
                encoder=by.encoder.name,
                max_kbps=render.max_kbps,
                binary=by.binary,
                cancel=ctx.cancel,
            )

    def make(folder: Path) -> None:
        if len(parts) == 1:
            return encode_part(0, folder / FILE)
        paths = [folder / f"{number}.mp4" for number in range(len(parts))]
        ctx.share([partial(encode_part, number, path) for number, path in enumerate(paths)])
        join(paths, folder / FILE, render.fps)
        for path in paths:
            path.unlink()

    folder, cached = ctx.cache.get(segment_key(segment, shots, render, size, by), make)
    ctx.progress(1.0)
    return Composed(folder / FILE, cached, by)


def _parts(segment: Segment, render: Render, by: Encoding) -> list[Segment]:
    """`segment`, a body cut where keyframes are due: threads that would be idle may take a part.

    However many there are the cuts are the same, and so are the film's bytes. With a highest bitrate there
    are none: each part would fill the decoder's buffer anew, and the film be up to twice as large as it may.
    Nor are there where each would start an ffmpeg, and that a GPU's driver.
    """
    step = KEYFRAME_SECONDS * render.fps
    whole = segment.kind != "body" or render.max_kbps is not None or by.binary is not None
    count = 1 if whole else max(1, segment.frames // step)
    cuts = [*(number * step for number in range(count)), segment.frames]
    return [
        replace(segment, first=segment.first + begin, frames=end - begin, start=segment.start + begin)
        for begin, end in pairwise(cuts)
    ]


def _scenes(segment: Segment) -> list[tuple[int, int]]:
    """The scenes that `segment` shows, each with its own first frame there."""
    scenes = [(segment.scene, segment.first)]
    return scenes if segment.kind == "body" else [*scenes, (segment.scene + 1, 0)]


def _view(shot: Shot, first: int, frames: int, zoom: float) -> list[Any]:
    """What a run of `shot`'s frames depends on: overlays beyond it, and a limit it is below, do not count."""
    overlays = [
        (file_digest(o.path), o.x, o.y, max(o.first - first, 0), min(o.last - first, frames))
        for o in shot.overlays
        if o.first < first + frames and o.last > first
    ]
    limit = [shot.zoom] if shot.zoom < zoom else []
    return [shot.key, shot.frames, first, frames, overlays, *limit]


Stills = Callable[[Path, str, tuple[int, int]], Still]
"""Gives the picture of a path and key, for frames of a size."""


def frames_of(
    segment: Segment, shots: Shots, render: Render, size: tuple[int, int], stills: Stills | None = None
) -> Iterator[Yuv]:
    """The frames that `segment` shows, in order."""
    runs = [
        _run(shots[scene], first, segment.frames, render.zoom, size, stills or _still)
        for scene, first in _scenes(segment)
    ]
    if segment.kind == "body":
        yield from runs[0]
        return
    for number, (outgoing, incoming) in enumerate(zip(*runs, strict=True)):
        yield crossfade(outgoing, incoming, fade_at(number, segment.frames))


def _run(shot: Shot, first: int, frames: int, zoom: float, size: tuple[int, int], stills: Stills) -> Iterator[Yuv]:
    """Frames [first, first + frames) of one scene."""
    still, zoom = stills(shot.picture, shot.key, size), min(zoom, shot.zoom)
    strip = lru_cache(maxsize=2)(Strip.load)
    for number in range(first, first + frames):
        frame = still.at(zoom_at(number, shot.frames, zoom))
        for overlay in shot.overlays:
            if overlay.first <= number < overlay.last:
                strip(overlay).blend(frame)
        yield frame


@lru_cache(maxsize=1)
def _still(picture: Path, key: str, size: tuple[int, int]) -> Still:
    """A scene's planes (5 to 20 MB at 1080p), kept for the segment that comes next."""
    return Still.load(picture, size)


def let_go() -> None:
    """Hold no pictures any more (up to 350 MB in 4K); another film that is being made reads its own again."""
    _still.cache_clear()
