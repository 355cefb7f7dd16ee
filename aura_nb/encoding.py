"""What a user asks of encoders: which work here (`encoders`), and which does best (`compare_encoders`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from aura_nb import api
from aura_nb.cancel import Cancel
from aura_nb.codecs import Quality
from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.film import Film
from aura_nb.jobs.interrupt import interruptible
from aura_nb.media import ffmpeg
from aura_nb.media.colour import Yuv
from aura_nb.media.proof import prove
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.contest import Run, contest, entered
from aura_nb.pipeline.context import Context
from aura_nb.request import Request
from aura_nb.script import Script
from aura_nb.settings import Settings
from aura_nb.spec import Brief, Plan, Profile, Render, Voice

if TYPE_CHECKING:
    import pandas as pd

LONGEST_SECONDS = 20.0
"""Of a comparison: raw frames of 1080p take 93 MB a second."""


def encoders() -> pd.DataFrame:
    """Every video encoder there may be: whether it works on this machine, and what mends it where not.

    Each is proved by encoding frames with it, never by a list; the first call takes a second or two. A GPU
    or driver that comes later is found by the next kernel. See `aura_nb.tables.encoders` for the columns.
    """
    from aura_nb import tables

    return tables.encoders(prove(binary=ffmpeg.find()))


def compare_encoders(
    subject: Film | str | Path | Brief | Script | Request | api.Fields,
    encoders: Sequence[str] | str | None = None,
    *,
    quality: Quality | None = None,
    seconds: float = 4.0,
    plan: Plan | api.Fields | None = None,
    voice: Voice | api.Fields | None = None,
    render: Render | api.Fields | None = None,
    profile: Profile | api.Fields | str | None = None,
) -> pd.DataFrame:
    """Have several encoders encode the same seconds of a film, and measure time, size and likeness.

    Each works alone, one after the other, in one thread as it does for a segment of a film, and what
    comes of it is held against the very frames it was given. A film's own pace is about as many times
    faster as there are cores. Needs 1.5 bytes a pixel and frame of temporary space, 370 MB at 1080p.

    Parameters
    ----------
    subject:
        A brief, a script or whatever else `start` takes: its first two scenes are drawn and shown without
        captions, the fade between them in the middle. Or a `Film`, or the path of one (.mp4) with its manifest:
        its own frames, which were encoded once already and so are easier to encode again.
    encoders:
        Their names as in `aura.encoders()`; by default all that work here.
    quality:
        "draft", "good", "high" or "maximum"; by default what `render`, or the subject's own, says.
    seconds:
        How much of the film, 1 to 20.
    plan, voice, render, profile:
        As `start` takes them, for a subject that is no film yet. Nobody needs to speak for it.

    Returns
    -------
    A DataFrame, see `aura_nb.tables.encoder_runs` for the columns.

    Raises
    ------
    InvalidBrief
        Naming every bad field; nothing was begun.
    NotAFilm
        When there is no film of aura_nb at that path.
    RenderError
        When the film cannot be read or a picture cannot be drawn.
    """
    from aura_nb import tables
    from aura_nb.widgets.steps import showing

    if not 1.0 <= seconds <= LONGEST_SECONDS:
        issue = FieldIssue("seconds", f"{seconds} is outside 1 to {LONGEST_SECONDS:g}", "Use 4, say.")
        raise InvalidBrief([issue], subject="comparison")
    proofs = entered(encoders)
    given = {"plan": plan, "voice": voice, "render": render, "profile": profile}
    parts = {name: part for name, part in given.items() if part is not None}
    if _names_a_film(subject):
        subject = Film.load(subject)
    of = _film(subject, parts, seconds) if isinstance(subject, Film) else _asked(subject, parts, seconds)
    title, size, look, frames = of
    if quality is not None:
        look = Render(**{**look.model_dump(exclude={"crf"}), "quality": quality})

    def work(cancel: Cancel) -> list[Run]:
        return contest(lambda: frames(cancel), size, look, proofs, cancel=cancel, report=report)

    with showing(api.shell()) as report:
        return tables.encoder_runs(interruptible(work, f"Comparing encoders for {title}"))


Frames = Callable[[Cancel], Iterator[Yuv]]


def _names_a_film(subject: object) -> TypeGuard[str | Path]:
    """Whether `subject` is the path of a film, and not a topic in which one is told of."""
    if isinstance(subject, str):
        return subject.lower().endswith(".mp4") and (Path(subject).is_file() or not re.search(r"\s", subject))
    return isinstance(subject, Path) and subject.suffix.lower() == ".mp4"


def _film(film: Film, parts: Mapping[str, Any], seconds: float) -> tuple[str, tuple[int, int], Render, Frames]:
    from aura_nb.manifest import Manifest
    from aura_nb.pipeline.excerpt import of_film

    if parts:
        issues = [
            FieldIssue(name, "the film is made already", "Leave it out, or give its brief.") for name in parts
        ]
        raise InvalidBrief(issues, subject="comparison")
    look = Render(**Manifest.of(film.path).script["render"])
    return film.title, film.size, look, lambda cancel: of_film(film, seconds)


def _asked(
    subject: str | Path | Brief | Script | Request | api.Fields, parts: Mapping[str, Any], seconds: float
) -> tuple[str, tuple[int, int], Render, Frames]:
    from aura_nb.pipeline.excerpt import of_request

    # Nobody needs to speak for it.
    asked = Request.ask(subject, **parts).changed(voice={"silent": True}).check()
    request = Request.ask(api.write(asked))

    def frames(cancel: Cancel) -> Iterator[Yuv]:
        return of_request(request, seconds, Context(Cache(Settings().cache_dir), cancel))

    return request.brief.topic, request.size, request.render, frames
