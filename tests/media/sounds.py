"""Sounds that behave like speech: syllables of noise and tone, and a WAV file of them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np


def babble(seconds: float, *, rate: int = 22_050, seed: int = 1, level: float = 0.1):
    """Four syllables a second, each a burst of harmonics and noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    syllables = np.abs(np.sin(2 * np.pi * 2 * t)) ** 1.5
    voice = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 12))
    return (level * syllables * (voice + 0.2 * rng.standard_normal(len(t)))).astype(np.float32)


def write_wav(path: Path, samples, rate: int = 22_050) -> Path:
    """A 16-bit mono WAV file of `samples`."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path
