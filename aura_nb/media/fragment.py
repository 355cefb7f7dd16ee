"""Fragments: a film's packets in pieces that a player takes one by one, nothing decoded or encoded.

Each is a movie fragment of ISO/IEC 14496-12, section 8.8, as HLS and Media Source Extensions take them:
after an init segment, which tells of the track, they are played in any order, each at the time it carries.
No time may be negative there, so pictures and sound alike are `REORDER` frames later than in the film. An
edit list or negative offsets would avoid that, but some players heed neither.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import av

from aura_nb.media.encode import REORDER as BY_CODEC
from aura_nb.media.join import film_packets
from aura_nb.media.probe import RATE, opened

REORDER = BY_CODEC["h264"]
"""In frames; films of other codecs have no fragments."""
AAC_FRAME = 1024
"""Samples in a packet of AAC-LC (ISO/IEC 14496-3)."""
SHORT_SECONDS = 0.4
"""A run is this much longer than two seconds rather than followed by one of a few frames."""
# A fragment begins at the time of its first packet: libav would otherwise count on from zero.
_OPTIONS = {
    "movflags": "empty_moov+default_base_moof+frag_custom+frag_discont+skip_trailer",
    "use_editlist": "0",
    "write_btrt": "0",
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


class Fragment(NamedTuple):
    """A fragment, and the init segment that comes before it, which is the same for all of a track."""

    init: bytes
    body: bytes


@lru_cache(maxsize=1024)
def cuts(segment: Path, fps: int) -> tuple[Cut, ...]:
    """Where a segment is cut: at each keyframe, two seconds apart at most; a last run that is short stays whole.

    The file must never change, as those in the cache never do. Raises RenderError for one that is damaged.
    """
    with opened(segment) as container:
        packets = film_packets(container, 0, fps)
    # In decoding order: a closed GOP's packets stand together, and its keyframe is the first shown.
    places = [place for place, packet in enumerate(packets) if packet.is_keyframe]
    if len(places) > 1 and len(packets) - places[-1] < SHORT_SECONDS * fps:
        places.pop()
    return tuple(
        Cut(first, last - first, sum(packet.size for packet in packets[first:last]))
        for first, last in pairwise([*places, len(packets)])
    )


def video(segment: Path, cut: Cut, start: int, fps: int, number: int) -> Fragment:
    """The frames of `cut` as fragment `number` of a film in which the segment starts at frame `start`.

    Raises RenderError.
    """
    with opened(segment) as container:

        def packets(track: Any) -> Sequence[Any]:
            return film_packets(container, start + REORDER, fps, track)[cut.first : cut.first + cut.frames]

        return _fragment(container.streams.video[0], packets, number)


def sound(path: Path, begin: float, end: float, fps: int, number: int) -> Fragment:
    """The packets of the AAC track that begin in [begin, end) seconds of the film, as fragment `number`.

    The first has the priming packet too, which comes before zero. Raises RenderError.
    """
    first, last = sound_packets(begin) * AAC_FRAME, sound_packets(end) * AAC_FRAME
    later = round(REORDER * RATE / fps)
    with opened(path) as container:
        stream = container.streams.audio[0]

        def packets(track: Any) -> Iterator[Any]:
            if first:
                container.seek(first, stream=stream)
            for packet in container.demux(stream):
                if packet.pts is None or packet.pts >= last:
                    return
                if packet.pts >= first or not first:
                    packet.pts, packet.dts = packet.pts + later, packet.pts + later
                    yield packet

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


def _fragment(stream: Any, packets: Callable[[Any], Iterable[Any]], number: int) -> Fragment:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={**_OPTIONS, "fragment_index": str(number + 1)}) as out:
        track = out.add_stream_from_template(stream)
        for packet in packets(track):
            packet.stream = track
            out.mux(packet)
    whole = file.getvalue()
    head = 0
    while whole[head + 4 : head + 8] not in (b"moof", b""):
        head += int.from_bytes(whole[head : head + 4], "big")
    return Fragment(whole[:head], whole[head:])
