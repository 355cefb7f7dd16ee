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

    Two processes making the same key both succeed; the first to finish is kept.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

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
        return self.folder(key).is_dir()

    def get(self, key: str, make: Callable[[Path], None]) -> tuple[Path, bool]:
        """The folder of `key` and whether it was there already; else `make(folder)` fills it.

        When `make` raises, nothing stays behind.
        """
        folder = self.folder(key)
        if folder.is_dir():
            return folder, True
        work = self._aside / f"{os.getpid()}-{uuid.uuid4().hex}"
        work.mkdir(parents=True)
        try:
            make(work)
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                work.rename(folder)
            except OSError:
                if not folder.is_dir():
                    raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return folder, False
