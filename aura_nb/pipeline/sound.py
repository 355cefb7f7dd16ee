"""Sound: a film's voices become its one audio track, at the loudness of the web.

Needs the narrations and their times only, so it can be made while pictures are still encoded; `finish`
then finds it in the cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from aura_nb.errors import RenderError
from aura_nb.manifest import LoudnessEntry
from aura_nb.media import audio, ffmpeg
from aura_nb.media.progress import part
from aura_nb.pipeline.cache import digest, file_digest
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.narrate import Narration
from aura_nb.pipeline.timeline import Timeline

FILE = "sound.m4a"
_MIX = 0.05


@dataclass(frozen=True, slots=True)
class Sound:
    """An AAC track as long as the film, and its loudness (None: a silent film)."""

    path: Path
    loudness: LoudnessEntry | None
    key: str
    cached: bool


def make_sound(narrations: Sequence[Narration | None], timeline: Timeline, *, silent: bool, ctx: Context) -> Sound:
    """Mix `narrations`, one a scene, each where the timeline lets its voice begin.

    None for a scene is allowed only in a film that was asked to be `silent`. Raises `RenderError`
    (a voice is missing, silent, or longer than its film) or `JobCancelled`.
    """
    mute = [str(number + 1) for number, narration in enumerate(narrations) if narration is None]
    if mute and not silent:
        raise RenderError(
            f"Scene {', '.join(mute)} has no narration.",
            remedy="Make it again with a speaker that works, or ask for Voice(silent=True).",
        )
    voices = [
        audio.Voice(narration.audio, span.voice)
        for narration, span in zip(narrations, timeline.spans, strict=True)
        if narration is not None
    ]
    seconds = timeline.seconds

    def make(folder: Path) -> None:
        track = folder / "mix.f32"
        with track.open("wb") as file:
            audio.mix(voices, seconds, file, cancel=ctx.cancel, progress=part(ctx.progress, 0.0, _MIX))
        found = audio.encode(
            track,
            seconds,
            folder / FILE,
            silent=not voices,
            cancel=ctx.cancel,
            progress=part(ctx.progress, _MIX, 1 - _MIX),
        )
        track.unlink()
        if found is not None:
            told = LoudnessEntry(**asdict(found)).model_dump_json()
            (folder / "loudness.json").write_text(told, encoding="utf-8")

    key = digest(
        "sound",
        audio.VERSION,
        ffmpeg.find().version,
        [(file_digest(voice.audio), voice.start) for voice in voices],
        seconds,
    )
    folder, cached = ctx.cache.get(key, make)
    told = folder / "loudness.json"
    loudness = LoudnessEntry.model_validate_json(told.read_bytes()) if told.is_file() else None
    return Sound(folder / FILE, loudness, key, cached)
