"""Pre-flight: can this machine make this film now? A table of checks, before any work is done."""

from __future__ import annotations

import html
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, Self, cast

from aura_nb.errors import AuraError, FieldIssue, InvalidBrief, InvalidRequest, PreflightFailed, refused
from aura_nb.figures import kind_of
from aura_nb.media import ffmpeg
from aura_nb.media.proof import prove as prove_encoders
from aura_nb.pipeline.cast import Parts, able_or_why_not, check_voice
from aura_nb.pipeline.encoding import Prover, choose
from aura_nb.pipeline.publish import CAPTIONS, ORDER, foreign
from aura_nb.platforms import PLATFORMS
from aura_nb.providers import registry
from aura_nb.providers.base import Provider, Socket, Speaker
from aura_nb.providers.illustrators import charts
from aura_nb.request import Request
from aura_nb.script import FigureCard, Script
from aura_nb.settings import Settings
from aura_nb.spec import WORDS_PER_MINUTE, Render
from aura_nb.themes.theme import load

Status = Literal["Pass", "Warn", "Fail"]

MIN_FREE_BYTES = 10**9
ESTIMATE_MARGIN = 2.5
# Bits a pixel of a slowly zooming card at CRF 20: twice what our films take, so that it errs upwards.
BITS_PER_PIXEL = 0.05
AUDIO_BYTES_PER_SECOND = 24_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, how it stands, and what to do about it.

    `field` is what is to be mended in the request, empty where it is the machine.
    """

    name: str
    status: Status
    detail: str
    hint: str = ""
    field: str = ""


@dataclass(frozen=True, repr=False)
class Preflight:
    """All checks of one film; shows itself as a table in a notebook and in text."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether the film can be made: nothing failed (warnings do not count)."""
        return not self._failed

    @property
    def _failed(self) -> list[Check]:
        return [check for check in self.checks if check.status == "Fail"]

    def raise_for_failures(self) -> Self:
        """Raise an error naming every failed check and its remedy; else return the table.

        `InvalidBrief` where the request is to be mended, `PreflightFailed` where only the machine is.
        """
        if any(check.field for check in self._failed):
            issues = [
                FieldIssue(one.field or one.name, one.detail.removesuffix("."), one.hint) for one in self._failed
            ]
            raise InvalidBrief(issues, subject="request")
        if self._failed:
            lines = "".join(f"\n  - {check.name}: {check.detail} {check.hint}".rstrip() for check in self._failed)
            raise PreflightFailed(f"This film cannot be made here now:{lines}")
        return self

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __repr__(self) -> str:
        width = max((len(check.name) for check in self.checks), default=0)
        return "\n".join(
            f"{check.status}  {check.name:<{width}}  {check.detail} {check.hint}".rstrip() for check in self.checks
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in ("", "Check", "Found", "Remedy"))
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td style='text-align:left'>{html.escape(cell)}</td>"
                for cell in (check.status, check.name, check.detail, check.hint)
            )
            + "</tr>"
            for check in self.checks
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


class DiskUsage(Protocol):
    """What `shutil.disk_usage` returns; only the free bytes are looked at."""

    @property
    def free(self) -> int: ...


def preflight(
    request: Request,
    *,
    output: Path | None = None,
    settings: Settings | None = None,
    disk_usage: Callable[[Path], DiskUsage] = shutil.disk_usage,
    find_ffmpeg: Callable[[Path | None], ffmpeg.Binary] = ffmpeg.find,
    parts: Parts = registry.default,
    prove: Prover = prove_encoders,
) -> Preflight:
    """Check all that the film of `request` needs of this machine.

    `output` is the film's path, by default one in the films folder of `settings`.
    """
    settings = settings or Settings()
    target = output or settings.films / "film.mp4"
    needed = bytes_needed(_seconds(request), request.size, request.render)
    profile = request.profile
    checks = [
        _ffmpeg(settings, find_ffmpeg),
        _output(target, request.render),
        _disk("disk, film", target.parent, needed, disk_usage, "Choose another output path."),
        _disk(
            "disk, cache", settings.cache_dir, needed, disk_usage, "Set AURA_NB_CACHE_DIR to a folder of yours."
        ),
        _encoder(request.render, prove),
    ]
    if request.script is None:
        checks.append(_chain("writer", profile.writer, request, parts))
    if not request.voice.silent:
        checks.append(_chain("speaker", profile.speaker, request, parts))
    checks.append(_chain("illustrator", profile.illustrator, request, parts))
    checks.append(_theme(request.render.theme))
    if request.script is not None:
        checks.append(_figures(request.script))
    if request.render.platform is not None:
        checks.append(_platform(request))
    return Preflight(tuple(checks))


def bytes_needed(seconds: float, size: tuple[int, int], render: Render) -> int:
    """Free bytes a film of `seconds` at `size` pixels asks for: 2.5 × its estimated size, 1 GB at least.

    x264's rate halves for about every 6 steps of CRF (its rate control's rule of thumb).
    """
    video = size[0] * size[1] * render.fps * BITS_PER_PIXEL * 2 ** ((20 - render.rate_factor) / 6) / 8
    return max(MIN_FREE_BYTES, math.ceil(ESTIMATE_MARGIN * seconds * (video + AUDIO_BYTES_PER_SECOND)))


def existing(folder: Path) -> Path:
    """`folder` itself, or the nearest folder above it that exists."""
    return next((path for path in (folder, *folder.absolute().parents) if path.exists()), folder)


def unwritable(folder: Path) -> str | None:
    """Why no file can be made in `folder` (or where it would be made), or None. Proved by making one."""
    try:
        with tempfile.TemporaryFile(dir=existing(folder)):
            return None
    except OSError as error:
        return refused(error)[0]


def _seconds(request: Request) -> float:
    if request.script is None:
        return request.plan.seconds
    words = sum(len(scene.text.split()) for scene in request.script.scenes)
    return words * 60 / (WORDS_PER_MINUTE["conversational"] * request.rate) + 3 * len(request.script.scenes)


def _ffmpeg(settings: Settings, find: Callable[[Path | None], ffmpeg.Binary]) -> Check:
    try:
        find(settings.ffmpeg)
    except PreflightFailed as error:
        return Check("ffmpeg", "Fail", error.message, error.remedy)
    return Check("ffmpeg", "Pass", "Works.")


def _encoder(render: Render, prove: Prover) -> Check:
    try:
        encoding, note = choose(render, prove=prove)
    except PreflightFailed as error:
        return Check("encoder", "Fail", error.message, error.remedy)
    return (
        Check("encoder", "Warn", note) if note else Check("encoder", "Pass", f"{encoding.encoder.name} is ready.")
    )


def _platform(request: Request) -> Check:
    """Whether the platform takes films of this length and codec."""
    render = request.render
    assert render.platform is not None
    target, seconds = PLATFORMS[render.platform], _seconds(request)
    if target.seconds is not None and seconds > target.seconds:
        found = f"{render.platform} takes {target.seconds:g} s, and this film will be about {seconds:.0f} s long."
        return Check("platform", "Warn", found, "Plan a shorter one.")
    if render.codec not in target.codecs:
        found = f"{render.platform} does not say that it takes {render.codec}."
        return Check("platform", "Warn", found, f"Set codec to {' or '.join(target.codecs)}.")
    width, height = request.size
    return Check("platform", "Pass", f"{render.platform}: {width}×{height}, {render.max_kbps:,} kbit/s at most.")


def _output(target: Path, render: Render) -> Check:
    folder = target.parent
    kinds = [kind for kind in ORDER if render.captions != "none" or kind not in CAPTIONS]
    if target.suffix.lower() != ".mp4":
        return _refused("output", f"{target} does not end in .mp4.", "Give the film a name ending in .mp4.")
    if target.is_dir():
        return _refused("output", f"{target} is a folder.", "Give the path of a file.")
    if not existing(folder).is_dir():
        return _refused("output", f"{existing(folder)} is not a folder.", "Choose another output path.")
    if why := unwritable(folder):
        return _refused("output", f"{folder} cannot be written to: {why}.", "Choose another output path.")
    if in_the_way := foreign(target, kinds):
        names = ", ".join([str(in_the_way[0]), *(path.name for path in in_the_way[1:])])
        found = f"There already, and not made by aura_nb: {names}."
        return _refused("output", found, "Choose another output path, or move that away.")
    return Check("output", "Pass", "Can be written.")


def _refused(name: str, detail: str, hint: str, field: str = "") -> Check:
    """What is wrong with the request itself, at `field` of it, by default the one called as the check is."""
    return Check(name, "Fail", detail, hint, field or name)


def _disk(name: str, folder: Path, needed: int, usage: Callable[[Path], DiskUsage], elsewhere: str) -> Check:
    """Whether `folder` takes that many bytes; `elsewhere` is the remedy where it takes none."""
    why = unwritable(folder)
    if why:
        return Check(name, "Fail", f"{folder} cannot be written to: {why}.", elsewhere)
    try:
        free = usage(existing(folder)).free
    except OSError as error:
        return Check(name, "Warn", f"Free space of {folder} is not known: {refused(error)[0]}.")
    if free < needed:
        return Check(
            name,
            "Fail",
            f"{free / 1e9:.1f} GB free at {folder}, {needed / 1e9:.1f} GB needed.",
            "Free some space, or set AURA_NB_CACHE_DIR and the output to another disk.",
        )
    return Check(name, "Pass", f"At least {needed / 1e9:.1f} GB free.")


def _chain(socket: Socket, names: Sequence[str], request: Request, parts: Parts) -> Check:
    """Which provider of a chain will do it, and why not one before it."""
    able: list[Provider] = []
    issues: list[FieldIssue] = []
    unknown: list[InvalidRequest] = []
    for name in names:
        try:
            one = able_or_why_not(socket, name, request.brief.language, parts)
        except InvalidRequest as error:
            unknown.append(error)
            continue
        except AuraError as error:
            return Check(socket, "Fail", error.message, error.remedy)
        if not isinstance(one, FieldIssue):
            able.append(one)
        elif not able:
            issues.append(one)
    if unknown:
        found = " ".join(error.message for error in unknown)
        return _refused(socket, found, unknown[-1].remedy, f"profile.{socket}")
    found = " ".join(f"{issue.message}." for issue in issues)
    hint = " ".join(issue.remedy for issue in issues)
    if not able:
        return Check(socket, "Fail", found, hint)
    if socket == "speaker":
        try:
            check_voice(request.voice, cast("list[Speaker]", able))
        except InvalidBrief as error:
            (issue,) = error.issues
            return _refused("voice", f"{issue.message}.", issue.remedy, "voice.name")
    if issues:
        return Check(socket, "Warn", f"{found} {able[0].info.name} takes its place.", hint)
    return Check(socket, "Pass", f"{able[0].info.name} is ready.")


def _theme(theme: str) -> Check:
    try:
        load(theme)
    except InvalidBrief as error:
        (issue,) = error.issues
        return _refused("theme", f"{issue.message}.", issue.remedy, "render.theme")
    return Check("theme", "Pass", "Can be read.")


def _figures(script: Script) -> Check:
    pictures = [scene.picture for scene in script.scenes if isinstance(scene.picture, FigureCard)]
    lost = sorted({str(picture.image) for picture in pictures if not picture.image.is_file()})
    if lost:
        found = f"No such file: {', '.join(lost)}."
        return _refused("figures", found, "Give paths of existing images.", "scenes")
    if any(kind_of(picture.image) == "plotly" for picture in pictures) and (remedy := charts.lacking()):
        return Check("figures", "Fail", "plotly figures cannot be drawn here.", remedy)
    return Check("figures", "Pass", f"{len(pictures)} to show, all there." if pictures else "None to show.")
