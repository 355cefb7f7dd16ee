"""Fragments: a film's packets in pieces that a player takes one by one, nothing decoded or encoded.

Each is a movie fragment of ISO/IEC 14496-12, section 8.8, as HLS and Media Source Extensions take them:
after an init segment, which tells of the track, they are played in any order, each at the time it carries.
No time may be negative there, so pictures and sound alike are `REORDER` frames later than in the film. An
edit list or negative offsets would avoid that, but some players heed neither.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import av

from aura_nb.media.join import REORDER, film_packets
from aura_nb.media.probe import RATE, opened

AAC_FRAME = 1024
"""Samples in a packet of AAC-LC (ISO/IEC 14496-3)."""
# A fragment begins at the time of its first packet: libav would otherwise count on from zero.
_OPTIONS = {
    "movflags": "empty_moov+default_base_moof+frag_custom+frag_discont+skip_trailer",
    "use_editlist": "0",
    "avoid_negative_ts": "disabled",
    "fflags": "+bitexact",
}


@dataclass(frozen=True, slots=True)
class Cut:
    """A run of a segment's frames, from `first` on, that begins with a keyframe and refers to no other.

    `size` is that of its packets in bytes.
    """

    first: int
    frames: int
    size: int


@lru_cache(maxsize=1024)
def cuts(segment: Path, fps: int) -> tuple[Cut, ...]:
    """Where a segment may be cut: at each keyframe, two seconds apart at most.

    The file must never change, as those in the cache never do. Raises RenderError for one that is damaged.
    """
    with opened(segment) as container:
        packets = film_packets(container, 0, fps)
    # In decoding order: a closed GOP's packets stand together, and its keyframe is the first shown.
    places = [*(place for place, packet in enumerate(packets) if packet.is_keyframe), len(packets)]
    return tuple(
        Cut(first, last - first, sum(packet.size for packet in packets[first:last]))
        for first, last in zip(places, places[1:], strict=False)
    )


def video_init(segment: Path) -> bytes:
    """The init segment of a film whose segments are like this one. Raises RenderError."""
    with opened(segment) as container:
        return _init(container.streams.video[0])


def video(segment: Path, cut: Cut, start: int, fps: int, number: int) -> bytes:
    """The frames of `cut` as fragment `number` of a film in which the segment starts at frame `start`.

    Raises RenderError.
    """
    with opened(segment) as container:
        packets = film_packets(container, start + REORDER, fps)[cut.first : cut.first + cut.frames]
        return _fragment(container.streams.video[0], packets, number)


def sound_init(sound: Path) -> bytes:
    """The init segment of an AAC track. Raises RenderError."""
    with opened(sound) as container:
        return _init(container.streams.audio[0])


def sound(sound: Path, begin: float, end: float, fps: int, number: int) -> bytes:
    """The packets of the AAC track that begin in [begin, end) seconds of the film, as fragment `number`.

    The first has the priming packet too, which comes before zero. Raises RenderError.
    """
    first, last = sound_packets(begin), sound_packets(end)
    later = round(REORDER * RATE / fps)
    packets = []
    with opened(sound) as container:
        stream = container.streams.audio[0]
        if first:
            container.seek(first * AAC_FRAME, stream=stream)
        for packet in container.demux(stream):
            if packet.pts is None or packet.pts >= last * AAC_FRAME:
                break
            if packet.pts >= first * AAC_FRAME or not first:
                packet.pts, packet.dts = packet.pts + later, packet.pts + later
                packets.append(packet)
        return _fragment(stream, packets, number)


def sound_packets(seconds: float) -> int:
    """How many packets of the track begin in [0, seconds)."""
    return -(-round(seconds * RATE) // AAC_FRAME)


def codecs(segment: Path) -> str:
    """What a player must know to play such a film, as RFC 6381 names it: H.264 by its header, and AAC-LC."""
    with opened(segment) as container:
        # AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1): version, profile, compatibility, level.
        header = container.streams.video[0].codec_context.extradata or b""
    return f"avc1.{header[1:4].hex()},mp4a.40.2"


def _init(stream: Any) -> bytes:
    return _written(stream, 1, lambda out, track: out.start_encoding())


def _fragment(stream: Any, packets: Sequence[Any], number: int) -> bytes:
    def write(out: Any, track: Any) -> None:
        for packet in packets:
            packet.stream = track
            out.mux(packet)

    # Of what the muxer writes, the head belongs to the init segment, which is the same for all.
    whole = _written(stream, number + 1, write)
    return whole[len(_init(stream)) :]


def _written(stream: Any, number: int, write: Callable[[Any, Any], None]) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={**_OPTIONS, "fragment_index": str(number)}) as out:
        write(out, out.add_stream_from_template(stream))
    return file.getvalue()
