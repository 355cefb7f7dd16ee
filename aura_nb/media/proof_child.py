"""A process of its own that encodes a few frames with each encoder it is asked for: drivers may hang or crash.

`python -m aura_nb.media.proof_child '{"encoders": [...], "ffmpeg": {...} or null, "seconds": 20}'` writes a
line of JSON an encoder: `encoder`, `by` ("av", "ffmpeg", or "" where it does not work), `why` not, `version`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, JobCancelled
from aura_nb.media.colour import Yuv
from aura_nb.media.encode import EncoderFailed, encode, signature
from aura_nb.media.ffmpeg import Binary

# Every driver takes frames of this size; some refuse smaller ones.
SIZE, FRAMES, FPS, CRF = (640, 360), 10, 30, 20
ALIKE = 6.0
"""Levels of luma that a frame may be from what was encoded, on the average."""

_VERSION = re.compile(r"SVT-AV1 Encoder Lib (v[\d.]+\S*)|\[libaom-av1 @ [^\]]*\] (\d\S*)")


def frames() -> Iterator[Yuv]:
    """A gradient that moves."""
    across = np.linspace(16, 235, SIZE[0])
    down = np.linspace(-40, 40, SIZE[1])[:, np.newaxis]
    half = np.full((SIZE[1] // 2, SIZE[0] // 2), 110, np.uint8)
    for number in range(FRAMES):
        yield np.clip(np.roll(across, 8 * number) + down, 16, 235).astype(np.uint8), half, half


def try_out(encoder: str, binary: Binary | None, out: Path, seconds: float) -> None:
    """Encode, decode, compare. Raises AuraError, `OSError` or av's errors."""
    cancel = Cancel()
    late = threading.Timer(seconds, cancel.set)
    late.daemon = True
    late.start()
    try:
        encode(out, frames(), size=SIZE, fps=FPS, crf=CRF, encoder=encoder, binary=binary, cancel=cancel)
    except JobCancelled:
        raise EncoderFailed(f"no answer within {seconds:g} s") from None
    finally:
        late.cancel()
    with av.open(str(out)) as container:
        seen = [frame.to_ndarray()[: SIZE[1]].astype(float) for frame in container.decode(video=0)]
    if len(seen) != FRAMES:
        raise EncoderFailed(f"{len(seen)} frames came of {FRAMES}")
    if max(np.abs(found - luma).mean() for found, (luma, _, _) in zip(seen, frames(), strict=True)) > ALIKE:
        raise EncoderFailed("what it encoded is not what it was given")


def main(request: dict[str, Any]) -> None:
    """Answer `request`, a line an encoder, as soon as it is known."""
    binary = Binary.of(request["ffmpeg"])
    av.logging.set_level(av.logging.INFO)
    av.logging.restore_default_callback()
    # What libraries and drivers say goes past Python: it is heard where they say it.
    with tempfile.TemporaryFile() as heard, tempfile.TemporaryDirectory() as folder:
        os.dup2(heard.fileno(), 2)
        for encoder in request["encoders"]:
            answer = {"encoder": encoder, "by": "", "why": "not in this build of PyAV or of ffmpeg", "version": ""}
            routes = ["av"] * (encoder in av.codecs_available) + ["ffmpeg"] * (binary is not None)
            for number, by in enumerate(routes):
                os.ftruncate(2, 0)
                os.lseek(2, 0, os.SEEK_SET)
                try:
                    try_out(
                        encoder, binary if by == "ffmpeg" else None, Path(folder) / "proof.mp4", request["seconds"]
                    )
                    answer |= {"by": by, "why": "", "version": _version(encoder, by, _said(), binary)}
                    break
                except (AuraError, OSError, ValueError) as error:
                    if number == 0:
                        answer["why"] = _reason(encoder, _said(), error)
            print(json.dumps(answer), flush=True)


def _said() -> str:
    os.lseek(2, 0, os.SEEK_SET)
    with os.fdopen(os.dup(2), "rb") as heard:
        return heard.read().decode(errors="replace")


def _reason(encoder: str, said: str, error: Exception) -> str:
    """Why it does not work: what the encoder or its device said first, else the error itself."""
    text = f"{said}\n{error}".replace(" | ", "\n")
    if f"Unknown encoder '{encoder}'" in text:
        return "not in this build of PyAV or of ffmpeg"
    told = re.search(rf"\[(?:{encoder}|VAAPI|AVHWDeviceContext) @ [^\]]*\] (.+)", text)
    return " ".join((told[1] if told else str(error)).split()).rstrip(".")


def _version(encoder: str, by: str, said: str, binary: Binary | None) -> str:
    if by == "ffmpeg":
        return f"ffmpeg {binary.version}" if binary else ""
    if encoder in ("libx264", "libx265"):
        return signature(encoder)
    found = _VERSION.search(said)
    return found[1] if found else "libavcodec " + ".".join(map(str, av.library_versions["libavcodec"]))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
