"""Playlists: a film in the making as HLS tells it to players (RFC 8216)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

VERSION = 6
"""The protocol version that allows `EXT-X-MAP` beside fragments of MP4 (section 7)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A fragment: its address, relative to the playlist's, and its length in seconds."""

    uri: str
    seconds: float


def media(entries: Sequence[Entry], *, init: str, target: int, over: bool) -> str:
    """The playlist of one track, which may only grow, until it is `over`.

    No entry, those that are to come included, may be longer than `target` seconds when rounded
    (section 4.3.3.1). Each must be decodable without any other.
    """
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{init}"',
    ]
    for entry in entries:
        lines += [f"#EXTINF:{entry.seconds:.6f},", entry.uri]
    if over:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def whole(uri: str, seconds: float) -> str:
    """The playlist of a film's WebVTT, which is all there: one segment as long as the film."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        # That it is all there allows it another target duration than the pictures have (section 6.2.4 of the
        # second edition).
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f"#EXT-X-TARGETDURATION:{math.ceil(seconds)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXTINF:{seconds:.6f},",
        uri,
        "#EXT-X-ENDLIST",
    ]
    return "\n".join(lines) + "\n"


def timed(vtt: str, late: float) -> str:
    """WebVTT whose zero is `late` seconds into what is played (section 3.5)."""
    head, _, rest = vtt.partition("\n")
    return f"{head}\nX-TIMESTAMP-MAP=MPEGTS:{round(late * 90_000)},LOCAL:00:00:00.000\n{rest}"


def master(
    *,
    video: str,
    sound: str,
    captions: str | None,
    codecs: str,
    size: tuple[int, int],
    fps: int,
    bandwidth: int,
) -> str:
    """The playlist of a film whose sound is a rendition of its own, as are its captions where it has any.

    `bandwidth` is its peak in bits a second.
    """
    beside = [("AUDIO", "sound", "Narration", sound)]
    beside += [("SUBTITLES", "captions", "Captions", captions)] if captions else []
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *(
            f'#EXT-X-MEDIA:TYPE={kind},GROUP-ID="{group}",NAME="{name}",DEFAULT=YES,AUTOSELECT=YES,URI="{uri}"'
            for kind, group, name, uri in beside
        ),
        f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},CODECS="{codecs}",RESOLUTION={size[0]}x{size[1]},'
        f"FRAME-RATE={fps:.3f}," + ",".join(f'{kind}="{group}"' for kind, group, *_ in beside),
        video,
    ]
    return "\n".join(lines) + "\n"
