"""A short sample of speech, small enough to be put into a page."""

from __future__ import annotations

from pathlib import Path

from aura_nb.cancel import Cancel
from aura_nb.media import ffmpeg

VERSION = 1
BITRATE = 64_000
MOST_SECONDS = 60.0
"""Half a megabyte."""


def encode_sample(sound: Path, out: Path, *, cancel: Cancel) -> None:
    """Encode the mono `sound` as AAC at 64 kbit/s in an M4A at `out`, a minute of it at most.

    Raises RenderError, JobCancelled.
    """
    import ffmpeg as graph

    encoded = graph.output(
        ffmpeg.source(sound).audio,
        ffmpeg.target(out),
        t=MOST_SECONDS,
        acodec="aac",
        audio_bitrate=BITRATE,
        ac=1,
        # So that a page plays it before it is all there.
        movflags="+faststart",
        fflags="+bitexact",
        **{"flags:a": "+bitexact", "map_metadata": -1},
    )
    ffmpeg.run(encoded, cancel=cancel, seconds=MOST_SECONDS)
