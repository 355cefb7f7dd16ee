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
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError
from aura_nb.media import ffmpeg, probe

VERSION = 1
RATE = probe.RATE
BITRATE = 192_000
TARGET_LUFS = -14.0
TOLERANCE_LU = 0.5
MAX_PEAK_DBTP = -1.0
JOIN_SECONDS = 0.005

# Within half the tolerance we stop correcting. AAC adds up to about a decibel to the limiter's peaks.
_CLOSE_LU = 0.2
_FIRST_CEILING = -2.0
_PEAK_MARGIN = 0.3
# Of each decibel that peaks are held down, speech loses about this much loudness (a first guess, corrected).
_LIMITER_TAKES = 0.35
_ROUNDS = 6
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
    out: Path,
    *,
    cancel: Cancel,
    progress: Callable[[float], None] = lambda fraction: None,
) -> None:
    """Write `voices` to `out` as raw mono float32 at 48 kHz, exactly `seconds` long.

    Each fades in and out over 5 ms, so that no join clicks. Nothing is shortened or turned down:
    what does not fit into the film raises `RenderError`.
    """
    length = round(seconds * RATE)
    track = np.memmap(out, np.float32, "w+", shape=(length,))
    for number, voice in enumerate(voices):
        cancel.check()
        samples = faded(read(voice.audio))
        first = round(voice.start * RATE)
        if first < 0 or first + len(samples) > length:
            raise RenderError(
                f"{voice.audio.name} speaks from {voice.start:.2f} to {voice.start + len(samples) / RATE:.2f} s "
                f"in a film of {seconds:.2f} s."
            )
        track[first : first + len(samples)] += samples
        progress((number + 1) / len(voices))
    track.flush()


def read(path: Path) -> NDArray[np.float32]:
    """The sound file at `path`, mono at 48 kHz, every sample of it."""
    try:
        blocks = list(probe.sound(path))
    except (av.FFmpegError, IndexError, OSError) as error:
        raise RenderError(f"The sound {path.name} cannot be read: {error}.") from error
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
    raw = measure(_raw(track), seconds, cancel=cancel, progress=_part(progress, 0.0, 0.08))
    if not math.isfinite(raw.integrated):
        raise RenderError(
            "The narration is silent.", remedy="Choose another speaker, or ask for Voice(silent=True)."
        )
    # On two channels the same sound is twice the power.
    wanted = TARGET_LUFS - (raw.integrated + 10 * math.log10(2))
    ceiling = _FIRST_CEILING
    gain = wanted + _LIMITER_TAKES * max(0.0, raw.peak + wanted - ceiling)
    tried: list[tuple[float, float]] = []
    done = 0.08
    for _ in range(_ROUNDS):
        # One round or two are the rule; each takes most of what is left of the bar.
        share = (1.0 - done) * 0.7
        _encode(track, seconds, out, gain, ceiling, cancel, _part(progress, done, share * 0.8))
        reached = measure(
            ffmpeg.source(out), seconds, cancel=cancel, progress=_part(progress, done + share * 0.8, share * 0.2)
        )
        done += share
        if abs(reached.integrated - TARGET_LUFS) <= _CLOSE_LU and reached.peak <= MAX_PEAK_DBTP - 0.05:
            progress(1.0)
            return reached
        tried.append((gain, reached.integrated))
        gain += (TARGET_LUFS - reached.integrated) / _slope(tried)
        ceiling -= max(0.0, reached.peak - MAX_PEAK_DBTP + _PEAK_MARGIN)
    raise RenderError(
        f"The sound is at {reached.integrated} LUFS with peaks of {reached.peak} dBTP and would come no nearer to "
        f"{TARGET_LUFS} LUFS and {MAX_PEAK_DBTP} dBTP.",
        remedy="Choose another speaker: this one's sound is nearly all silence or noise.",
    )


def _slope(tried: Sequence[tuple[float, float]]) -> float:
    """How many decibels of loudness one of gain has given lately: the more limiting, the fewer."""
    if len(tried) < 2 or tried[-1][0] == tried[-2][0]:
        return 1.0
    (gain, loudness), (later_gain, later_loudness) = tried[-2:]
    return min(1.0, max(0.25, (later_loudness - loudness) / (later_gain - gain)))


def measure(
    sound: Any,
    seconds: float,
    *,
    cancel: Cancel,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Loudness:
    """The loudness of an ffmpeg input (see `ffmpeg.source`), as EBU R 128 measures it.

    `integrated` is minus infinity when nothing is louder than the gate at −70 LUFS.
    """
    import ffmpeg as graph

    heard = graph.filter(sound.audio, "ebur128", peak="true", framelog="quiet")
    said = ffmpeg.run(heard.output("-", format="null"), cancel=cancel, progress=progress, seconds=seconds)
    summary = said[said.rindex("Summary:") :]

    def figure(name: str, unit: str) -> float:
        found = re.search(rf"^\s*{name}:\s+(\S+) {unit}", summary, re.MULTILINE)
        if found is None:
            raise RenderError(f"ffmpeg gave no {name!r} in its summary of the loudness.")
        return float(found[1])

    integrated = figure("I", "LUFS")
    return Loudness(integrated if integrated > -70.0 else -math.inf, figure("LRA", "LU"), figure("Peak", "dBFS"))


def _raw(track: Path) -> Any:
    return ffmpeg.source(track, format="f32le", ar=RATE, ac=1)


def _encode(
    track: Path,
    seconds: float,
    out: Path,
    gain: float,
    ceiling: float,
    cancel: Cancel,
    progress: Callable[[float], None],
) -> None:
    """Raise `track` by `gain` dB, hold its peaks under `ceiling` dB, and encode it."""
    import ffmpeg as graph

    sound = _raw(track).audio
    if gain:
        sound = (
            sound.filter("volume", volume=f"{gain:.3f}dB")
            .filter("aresample", _OVERSAMPLED)
            # `level` would turn the result up again; `latency` takes the look-ahead's delay back.
            .filter("alimiter", limit=f"{10 ** (ceiling / 20):.6f}", attack=5, release=50, level=0, latency=1)
            .filter("aresample", RATE)
        )
    # Not `aformat`: it takes 3 dB away. Not `c0=c0`: ffmpeg-python escapes the equals sign once too often.
    stereo = sound.filter("pan", "stereo|c0<c0|c1<c0")
    encoded = graph.output(
        stereo,
        ffmpeg.target(out),
        acodec="aac",
        audio_bitrate=BITRATE,
        ar=RATE,
        fflags="+bitexact",
        **{"flags:a": "+bitexact", "map_metadata": -1},
    )
    ffmpeg.run(encoded, cancel=cancel, progress=progress, seconds=seconds)


def _part(progress: Callable[[float], None], start: float, share: float) -> Callable[[float], None]:
    return lambda fraction: progress(start + share * fraction)
