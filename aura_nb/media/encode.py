"""One run of frames to one H.264 file that joins with its neighbours without being encoded again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext

from aura_nb.errors import RenderError
from aura_nb.media.colour import Yuv

KEYFRAME_SECONDS = 2
# H.273 codes: 1 is BT.709 in all three; sRGB pictures are shown by its transfer unconverted, as everyone does.
_BT709, _LIMITED = 1, 1
_AVX_512F = 13  # CV_CPU_AVX_512F of opencv2/core/cvdef.h, which the binding leaves out
# superfast with macroblock-tree and a short look-ahead equals veryfast in size and PSNR at 60 % of its
# time. Anything but one thread changes the bytes with the machine.
_X264 = "mbtree=1:rc-lookahead=10:open-gop=0:force-cfr=1:threads=1:lookahead-threads=1:sliced-threads=0"


def encode(out: Path, frames: Iterable[Yuv], *, size: tuple[int, int], fps: int, crf: int) -> int:
    """Encode `frames` of `size` pixels to the MP4 file `out`; return how many there were.

    A closed GOP from the first frame on, a keyframe every two seconds, B-frames, constant rate `crf`.
    The same frames give the same bytes on the same machine. The container is MP4 because its index counts
    every frame, its clock has no rounding, a cut-off file does not open at all, and the film, an MP4 too,
    takes its packets as they are.

    Raises RenderError when x264 fails; what `frames` raises goes through, leaving `out` to be removed.
    """
    count = 0
    try:
        with av.open(str(out), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
            stream = container.add_stream("libx264", rate=fps, options=_options(fps, crf))
            _configure(stream.codec_context, size, fps)
            for planes in frames:
                container.mux(stream.encode(_frame(planes, size, count, fps)))
                count += 1
            container.mux(stream.encode(None))
    except av.FFmpegError as error:
        raise RenderError(f"Encoding {out.name} failed after {count} frames: {error}.") from error
    return count


@lru_cache(maxsize=1)
def encoder_version() -> str:
    """Which build of x264 this is, as it signs its streams (e.g. "core 165"); libav* does not say."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width = context.height = 16
    context.pix_fmt, context.time_base = "yuv420p", Fraction(1, 25)
    frame = av.VideoFrame(16, 16, "yuv420p")
    frame.pts = 0
    stream = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    signature = re.search(rb"x264 - (core [^-]*?) -", stream)
    return signature[1].decode("ascii", "replace") if signature else "unknown"


def _options(fps: int, crf: int) -> dict[str, str]:
    x264 = f"{_X264}:keyint={KEYFRAME_SECONDS * fps}"
    if cv2.checkHardwareSupport(_AVX_512F):
        # x264's macroblock-tree in AVX-512 (core 165) differs from itself once in 70 runs on a moving 320×180
        # picture; in AVX2, which such processors have as well and which is no slower, never in 2,000.
        x264 += ":asm=avx2"
    return {"preset": "superfast", "crf": str(crf), "x264-params": x264}


def _configure(context: VideoCodecContext, size: tuple[int, int], fps: int) -> None:
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, fps)
    context.thread_count = 1
    context.flags |= Flags.bitexact | Flags.closed_gop
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED


def _frame(planes: Yuv, size: tuple[int, int], number: int, fps: int) -> av.VideoFrame:
    frame = av.VideoFrame(*size, "yuv420p")
    for source, target in zip(planes, frame.planes, strict=True):
        rows = np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)
        np.copyto(rows[: target.height, : target.width], source)
    frame.pts, frame.time_base = number, Fraction(1, fps)
    return frame
