"""What a stage is handed beside its inputs, and what the pipeline reports to whoever runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.providers.base import Socket

Stage = Literal["write", "narrate", "picture", "caption", "compose", "finish"]
STAGES: tuple[Stage, ...] = ("write", "narrate", "picture", "caption", "compose", "finish")

ReportType = Literal["step-status", "step-progress", "scene-ready", "job-log", "warning"]


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that happened. The job gives it its sequence number and makes it an event.

    `percent` is of the whole job, 0–100; `current_item`/`total_items` count within the stage;
    `eta_seconds` is what the schedule still needs. `data` is JSON-plain.
    """

    type: ReportType
    stage: Stage
    message: str = ""
    percent: float | None = None
    current_item: int | None = None
    total_items: int | None = None
    eta_seconds: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


Reporter = Callable[[Report], None]


@dataclass(frozen=True, slots=True)
class Fall:
    """A provider failed and another did its work. `why` is the failure's kind, e.g. "Unreachable"."""

    failed: str
    instead: str
    why: str


Share = Callable[[Sequence[Callable[[], None]]], None]


def one_by_one(parts: Sequence[Callable[[], None]]) -> None:
    """Do `parts` without help."""
    for part in parts:
        part()


@dataclass(frozen=True, slots=True)
class Context:
    """One task's surroundings.

    `progress(fraction)` tells how much of this task is done, 0–1; `warn(message)` tells the user
    something that does not stop the film; `fell(fall)` records who stood in for whom. All may be
    called from any thread, as often as one likes. `benched` are the providers, by socket and name,
    that the job's tasks no longer call, and why. `share(parts)` does all of a task's parts, some of them
    in threads that have nothing else to do.
    """

    cache: Cache
    cancel: Cancel = field(default_factory=Cancel)
    progress: Callable[[float], None] = lambda fraction: None
    warn: Callable[[str], None] = lambda message: None
    fell: Callable[[Fall], None] = lambda fall: None
    benched: dict[tuple[Socket, str], ProviderError] = field(default_factory=dict)
    share: Share = one_by_one
