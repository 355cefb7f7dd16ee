"""One run of frames to one video file that joins with its neighbours without being encoded again.

Encoders that PyAV carries work in this process; those that only an ffmpeg has are fed through a pipe.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.codec import UnknownCodecError
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError
from aura_nb.media import ffmpeg
from aura_nb.media.colour import Yuv
from aura_nb.media.priority import kept_priority
from aura_nb.media.tuning import options
from aura_nb.usage import threads_of

# H.273 codes: 1 is BT.709 in all three; sRGB pictures are shown by its transfer unconverted, as everyone does.
_BT709, _LIMITED = 1, 1
# Frames that are decoded ahead of being shown, with B-frames that are referred to; AV1's packets are in order.
REORDER = {"h264": 2, "hevc": 2, "av1": 0}
_BT709_NAMES = ("color_primaries", "color_trc", "colorspace")
_VAAPI_DEVICE = "/dev/dri/renderD128"
# Players on Apple's systems know H.265 in MP4 by this name only
# (https://developer.apple.com/documentation/http-live-streaming/hls-authoring-specification-for-apple-devices).
H265_TAG = "hvc1"

# SVT-AV1 writes its settings to the process's own stderr, which a notebook would show, unless told before.
os.environ.setdefault("SVT_LOG", "1")


class EncoderFailed(RenderError):
    """The encoder itself gave up; another one may not."""


def encode(
    out: Path,
    frames: Iterable[Yuv],
    *,
    size: tuple[int, int],
    fps: int,
    crf: int,
    encoder: str = "libx264",
    max_kbps: int | None = None,
    binary: ffmpeg.Binary | None = None,
    cancel: Cancel | None = None,
) -> int:
    """Encode `frames` of `size` pixels to the MP4 file `out`; return how many there were.

    A closed GOP from the first frame on, a keyframe every two seconds, the constant quality that `crf`
    means on x264's scale. The same frames give the same bytes on the same machine, by an encoder in
    software. The container is MP4 because its index counts every frame, its clock has no rounding, a
    cut-off file does not open at all, and the film, an MP4 too, takes its packets as they are.

    `binary` is the ffmpeg that does it, None for PyAV; `cancel` kills that ffmpeg at once. Raises
    EncoderFailed when the encoder does; what `frames` raises goes through, leaving `out` to be removed.
    """
    settings = options(encoder, fps=fps, crf=crf, max_kbps=max_kbps)
    if binary is not None:
        return _by_ffmpeg(out, frames, size, fps, encoder, settings, binary, cancel or Cancel())
    count = 0
    try:
        with av.open(str(out), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
            stream = container.add_stream(encoder, rate=fps, options=settings)
            assert isinstance(stream, av.VideoStream)
            _configure(stream.codec_context, size, fps)
            # As the first frame would open it; x265 and SVT-AV1 then start the threads that do most of their work.
            with threads_of(lambda: _open(stream.codec_context)):
                # x265 leaves the times of decoding unset where there are fewer frames than it looks ahead.
                decoded = itertools.count(-REORDER[stream.codec_context.codec.canonical_name])
                for planes in frames:
                    _write(stream.encode(_frame(planes, size, count, fps)), decoded, container)
                    count += 1
                _write(stream.encode(None), decoded, container)
    except (av.FFmpegError, UnknownCodecError) as error:
        raise EncoderFailed(f"Encoding {out.name} failed after {count} frames: {error}.") from error
    return count


def _open(context: VideoCodecContext) -> None:
    with kept_priority():
        context.open(strict=False)


@lru_cache(maxsize=2)
def signature(encoder: str) -> str:
    """Which build of x264 or x265 this is, as it signs its streams ("core 165", "4.2"); libav* does not say."""
    context = av.CodecContext.create(encoder, "w")
    assert isinstance(context, VideoCodecContext)
    context.width = context.height = 64
    context.pix_fmt, context.time_base = "yuv420p", Fraction(1, 25)
    context.options = {"x265-params": "log-level=none"} if encoder == "libx265" else {}
    frame = av.VideoFrame(64, 64, "yuv420p")
    frame.pts = 0
    stream = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    signed = re.search(rb"x264 - (core [^-]*?) -|x265 \(build \d+\) - ([^:]*?):", stream)
    return (signed[1] or signed[2]).decode("ascii", "replace") if signed else "unknown"


def _by_ffmpeg(
    out: Path,
    frames: Iterable[Yuv],
    size: tuple[int, int],
    fps: int,
    encoder: str,
    settings: dict[str, str],
    binary: ffmpeg.Binary,
    cancel: Cancel,
) -> int:
    import ffmpeg as graph

    count, own = 0, True

    def raw() -> Iterator[bytes]:
        nonlocal count, own
        own = False
        for planes in frames:
            own = True
            yield b"".join(np.ascontiguousarray(plane).data for plane in planes)
            count, own = count + 1, False
        own = True

    device = {"vaapi_device": _VAAPI_DEVICE} if encoder.endswith("_vaapi") else {}
    pictures: Any = graph.input(
        "pipe:0", format="rawvideo", pixel_format="yuv420p", video_size=size, framerate=fps, **device
    )
    pictures = pictures.filter("setparams", range="tv", **dict.fromkeys(_BT709_NAMES, "bt709"))
    if device:
        pictures = pictures.filter("format", "nv12").filter("hwupload")
    encoded = graph.output(
        pictures,
        ffmpeg.target(out),
        format="mp4",
        vcodec=encoder,
        video_track_timescale=fps * 512,
        fflags="+bitexact",
        map_metadata=-1,
        **{"flags:v": "+bitexact+cgop"},
        **({"tag:v": H265_TAG} if encoder.startswith("hevc") or encoder == "libx265" else {}),
        **settings,
    )
    try:
        ffmpeg.run(encoded, cancel=cancel, binary=binary, feed=raw())
    except RenderError as error:
        if not own:  # what the frames' maker raised is no fault of the encoder's
            raise
        raise EncoderFailed(f"Encoding {out.name} failed after {count} frames: {error.message}") from error
    return count


def _configure(context: VideoCodecContext, size: tuple[int, int], fps: int) -> None:
    context.width, context.height = size
    formats = {one.name for one in context.codec.video_formats or ()}
    # Some drivers want chroma interleaved; PyAV shuffles it on the way, nothing is lost.
    context.pix_fmt = "yuv420p" if not formats or "yuv420p" in formats else "nv12"
    context.time_base = Fraction(1, fps)
    context.thread_count = 1
    context.flags |= Flags.bitexact | Flags.closed_gop
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED
    if context.codec.canonical_name == "hevc":
        context.codec_tag = H265_TAG


def _write(packets: Iterable[Packet[Any]], decoded: Iterator[int], container: OutputContainer) -> None:
    for packet in packets:
        packet.dts = next(decoded)
        container.mux(packet)


def _frame(planes: Yuv, size: tuple[int, int], number: int, fps: int) -> av.VideoFrame:
    frame = av.VideoFrame(*size, "yuv420p")
    for source, target in zip(planes, frame.planes, strict=True):
        rows = np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)
        np.copyto(rows[: target.height, : target.width], source)
    frame.pts, frame.time_base = number, Fraction(1, fps)
    return frame
