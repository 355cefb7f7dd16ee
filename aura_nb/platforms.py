"""Where a film is published, and what it should be like there, as the platforms themselves say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aura_nb.codecs import Codec

Aspect = Literal["16:9", "9:16", "1:1"]
Platform = Literal["youtube", "shorts", "tiktok", "reels", "square"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a platform asks for. `seconds` is the longest film it takes, None where ours are never too long."""

    aspect: Aspect
    height: int = 1080
    fps: int = 30
    seconds: float | None = None
    codecs: tuple[Codec, ...] = ("h264", "h265")


PLATFORMS: Mapping[Platform, Target] = {
    # https://support.google.com/youtube/answer/1722171: 16:9, the frame rate of the recording.
    "youtube": Target("16:9", codecs=("h264", "h265", "av1")),
    # https://support.google.com/youtube/answer/15424877: square or vertical, three minutes at most.
    "shorts": Target("9:16", seconds=180, codecs=("h264", "h265", "av1")),
    # https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide: H.264 or H.265 of 23 to
    # 60 frames a second in 360 to 4096 pixels, ten minutes at most.
    "tiktok": Target("9:16", seconds=600),
    # https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media:
    # 9:16 recommended, 1920 pixels at most, 23 to 60 frames a second, 25 Mbit/s, 15 minutes at most.
    "reels": Target("9:16", seconds=900),
    # The same place: from 0.01:1 to 10:1; feeds show a square whole.
    "square": Target("1:1", seconds=900),
}

# kbit/s of an SDR upload by the shorter side, up to 30 and up to 60 frames a second: YouTube's own
# (https://support.google.com/youtube/answer/1722171). Meta's limit is above it at 1080, TikTok has none.
_KBPS: Mapping[int, tuple[int, int]] = {
    360: (1_000, 1_500),
    480: (2_500, 4_000),
    720: (5_000, 7_500),
    1080: (8_000, 12_000),
    1440: (16_000, 24_000),
    2160: (45_000, 68_000),
}


def most_kbps(height: int, fps: int) -> int:
    """The highest video bitrate that is of use in an upload, in kbit/s."""
    usual, fast = _KBPS[height]
    return fast if fps > 30 else usual
