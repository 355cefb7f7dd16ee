"""Finish: segments, voices and captions become one film, verified before anyone can see it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import aura_nb
from aura_nb.errors import RenderError, VerificationFailed, refused
from aura_nb.film import Film
from aura_nb.manifest import (
    MANIFEST_TAG,
    ChapterEntry,
    CreditEntry,
    EncoderEntry,
    FallEntry,
    Manifest,
    ProviderEntry,
    SceneEntry,
    manifest_path,
)
from aura_nb.media import ffmpeg
from aura_nb.media.join import join
from aura_nb.media.mux import ffmetadata, mux
from aura_nb.media.probe import probe
from aura_nb.media.progress import part
from aura_nb.pipeline.cache import digest, file_digest
from aura_nb.pipeline.caption import Cue, place, read_silently
from aura_nb.pipeline.context import Context, Fall, Stage
from aura_nb.pipeline.credits import TITLE
from aura_nb.pipeline.manifest import portable, tool_versions
from aura_nb.pipeline.narrate import Narration
from aura_nb.pipeline.publish import publish
from aura_nb.pipeline.sound import Sound, make_sound
from aura_nb.pipeline.subtitles import write_srt, write_vtt
from aura_nb.pipeline.timeline import Timeline
from aura_nb.pipeline.verify import insist, verify
from aura_nb.providers.base import Credit, ProviderInfo, Word
from aura_nb.script import Script

VERSION = 3
FILM = "film.mp4"

# Shares of the bar, as measured on a minute of 1080p: of the sound, and of what comes after it.
_SOUND = 0.75
_JOIN, _MUX, _VERIFY = 0.12, 0.16, 0.72


@dataclass(frozen=True, slots=True)
class Finished:
    """The film at its place, and whether all of it was in the cache already."""

    film: Film
    cached: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """All that goes into a film; one entry a scene, but for the segments, which show the end cards too.

    `pictures` are their files, `captions` are scene-local. A narration is None only in a film that was
    asked to be silent.
    `providers`, `falls` (by stage), `credits`, `keys` (cache keys by stage) and the `encoder` of all segments
    are recorded in the manifest.
    """

    script: Script
    timeline: Timeline
    segments: Sequence[Path]
    narrations: Sequence[Narration | None]
    captions: Sequence[Sequence[Cue]]
    pictures: Sequence[Path] = ()
    providers: Sequence[ProviderInfo] = ()
    falls: Sequence[tuple[Stage, Fall]] = ()
    credits: Sequence[Credit] = ()
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    encoder: EncoderEntry = field(default_factory=EncoderEntry)

    def words(self, scene: int) -> tuple[Word, ...]:
        """The words of a scene on its voice's clock, as they are spoken or, in a silent film, read."""
        narration = self.narrations[scene]
        if narration is not None:
            return narration.words
        return read_silently(self.script.scenes[scene].text, self.timeline.spans[scene].spoken)

    def outcomes(self) -> dict[str, list[str]]:
        """What came of each stage, an SHA-256 digest an item: what tells a remade film where it differs."""
        return {
            "narrate": [
                digest(file_digest(spoken.audio), [asdict(word) for word in spoken.words])
                for spoken in self.narrations
                if spoken is not None
            ],
            "picture": [file_digest(picture) for picture in self.pictures],
            "caption": [digest([asdict(cue) for cue in scene]) for scene in self.captions],
            "compose": [file_digest(segment) for segment in self.segments],
        }


def finish(parts: Parts, output: Path, ctx: Context) -> Finished:
    """Join, mix, mux and verify the film of `parts`, then put it at `output` with its files beside it.

    The SRT, VTT and manifest lie beside it under the same name. Nothing appears at `output` unless it
    was verified, and what was there before stays until then. Raises `RenderError` (a voice is missing
    or silent, a segment is damaged, the disk is full), `VerificationFailed` or `JobCancelled`.
    """
    silent = parts.script.voice.silent
    tools = tool_versions(ffmpeg.find().version)
    sound = make_sound(
        parts.narrations, parts.timeline, silent=silent, ctx=replace(ctx, progress=part(ctx.progress, 0.0, _SOUND))
    )
    begun = 0.0 if sound.cached else _SOUND
    rest = replace(ctx, progress=part(ctx.progress, begun, 1.0 - begun))
    key = digest(
        "finish",
        VERSION,
        portable(parts.script),
        asdict(parts.timeline),
        [file_digest(segment) for segment in parts.segments],
        sound.key,
        [[asdict(cue) for cue in scene] for scene in parts.captions],
        [[asdict(word) for word in parts.words(scene)] for scene in range(len(parts.narrations))],
        [(p.socket, p.name, p.version, p.licence) for p in parts.providers],
        [(stage, asdict(fall)) for stage, fall in parts.falls],
        [asdict(credit) for credit in parts.credits],
        parts.keys,
        parts.encoder,
        tools,
    )
    try:
        folder, cached = ctx.cache.get(key, lambda folder: _make(parts, sound, tools, folder, rest))
    except VerificationFailed:
        # Making it again must be able to end otherwise.
        ctx.cache.drop(sound.key)
        raise
    try:
        film = publish(folder, output, ctx.cancel)
    except OSError as error:
        what, remedy = refused(error)
        raise RenderError(f"The film cannot be written to {output}: {what}.", remedy=remedy) from error
    ctx.progress(1.0)
    return Finished(film, cached)


def _make(parts: Parts, sound: Sound, tools: dict[str, str], folder: Path, ctx: Context) -> None:
    """Fill `folder` with the film, its caption files and its manifest."""
    film, work = folder / FILM, folder / "work"
    work.mkdir()
    pictures = work / "pictures.mp4"
    join(parts.segments, pictures, parts.timeline.fps)
    ctx.progress(_JOIN)
    cues = place(parts.captions, parts.timeline) if parts.script.render.captions != "none" else ()
    srt, vtt = film.with_suffix(".srt"), film.with_suffix(".vtt")
    if cues:
        write_srt(cues, srt)
        write_vtt(cues, vtt)
    streams = {
        "video": probe(pictures, check=ctx.cancel.check).video,
        "audio": probe(sound.path, check=ctx.cancel.check).audio,
    }
    manifest = _manifest(
        parts,
        captions=len(cues),
        loudness=sound.loudness,
        tools=tools,
        streams={name: track.digest for name, track in streams.items() if track is not None},
        files={path.suffix[1:]: file_digest(path) for path in (srt, vtt) if cues},
    )
    tags = work / "tags.ffmeta"
    tags.write_text(_tags(manifest), encoding="utf-8", newline="\n")
    mux(
        film,
        video=pictures,
        audio=sound.path,
        # Players show a track unasked: above burnt-in captions it would say everything twice.
        subtitles=srt if cues and parts.script.render.captions == "soft" else None,
        tags=tags,
        language=manifest.language,
        seconds=manifest.seconds,
        cancel=ctx.cancel,
        progress=part(ctx.progress, _JOIN, _MUX),
    )
    last = part(ctx.progress, 1 - _VERIFY, _VERIFY)
    insist(verify(film, manifest, cancel=ctx.cancel, progress=last, share=ctx.share))
    whole = manifest.model_copy(update={"files": {**manifest.files, "mp4": file_digest(film)}})
    manifest_path(film).write_text(whole.to_json(indent=1) + "\n", encoding="utf-8", newline="\n")
    shutil.rmtree(work)


def _manifest(parts: Parts, **measured: Any) -> Manifest:
    """The manifest of a film of `parts`, with what was `measured` of it."""
    script, timeline = parts.script, parts.timeline
    # However many cards end the film, they are one chapter.
    starts = [span.start / timeline.fps for span in (*timeline.spans, *timeline.cards[:1])]
    titles = [_one_line(scene.heading) or str(number + 1) for number, scene in enumerate(script.scenes)]
    titles += [TITLE for _ in timeline.cards[:1]]
    scenes = [
        SceneEntry(
            start=span.start / timeline.fps,
            end=(span.start + span.frames) / timeline.fps,
            aligned=narration is not None and narration.aligned,
            words=tuple(
                (w.text, round(span.voice + w.start, 4), round(span.voice + w.end, 4)) for w in parts.words(number)
            ),
        )
        for number, (span, narration) in enumerate(zip(timeline.spans, parts.narrations, strict=True))
    ]
    return Manifest(
        aura_nb=aura_nb.__version__,
        title=script.brief.topic,
        language=script.brief.language,
        seconds=timeline.seconds,
        frames=timeline.frames,
        fps=timeline.fps,
        size=script.render.size(script.brief.aspect),
        chapters=tuple(
            ChapterEntry(title=title, start=start, end=end)
            for title, start, end in zip(titles, starts, [*starts[1:], timeline.seconds], strict=True)
        ),
        scenes=tuple(scenes),
        script=portable(script),
        providers=tuple(
            ProviderEntry(socket=p.socket, name=p.name, version=p.version, licence=p.licence)
            for p in parts.providers
        ),
        falls=tuple(FallEntry(stage=stage, **asdict(fall)) for stage, fall in parts.falls),
        credits=tuple(CreditEntry(**asdict(credit)) for credit in parts.credits),
        keys={stage: tuple(keys) for stage, keys in parts.keys.items()},
        encoder=parts.encoder,
        outcomes={stage: tuple(digests) for stage, digests in parts.outcomes().items()},
        **measured,
    )


def _one_line(text: str) -> str:
    """`text` as a chapter's title can hold it: in one line, and without what ends a string in C."""
    return " ".join(text.replace("\0", " ").split())


def _tags(manifest: Manifest) -> str:
    tags = {
        "title": manifest.title,
        "comment": f"Made with aura_nb {manifest.aura_nb}",
        MANIFEST_TAG: manifest.to_json(),
    }
    return ffmetadata(tags, [(chapter.title, chapter.start, chapter.end) for chapter in manifest.chapters])
