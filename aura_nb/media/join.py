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

REORDER = 2  # frames that x264 (with a B-pyramid) decodes ahead of showing them
# Takes out x264's signature. To find it every packet is parsed, so that broken ones are found as well.
_NO_SEI = "filter_units=remove_types=6"


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
    header: bytes | None = None
    with av.open(str(out), "w", format="mp4", options={"fflags": "+bitexact"}) as film:
        for path in segments:
            with _blaming(path), av.open(str(path)) as segment:
                source = segment.streams.video[0]
                if header is None:
                    header = source.codec_context.extradata
                    track = film.add_stream_from_template(source)
                if source.codec_context.extradata != header:
                    raise ValueError("it was encoded with other settings than the first segment")
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
    clean = BitStreamFilterContext(_NO_SEI, source, track)
    # The demuxer's last packet is empty; the filter takes None for the end.
    packets = [p for raw in segment.demux(source) for p in clean.filter(raw if raw.size else None)]
    _number(packets, first, fps)
    if len(packets) != source.frames:
        raise ValueError(f"it holds {len(packets)} frames instead of {source.frames}")
    return packets


def _number(packets: Sequence[Packet[VideoStream]], first: int, fps: int) -> None:
    """Retime a segment's packets, which are in decoding order, to show whole frames from `first` on."""
    if not packets or not packets[0].is_keyframe:
        raise ValueError("it does not begin with a keyframe")
    shown = [None if p.pts is None else p.pts * p.time_base * fps for p in packets]
    if set(shown) != set(range(len(packets))):
        raise ValueError("frames are missing or doubled")
    for number, (packet, frame) in enumerate(zip(packets, shown, strict=True)):
        assert frame is not None
        packet.time_base = Fraction(1, fps)
        packet.pts, packet.dts, packet.duration = first + int(frame), first + number - REORDER, 1


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise RenderError(
            f"The segment {path} cannot be joined: {error}.",
            remedy="Make the film again: only what is damaged is made anew.",
        ) from error
