"""What requests bring and answers carry, where no other room has a type for it: checked by, and described from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from typing_extensions import TypedDict

from aura_nb.jobs.events import EventType
from aura_nb.jobs.snapshot import Snapshot
from aura_nb.monitor import Level, Load
from aura_nb.providers import registry
from aura_nb.providers.report import ReportWire
from aura_nb.server.problem import Problem
from aura_nb.validated import issues_of

MOST_PROVIDERS = 50


class Health(TypedDict):
    """The server runs."""

    status: Literal["ok"]
    version: str


@dataclass(frozen=True, kw_only=True)
class JobState(Snapshot):
    """A job as it is now; a stream behind `lastEventId` goes on from here without gap or repeat."""

    last_event_id: int


@dataclass(frozen=True, kw_only=True)
class ListedJob(JobState):
    """A job in the list of all, with the time it was made (ISO 8601)."""

    created: str


class Jobs(TypedDict):
    """All jobs, newest first, without scenes and logs.

    `lastEventId` is where `api/events` goes on; `control`: whether requests may change anything.
    """

    jobs: list[ListedJob]
    lastEventId: str
    control: bool


class Artifacts(TypedDict):
    """The names of what a job made and still has."""

    artifacts: list[str]


class Levels(TypedDict):
    """How high each percent is: yellow from 75, red from 90."""

    cpu: Level
    memory: Level
    disk: Level
    gpu: Level | None


@dataclass(frozen=True, kw_only=True)
class LoadState(Load):
    """The machine's load: percents 0–100, sizes in bytes; `gpu` is null without one."""

    levels: Levels


class Metrics(TypedDict):
    """The newest load, null before the first; `paused` by a render, `stale` when it is old."""

    load: LoadState | None
    paused: bool
    stale: bool


class Heartbeat(TypedDict):
    """Nothing happened: the stream lives."""

    type: Literal["heartbeat"]


class Frame(TypedDict):
    """One event of a stream: its id to resume behind, its type, and an `Event` as one line of JSON.

    The stream of all jobs has heartbeats among its events: they carry the cursor, and a `Heartbeat` for data.
    """

    id: str
    event: EventType | Literal["heartbeat"]
    data: str


ALIASES: Mapping[str, str] = {"local": "rulebased", "windows": "system"}
"""What the contract calls parts that have names of their own here."""


def _names(schema: dict[str, Any]) -> None:
    names = [name for socket in registry.SOCKETS for name in registry.names(socket)]
    schema["enum"] = list(dict.fromkeys([*names, *ALIASES]))


class Question(BaseModel):
    """Is this provider set up? Fields that `configuration` leaves out come from this machine's environment."""

    model_config = ConfigDict(strict=True, str_strip_whitespace=True)

    provider: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(json_schema_extra=_names)
    configuration: dict[str, str | int | float | bool | None] | None = None
    partialValidation: bool | None = Field(  # noqa: N815  # the wire's name, as all of these
        None, description="The user is still typing: what is missing is no error."
    )
    correlationId: str | None = Field(  # noqa: N815
        None, description="Comes back in the report, if it is 1 to 128 letters, digits or ._~:-"
    )


class Questions(BaseModel):
    """Several questions at once."""

    model_config = ConfigDict(strict=True)

    providers: list[Question] = Field(max_length=MOST_PROVIDERS)


class Reports(TypedDict):
    """A report a question, in their order."""

    providers: list[ReportWire]


Model = TypeVar("Model", bound=BaseModel)


def checked(kind: type[Model], data: object) -> Model:
    """`data` as a request's `kind`. Raises `Problem` naming every field that is wrong."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        issues = issues_of(error, values=False)
        detail = "; ".join(f"{issue.field}: {issue.message}" for issue in issues[:5])
        raise Problem(400, "BAD_REQUEST", f"{detail}.", remedy=issues[0].remedy, issues=issues) from None
