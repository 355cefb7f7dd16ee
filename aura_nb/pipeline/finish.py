"""Finish: segments, voices and captions become one film, verified before anyone can see it."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aura_nb
from aura_nb.errors import RenderError
from aura_nb.film import MANIFEST_TAG, Film, manifest_path
from aura_nb.media import audio, ffmpeg
from aura_nb.media.join import join
from aura_nb.media.probe import probe
from aura_nb.pipeline.cache import digest, file_digest
from aura_nb.pipeline.caption import Cue, place, read_silently, write_srt, write_vtt
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.manifest import (
    ChapterEntry,
    LoudnessEntry,
    Manifest,
    ProviderEntry,
    SceneEntry,
    portable,
    tool_versions,
)
from aura_nb.pipeline.narrate import Narration
from aura_nb.pipeline.timeline import Timeline
from aura_nb.pipeline.verify import insist, verify
from aura_nb.providers.base import ProviderInfo, Word
from aura_nb.script import Script

VERSION = 1
FILM = "film.mp4"

# Shares of the bar, as measured on a minute of 1080p.
_SOUND, _JOIN, _MUX, _VERIFY = 0.55, 0.05, 0.1, 0.3


@dataclass(frozen=True, slots=True)
class Finished:
    """The film at its place, and whether all of it was in the cache already."""

    film: Film
    cached: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """All that goes into a film; one entry a scene, but for the segments.

    `captions` are scene-local. A narration is None only in a film that was asked to be silent.
    `providers` and `keys` (cache keys by stage) are recorded in the manifest.
    """

    script: Script
    timeline: Timeline
    segments: Sequence[Path]
    narrations: Sequence[Narration | None]
    captions: Sequence[Sequence[Cue]]
    providers: Sequence[ProviderInfo] = ()
    keys: Mapping[str, Sequence[str]] | None = None

    def words(self, scene: int) -> tuple[Word, ...]:
        """The words of a scene on its voice's clock, as they are spoken or, in a silent film, read."""
        narration = self.narrations[scene]
        if narration is not None:
            return narration.words
        return read_silently(self.script.scenes[scene].text, self.timeline.spans[scene].spoken)


def finish(parts: Parts, output: Path, ctx: Context) -> Finished:
    """Join, mix, mux and verify the film of `parts`, then put it at `output` with its files beside it.

    The SRT, VTT and manifest lie beside it under the same name. Nothing appears at `output` unless it
    was verified, and what was there before stays until then. Raises `RenderError` (a voice is missing
    or silent, a segment is damaged, the disk is full), `VerificationFailed` or `JobCancelled`.
    """
    _insist_on_voices(parts)
    binary = ffmpeg.find()
    tools = tool_versions(binary.version)
    sounds = [file_digest(n.audio) if n else "" for n in parts.narrations]
    key = digest(
        "finish",
        VERSION,
        portable(parts.script),
        asdict(parts.timeline),
        [file_digest(segment) for segment in parts.segments],
        sounds,
        [[asdict(cue) for cue in scene] for scene in parts.captions],
        [[asdict(word) for word in parts.words(scene)] for scene in range(len(parts.narrations))],
        [asdict(provider) for provider in parts.providers],
        parts.keys or {},
        tools,
    )
    folder, cached = ctx.cache.get(key, lambda folder: _make(parts, sounds, tools, folder, ctx))
    try:
        film = _publish(folder, output)
    except OSError as error:
        raise RenderError(
            f"The film cannot be written to {output}: {error}.", remedy="Free space, or choose another path."
        ) from error
    ctx.progress(1.0)
    return Finished(film, cached)


def _insist_on_voices(parts: Parts) -> None:
    if parts.script.voice.silent:
        return
    mute = [str(number + 1) for number, narration in enumerate(parts.narrations) if narration is None]
    if mute:
        raise RenderError(
            f"Scene {', '.join(mute)} has no narration.",
            remedy="Make it again with a speaker that works, or ask for Voice(silent=True).",
        )


def _make(parts: Parts, sounds: Sequence[str], tools: dict[str, str], folder: Path, ctx: Context) -> None:
    """Fill `folder` with the film, its caption files and its manifest."""
    film = folder / FILM
    work = folder / "work"
    work.mkdir()
    sound, loudness = _sound(parts, sounds, tools["ffmpeg"], ctx, _part(ctx, 0.0, _SOUND))
    pictures = work / "pictures.mp4"
    join(parts.segments, pictures, parts.timeline.fps)
    ctx.progress(_SOUND + _JOIN)
    cues = place(parts.captions, parts.timeline) if parts.script.render.captions != "none" else ()
    if cues:
        write_srt(cues, film.with_suffix(".srt"))
        write_vtt(cues, film.with_suffix(".vtt"))
    manifest = _manifest(parts, len(cues), loudness, tools, pictures, sound, folder, ctx)
    tags = work / "tags.ffmeta"
    tags.write_text(ffmetadata(manifest), encoding="utf-8", newline="\n")
    _mux(manifest, pictures, sound, film.with_suffix(".srt") if cues else None, tags, film, ctx)
    insist(verify(film, manifest, cancel=ctx.cancel, progress=_part(ctx, 1 - _VERIFY, _VERIFY)))
    whole = manifest.model_copy(update={"files": {**manifest.files, "mp4": file_digest(film)}})
    manifest_path(film).write_text(whole.to_json(indent=1) + "\n", encoding="utf-8", newline="\n")
    shutil.rmtree(work)


def _part(ctx: Context, start: float, share: float) -> Callable[[float], None]:
    return lambda fraction: ctx.progress(start + share * fraction)


def _sound(
    parts: Parts, sounds: Sequence[str], tool: str, ctx: Context, progress: Callable[[float], None]
) -> tuple[Path, LoudnessEntry | None]:
    """The film's AAC track and its loudness, from the cache when the voices and their places are known."""
    voices = [
        audio.Voice(narration.audio, span.voice)
        for narration, span in zip(parts.narrations, parts.timeline.spans, strict=True)
        if narration is not None
    ]
    seconds = parts.timeline.seconds

    def make(folder: Path) -> None:
        track = folder / "mix.f32"
        audio.mix(voices, seconds, track, cancel=ctx.cancel, progress=lambda done: progress(0.05 * done))
        found = audio.encode(
            track,
            seconds,
            folder / "sound.m4a",
            silent=not voices,
            cancel=ctx.cancel,
            progress=lambda done: progress(0.05 + 0.95 * done),
        )
        track.unlink()
        if found is not None:
            told = LoudnessEntry(**asdict(found)).model_dump_json()
            (folder / "loudness.json").write_text(told, encoding="utf-8")

    key = digest("sound", audio.VERSION, tool, sounds, [voice.start for voice in voices], seconds)
    folder, _ = ctx.cache.get(key, make)
    progress(1.0)
    told = folder / "loudness.json"
    loudness = LoudnessEntry.model_validate_json(told.read_bytes()) if told.is_file() else None
    return folder / "sound.m4a", loudness


def _manifest(
    parts: Parts,
    captions: int,
    loudness: LoudnessEntry | None,
    tools: dict[str, str],
    pictures: Path,
    sound: Path,
    folder: Path,
    ctx: Context,
) -> Manifest:
    script, timeline = parts.script, parts.timeline
    starts = [span.start / timeline.fps for span in timeline.spans]
    titles = [scene.heading.strip() or str(number + 1) for number, scene in enumerate(script.scenes)]
    scenes = [
        SceneEntry(
            start=span.start / timeline.fps,
            end=(span.start + span.frames) / timeline.fps,
            words=tuple(
                (w.text, round(span.voice + w.start, 4), round(span.voice + w.end, 4)) for w in parts.words(number)
            ),
        )
        for number, span in enumerate(timeline.spans)
    ]
    video, heard = probe(pictures, check=ctx.cancel.check).video, probe(sound, check=ctx.cancel.check).audio
    return Manifest(
        aura_nb=aura_nb.__version__,
        title=script.brief.topic,
        language=script.brief.language,
        seconds=timeline.seconds,
        frames=timeline.frames,
        fps=timeline.fps,
        size=script.render.size(script.brief.aspect),
        captions=captions,
        chapters=tuple(
            ChapterEntry(title=title, start=start, end=end)
            for title, start, end in zip(titles, starts, [*starts[1:], timeline.seconds], strict=True)
        ),
        scenes=tuple(scenes),
        loudness=loudness,
        script=portable(script),
        providers=tuple(
            ProviderEntry(socket=p.socket, name=p.name, version=p.version, licence=p.licence)
            for p in parts.providers
        ),
        tools=tools,
        keys={stage: tuple(keys) for stage, keys in (parts.keys or {}).items()},
        streams={name: track.digest for name, track in (("video", video), ("audio", heard)) if track},
        files={
            path.suffix[1:]: file_digest(path) for path in (folder / "film.srt", folder / "film.vtt") if captions
        },
    )


def ffmetadata(manifest: Manifest) -> str:
    """Tags and chapters in ffmpeg's own format (https://ffmpeg.org/ffmpeg-formats.html#Metadata-2)."""
    tags = {
        "title": manifest.title,
        "comment": f"Made with aura_nb {manifest.aura_nb}",
        MANIFEST_TAG: manifest.to_json(),
    }
    lines = [";FFMETADATA1", *(f"{name}={_escape(value)}" for name, value in tags.items())]
    for chapter in manifest.chapters:
        start, end = round(chapter.start * 1000), round(chapter.end * 1000)
        lines += [
            "[CHAPTER]",
            "TIMEBASE=1/1000",
            f"START={start}",
            f"END={end}",
            f"title={_escape(chapter.title)}",
        ]
    return "\n".join(lines) + "\n"


def _escape(value: str) -> str:
    return "".join(f"\\{c}" if c in "=;#\\\n" else c for c in value if c not in "\r\0")


def _mux(
    manifest: Manifest, pictures: Path, sound: Path, subtitles: Path | None, tags: Path, film: Path, ctx: Context
) -> None:
    """Put the streams, unchanged, into one MP4 with tags and chapters."""
    import ffmpeg as graph

    streams: list[Any] = [ffmpeg.source(pictures).video, ffmpeg.source(sound).audio]
    language = _alpha3(manifest.language)
    options: dict[str, Any] = {"vcodec": "copy", "acodec": "copy", "metadata:s:a:0": f"language={language}"}
    if subtitles is not None:
        streams.append(ffmpeg.source(subtitles, format="srt")["s"])
        options |= {"scodec": "mov_text", "metadata:s:s:0": f"language={language}"}
    output = graph.output(
        *streams,
        ffmpeg.target(film),
        **options,
        # ffmpeg-python knows inputs by their streams only: the tags, which have none, come after all others.
        map_metadata=len(streams),
        map_chapters=len(streams),
        movflags="+faststart",
        fflags="+bitexact",
        **{"flags:v": "+bitexact", "flags:a": "+bitexact"},
    ).global_args("-f", "ffmetadata", "-i", f"file:{tags}")
    start = _SOUND + _JOIN
    ffmpeg.run(output, cancel=ctx.cancel, progress=_part(ctx, start, _MUX), seconds=manifest.seconds)


def _alpha3(language: str) -> str:
    """The ISO 639-2 code that MP4 wants for a BCP 47 tag; 'und' when there is none."""
    import langcodes

    try:
        return langcodes.Language.get(language).to_alpha3()
    except LookupError:
        return "und"


def _publish(folder: Path, output: Path) -> Film:
    """Copy the film of `folder` beside `output` under temporary names, then rename all at once."""
    output.parent.mkdir(parents=True, exist_ok=True)
    aside: list[tuple[Path, Path]] = []
    try:
        # The film last: when it is there, so are the files beside it.
        for made in sorted(folder.glob("film.*"), key=lambda path: path.suffix == ".mp4"):
            place_ = output.with_suffix(made.name.removeprefix("film"))
            temporary = output.with_name(f".{output.stem}-{uuid.uuid4().hex}.part")
            aside.append((temporary, place_))
            shutil.copyfile(made, temporary)
        for temporary, place_ in aside:
            temporary.replace(place_)
    finally:
        for temporary, _ in aside:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    return Film.load(output)
