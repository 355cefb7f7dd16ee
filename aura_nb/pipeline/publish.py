"""Publish: a film and the files beside it take their place together, and never that of someone else's file."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from filelock import FileLock

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError
from aura_nb.film import Film
from aura_nb.manifest import Manifest, companion, manifest_path

CAPTIONS = ("srt", "vtt")
# The manifest first, for it says that the others are ours; the film last: where it is, all of it is.
ORDER = ("manifest.json", *CAPTIONS, "mp4")
LOCK_SECONDS = 60.0
"""How long a film waits for another that is taking the same place."""


def publish(folder: Path, output: Path, cancel: Cancel) -> Film:
    """Copy the film of `folder` beside `output` under temporary names, then rename all at once.

    Of two films for one `output` the later replaces the earlier whole, captions it does not have
    included. Raises `RenderError` when a file that is not ours is in the way, `OSError`, `JobCancelled`.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in ORDER if (folder / f"film.{kind}").exists()]
    with _alone(output):
        if in_the_way := foreign(output, kinds):
            raise RenderError(
                f"{in_the_way[0]} is there, and aura_nb did not make it.",
                remedy="Move that file away, or choose another output; what was made is in the cache.",
            )
        with _beside(output) as aside:
            for kind in kinds:
                cancel.check()
                shutil.copyfile(folder / f"film.{kind}", aside(kind))
            cancel.check()
            for kind in set(CAPTIONS) & _ours(output) - set(kinds):
                companion(output, kind).unlink(missing_ok=True)
            for kind in kinds:
                aside(kind).replace(companion(output, kind))
        return Film.load(output)


@contextlib.contextmanager
def _beside(output: Path) -> Iterator[Callable[[str], Path]]:
    """Temporary names for the files of `output`, by their kinds, for whoever holds its place alone.

    What is left under them afterwards goes, and so does what a killed process left before.
    """

    def named(kind: str) -> Path:
        return output.with_name(f".{output.name}.{kind}.part")

    try:
        yield named
    finally:
        for kind in ORDER:
            with contextlib.suppress(OSError):
                named(kind).unlink(missing_ok=True)


def foreign(output: Path, kinds: Collection[str] = ORDER) -> list[Path]:
    """The files that a film at `output`, with those of `kinds` beside it, would replace and that are not ours."""
    ours = _ours(output)
    return [path for kind in kinds if kind not in ours and (path := companion(output, kind)).exists()]


def _ours(film: Path) -> set[str]:
    """The kinds of files at `film` that the manifest beside it names, itself included."""
    try:
        manifest = Manifest.model_validate_json(manifest_path(film).read_bytes())
    except (OSError, ValueError):
        return set()
    return {"manifest.json", *manifest.files}


@contextlib.contextmanager
def _alone(output: Path) -> Iterator[None]:
    """Hold the place of a film against every thread and process, whatever their cache; else `OSError`.

    The lock lies beside the film, where all find it, and goes while it is still held: whoever has it
    open finds it unlinked once the lock is theirs, and begins anew (`filelock` looks).
    """
    lock = FileLock(output.with_name(f".{output.name}.lock"), timeout=LOCK_SECONDS)
    with lock:
        try:
            yield
        finally:
            # Windows does not let go of an open file; there `filelock` removes it after the release.
            with contextlib.suppress(OSError):
                Path(lock.lock_file).unlink()
