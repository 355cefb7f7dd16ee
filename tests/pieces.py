"""The pieces of a film as a job tells them, really encoded, in a cache."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import av
import numpy as np

from aura_nb.jobs.snapshot import Piece
from aura_nb.media.encode import encode
from aura_nb.media.probe import RATE
from aura_nb.pipeline import compose, sound
from aura_nb.pipeline.cache import Cache, digest
from tests.media.sounds import babble
from tests.media.test_encode import SIZE, noise

FPS = 25
LENGTHS = (68, 10, 21, 10, 16)


def stored(cache: Cache) -> tuple[Piece, ...]:
    """Three bodies, the two transitions between them, and the sound; five seconds in all."""
    starts = [0, *accumulate(LENGTHS)]
    pieces = []
    for number, (start, end) in enumerate(pairwise(starts)):
        key = digest("segment", number)

        def picture(folder: Path, seed: int = number, frames: int = end - start) -> None:
            encode(folder / compose.FILE, noise(frames, seed), size=SIZE, fps=FPS, crf=35)

        cache.get(key, picture)
        pieces.append(Piece("transition" if number % 2 else "body", key, start, end - start, FPS))
    seconds = starts[-1] / FPS

    def voice(folder: Path) -> None:
        samples = babble(seconds, rate=RATE)
        with av.open(str(folder / sound.FILE), "w", format="mp4") as out:
            stream = out.add_stream("aac", rate=RATE, layout="stereo")
            frame = av.AudioFrame.from_ndarray(np.stack([samples, samples]), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))

    cache.get(digest("sound"), voice)
    return (*pieces, Piece("sound", digest("sound"), 0, starts[-1], FPS))
