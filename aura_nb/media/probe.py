"""What is in an MP4: streams, packets, captions, chapters, and what its pictures and sound are like."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from aura_nb.errors import RenderError
from aura_nb.media.ffmpeg import target

RATE = 48_000


@dataclass(frozen=True, slots=True)
class Track:
    """One stream, every packet of it counted.

    `start` and `end` are the times in seconds at which the first packet is shown and the last is
    over. `digest` is the SHA-256 of the packets' bytes in order: it does not change when the stream
    is copied into another file.
    """

    codec: str
    packets: int
    keyframes: int
    start: float
    end: float
    digest: str
    language: str = ""
    size: tuple[int, int] = (0, 0)
    fps: Fraction = Fraction(0)
    pixels: str = ""
    rate: int = 0
    channels: int = 0

    @property
    def seconds(self) -> float:
        """How long the stream is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption of the soft track, in seconds."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All that an MP4 holds; the first stream of each kind, None where there is none."""

    video: Track | None
    audio: Track | None
    subtitle: Track | None
    captions: tuple[Caption, ...]
    chapters: tuple[tuple[str, float, float], ...]
    metadata: dict[str, str]
    faststart: bool


def probe(path: Path, *, check: Callable[[], None] = lambda: None) -> Contents:
    """Read every packet of the MP4 at `path`, decoding none.

    `check` is called now and then and may raise to stop. Raises `RenderError` for what is no MP4.
    """
    with opened(path) as container:
        # Chapters come as a text track of their own, which is none of these.
        first = {s.type: s for s in reversed(container.streams) if s.type in ("video", "audio", "subtitle")}
        counts = {stream.index: _Count() for stream in first.values()}
        captions: list[Caption] = []
        for number, packet in enumerate(container.demux(list(first.values()))):
            if number % 256 == 0:
                check()
            if packet.size:
                data = bytes(packet)
                counts[packet.stream.index].add(packet, data)
                if packet.stream.type == "subtitle":
                    captions += _caption(packet, data)
        tracks = {kind: _track(stream, counts[stream.index]) for kind, stream in first.items()}
        return Contents(
            tracks.get("video"),
            tracks.get("audio"),
            tracks.get("subtitle"),
            tuple(captions),
            tuple(_chapter(chapter) for chapter in container.chapters()),
            dict(container.metadata),
            is_faststart(path),
        )


def codec_of(path: Path) -> str:
    """What libavcodec calls the codec of the pictures of `path`; RenderError for what has none."""
    with opened(path) as container:
        return container.streams.video[0].codec_context.codec.canonical_name


@dataclass
class _Count:
    packets: int = 0
    keyframes: int = 0
    start: float = float("inf")
    end: float = 0.0

    def __post_init__(self) -> None:
        self.hash = hashlib.sha256()

    def add(self, packet: Any, data: bytes) -> None:
        self.packets += 1
        self.keyframes += packet.is_keyframe
        base = packet.time_base
        self.start = min(self.start, float(packet.pts * base))
        self.end = max(self.end, float((packet.pts + (packet.duration or 0)) * base))
        self.hash.update(data)


def _track(stream: Any, count: _Count) -> Track:
    facts: dict[str, Any] = {}
    context = stream.codec_context
    if stream.type == "video":
        facts = {"size": (context.width, context.height), "fps": stream.average_rate, "pixels": context.pix_fmt}
    elif stream.type == "audio":
        facts = {"rate": context.sample_rate, "channels": context.channels}
    return Track(
        # Not the decoder's own name, of which AV1 has several.
        codec=context.codec.canonical_name if context else "",
        packets=count.packets,
        keyframes=count.keyframes,
        # Priming samples come before zero and are not heard.
        start=max(0.0, count.start if count.packets else 0.0),
        end=count.end,
        digest=count.hash.hexdigest(),
        language=stream.language or "",
        **facts,
    )


def _caption(packet: Any, data: bytes) -> Iterator[Caption]:
    """The text sample of 3GPP TS 26.245 in a packet: its length in two bytes, then UTF-8; empty between."""
    text = data[2 : 2 + int.from_bytes(data[:2], "big")].decode("utf-8", "replace")
    if text:
        end = packet.pts + (packet.duration or 0)
        yield Caption(float(packet.pts * packet.time_base), float(end * packet.time_base), text)


def _chapter(chapter: Any) -> tuple[str, float, float]:
    base = chapter["time_base"]
    return chapter["metadata"].get("title", ""), float(chapter["start"] * base), float(chapter["end"] * base)


def is_faststart(path: Path) -> bool:
    """Whether the index (`moov`) comes before the data (`mdat`), so that playing starts at once.

    Reads the top-level boxes of ISO/IEC 14496-12, section 4.2.
    """
    with path.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", header)
            if kind in (b"moov", b"mdat"):
                return bool(kind == b"moov")
            if size == 1:
                size = struct.unpack(">Q", file.read(8))[0] - 8
            if size < 8:
                return False
            file.seek(size - 8, 1)
    return False


def lumas(path: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """The luma plane of every keyframe, and its time in seconds; RenderError where one is damaged.

    Nothing between them is decoded: that is a tenth of the work, and ours come every two seconds and
    wherever a scene or a fade begins.
    """
    with opened(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        for frame in container.decode(stream):
            yield frame.time or 0.0, np.asarray(frame.to_ndarray()[: frame.height], np.uint8)


def sound(path: Path) -> Iterator[NDArray[np.float32]]:
    """The sound of `path` at 48 kHz, in mono, block by block from time zero on; RenderError as above."""
    with opened(path) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        for frame in container.decode(audio=0):
            for block in resampler.resample(frame):
                yield _samples(block)
        for block in resampler.resample(None):
            yield _samples(block)


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    try:
        with av.open(target(path)) as container:
            yield container
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise RenderError(f"{path.name} cannot be read: {error}.", remedy="Make the film again.") from error


def _samples(block: av.AudioFrame) -> NDArray[np.float32]:
    return np.asarray(block.to_ndarray().reshape(-1), np.float32)
