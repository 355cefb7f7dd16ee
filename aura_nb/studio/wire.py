"""A desk as its page gets it: JSON-plain, cut into pieces that are sent only when they change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from aura_nb.errors import AuraError, FieldIssue, InvalidBrief
from aura_nb.film import Film
from aura_nb.jobs.summary import STAGE_NAMES
from aura_nb.pipeline.timeline import film_seconds
from aura_nb.providers.report import ProviderReport
from aura_nb.request import Request
from aura_nb.spec import PROFILES
from aura_nb.studio.controls import Control, controls
from aura_nb.studio.editor import CARDS, SceneForm
from aura_nb.studio.media import said_by, shown_by
from aura_nb.studio.order import MODELS
from aura_nb.studio.works import Work
from aura_nb.studio.workshop import Workshop
from aura_nb.tables import offers

TITLES = {
    "brief": "Brief",
    "plan": "Length and pace",
    "voice": "Voice",
    "render": "Look and encoding",
    "profile": "Who does the work",
}
ROWS_OF_HISTORY = 50
SAYS = {"Invalid": "Not set up", "PartiallyValid": "Partly set up", "ModelMissing": "Model missing"}
"""A provider's status for people, where its own name is for programs."""


def fixed(shop: Workshop) -> dict[str, Any]:
    """What never changes: which controls there are."""
    parts = [
        {"name": name, "title": TITLES.get(name, name.capitalize()), "controls": [*map(_control, form.controls)]}
        for name, form in shop.desk.order.forms.items()
    ]
    cards = {kind: [*map(_control, controls(model))] for kind, model in CARDS.items()}
    return {"parts": parts, "cards": cards, "profiles": [*PROFILES]}


def state(shop: Workshop) -> dict[str, Any]:
    """All that changes, piece by piece."""
    desk = shop.desk
    with desk.lock:
        request = desk.asked()
        return {
            "form": {
                "shown": desk.order.shown,
                "issues": {key: _issue(issue) for key, issue in desk.order.told().items()},
                "proposals": desk.order.proposals(),
            },
            "script": _script(shop, request),
            "works": {name: _work(work) for name, work in shop.works.now().items()},
            "media": _media(shop, request),
            "checks": [asdict(check) for check in shop.checks or ()],
            "providers": _providers(shop),
            "history": _history(shop),
            "film": shop.film and _film(shop.film),
        }


def _control(control: Control) -> dict[str, Any]:
    return {**asdict(control), "options": [*control.options]}


def _issue(issue: FieldIssue) -> dict[str, str]:
    return {"message": issue.message, "remedy": _remedy(issue)}


def _remedy(issue: FieldIssue) -> str:
    """What mends it here, where what code would write is clicked at."""
    return issue.remedy.replace("use Voice(silent=True)", "tick Silent under Voice")


def _work(work: Work) -> dict[str, Any]:
    return {"says": work.says, "busy": not work.ended.is_set(), "error": work.error and _error(work.error)}


def _error(error: AuraError) -> dict[str, Any]:
    if not isinstance(error, InvalidBrief):
        return {"message": error.message, "remedy": error.remedy, "lines": []}
    lines = [f"{_place(issue.field)}: {issue.message}. {_remedy(issue)}" for issue in error.issues]
    count = len(lines)
    return {"message": f"{count} thing{'' if count == 1 else 's'} to mend first:", "remedy": "", "lines": lines}


def _place(field: str) -> str:
    """A field by the labels it has on the page, where scenes are counted from 1."""
    match field.split("."):
        case ["scenes", number, "picture", name, *_]:
            return f"Scene {int(number) + 1}, {name.capitalize()} in the picture"
        case ["scenes", number, name, *_]:
            return f"Scene {int(number) + 1}, {'Narration' if name == 'text' else name.capitalize()}"
        case [part, name, *_] if label := _label(part, name):
            return f"{TITLES.get(part, part.capitalize())}, {label}"
        case [name, *_] if label := _label("brief", name):
            return label
    return field.replace(".", " ").capitalize()


def _label(part: str, name: str) -> str:
    found = controls(MODELS[part]) if part in MODELS else ()
    return next((control.label for control in found if control.name == name), "")


def _script(shop: Workshop, request: Request | None) -> dict[str, Any]:
    desk = shop.desk
    scenes = desk.editor.scenes
    lengths = [shop.lengths.of(scene.text, request) if request else None for scene in scenes]
    known = [seconds for seconds in lengths if seconds is not None]
    whole = request is not None and bool(scenes) and len(known) == len(scenes)
    return {
        "scenes": [_scene(shop, scene, seconds) for scene, seconds in zip(scenes, lengths, strict=True)],
        "writer": desk.editor.writer,
        "seconds": round(film_seconds(known, request.voice.pause, request.render), 1)
        if whole and request
        else None,
        "planned": request.plan.seconds if request else None,
        "stale": desk.stale,
        "warnings": [*desk.warnings],
        "canUndo": desk.can_undo,
    }


def _scene(shop: Workshop, scene: SceneForm, seconds: float | None) -> dict[str, Any]:
    return {
        "id": scene.id,
        "kind": scene.kind,
        "shown": scene.shown,
        "issues": {name: _issue(issue) for name, issue in shop.desk.issues(scene).items()},
        "seconds": seconds and round(seconds, 1),
    }


def _media(shop: Workshop, request: Request | None) -> dict[str, Any]:
    there = {scene.id: scene for scene in shop.desk.editor.scenes}
    told = {}
    for key, medium in dict(shop.media).items():
        kind, _, id = key.partition(":")
        if id in there:
            told[key] = {
                "version": medium.version,
                "by": medium.by,
                "seconds": round(medium.seconds, 1),
                "notes": [*medium.notes],
                "stale": request is not None and medium.made_of != _made_of(kind, there[id], request),
            }
    return told


def _made_of(kind: str, scene: SceneForm, request: Request) -> str:
    if kind == "voice":
        return said_by(scene.text, request)
    try:
        return shown_by(scene.made(), request)
    except InvalidBrief:
        return ""


def _providers(shop: Workshop) -> dict[str, Any]:
    reports = shop.reports
    return {
        "depth": reports[0].depth if reports else "",
        "rows": [_provider(one) for one in reports],
    }


def _provider(report: ProviderReport) -> dict[str, Any]:
    sound, asked = report.is_valid and not report.remedy, report.depth == "live"
    says = "Ready" if asked else report.message.rstrip(".")
    return {
        "provider": report.provider,
        "socket": report.socket,
        "local": report.local,
        # Only who was asked can be known to be ready.
        "ready": sound if asked or not sound else None,
        "says": says if sound else "Not ready" if report.is_valid else SAYS.get(report.status, report.status),
        "latency": report.latency_ms,
        "offers": offers(report),
        # That a key is missing is said by what mends it.
        "message": "" if report.status == "Invalid" and report.remedy else report.message,
        "remedy": report.remedy,
    }


def _history(shop: Workshop) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "title": row.title,
            "status": row.status,
            "created": datetime.fromtimestamp(row.created).strftime("%Y-%m-%d %H:%M"),
            "seconds": round(row.seconds, 1),
            "filmSeconds": row.film_seconds and round(row.film_seconds, 1),
            "there": bool(row.film and Path(row.film).is_file()),
            "known": row.spec not in ("", "{}"),
            "error": " ".join(filter(None, (row.error, row.remedy))),
        }
        for row in shop.rows[:ROWS_OF_HISTORY]
    ]


def film_key(film: Film) -> str:
    """What a page knows `film` by: one that is made again at the same place, as by `output=`, is another.

    It says nothing of where that is: a notebook that keeps the state of its widgets keeps this, too.
    """
    return hashlib.sha256(repr((str(film.path), film.took)).encode()).hexdigest()[:10]


def _film(film: Film) -> dict[str, Any]:
    return {
        "key": film_key(film),
        "title": film.title,
        "seconds": round(film.seconds, 1),
        "size": [*film.size],
        "language": film.language,
        "captions": film.vtt is not None and film.vtt.is_file(),
        "warnings": [*film.warnings],
        "timings": [_timing(film, timing) for timing in film.stages],
    }


def _timing(film: Film, timing: Any) -> Mapping[str, Any]:
    realtime = film.seconds / timing.seconds if timing.seconds > 0 else None
    return {
        **{name: getattr(timing, name) for name in ("items", "cached", "provider", "failed")},
        "stage": STAGE_NAMES.get(timing.stage, timing.stage),
        "seconds": round(timing.seconds, 1),
        "cpu": round(timing.cpu_seconds, 1),
        "realtime": realtime and round(realtime, 1),
    }
