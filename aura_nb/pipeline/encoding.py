"""By which encoder a film's pictures are encoded, and who stands in when that one cannot.

All segments of a film are of one encoder, or they would not join. So a film has one `FilmEncoder`, which its
tasks ask; when a driver gives up in the middle, what it had made is made again by the one that stands in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from aura_nb.codecs import AUTO, DEFAULT, ENCODERS, Encoder, candidates
from aura_nb.media import ffmpeg
from aura_nb.media.encode import EncoderFailed, signature
from aura_nb.media.proof import Proof, prove
from aura_nb.media.tuning import options
from aura_nb.spec import Render


class Prover(Protocol):
    """`media.proof.prove`, or what a test has in its place."""

    def __call__(self, encoders: Iterable[str], *, binary: ffmpeg.Binary | None) -> Mapping[str, Proof]: ...


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoder that works here. `binary` is the ffmpeg that has it, None for PyAV."""

    encoder: Encoder
    version: str
    binary: ffmpeg.Binary | None = None

    @classmethod
    def usual(cls) -> Self:
        """x264 in PyAV, which every installation has: it proves itself as it encodes."""
        return cls(DEFAULT, signature(DEFAULT.name))

    def identity(self, render: Render) -> list[object]:
        """All of it that leaves its mark on the bytes of a segment, as plain data."""
        settings = options(self.encoder.name, fps=render.fps, crf=render.rate_factor, max_kbps=render.max_kbps)
        carrier = f"ffmpeg {self.binary.version}" if self.binary else "av"
        return [self.encoder.name, self.version, carrier, settings]


def choose(
    render: Render, *, without: Mapping[str, str] | None = None, prove: Prover = prove
) -> tuple[Encoding, str]:
    """The first encoder that `render` may be encoded with and that works, and what to tell of those before it.

    `without` are encoders that are not to be taken, and why.
    """
    failed = dict(without or {})
    if render.encoder == AUTO and render.codec == DEFAULT.codec:
        return Encoding.usual(), ""
    binary = ffmpeg.find()
    for encoder in candidates(render.codec, render.encoder):
        if encoder.name in failed:
            continue
        proof = prove([encoder.name], binary=binary)[encoder.name]
        if proof.usable:
            return Encoding(encoder, proof.version, proof.binary), _told(failed, encoder)
        failed[encoder.name] = proof.why
    # Whoever got here has no x264 either: making the film says so best.
    return Encoding.usual(), _told(failed, DEFAULT)


def _told(failed: Mapping[str, str], instead: Encoder) -> str:
    """Who cannot be used and why, who encodes instead, and what mends it; nothing where nobody failed."""
    if not failed:
        return ""
    first = ENCODERS[next(iter(failed))]
    whys = "; ".join(f"{name}: {why}" for name, why in failed.items())
    told = f"{whys}. So {instead.name} encodes."
    if instead.codec != first.codec:
        told += f" The film is {instead.codec}, not {first.codec}."
    return f"{told} {first.remedy if len(failed) == 1 else '`aura-nb encoders` says what each of them needs.'}"


class FilmEncoder:
    """The one encoder of a film at any time; may be asked from several threads.

    Parameters
    ----------
    warn:
        Told once for each time another encoder stands in.
    """

    def __init__(self, render: Render, warn: Callable[[str], None], *, prove: Prover = prove) -> None:
        self._render = render
        self._warn = warn
        self._prove = prove
        self._failed: dict[str, str] = {}
        self._lock = threading.Lock()
        self._now, note = choose(render, prove=prove)
        if note:
            warn(note)

    @property
    def now(self) -> Encoding:
        """Who encodes."""
        with self._lock:
            return self._now

    def gave_up(self, encoding: Encoding, error: EncoderFailed) -> None:
        """A driver broke off: somebody else encodes from now on, and that is told. Raises `error` for software.

        Software fails for reasons that others share: a full disk, a frame no encoder takes.
        """
        if encoding.encoder.kind != "hardware":
            raise error
        with self._lock:
            if encoding != self._now:
                return
            self._failed[encoding.encoder.name] = f"it gave up in the middle of the film ({error.message})"
            self._now, note = choose(self._render, without=self._failed, prove=self._prove)
        self._warn(f"{note} What it had made is made again.")
