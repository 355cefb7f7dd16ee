"""The works of a film and what each comes after: known in outline before there is a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aura_nb.pipeline.progress import Work
from aura_nb.pipeline.timeline import Segment, film_seconds, lay_out
from aura_nb.request import Request


def write_work(request: Request) -> Work:
    """Writing the script of `request`."""
    return Work("write", "write", request.plan.seconds)


def film_works(request: Request, spoken: Sequence[float], speaker: str) -> list[Work]:
    """The works of a film whose scenes speak for `spoken` seconds each, most urgent first.

    Narration goes ahead in a lane of its own, so that speaking the next scene overlaps with
    rendering this one; then picture, captions and segments scene by scene; then, where there is room
    beside the last of them, the sound; then the finish.
    """
    timeline = lay_out(spoken, request.voice.pause, request.render)
    segments: dict[tuple[str, int], Segment] = {(s.kind, s.scene): s for s in timeline.segments}
    works = [
        Work(f"narrate:{scene}", "narrate", seconds, lane="narrate", kind=speaker)
        for scene, seconds in enumerate(spoken)
    ]
    for scene in range(len(spoken)):
        works.append(Work(f"picture:{scene}", "picture", 1.0))
        works.append(Work(f"caption:{scene}", "caption", 1.0, after=(f"narrate:{scene}", f"picture:{scene}")))
        for key, after in (
            (("transition", scene - 1), (f"caption:{scene - 1}", f"caption:{scene}")),
            (("body", scene), (f"caption:{scene}",)),
        ):
            if key in segments:
                size = megapixels(segments[key].frames, request)
                works.append(Work(f"{key[0]}:{key[1]}", "compose", size, after=after))
    spoken_all = tuple(f"narrate:{scene}" for scene in range(len(spoken)))
    works.append(Work("sound", "compose", timeline.seconds, after=spoken_all, kind="sound"))
    return [*works, Work("finish", "finish", timeline.seconds, after=tuple(work.id for work in works))]


def forecast(request: Request, speaker: str) -> list[Work]:
    """The likely works of a film after its script is written."""
    count = request.plan.scenes
    pauses = film_seconds([0.0] * count, request.voice.pause, request.render)
    spoken = max(1.0, (request.plan.seconds - pauses) / count)
    write = write_work(request).id
    works = film_works(request, [spoken] * count, speaker)
    return [replace(work, after=(*work.after, write)) for work in works]


def megapixels(frames: int, request: Request) -> float:
    """Size of a segment of `frames`: what its encoding time goes with."""
    width, height = request.size
    return frames * width * height / 1e6
