"""The manifest: what a film was made of, by whom, and how it measures. Inside the MP4 and beside it.

It holds no time, path or host of the machine that made it: the same film has the same manifest.
"""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from aura_nb.errors import RenderError
from aura_nb.film import MANIFEST_TAG, manifest_path
from aura_nb.script import FigureCard, Script

PACKAGES = ("av", "ffmpeg-python", "numpy", "opencv-python-headless", "pysubs2", "typst")


class Entry(BaseModel):
    """Base of the manifest's parts: frozen, and nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProviderEntry(Entry):
    """A provider that took part."""

    socket: str
    name: str
    version: str
    licence: str


class SceneEntry(Entry):
    """One scene on the film's clock, in seconds: when it shows, and each word with its start and end."""

    start: float
    end: float
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

    `streams` are SHA-256 digests of the packets, which survive a copy into another file; `files` of
    the files themselves, which only the copy beside the film can know.
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
    tools: dict[str, str]
    keys: dict[str, tuple[str, ...]]
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
        """The manifest beside `film`, else the one inside it. Raises `RenderError` when there is none."""
        beside = manifest_path(film)
        if beside.is_file():
            text, where = beside.read_text(encoding="utf-8"), beside.name
        else:
            from aura_nb.media.probe import probe

            text, where = probe(film).metadata.get(MANIFEST_TAG, ""), film.name
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            raise RenderError(
                f"There is no manifest of aura_nb in {where}.",
                remedy="Only films made by aura_nb can be verified.",
            ) from None


def portable(script: Script) -> dict[str, Any]:
    """`script` as plain data, files by their name only: where they lay is this machine's business."""
    plain = script.model_dump(mode="json")
    plain["render"]["theme"] = Path(script.render.theme).name
    for scene, entry in zip(script.scenes, plain["scenes"], strict=True):
        if isinstance(scene.picture, FigureCard):
            entry["picture"]["image"] = scene.picture.image.name
    return plain


def tool_versions(ffmpeg: str) -> dict[str, str]:
    """Versions of all that leaves its mark on a film's bytes."""
    versions: dict[str, str] = {"ffmpeg": ffmpeg}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "unknown"
    return versions
