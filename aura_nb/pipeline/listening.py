"""Listen to a narration: how loud it is, how much of it is understood, and a sample to play."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.media import audio, ffmpeg, sample
from aura_nb.pipeline.cache import digest
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.narrate import Narration
from aura_nb.providers import recogniser

VERSION = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """A narration to play (M4A), its integrated loudness in LUFS and its true peak in dBTP."""

    path: Path
    loudness: float
    peak: float


def sampled(narration: Narration, ctx: Context) -> Sample:
    """The sample of `narration`, and how loud the narration is before the film's sound is mixed of it.

    Raises `RenderError`, `JobCancelled`.
    """

    def make(folder: Path) -> None:
        sound = ffmpeg.source(narration.audio).audio
        heard = audio.measure(sound, narration.seconds, cancel=ctx.cancel)
        sample.encode_sample(narration.audio, folder / "sample.m4a", cancel=ctx.cancel)
        told = [heard.integrated, heard.peak]
        (folder / "loudness.json").write_text(json.dumps(told), encoding="utf-8")

    folder, _ = ctx.cache.get(digest("listen.sample", VERSION, sample.VERSION, narration.key), make)
    loudness, peak = json.loads((folder / "loudness.json").read_text(encoding="utf-8"))
    return Sample(folder / "sample.m4a", loudness, peak)


def recognised(narration: Narration, text: str, ctx: Context) -> float:
    """The share of the words of `text`, 0–1, that are heard in its `narration`.

    Raises `ProviderError` with the remedy where the recogniser is not installed or does not work.
    """
    identity = recogniser.identity()
    if not identity:
        raise ProviderError("recogniser", "is not installed.", remedy=recogniser.REMEDY)

    def make(folder: Path) -> None:
        share = recogniser.recognised(text, audio.read(narration.audio), audio.RATE)
        (folder / "recognised.json").write_text(json.dumps(share), encoding="utf-8")

    ctx.cancel.check()
    try:
        folder, _ = ctx.cache.get(digest("listen.recognised", VERSION, identity, narration.key, text), make)
    except JobCancelled:
        raise
    except Exception as error:
        why = f"does not work ({type(error).__name__}: {error})."
        raise ProviderError("recogniser", why, remedy=f"Reinstall it: {recogniser.REMEDY}") from error
    return float(json.loads((folder / "recognised.json").read_text(encoding="utf-8")))
