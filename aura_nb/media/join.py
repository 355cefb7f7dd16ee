"""Segments to one film by copying packets: nothing is decoded or encoded, every packet is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from aura_nb.errors import RenderError
from aura_nb.media.encode import REORDER

# What is taken out: the encoder's signature in H.264 and H.265, what AV1 says besides pictures. To find it
# every packet is parsed, so that broken ones are found as well.
_NO_SEI = {"h264": "6", "hevc": "39-40", "av1": "5"}


def join(segments: Sequence[Path], out: Path, fps: int) -> int:
    """Write `segments` (files that `encode` made, all alike) one after the other to the MP4 `out`.

    Returns the number of frames, each `1 / fps` seconds long, with no gap and none twice. Raises
    RenderError, naming the file, when a segment is missing, cut off, broken inside, lacks a frame, does not
    begin with a keyframe, or was encoded otherwise than the first (ffmpeg's own concat would end
    early and report success); `out` is then unfinished and to be removed.
    """
    if not segments:
        raise RenderError("There are no segments to join.")
    frames = 0
    header: tuple[str, bytes | None] | None = None
    with av.open(str(out), "w", format="mp4", options={"fflags": "+bitexact"}) as film:
        for path in segments:
            with _blaming(path), av.open(str(path)) as segment:
                source = segment.streams.video[0]
                codec = _codec(source)
                if header is None:
                    header = codec, source.codec_context.extradata
                    # Opaque: AV1 is decoded by another library than encodes it.
                    track = film.add_stream_from_template(source, opaque=True)
                if (codec, source.codec_context.extradata) != header:
                    raise ValueError("it was encoded otherwise than the first segment")
                packets = film_packets(segment, frames, fps, None if frames else track)
            for packet in packets:
                packet.stream = track
                film.mux(packet)
            frames += len(packets)
    return frames


def film_packets(
    segment: InputContainer, first: int, fps: int, track: VideoStream | None = None
) -> list[Packet[VideoStream]]:
    """The packets of a segment as the film has them, in decoding order, shown from frame `first` on.

    `track` is a new one they are to be written to, which learns from them what form they have. Raises
    ValueError, or what libav does, when the segment does not hold what it should.
    """
    source = segment.streams.video[0]
    codec = _codec(source)
    clean = BitStreamFilterContext(f"filter_units=remove_types={_NO_SEI[codec]}", source, track)
    # The demuxer's last packet is empty; the filter takes None for the end.
    packets = [p for raw in segment.demux(source) for p in clean.filter(raw if raw.size else None)]
    if codec == "av1" and any(_is_reserved(packet) for packet in packets):
        raise ValueError("it is broken inside")
    _number(packets, first, fps, REORDER[codec])
    if len(packets) != source.frames:
        raise ValueError(f"it holds {len(packets)} frames instead of {source.frames}")
    return packets


def _codec(source: VideoStream) -> str:
    codec = source.codec_context.codec.canonical_name
    if codec not in REORDER:
        raise ValueError(f"it is {codec}")
    return codec


def _number(packets: Sequence[Packet[VideoStream]], first: int, fps: int, reorder: int) -> None:
    """Retime a segment's packets, which are in decoding order, to show whole frames from `first` on.

    Each is decoded `reorder` frames before its place in that order, so that none is shown before it is decoded.
    """
    if not packets or not packets[0].is_keyframe:
        raise ValueError("it does not begin with a keyframe")
    shown = [None if p.pts is None else p.pts * p.time_base * fps for p in packets]
    if set(shown) != set(range(len(packets))):
        raise ValueError("frames are missing or doubled")
    for number, (packet, frame) in enumerate(zip(packets, shown, strict=True)):
        assert frame is not None
        packet.time_base = Fraction(1, fps)
        if number - reorder > frame:
            raise ValueError(f"frame {int(frame)} is decoded too late to be shown")
        packet.pts, packet.dts, packet.duration = first + int(frame), first + number - reorder, 1


def _is_reserved(packet: Packet[VideoStream]) -> bool:
    """Whether a packet of AV1 begins with a unit of no known type, as zeros do: parsers pass those over.

    https://aomediacodec.github.io/av1-spec/#obu-header-syntax
    """
    return memoryview(packet)[0] >> 3 & 15 in (0, *range(9, 15))


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise RenderError(
            f"The segment {path} cannot be joined: {error}.",
            remedy="Make the film again: only what is damaged is made anew.",
        ) from error
