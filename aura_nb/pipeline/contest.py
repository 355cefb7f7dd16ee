"""Encoders side by side: each encodes the same frames, one after the other, in a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aura_nb.cancel import Cancel
from aura_nb.codecs import ENCODERS, Encoder
from aura_nb.errors import FieldIssue, InvalidBrief, RenderError
from aura_nb.media import ffmpeg
from aura_nb.media.colour import Yuv
from aura_nb.media.proof import Proof, prove
from aura_nb.media.trial import Measured, Raw, measure
from aura_nb.pipeline.compare import Step
from aura_nb.pipeline.encoding import Prover
from aura_nb.spec import Render


@dataclass(frozen=True, slots=True)
class Run:
    """What came of an encoder that encoded so many `film_seconds`; `measured` is None where it `failure`d."""

    encoder: Encoder
    film_seconds: float
    measured: Measured | None = None
    failure: str = ""

    @property
    def realtime(self) -> float | None:
        """Seconds of film for each second of work."""
        return self.film_seconds / self.measured.seconds if self.measured else None

    @property
    def kbps(self) -> float | None:
        """The bitrate, in kbit/s."""
        return self.measured.bytes * 8 / 1000 / self.film_seconds if self.measured else None


def entered(names: Sequence[str] | str | None, *, prove: Prover = prove) -> Mapping[str, Proof]:
    """What is known of the encoders called `names`, with None of all that can be used here.

    Raises `InvalidBrief` for names that are nobody's, and where there is nobody to compare.
    """
    asked = [names] if isinstance(names, str) else names
    unknown = [name for name in asked or () if name not in ENCODERS]
    if unknown:
        issue = FieldIssue("encoders", f"there is none named {', '.join(unknown)}", f"Use {', '.join(ENCODERS)}.")
        raise InvalidBrief([issue], subject="comparison")
    if asked is not None and not asked:
        raise InvalidBrief(
            [FieldIssue("encoders", "nobody to compare", "Name one at least.")], subject="comparison"
        )
    found = prove(ENCODERS if asked is None else asked, binary=ffmpeg.find())
    return {name: proof for name, proof in found.items() if asked is not None or proof.usable}


def contest(
    frames: Callable[[], Iterable[Yuv]],
    size: tuple[int, int],
    render: Render,
    proofs: Mapping[str, Proof],
    *,
    cancel: Cancel,
    report: Callable[[Step], None] = lambda step: None,
) -> list[Run]:
    """Have each encoder encode `frames` as `render` says; a failure is part of what comes of one.

    The frames lie in a temporary folder meanwhile, 1.5 bytes a pixel. Raises RenderError, JobCancelled.
    """
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="aura-nb-") as name:
        folder = Path(name)
        report(Step(1, len(proofs), next(iter(proofs)), "waits for its frames"))
        raw = Raw.write(folder / "frames.yuv", _watched(frames(), cancel), size, render.fps)
        for number, proof in enumerate(proofs.values(), 1):
            run = Run(ENCODERS[proof.encoder], raw.seconds, failure=proof.why)
            step = Step(number, len(proofs), proof.encoder, "encodes")

            def told(fraction: float, step: Step = step) -> None:
                report(replace(step, doing="encodes" if fraction < 0.5 else "is measured", fraction=fraction))

            told(0.0)
            if proof.usable:
                run = _run(run, raw, folder, render, proof, cancel, told)
            runs.append(run)
    return runs


def _run(
    run: Run,
    raw: Raw,
    folder: Path,
    render: Render,
    proof: Proof,
    cancel: Cancel,
    progress: Callable[[float], None],
) -> Run:
    try:
        measured = measure(
            raw,
            folder,
            encoder=proof.encoder,
            crf=render.rate_factor,
            max_kbps=render.max_kbps,
            binary=proof.binary,
            cancel=cancel,
            progress=progress,
        )
    except RenderError as error:
        return replace(run, failure=error.message)
    return replace(run, measured=measured)


def _watched(frames: Iterable[Yuv], cancel: Cancel) -> Iterator[Yuv]:
    for frame in frames:
        cancel.check()
        yield frame
