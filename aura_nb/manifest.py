"""The manifest: what a film was made of, by whom, and how it measures. Inside the MP4 and beside it.

It holds no time, path or host of the machine that made it: the same film has the same manifest.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from aura_nb.errors import NotAFilm

MANIFEST_TAG = "synopsis"
"""The MP4 tag that carries the manifest: the one meant for long text that no player shows by itself."""


class Entry(BaseModel):
    """Base of the manifest's parts: frozen; what a later version says besides is passed over."""

    model_config = ConfigDict(frozen=True)


class ProviderEntry(Entry):
    """A provider that took part."""

    socket: str
    name: str
    version: str
    licence: str


class FallEntry(Entry):
    """A provider that failed in a stage and the one that stood in. `why` is the failure's kind."""

    stage: str
    failed: str
    instead: str
    why: str


class CreditEntry(Entry):
    """Whose work the film shows: what, by whom, where it was found, its page there, and its licence."""

    work: str
    author: str
    source: str
    url: str
    licence: str


class EncoderEntry(Entry):
    """What encoded the pictures: "h264", "h265" or "av1", by which encoder, and which build of it.

    Films of aura_nb 0.1 say nothing of it: all were of x264.
    """

    codec: str = "h264"
    name: str = "libx264"
    version: str = ""


class SceneEntry(Entry):
    """One scene on the film's clock, in seconds: when it shows, and each word with its start and end.

    `aligned` says that the speaker gave the words' times and none is an estimate.
    """

    start: float
    end: float
    aligned: bool = False
    words: tuple[tuple[str, float, float], ...]


class ChapterEntry(Entry):
    """A chapter, [start, end) in seconds."""

    title: str
    start: float
    end: float


class LoudnessEntry(Entry):
    """What was measured of the encoded sound: LUFS, LU and dBTP."""

    integrated: float
    range: float
    peak: float


class Manifest(Entry):
    """All there is to know of a film. `loudness` is None for a silent one.

    `keys` name what went into each item of a stage, in order, and `outcomes` are SHA-256 digests of what
    came of it. `streams` are those of the packets, which survive a copy into another file; `files` of the
    files themselves, which only the copy beside the film can know.
    """

    format: int = 1
    aura_nb: str
    title: str
    language: str
    seconds: float
    frames: int
    fps: int
    size: tuple[int, int]
    captions: int
    chapters: tuple[ChapterEntry, ...]
    scenes: tuple[SceneEntry, ...]
    loudness: LoudnessEntry | None
    script: dict[str, Any]
    providers: tuple[ProviderEntry, ...]
    falls: tuple[FallEntry, ...] = ()
    credits: tuple[CreditEntry, ...] = ()
    encoder: EncoderEntry = EncoderEntry()
    tools: dict[str, str]
    keys: dict[str, tuple[str, ...]]
    outcomes: dict[str, tuple[str, ...]] = {}
    streams: dict[str, str]
    files: dict[str, str] = {}

    def to_json(self, *, indent: int | None = None) -> str:
        """Canonical JSON: keys sorted, UTF-8 as it is, one line unless `indent` is given."""
        return json.dumps(
            self.model_dump(mode="json"),
            sort_keys=True,
            ensure_ascii=False,
            indent=indent,
            separators=None if indent else (",", ":"),
        )

    @classmethod
    def of(cls, film: Path) -> Manifest:
        """The manifest beside `film`, else the one inside it. Raises `NotAFilm` when there is none."""
        beside = manifest_path(film)
        text: str | bytes
        if beside.is_file():
            text, where = beside.read_bytes(), beside.name
        else:
            text, where = _embedded(film), film.name
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            raise NotAFilm(
                f"There is no manifest of aura_nb in {where}.",
                remedy="Only films made by aura_nb can be loaded or verified.",
            ) from None


def companion(film: Path, kind: str) -> Path:
    """The file of `film` that ends in `kind` ("srt", "vtt", "manifest.json"): beside it, under its name.

    "mp4" is the film itself, however its own ending is written.
    """
    return film if kind == "mp4" else film.with_suffix(f".{kind}")


def manifest_path(film: Path) -> Path:
    """Where the manifest of `film` lies: beside it."""
    return companion(film, "manifest.json")


def _embedded(film: Path) -> str:
    import av

    try:
        # Without the scheme "Talk: one.mp4" would be asked of a protocol named "Talk".
        with av.open(f"file:{film}") as container:
            return container.metadata.get(MANIFEST_TAG, "")
    except (av.FFmpegError, OSError) as error:
        raise NotAFilm(
            f"{film.name} is no video that can be read.", remedy="Give an MP4 made by aura_nb."
        ) from error
