"""What the manifest of a film that is being made says of its script and of the tools."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from aura_nb.script import FigureCard, Script

PACKAGES = ("av", "ffmpeg-python", "numpy", "opencv-python-headless", "pysubs2", "typst")


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
