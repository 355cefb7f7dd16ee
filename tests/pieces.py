"""The pieces of a film as a job tells them, really encoded, in a cache."""

from __future__ import annotations

from itertools import accumulate, pairwise
from pathlib import Path

from aura_nb.cancel import Cancel
from aura_nb.jobs.snapshot import Piece
from aura_nb.media import audio
from aura_nb.media.encode import encode
from aura_nb.pipeline import compose, sound
from aura_nb.pipeline.cache import Cache, digest
from tests.media.sounds import babble, write_wav
from tests.media.test_encode import SIZE, noise

FPS = 25
LENGTHS = (60, 10, 30, 10, 15)


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
        raw = folder / "mix.f32"
        with raw.open("wb") as file:
            audio.mix([audio.Voice(_wav(folder), 0.4)], seconds, file, cancel=Cancel())
        audio._encode(raw, seconds, folder / sound.FILE, 3.0, -2.0, Cancel(), lambda fraction: None)

    cache.get(digest("sound"), voice)
    return (*pieces, Piece("sound", digest("sound"), 0, starts[-1], FPS))


def _wav(folder: Path) -> Path:
    return write_wav(folder / "voice.wav", babble(4.0))
