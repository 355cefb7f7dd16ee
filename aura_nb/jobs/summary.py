"""A job as it looks without a live kernel: one line of text, and HTML that needs no style to be read.

GitHub strips styles and nbviewer keeps them, so the words and the table carry all; styles only add.
There are no times, ids or folders in it: the same work gives the same text (nbval compares them).
"""

from __future__ import annotations

from html import escape
from pathlib import PurePath, PureWindowsPath

from aura_nb.jobs.snapshot import SceneView, Snapshot, StageView

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
    "pending": "waiting",
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


def text(snapshot: Snapshot) -> str:
    """The job as one stable line, e.g. `Job('Why the sky is blue', completed)`."""
    return f"Job({snapshot.title!r}, {snapshot.status})"


def absent(snapshot: Snapshot) -> str:
    """What stands in for the live view of a running job where that cannot be shown, as HTML.

    It draws no progress: it is read when that has long gone on, in a page that was saved meanwhile.
    """
    return (
        f'<p style="margin:0;font-family:system-ui,sans-serif"><b>{escape(snapshot.title)}</b> was being made '
        "when this was saved. To see how it stands, run <code>aura.jobs()</code>, or trust this notebook and "
        "reload.</p>"
    )


def html(snapshot: Snapshot) -> str:
    """The job as a self-contained, escaped HTML summary, readable on light and dark pages."""
    accent = ACCENT.get(snapshot.status, BLUE)
    parts = [
        '<div style="max-width:720px;font-family:system-ui,sans-serif;line-height:1.45">',
        f'<p style="margin:0 0 8px"><b style="font-size:1.1em">{escape(snapshot.title)}</b> '
        f'<b style="margin-left:8px;color:{accent}">{_status(snapshot)}</b>{_film(snapshot)}</p>',
    ]
    if snapshot.error:
        parts.append(
            f'<p style="margin:0 0 8px;padding:6px 10px;border-left:3px solid {RED}">'
            f"{escape(snapshot.error.message)} {escape(snapshot.error.remedy)}</p>"
        )
    rows = "".join(_stage(stage) for stage in snapshot.stages)
    parts.append(f'<table style="border-collapse:collapse;margin:0 0 8px;color:inherit">{rows}</table>')
    if snapshot.scenes:
        parts.append(f"<p>{''.join(_scene(scene) for scene in snapshot.scenes)}</p>")
    if snapshot.warnings:
        items = "".join(f"<li>{escape(warning)}</li>" for warning in snapshot.warnings)
        parts.append(f'<p style="margin:0"><b>Warnings</b></p><ul style="margin:4px 0">{items}</ul>')
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
    return f"<br>{escape(name)} · {film.width} × {film.height}"


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
        f'<tr style="{idle}background:none"><td {cell}>{escape(name)}</td><td {cell}>{bar}</td>'
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


def _scene(scene: SceneView) -> str:
    heading = escape(scene.heading)
    return (
        f'<img src="data:image/jpeg;base64,{escape(scene.thumbnail)}" alt="{heading}" title="{heading}" '
        'style="display:inline-block;height:68px;width:auto;margin:0 6px 6px 0;border-radius:3px">'
    )
