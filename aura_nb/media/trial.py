"""One encoder's work on a few seconds of raw frames, measured: time, size, and what was lost."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError
from aura_nb.media import ffmpeg
from aura_nb.media.child import module, running
from aura_nb.media.colour import Yuv
from aura_nb.media.encode import EncoderFailed
from aura_nb.media.progress import Progress, part

# Of every third frame: neighbours are so alike that the mean of all is the same to a tenth.
_VMAF_EVERY = 3


@dataclass(frozen=True, slots=True)
class Raw:
    """Frames as they were made, in a file of yuv420p: nothing is lost yet."""

    path: Path
    size: tuple[int, int]
    fps: int
    frames: int

    @classmethod
    def write(cls, path: Path, frames: Iterable[Yuv], size: tuple[int, int], fps: int) -> Raw:
        """Keep `frames` at `path`, 1.5 bytes a pixel."""
        count = 0
        with path.open("wb") as file:
            for planes in frames:
                for plane in planes:
                    file.write(np.ascontiguousarray(plane).data)
                count += 1
        return cls(path, size, fps, count)

    @property
    def seconds(self) -> float:
        """How long they are shown."""
        return self.frames / self.fps


@dataclass(frozen=True, slots=True)
class Measured:
    """What encoding cost, in seconds and bytes, and how like the frames are to what they were.

    `ssim` is the mean structural similarity of all planes, 0–1; `vmaf` Netflix's score, 0–100, None where
    the ffmpeg has no libvmaf.
    """

    seconds: float
    cpu_seconds: float
    bytes: int
    ssim: float
    vmaf: float | None


def measure(
    raw: Raw,
    folder: Path,
    *,
    encoder: str,
    crf: int,
    max_kbps: int | None = None,
    binary: ffmpeg.Binary | None = None,
    cancel: Cancel,
    progress: Progress = lambda fraction: None,
) -> Measured:
    """Encode `raw` into `folder`, hold it against what it was. Raises EncoderFailed, RenderError, JobCancelled."""
    out = folder / f"{encoder}.mp4"
    request = {
        "frames": str(raw.path),
        "out": str(out),
        "size": raw.size,
        "fps": raw.fps,
        "crf": crf,
        "encoder": encoder,
        "max_kbps": max_kbps,
        "ffmpeg": binary and binary.plain(),
    }
    cost = _encode(request, raw.frames, cancel, part(progress, 0.0, 0.5))
    ssim, vmaf = _likeness(out, raw, cancel, part(progress, 0.5, 0.5))
    size = out.stat().st_size
    out.unlink()
    return Measured(cost["seconds"], cost["cpu_seconds"], size, ssim, vmaf)


def _encode(request: dict[str, Any], frames: int, cancel: Cancel, progress: Progress) -> dict[str, float]:
    with running(module("trial_child"), request) as child, cancel.stopping(child.kill):
        while (answer := child.answer()) is not None:
            if "done" in answer:
                progress(answer["done"] / frames)
            elif "failure" in answer:
                raise EncoderFailed(answer["failure"])
            else:
                return dict(answer)
        cancel.check()
        raise EncoderFailed(f"It crashed with {child.last_words()}.")


def _likeness(encoded: Path, raw: Raw, cancel: Cancel, progress: Progress) -> tuple[float, float | None]:
    try:
        said = ffmpeg.run(
            _compared(encoded, raw, vmaf=True), cancel=cancel, progress=progress, seconds=raw.seconds
        )
    except RenderError:
        # A build without libvmaf, most likely; what else there may be, SSIM meets, too.
        said = ffmpeg.run(
            _compared(encoded, raw, vmaf=False), cancel=cancel, progress=progress, seconds=raw.seconds
        )
    ssim, vmaf = re.search(r"SSIM .*All:([\d.]+)", said), re.search(r"VMAF score: ([\d.]+)", said)
    if ssim is None:
        raise RenderError(f"ffmpeg did not measure {encoded.name}.")
    return float(ssim[1]), float(vmaf[1]) if vmaf else None


def _compared(encoded: Path, raw: Raw, *, vmaf: bool) -> Any:
    """The graph that measures: https://ffmpeg.org/ffmpeg-filters.html#ssim and #libvmaf-1."""
    import ffmpeg as graph

    lossy = ffmpeg.source(encoded).video
    true = ffmpeg.source(
        raw.path, format="rawvideo", pixel_format="yuv420p", video_size=raw.size, framerate=raw.fps
    ).video
    if vmaf:
        lossy, true = lossy.split(), true.split()
        scored = graph.filter([lossy[1], true[1]], "libvmaf", n_threads=2, n_subsample=_VMAF_EVERY)
        likened = graph.filter([lossy[0], true[0]], "ssim")
        return graph.merge_outputs(
            graph.output(likened, "-", format="null"), graph.output(scored, "-", format="null")
        )
    return graph.output(graph.filter([lossy, true], "ssim"), "-", format="null")
