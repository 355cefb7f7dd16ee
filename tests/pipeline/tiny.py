"""A film of three short scenes, small and quick to make, whose every part a test can damage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.caption import cues
from aura_nb.pipeline.compose import Shot, compose_segment
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.finish import Parts
from aura_nb.pipeline.narrate import Narration
from aura_nb.pipeline.timeline import lay_out
from aura_nb.providers.base import ProviderInfo, Word
from aura_nb.script import QuoteCard, Scene, Script
from aura_nb.spec import Brief, Render, Voice
from tests.media.sounds import babble, write_wav
from tests.media.synthetic import card

PAPERS = ((200, 60, 60), (60, 200, 60), (60, 60, 200))
TEXTS = (
    "Sunlight is every colour at once.",
    "Air <scatters> the {short} waves most, & so",
    "the whole sky turns blue.",
)
RENDER = Render(height=360, fps=24, crf=30, zoom=1.3, transition=0.25)
SPEAKER = ProviderInfo("babble", "speaker", True, "CC0-1.0", "1")


def script(**parts) -> Script:
    scenes = [
        Scene(heading=f"Part {number}; a=b #1", text=text, picture=QuoteCard(quote=text))
        for number, text in enumerate(TEXTS)
    ]
    return Script(**({"brief": Brief("Why <the> sky is blue"), "render": RENDER, "scenes": scenes} | parts))


def narration(folder: Path, number: int, samples=None, seconds: float = 1.6) -> Narration:
    """A scene that babbles for `seconds`, its words sharing the time."""
    audio = folder / f"{number}.wav"
    write_wav(audio, babble(seconds, seed=number) if samples is None else samples)
    tokens = TEXTS[number].split()
    step = seconds / len(tokens)
    words = tuple(Word(token, i * step, (i + 1) * step) for i, token in enumerate(tokens))
    return Narration(audio, seconds, words, "babble", f"key{number}", number != 1, False, 1.0)


def parts(
    folder: Path, cache: Cache, *, look: Render | None = None, papers=PAPERS, spoken=1.6, **changed
) -> Parts:
    """All that `finish` needs; `look` is what is really composed, should that not be what the script says."""
    film = changed.pop("script", None) or script()
    narrations = [None if film.voice.silent else narration(folder, number, seconds=spoken) for number in range(3)]
    timeline = lay_out([spoken] * 3, "short", film.render)
    size = film.render.size("16:9")
    shots = [
        Shot(
            card(folder / f"{n}.png", size, paper, f"Scene {n}"),
            f"{paper}-{n}-{card.__name__}",
            timeline.spans[n].frames,
        )
        for n, paper in enumerate(papers)
    ]
    ctx = Context(cache)
    made = Parts(
        film,
        timeline,
        [compose_segment(s, shots, look or film.render, size, ctx).path for s in timeline.segments],
        narrations,
        [],
        providers=[SPEAKER],
        keys={"narrate": ["a", "b", "c"]},
    )
    captions = [cues(made.words(number), "16:9") for number in range(3)]
    return replace(made, **({"captions": captions} | changed))


def blank(path: Path, size: tuple[int, int], paper: tuple[int, int, int], text: str) -> Path:
    """A card with nothing on it."""
    path.write_bytes(cv2.imencode(".png", np.full((size[1], size[0], 3), paper, np.uint8))[1].tobytes())
    return path


def silent_script() -> Script:
    return script(voice=Voice(silent=True))


def silence():
    return np.zeros(round(1.6 * 22_050), np.float32)
