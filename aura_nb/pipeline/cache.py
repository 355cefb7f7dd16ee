"""Content-addressed store: an artifact is a folder under the hash of all that made it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

LEFT_SECONDS = 86_400.0
SEAL = "seal.json"
"""The file in an artifact's folder that holds the digests of all its others."""


def digest(*parts: Any) -> str:
    """SHA-256 (hex) of `parts` as canonical JSON: pydantic models, plain data, paths as text."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form to hash")


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Cache:
    """Artifacts under `root`. A folder is there whole or not at all: it is made aside and renamed.

    Two processes making the same key both succeed; the first to finish is kept. What a power cut or a
    failing disk damaged afterwards is made anew: each artifact is held against its seal when this object
    first finds it (hashing reads 1.8 GB a second).
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._whole: set[str] = set()

    def folder(self, key: str) -> Path:
        """Where the artifact of `key` is, or would be."""
        return self.root / key[:2] / key

    @property
    def _aside(self) -> Path:
        return self.root / "tmp"

    def sweep(self, now: float | None = None) -> None:
        """Remove what killed processes left half made: work folders untouched for a day."""
        oldest = (time.time() if now is None else now) - LEFT_SECONDS
        for folder in self._aside.glob("*"):
            with contextlib.suppress(OSError):
                if folder.stat().st_mtime < oldest:
                    shutil.rmtree(folder)

    def __contains__(self, key: str) -> bool:
        return self.find(key) is not None

    def find(self, key: str) -> Path | None:
        """The folder of `key`; None when there is none, or what was there was damaged and is dropped now."""
        folder = self.folder(key)
        if not folder.is_dir():
            return None
        if key not in self._whole:
            if not _is_whole(folder):
                self.drop(key)
                return None
            self._whole.add(key)
        return folder

    def drop(self, key: str) -> None:
        """Forget the artifact of `key`, if there is one: the next `get` makes it."""
        self._whole.discard(key)
        # Renamed first, so that nobody finds half of it.
        aside = self._room()
        with contextlib.suppress(FileNotFoundError):
            self.folder(key).rename(aside / key)
        shutil.rmtree(aside, ignore_errors=True)

    def get(self, key: str, make: Callable[[Path], None]) -> tuple[Path, bool]:
        """The folder of `key` and whether it was there already; else `make(folder)` fills it.

        When `make` raises, nothing stays behind.
        """
        found = self.find(key)
        if found is not None:
            return found, True
        folder, work = self.folder(key), self._room()
        try:
            make(work)
            _seal(work)
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                work.rename(folder)
            except OSError:
                if not folder.is_dir():
                    raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
        self._whole.add(key)
        return folder, False

    def _room(self) -> Path:
        """A new empty folder beside the artifacts, on the same disk."""
        room = self._aside / f"{os.getpid()}-{uuid.uuid4().hex}"
        room.mkdir(parents=True)
        return room


def _seal(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = {path.relative_to(folder).as_posix(): file_digest(path) for path in files}
    (folder / SEAL).write_text(json.dumps(digests), encoding="utf-8")


def _is_whole(folder: Path) -> bool:
    try:
        digests = json.loads((folder / SEAL).read_bytes())
        return all(file_digest(folder / name) == digest for name, digest in digests.items())
    except (OSError, ValueError, AttributeError):
        return False
