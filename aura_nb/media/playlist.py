"""Playlists: a film in the making as HLS tells it to players (RFC 8216)."""

from __future__ import annotations

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


def master(*, video: str, sound: str, codecs: str, size: tuple[int, int], fps: int, bandwidth: int) -> str:
    """The playlist of a film whose sound is a rendition of its own; `bandwidth` is its peak in bits a second."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Narration",DEFAULT=YES,AUTOSELECT=YES,URI="{sound}"',
        f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},CODECS="{codecs}",RESOLUTION={size[0]}x{size[1]},'
        f'FRAME-RATE={fps:.3f},AUDIO="sound"',
        video,
    ]
    return "\n".join(lines) + "\n"
