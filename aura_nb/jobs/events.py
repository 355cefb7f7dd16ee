"""One thing that happened in a job: what it carries, and its one encoding for every watcher."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

EventType = Literal[
    "job-status",
    "step-status",
    "step-progress",
    "scene-ready",
    "job-log",
    "warning",
    "job-completed",
    "job-failed",
    "job-cancelled",
    "gap",
]
Status = Literal["queued", "running", "cancelling", "completed", "failed", "cancelled", "crashed"]

ENDED: frozenset[Status] = frozenset({"completed", "failed", "cancelled", "crashed"})
"""The states a job never leaves."""

ENDINGS: Mapping[EventType, Status] = {
    "job-completed": "completed",
    "job-failed": "failed",
    "job-cancelled": "cancelled",
}
"""The last events; `job-failed` also ends a job as `crashed`."""

MOVES: Mapping[Status, frozenset[Status]] = {
    "queued": frozenset({"running", "cancelling", "failed", "cancelled", "crashed"}),
    "running": frozenset({"cancelling", *ENDED}),
    "cancelling": ENDED,
    **{status: frozenset() for status in ENDED},
}
"""The state machine: which state may follow which."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time comes from: `now` in seconds since the epoch, `monotonic` in seconds since anything."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `seq` counts 1, 2, 3 … within the job. `timestamp` is in seconds since the epoch, `percent` of
    the whole job (0–100), `current_item`/`total_items` count within `stage`. `data` is JSON-plain.
    A `gap` (never journalled) stands for events a reader missed; its data carries the state after them.
    """

    seq: int
    type: EventType
    job_id: str
    correlation_id: str
    timestamp: float
    status: Status
    stage: str | None = None
    percent: float = 0.0
    message: str = ""
    current_item: int | None = None
    total_items: int | None = None
    elapsed_seconds: float = 0.0
    eta_seconds: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def last(self) -> bool:
        """Whether nothing can follow it."""
        return self.type in ENDINGS

    def wire(self) -> dict[str, Any]:
        """The event as JSON-plain camelCase; `timestamp` as ISO 8601 in UTC."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["timestamp"] = iso(self.timestamp)
        renamed: dict[str, Any] = rename(values, camel)
        return renamed

    def encode(self) -> bytes:
        """The event as one line of UTF-8 JSON: what the journal keeps and a stream sends."""
        text = json.dumps(self.wire(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()

    @classmethod
    def decode(cls, body: bytes) -> Event:
        """The inverse of `encode`."""
        values = rename(json.loads(body), snake)
        values["timestamp"] = datetime.fromisoformat(values["timestamp"]).timestamp()
        return cls(**values)


def iso(seconds: float) -> str:
    """A time since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


@cache
def camel(name: str) -> str:
    """`eta_seconds` → `etaSeconds`; names that are not plain snake_case stay as they are."""
    if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name):
        return name
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


@cache
def snake(name: str) -> str:
    """`etaSeconds` → `eta_seconds`, the inverse of `camel`."""
    if not re.fullmatch(r"[a-z]+([A-Z][a-z]*)+", name):
        return name
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def rename(value: Any, how: Callable[[str], str]) -> Any:
    """`value` with every mapping's keys renamed, all the way down."""
    if isinstance(value, Mapping):
        return {how(key): rename(item, how) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rename(item, how) for item in value]
    return value


def plain(value: Any) -> Any:
    """`value` as JSON can carry it: keys are snake_case text, NaN and infinity None, anything odd its text."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case str():
            # A lone surrogate, as Python makes from an undecodable file name, has no UTF-8 form.
            return value if value.isascii() else value.encode("utf-8", "replace").decode()
        case Mapping():
            return {snake(plain(str(key))): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case _:
            return plain(str(value))
