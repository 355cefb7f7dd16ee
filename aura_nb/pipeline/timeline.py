"""When everything happens, in whole frames: scene spans, segments, and where each voice starts.

Scene times follow the speech, never the target length. After the scenes may come cards that nobody
speaks over. Neighbours overlap by the transition; a film of n scenes and cards is cut into n bodies
and n - 1 transitions, so that editing one scene touches its own body and the transitions beside it only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aura_nb.spec import Pause, Render

GAP_SECONDS: dict[Pause, float] = {"short": 0.35, "natural": 0.6, "long": 0.9, "dramatic": 1.3}
OPENING_SECONDS = 0.4
CLOSING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Span:
    """One scene or card on the film's clock: frames [start, start + frames), its voice from `voice` seconds.

    `voice` is on the film's clock as well; `spoken` is the length of the narration in seconds, 0 in a card.
    """

    scene: int
    start: int
    frames: int
    voice: float
    spoken: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of frames encoded by itself.

    A body shows `scene` alone; a transition fades from `scene` to `scene + 1`, where cards are counted
    on after the scenes. `first` is the scene-local frame it begins at (of the outgoing scene), `start`
    the film's.
    """

    kind: Literal["body", "transition"]
    scene: int
    first: int
    frames: int
    start: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole film: a span a scene, then `cards` a card, segments in playing order, `frames` at `fps`."""

    fps: int
    fade: int
    spans: tuple[Span, ...]
    segments: tuple[Segment, ...]
    frames: int
    cards: tuple[Span, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of the film in seconds."""
        return self.frames / self.fps


def fade_frames(render: Render) -> int:
    """Length of a crossfade in frames."""
    return round(render.transition * render.fps)


def scene_frames(
    number: int, count: int, spoken: float, pause: Pause, render: Render, *, card_follows: bool = False
) -> tuple[int, int]:
    """Frames of scene `number` of `count`, fades included, and the frame its voice starts at.

    `card_follows` says that the film goes on after its last scene, which then stays as long and fades.
    """
    fade = fade_frames(render)
    beside = (GAP_SECONDS[pause] * render.fps + fade) / 2
    closing = CLOSING_SECONDS * render.fps + (fade if card_follows else 0)
    lead = OPENING_SECONDS * render.fps if number == 0 else beside
    tail = closing if number == count - 1 else beside
    voice = math.ceil(lead)
    # A body of at least one frame must remain between the two fades.
    return max(voice + math.ceil(spoken * render.fps + tail), 2 * fade + 1), voice


def lay_out(spoken: Sequence[float], pause: Pause, render: Render, cards: Sequence[float] = ()) -> Timeline:
    """Lay scenes of `spoken` seconds end to end, then `cards`, each seen by itself for as many seconds.

    Each overlaps the next by the transition.
    """
    fade, scenes = fade_frames(render), len(spoken)
    last = scenes + len(cards) - 1
    lengths = [
        (*scene_frames(number, scenes, seconds, pause, render, card_follows=bool(cards)), seconds)
        for number, seconds in enumerate(spoken)
    ]
    for number, seconds in enumerate(cards, scenes):
        lengths.append((math.ceil(seconds * render.fps) + fade * (1 if number == last else 2), 0, 0.0))
    spans: list[Span] = []
    segments: list[Segment] = []
    start = 0
    for number, (frames, voice, seconds) in enumerate(lengths):
        spans.append(Span(number, start, frames, (start + voice) / render.fps, seconds))
        head = fade if number else 0
        tail = fade if number < last else 0
        segments.append(Segment("body", number, head, frames - head - tail, start + head))
        if tail:
            segments.append(Segment("transition", number, frames - tail, tail, start + frames - tail))
        start += frames - tail
    return Timeline(render.fps, fade, tuple(spans[:scenes]), tuple(segments), start, tuple(spans[scenes:]))


def film_seconds(spoken: Sequence[float], pause: Pause, render: Render) -> float:
    """Length in seconds of the film whose scenes speak for `spoken` seconds each."""
    return lay_out(spoken, pause, render).seconds
