"""The state a view shows: a pure fold over a job's events, the same live and on replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

from aura_nb.jobs.events import ENDED, Event, Status, camel, iso, rename, snake
from aura_nb.pipeline.context import STAGES

StageState = Literal["pending", "running", "done", "skipped", "stopped"]

LOG_LINES = 50
WARNINGS = 100


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage's row. `stopped`: the job ended while it ran; `skipped`: the job did not need it.

    `done` of `total` items are ready, `cached` of them were read, not made. `failed` are the providers
    that were replaced by `provider`. `peak_mb` is the most memory held meanwhile, in 10⁶ bytes.
    """

    name: str
    state: StageState = "pending"
    seconds: float | None = None
    cpu_seconds: float | None = None
    done: int | None = None
    total: int | None = None
    cached: int = 0
    provider: str = ""
    failed: str = ""
    peak_mb: float | None = None

    @property
    def fraction(self) -> float:
        """How much of it is done, 0–1."""
        if self.state in ("done", "skipped"):
            return 1.0
        return min(1.0, (self.done or 0) / self.total) if self.total else 0.0


@dataclass(frozen=True, slots=True)
class SceneView:
    """A scene that is ready: its number from 0, heading, and a JPEG thumbnail in base64."""

    scene: int
    heading: str
    thumbnail: str
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the film that is made: `frames` from frame `start` on, at `fps`, in the cache under `segment`.

    `kind` is "body" or "transition"; or "sound" or "captions", of which there is one, as long as the film.
    """

    kind: str
    segment: str
    start: int
    frames: int
    fps: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the job's log, `seconds` after its start."""

    seconds: float
    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no film: the message, what to do, the exception's type, and a code where one is set."""

    message: str
    remedy: str = ""
    type: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class FilmView:
    """The film that came of it: length in seconds, size in pixels."""

    path: str
    seconds: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a view of a job needs; `seq` and `timestamp` (seconds since the epoch) are its last event's.

    `pieces` are the parts of the film that are made, in the order they were; `watchable` is how many
    seconds of it can be watched from its beginning, with its sound.
    """

    job_id: str
    title: str = ""
    status: Status = "queued"
    percent: float = 0.0
    stage: str | None = None
    message: str = ""
    current_item: int | None = None
    total_items: int | None = None
    elapsed_seconds: float = 0.0
    eta_seconds: float | None = None
    seq: int = 0
    correlation_id: str = ""
    timestamp: float | None = None
    retry_of: str | None = None
    stages: tuple[StageView, ...] = tuple(StageView(name) for name in STAGES)
    scenes: tuple[SceneView, ...] = ()
    pieces: tuple[Piece, ...] = ()
    watchable: float = 0.0
    log: tuple[LogLine, ...] = ()
    warnings: tuple[str, ...] = ()
    error: Failure | None = None
    film: FilmView | None = None

    @property
    def ended(self) -> bool:
        """Whether the job is over."""
        return self.status in ENDED

    def wire(self) -> dict[str, Any]:
        """The state as JSON-plain camelCase, with `lastEventId` to resume a stream from, times as an event's."""
        wire: dict[str, Any] = rename(asdict(self), camel)
        timestamp = None if self.timestamp is None else iso(self.timestamp)
        return {**wire, "timestamp": timestamp, "lastEventId": self.seq}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Snapshot:
        """The inverse of `wire`."""
        values = rename(wire, snake)
        values.pop("last_event_id", None)
        if values.get("timestamp") is not None:
            values["timestamp"] = datetime.fromisoformat(values["timestamp"]).timestamp()
        snapshot: Snapshot = _reader()(values)
        return snapshot


@cache
def _reader() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Snapshot).validate_python


def replay(job_id: str, events: Iterable[Event]) -> Snapshot:
    """The state after `events`, from nothing."""
    snapshot = Snapshot(job_id)
    for event in events:
        snapshot = fold(snapshot, event)
    return snapshot


def fold(snapshot: Snapshot, event: Event) -> Snapshot:
    """The state after `event`."""
    if event.type == "gap":
        return Snapshot.from_wire(event.data["state"])
    changes: dict[str, Any] = {
        "seq": event.seq,
        "correlation_id": event.correlation_id,
        "timestamp": event.timestamp,
        "status": event.status,
        "percent": event.percent,
        "elapsed_seconds": event.elapsed_seconds,
        "eta_seconds": event.eta_seconds,
    }
    data = event.data
    match event.type:
        case "job-status":
            changes["message"] = event.message
            if "title" in data:
                changes.update(title=data["title"], retry_of=data.get("retry_of"))
        case "step-status" | "step-progress":
            changes.update(
                stage=event.stage,
                message=event.message,
                current_item=event.current_item,
                total_items=event.total_items,
                stages=_with_stage(snapshot.stages, event),
            )
        case "scene-ready" if "segment" not in data:
            changes["scenes"] = _with_scene(snapshot.scenes, data)
        case "scene-ready" if data.get("frames", 0) > 0:
            piece = Piece(data["kind"], data["segment"], data["start"], data["frames"], data["fps"])
            pieces = (*snapshot.pieces, piece)
            changes.update(pieces=pieces, watchable=_watchable(pieces))
        case "warning" if event.message not in snapshot.warnings:
            changes["warnings"] = (*snapshot.warnings, event.message)[-WARNINGS:]
        case "job-completed":
            changes.update(_completed(snapshot, event))
        case "job-failed" | "job-cancelled":
            changes["message"] = event.message
            changes["stages"] = tuple(
                replace(stage, state="stopped") if stage.state == "running" else stage for stage in snapshot.stages
            )
            if event.type == "job-failed":
                changes["error"] = Failure(
                    event.message, data.get("remedy", ""), data.get("error", ""), data.get("code", "")
                )
    if event.message and event.type != "step-progress":
        line = LogLine(event.elapsed_seconds, event.message, event.type == "warning")
        changes["log"] = (*snapshot.log, line)[-LOG_LINES:]
    return replace(snapshot, **changes)


def _with_stage(stages: tuple[StageView, ...], event: Event) -> tuple[StageView, ...]:
    name, data = event.stage, event.data
    if name is None:
        return stages
    known = {stage.name: stage for stage in stages}
    stage = known.get(name, StageView(name))
    if event.type == "step-status":
        told = data.get("state")
        state: StageState = told if told in ("done", "skipped") else "running"
        items = data.get("items", event.total_items)
        stage = replace(
            stage,
            state=state,
            seconds=data.get("seconds", stage.seconds),
            cpu_seconds=data.get("cpu_seconds", stage.cpu_seconds),
            total=items if items is not None else stage.total,
            done=items if state == "done" and items is not None else _before(event.current_item),
            cached=data.get("cached", stage.cached),
            provider=data.get("provider", stage.provider),
            failed=data.get("failed", stage.failed),
            peak_mb=data.get("peak_mb", stage.peak_mb),
        )
    elif stage.state != "done":
        stage = replace(stage, state="running", done=_before(event.current_item), total=event.total_items)
    return tuple({**known, name: stage}.values())


def _before(current_item: int | None) -> int | None:
    """How many items are done while the `current_item`-th is at work."""
    return None if current_item is None else max(0, current_item - 1)


def _with_scene(scenes: tuple[SceneView, ...], data: Mapping[str, Any]) -> tuple[SceneView, ...]:
    scene = SceneView(
        data.get("scene", len(scenes)),
        data.get("heading", ""),
        data.get("thumbnail", ""),
        data.get("cached", False),
    )
    return tuple(sorted((*(s for s in scenes if s.scene != scene.scene), scene), key=lambda s: s.scene))


def from_the_start(pieces: Sequence[Piece]) -> list[Piece]:
    """Those of `pieces` that show the film from its first frame on without a hole, in playing order."""
    starting = {piece.start: piece for piece in pieces if piece.kind in ("body", "transition")}
    run: list[Piece] = []
    while (piece := starting.get(run[-1].start + run[-1].frames if run else 0)) is not None:
        run.append(piece)
    return run


def _watchable(pieces: Sequence[Piece]) -> float:
    run = from_the_start(pieces)
    heard = any(piece.kind == "sound" for piece in pieces)
    return (run[-1].start + run[-1].frames) / run[-1].fps if run and heard else 0.0


def _completed(snapshot: Snapshot, event: Event) -> dict[str, Any]:
    data = event.data
    timings = {timing["stage"]: timing for timing in data.get("stages", ())}
    stages = []
    for stage in snapshot.stages:
        timing = timings.get(stage.name)
        if timing:
            stage = replace(
                stage,
                seconds=timing["seconds"],
                cpu_seconds=timing["cpu_seconds"],
                done=timing["items"],
                total=timing["items"],
                cached=timing["cached"],
                provider=timing["provider"],
                failed=timing.get("failed", ""),
                peak_mb=timing.get("peak_mb"),
            )
        skipped = stage.state in ("pending", "skipped") and timing is None
        stages.append(replace(stage, state="skipped" if skipped else "done"))
    film = FilmView(data["film"], data["seconds"], data["width"], data["height"]) if "film" in data else None
    return {"message": event.message, "stages": tuple(stages), "film": film, "error": None}
