"""The film's sound: every voice at its sample on one 48 kHz track, at the loudness of the web, as AAC.

Loudness is ITU-R BS.1770 as EBU R 128 uses it, measured by ffmpeg's `ebur128` on the encoded sound,
because encoding moves peaks. Speech needs a limiter to be that loud, and a limiter takes some loudness
away: gain and ceiling are corrected until what was measured is what was asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError
from aura_nb.media import ffmpeg, probe
from aura_nb.media.progress import part

VERSION = 2
RATE = probe.RATE
BITRATE = 192_000
TARGET_LUFS = -14.0
TOLERANCE_LU = 0.5
MAX_PEAK_DBTP = -1.0
JOIN_SECONDS = 0.005

# What is accepted of the encoded sound, and what is sought before: the meter reads in tenths.
_CLOSE_LU = 0.3
_EXACT_LU = 0.1
# AAC adds up to about a decibel to the limiter's peaks.
_FIRST_CEILING = -2.0
_PEAK_MARGIN = 0.3
_ROUNDS = 5
_TRIES = 6
# True peaks lie between samples: BS.1770 asks for four times the rate to see them.
_OVERSAMPLED = 4 * RATE


@dataclass(frozen=True, slots=True)
class Voice:
    """A mono sound file and the second of the film it starts at."""

    audio: Path
    start: float


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS, loudness range in LU, true peak in dBTP."""

    integrated: float
    range: float
    peak: float


def mix(
    voices: Sequence[Voice],
    seconds: float,
    out: IO[bytes],
    *,
    cancel: Cancel,
    progress: Callable[[float], None] = lambda fraction: None,
) -> None:
    """Write `voices`, one after the other, to `out` as raw mono float32 at 48 kHz, exactly `seconds` long.

    Each fades in and out over 5 ms, so that no join clicks. Nothing is shortened or turned down: what
    does not fit into the film, or begins before the last has ended, raises `RenderError`.
    """
    length = round(seconds * RATE)
    written = 0
    # Written and not mapped: on a full disk writing raises, but touching a mapped page kills the process.
    for number, voice in enumerate(voices):
        cancel.check()
        samples = faded(read(voice.audio))
        first = round(voice.start * RATE)
        if first < written or first + len(samples) > length:
            raise RenderError(
                f"{voice.audio.name} speaks from {voice.start:.2f} to {voice.start + len(samples) / RATE:.2f} s "
                f"in a film of {seconds:.2f} s, taken until {written / RATE:.2f} s."
            )
        _write_silence(out, first - written)
        out.write(samples.tobytes())
        written = first + len(samples)
        progress((number + 1) / len(voices))
    _write_silence(out, length - written)


def _write_silence(out: IO[bytes], samples: int) -> None:
    for first in range(0, samples, RATE):
        out.write(bytes(4 * min(RATE, samples - first)))


def read(path: Path) -> NDArray[np.float32]:
    """The sound file at `path`, mono at 48 kHz, every sample of it; `RenderError` when it is none."""
    blocks = list(probe.sound(path))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def faded(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """`samples` with a raised-cosine fade at both ends."""
    count = min(round(JOIN_SECONDS * RATE), len(samples) // 2)
    ramp = np.square(np.sin(np.linspace(0, np.pi / 2, count, endpoint=False, dtype=np.float32)))
    samples = samples.copy()
    samples[:count] *= ramp
    samples[len(samples) - count :] *= ramp[::-1]
    return samples


def encode(
    track: Path,
    seconds: float,
    out: Path,
    *,
    silent: bool,
    cancel: Cancel,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Loudness | None:
    """Encode a `mix` as stereo AAC at −14 LUFS; return what was measured of the encoded file.

    A `silent` track stays digital silence, which has no loudness: None. Raises `RenderError` when a
    track that should speak is silent, or the loudness cannot be reached.
    """
    if silent:
        _encode(track, seconds, out, 0.0, 0.0, cancel, progress)
        return None
    raw = _integrated(_raw(track).audio, seconds, cancel, part(progress, 0.0, 0.05))
    if not math.isfinite(raw):
        raise RenderError(
            "The narration is silent.", remedy="Choose another speaker, or ask for Voice(silent=True)."
        )
    # On two channels the same sound is twice the power.
    aim, ceiling = TARGET_LUFS, _FIRST_CEILING
    gain = aim - raw - 10 * math.log10(2)
    done = 0.05
    for _ in range(_ROUNDS):
        # One round is the rule; each takes most of what is left of the bar.
        share = (1.0 - done) * 0.9
        gain = _find_gain(track, seconds, aim, gain, ceiling, cancel, part(progress, done, share * 0.2))
        _encode(track, seconds, out, gain, ceiling, cancel, part(progress, done + share * 0.2, share * 0.7))
        last = part(progress, done + share * 0.9, share * 0.1)
        reached = measure(ffmpeg.source(out).audio, seconds, cancel=cancel, progress=last)
        done += share
        if abs(reached.integrated - TARGET_LUFS) <= _CLOSE_LU and reached.peak < MAX_PEAK_DBTP:
            progress(1.0)
            return reached
        aim += TARGET_LUFS - reached.integrated
        ceiling -= max(0.0, reached.peak - MAX_PEAK_DBTP + _PEAK_MARGIN)
    raise RenderError(
        f"The sound is at {reached.integrated} LUFS with peaks of {reached.peak} dBTP and comes no nearer to "
        f"{TARGET_LUFS} LUFS and {MAX_PEAK_DBTP} dBTP.",
        remedy="Choose another speaker: this one's sound is nearly all silence or noise.",
    )


def _find_gain(
    track: Path,
    seconds: float,
    aim: float,
    gain: float,
    ceiling: float,
    cancel: Cancel,
    progress: Callable[[float], None],
) -> float:
    """The gain in dB at which the limited sound is at `aim` LUFS, by the secant rule from `gain` on.

    It listens to the limiter at the film's own rate: that is as loud to a tenth, and takes a third of the time.
    """
    tried: list[tuple[float, float]] = []
    for number in range(_TRIES):
        share = part(progress, number / _TRIES, 1 / _TRIES)
        heard = _integrated(_limited(track, gain, ceiling, RATE), seconds, cancel, share)
        missing = aim - heard
        if abs(missing) <= _EXACT_LU:
            break
        slope = 1.0
        if tried and tried[-1][0] != gain:
            # The more is limited, the less loudness a decibel of gain gives.
            slope = (heard - tried[-1][1]) / (gain - tried[-1][0])
        tried.append((gain, heard))
        gain += missing / min(1.0, max(0.2, slope))
    progress(1.0)
    return gain


def measure(
    sound: Any,
    seconds: float,
    *,
    cancel: Cancel,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Loudness:
    """The loudness of an ffmpeg-python audio stream, as EBU R 128 measures it.

    `integrated` is minus infinity when nothing is louder than the gate at −70 LUFS.
    """
    summary = _summary(sound, "true", seconds, cancel, progress)
    return Loudness(_gated(summary), _figure(summary, "LRA", "LU"), _figure(summary, "Peak", "dBFS"))


def _integrated(sound: Any, seconds: float, cancel: Cancel, progress: Callable[[float], None]) -> float:
    """`measure(sound).integrated`, without what looking for peaks between the samples takes."""
    return _gated(_summary(sound, "none", seconds, cancel, progress))


def _summary(sound: Any, peak: str, seconds: float, cancel: Cancel, progress: Callable[[float], None]) -> str:
    import ffmpeg as graph

    heard = graph.filter(sound, "ebur128", peak=peak, framelog="quiet")
    said = ffmpeg.run(heard.output("-", format="null"), cancel=cancel, progress=progress, seconds=seconds)
    return said[said.rindex("Summary:") :]


def _gated(summary: str) -> float:
    integrated = _figure(summary, "I", "LUFS")
    return integrated if integrated > -70.0 else -math.inf


def _figure(summary: str, name: str, unit: str) -> float:
    found = re.search(rf"^\s*{name}:\s+(\S+) {unit}", summary, re.MULTILINE)
    if found is None:
        raise RenderError(f"ffmpeg gave no {name!r} in its summary of the loudness.")
    return float(found[1])


def _raw(track: Path) -> Any:
    return ffmpeg.source(track, format="f32le", ar=RATE, ac=1)


def _limited(track: Path, gain: float, ceiling: float, rate: int) -> Any:
    """`track` raised by `gain` dB, its peaks held under `ceiling` dB as seen at `rate`, on two channels."""
    return _stereo(
        _raw(track)
        .audio.filter("volume", volume=f"{gain:.3f}dB")
        .filter("aresample", rate)
        # `level` would turn the result up again; `latency` takes the look-ahead's delay back.
        .filter("alimiter", limit=f"{10 ** (ceiling / 20):.6f}", attack=5, release=50, level=0, latency=1)
        .filter("aresample", RATE)
    )


def _stereo(mono: Any) -> Any:
    # Not `aformat`: it takes 3 dB away. Not `c0=c0`: ffmpeg-python escapes the equals sign once too often.
    return mono.filter("pan", "stereo|c0<c0|c1<c0")


def _encode(
    track: Path,
    seconds: float,
    out: Path,
    gain: float,
    ceiling: float,
    cancel: Cancel,
    progress: Callable[[float], None],
) -> None:
    """Encode `track`, raised by `gain` dB (not at all: as it is) and limited to `ceiling` dB."""
    import ffmpeg as graph

    sound = _limited(track, gain, ceiling, _OVERSAMPLED) if gain else _stereo(_raw(track).audio)
    encoded = graph.output(
        sound,
        ffmpeg.target(out),
        acodec="aac",
        # A third quicker than the default search and, on speech at this rate, 2 dB nearer to the original.
        aac_coder="fast",
        audio_bitrate=BITRATE,
        ar=RATE,
        fflags="+bitexact",
        **{"flags:a": "+bitexact", "map_metadata": -1},
    )
    ffmpeg.run(encoded, cancel=cancel, progress=progress, seconds=seconds)
