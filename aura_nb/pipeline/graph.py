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


def film_works(
    request: Request, spoken: Sequence[float], speaker: str, cards: Sequence[float] | None = None
) -> list[Work]:
    """The works of a film whose scenes speak for `spoken` seconds each, most urgent first.

    Narration goes ahead in a lane of its own, so that speaking the next scene overlaps with
    rendering this one; then, as soon as all is spoken, the sound, without which nothing can be watched;
    then picture, captions and segments scene by scene; then the finish. `cards` are the seconds of those
    that end the film; None for a film that credits nobody, whatever its pictures are. Where it may credit
    somebody all pictures come first, because its sound is as long as it, cards included.
    """
    count = len(spoken)
    timeline = lay_out(spoken, request.voice.pause, request.render, cards or ())
    segments: dict[tuple[str, int], Segment] = {(s.kind, s.scene): s for s in timeline.segments}
    works = [
        Work(f"narrate:{scene}", "narrate", seconds, lane="narrate", kind=speaker)
        for scene, seconds in enumerate(spoken)
    ]
    spoken_all = tuple(work.id for work in works)
    pictures = [Work(f"picture:{scene}", "picture", 1.0) for scene in range(count)]
    if cards is not None:
        drawn = tuple(work.id for work in pictures)
        works += [*pictures, Work("credits", "compose", 1.0, after=drawn, kind="credits")]
    works.append(Work("sound", "compose", timeline.seconds, after=spoken_all, kind="sound"))
    for scene in range(count):
        if cards is None:
            works.append(pictures[scene])
        works.append(Work(f"caption:{scene}", "caption", 1.0, after=(f"narrate:{scene}", f"picture:{scene}")))
        for key, after in (
            (("transition", scene - 1), (f"caption:{scene - 1}", f"caption:{scene}")),
            (("body", scene), (f"caption:{scene}",)),
        ):
            if key in segments:
                works.append(_compose(segments[key], request, after))
    if cards is not None:
        after_last = [s for s in timeline.segments if s.scene + (s.kind == "transition") >= count]
        works += [_compose(segment, request, (f"caption:{count - 1}", "credits")) for segment in after_last]
    return [*works, Work("finish", "finish", timeline.seconds, after=tuple(work.id for work in works))]


def settled(works: Sequence[Work]) -> list[Work]:
    """Those of a film's `works` that are the same whatever cards will follow its last scene."""
    last = max(int(work.id.removeprefix("caption:")) for work in works if work.id.startswith("caption:"))
    waiting = {f"caption:{last}", "sound"}
    for work in works:
        if not waiting.isdisjoint(work.after):
            waiting.add(work.id)
    return [work for work in works if work.id not in waiting]


def forecast(request: Request, speaker: str, cards: Sequence[float] | None = None) -> list[Work]:
    """The likely works of a film after its script is written; `cards` as in `film_works`."""
    count = request.plan.scenes
    pauses = film_seconds([0.0] * count, request.voice.pause, request.render)
    spoken = max(1.0, (request.plan.seconds - pauses) / count)
    write = write_work(request).id
    works = film_works(request, [spoken] * count, speaker, cards)
    return [replace(work, after=(*work.after, write)) for work in works]


def _compose(segment: Segment, request: Request, after: tuple[str, ...]) -> Work:
    return Work(f"{segment.kind}:{segment.scene}", "compose", megapixels(segment.frames, request), after=after)


def megapixels(frames: int, request: Request) -> float:
    """Size of a segment of `frames`: what its encoding time goes with."""
    width, height = request.size
    return frames * width * height / 1e6
