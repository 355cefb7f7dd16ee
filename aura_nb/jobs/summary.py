"""A job as it looks without a live kernel: one line of text, and HTML that needs no style to be read.

GitHub strips styles and nbviewer keeps them, so the words and the table carry all; styles only add.
There are no times, ids or folders in it: the same work gives the same text (nbval compares them).
What was shown live is marked: nbval hears its beginning and reads its end, and takes both for the same.
It takes at most 20 kB of a saved notebook, whatever the job: what is long is cut and what is many is
counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import PurePath, PureWindowsPath

from aura_nb.jobs.miniatures import ALL_BYTES, HEIGHT, miniature, spread
from aura_nb.jobs.snapshot import SceneView, Snapshot, StageView
from aura_nb.saved import cut, saved_size

STAGE_NAMES = {
    "write": "Write the script",
    "narrate": "Speak it",
    "picture": "Draw the pictures",
    "caption": "Time the captions",
    "compose": "Compose the scenes",
    "finish": "Finish and verify",
}
"""What a user reads for each stage; other stages go by their own name."""

STATES = {
    "pending": "not begun",
    "running": "working",
    "done": "done",
    "skipped": "not needed",
    "stopped": "stopped",
}
# Each is at least 3:1 against white and against black.
BLUE, GREEN, RED, GREY = "#3b82f6", "#2e9e5b", "#d64545", "#8a8a8a"
ACCENT = {"completed": GREEN, "failed": RED, "crashed": RED, "cancelled": GREY}
BARS = {"pending": GREY, "running": BLUE, "done": GREEN, "skipped": GREY, "stopped": RED}
# A translucent grey is visible on white and on black alike; text keeps the page's own colour.
TRACK = "rgba(128,128,128,.25)"

LIVE = "data-aura-live"
"""The attribute by which the sanitise file knows what was shown live."""
LINE = 100
"""Characters of a title that the one line of text shows."""
# The most each part of the HTML may take, in bytes as they are saved.
TITLE, HEADING, MESSAGE, REMEDY, WARNING, WARNINGS = 300, 90, 1200, 400, 500, 3000


def text(snapshot: Snapshot) -> str:
    """The job as one stable line, e.g. `Job('Why the sky is blue', completed)`."""
    title = snapshot.title if len(snapshot.title) <= LINE else snapshot.title[: LINE - 1] + "…"
    return f"Job({title!r}, {snapshot.status})"


def absent(snapshot: Snapshot) -> str:
    """What stands in for the live view of a running job where that cannot be shown, as HTML.

    It draws no progress: it is read when that has long gone on, in a page that was saved meanwhile.
    """
    return (
        f'<p {LIVE} style="margin:0;font-family:system-ui,sans-serif"><b>{cut(snapshot.title, TITLE)}</b> '
        "was being made when this was saved. It is shown live only while its kernel runs, in a notebook that is "
        "trusted. <code>aura.jobs()</code> tells what became of it; to make it, run this cell again: what was "
        "made before is kept.</p>"
    )


def html(snapshot: Snapshot, *, live: bool = False, film_key: str = "") -> str:
    """The job as a self-contained, escaped HTML summary, readable on light and dark pages.

    `live` marks that it takes the place of what was shown while the job ran. By `film_key` the page of a
    living kernel knows the film, and gives it a Play button (`widgets/projector.js`).
    """
    accent = ACCENT.get(snapshot.status, BLUE)
    mark = f" {LIVE}" if live else ""
    parts = [
        f'<div{mark} style="max-width:720px;font-family:system-ui,sans-serif;line-height:1.45">',
        f'<p style="margin:0 0 8px"><b style="font-size:1.1em">{cut(snapshot.title, TITLE)}</b> '
        f'<b style="margin-left:8px;color:{accent}">{_status(snapshot)}</b>{_film(snapshot)}</p>',
    ]
    if film_key:
        label = f"Play {cut(snapshot.title, TITLE)}"
        parts.append(
            f'<div data-aura-film="{film_key}" style="max-width:640px;margin:0 0 8px">'
            f'<button type="button" hidden data-aura-play="line" aria-label="{label}"></button></div>'
        )
    if snapshot.error:
        parts.append(
            f'<p style="margin:0 0 8px;padding:6px 10px;border-left:3px solid {RED}">'
            f"{cut(snapshot.error.message, MESSAGE)} {cut(snapshot.error.remedy, REMEDY)}</p>"
        )
    rows = "".join(_stage(stage) for stage in snapshot.stages)
    parts.append(f'<table style="border-collapse:collapse;margin:0 0 8px;color:inherit">{rows}</table>')
    if snapshot.scenes:
        parts.append(_scenes(snapshot.scenes))
    if snapshot.warnings:
        parts.append(_warnings(snapshot.warnings))
    parts.append("</div>")
    return "".join(parts)


def _status(snapshot: Snapshot) -> str:
    # How far a job came that was stopped differs from run to run.
    return "completed, 100 %" if snapshot.status == "completed" else escape(snapshot.status)


def _film(snapshot: Snapshot) -> str:
    film = snapshot.film
    if film is None:
        return ""
    # The film may have been made on another kind of machine than the one that shows it.
    name = (PureWindowsPath if "\\" in film.path else PurePath)(film.path).name
    return f"<br>{cut(name, TITLE)} · {film.width} × {film.height}"


def _stage(stage: StageView) -> str:
    cell = 'style="padding:2px 12px 2px 0;text-align:left;background:none"'
    idle = "opacity:.65;" if stage.state in ("pending", "skipped") else ""
    width = 0 if stage.state == "skipped" else round(100 * stage.fraction)
    bar = (
        f'<div style="width:160px;height:6px;border-radius:3px;background:{TRACK}">'
        f'<div style="width:{width}%;height:6px;border-radius:3px;background:{BARS[stage.state]}"></div></div>'
    )
    name = STAGE_NAMES.get(stage.name, stage.name)
    return (
        f'<tr style="{idle}background:none"><td {cell}>{cut(name, HEADING)}</td><td {cell}>{bar}</td>'
        f"<td {cell}>{progress(stage)}</td></tr>"
    )


def progress(stage: StageView) -> str:
    """How far a stage is, in words, e.g. `working, 2 of 5`."""
    words = STATES[stage.state]
    if stage.state in ("running", "stopped") and stage.total:
        words += f", {stage.done or 0} of {stage.total}"
    elif stage.state == "done" and stage.cached and stage.total:
        words += f", {stage.cached} of {stage.total} from the cache"
    return words


def _scenes(scenes: Sequence[SceneView]) -> str:
    shown = spread(scenes)
    pictures = "".join(_scene(scene, ALL_BYTES // len(shown)) for scene in shown)
    some = f"<br>{len(shown)} of {len(scenes)} scenes" if len(shown) < len(scenes) else ""
    return f"<p>{pictures}{some}</p>"


def _scene(scene: SceneView, size: int) -> str:
    picture = miniature(scene.thumbnail, size)
    if not picture:
        return ""
    heading = cut(scene.heading, HEADING)
    return (
        f'<img src="data:image/webp;base64,{picture}" alt="{heading}" title="{heading}" '
        f'style="display:inline-block;height:{HEIGHT}px;width:auto;margin:0 6px 6px 0;border-radius:3px">'
    )


def _warnings(warnings: Sequence[str]) -> str:
    items: list[str] = []
    room = WARNINGS
    for warning in warnings:
        item = cut(warning, WARNING)
        room -= saved_size(item) + len("<li></li>")
        if room < 0:
            break
        items.append(f"<li>{item}</li>")
    if more := len(warnings) - len(items):
        items.append(f"<li>and {more} more: <code>job.snapshot().warnings</code> has them all</li>")
    return f'<p style="margin:0"><b>Warnings</b></p><ul style="margin:4px 0">{"".join(items)}</ul>'
