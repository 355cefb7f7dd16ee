"""Every endpoint in words: what it is for, what it takes, what it answers. Add yours to `OPERATIONS`.

`openapi.py` adds what all have in common; a test says which route lacks its line, and which line its route.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pydantic import create_model

from aura_nb.providers.report import ReportWire
from aura_nb.request import PARTS
from aura_nb.script import Script
from aura_nb.server.artifacts import KINDS
from aura_nb.server.jobs_api import EVENT_ID
from aura_nb.server.multiplex import CURSOR, MOST_CURSORS
from aura_nb.server.page import FILES
from aura_nb.server.wire import Artifacts, Frame, Health, Jobs, JobState, Metrics, Question, Questions, Reports
from aura_nb.spec import PROFILES, Brief, Profile

JSON = ("application/json",)
STREAM = ("text/event-stream",)
PREVIEWS = ("application/vnd.apple.mpegurl", "video/mp4", "audio/mp4")
Method = Literal["get", "post"]


class Code(NamedTuple):
    """What an `errorCode` means; `headers` are those that its answer carries."""

    status: int
    text: str
    headers: Mapping[str, str] = {}


@dataclass(frozen=True)
class Answer:
    """One answer that is no problem: of which type (`kind`, None: bytes), in which media types."""

    text: str
    kind: Any = None
    media: tuple[str, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """What one method of one path does."""

    name: str
    summary: str
    answers: tuple[Answer, ...]
    body: Any = None
    parameters: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


_profile = Profile | Literal[tuple(PROFILES)]  # type: ignore[valid-type]  # the names are in one place
_parts: dict[str, Any] = {name: (_profile if kind is Profile else kind, kind()) for name, kind in PARTS.items()}
FilmOfBrief = create_model(
    "FilmOfBrief",
    __base__=Brief,
    __doc__="A film on a topic: the fields of a brief, and its plan, voice, render and profile.",
    **_parts,
)
Film = FilmOfBrief | Script
"""What a film is asked for by, as `Request.parse` reads it."""

CODES: Mapping[str, Code] = {
    "NO_JSON": Code(400, "The body is no JSON."),
    "NO_OBJECT": Code(400, "The body is no JSON object."),
    "BAD_REQUEST": Code(400, "Fields of the body are wrong, or missing; `fieldErrors` names them."),
    "BAD_HTTP": Code(400, "The request is no HTTP."),
    "BAD_EVENT_ID": Code(400, "The event id is none of this stream."),
    "UNEXPECTED_BODY": Code(400, "This method carries no body."),
    "UNKNOWN_PROVIDER": Code(400, "No provider has this name; `suggestedFix` lists them."),
    "TOKEN_REQUIRED": Code(401, "The token is missing or wrong.", {"WWW-Authenticate": "How to give it."}),
    "READ_ONLY": Code(403, "The server was started for observers."),
    "FOREIGN_ORIGIN": Code(403, "Another site's page asked."),
    "NOT_FOUND": Code(404, "There is no such path or file."),
    "UNKNOWN_JOB": Code(404, "There is no such job."),
    "UNKNOWN_ARTIFACT": Code(404, "The job has no artifact of this name."),
    "NO_PREVIEW": Code(404, "Nothing of this name can be watched (yet)."),
    "METHOD_NOT_ALLOWED": Code(405, "The path has other methods.", {"Allow": "Those."}),
    "TOO_SLOW": Code(408, "The headers or the body took too long."),
    "CANNOT_START": Code(409, "The film cannot be made on this machine now."),
    "NOT_ENDED": Code(409, "The job has not ended."),
    "NO_SPEC": Code(409, "What the job was asked for was not kept."),
    "ENDED": Code(409, "The job has ended already."),
    "ELSEWHERE": Code(409, "The job runs in another kernel."),
    "TOO_LARGE": Code(413, "The body is too large."),
    "UNSUPPORTED_TYPE": Code(415, "The body is not application/json."),
    "NO_SUCH_RANGE": Code(416, "The file has no byte of this range.", {"Content-Range": "The file's length."}),
    "UNKNOWN_HOST": Code(421, "The server does not answer to the name in Host."),
    "INVALID_BRIEF": Code(422, "The film cannot be made of this; `fieldErrors` says why."),
    "HEADERS_TOO_LARGE": Code(431, "The request's line and headers are too large."),
    "FAULT": Code(500, "A fault of aura_nb."),
}
"""Every `errorCode`."""

_CURSOR = {"type": "string", "pattern": f"^({EVENT_ID})?$"}
_CURSORS = {"type": "string", "pattern": f"^({CURSOR}(,{CURSOR}){{0,{MOST_CURSORS - 1}}})?$"}
PARAMETERS: Mapping[str, dict[str, Any]] = {
    "X-Correlation-ID": {
        "name": "X-Correlation-ID",
        "in": "header",
        "description": "Comes back in the answer, in problems, and in all events of a job that begins by it. "
        "One that is not 1 to 128 letters, digits or ._~:- is replaced.",
        "schema": {"type": "string"},
    },
    "Last-Event-ID": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The stream goes on behind this event.",
        "schema": _CURSOR,
    },
    "lastEventId": {
        "name": "lastEventId",
        "in": "query",
        "description": "As Last-Event-ID, for clients that cannot send headers; the header goes first.",
        "schema": _CURSOR,
    },
    "Last-Event-IDs": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The stream goes on behind these events: `job:seq`, joined by commas.",
        "schema": _CURSORS,
    },
    "lastEventIds": {
        "name": "lastEventId",
        "in": "query",
        "description": "As Last-Event-ID, for clients that cannot send headers; the header goes first.",
        "schema": _CURSORS,
    },
    "Range": {
        "name": "Range",
        "in": "header",
        "description": "Which bytes (RFC 9110 §14); what is no range of bytes is ignored.",
        "schema": {"type": "string"},
    },
    "If-Range": {
        "name": "If-Range",
        "in": "header",
        "description": "The ETag or date that Range holds for; of another file, all is given.",
        "schema": {"type": "string"},
    },
    "download": {
        "name": "download",
        "in": "query",
        "description": "Given at all: a file to save rather than to show.",
        "allowEmptyValue": True,
        "schema": {"type": "string"},
    },
    "id": {"name": "id", "in": "path", "required": True, "description": "A job's.", "schema": {"type": "string"}},
    "artifact": {
        "name": "name",
        "in": "path",
        "required": True,
        "description": "Which.",
        "schema": {"type": "string", "enum": [*KINDS]},
    },
    "preview": {
        "name": "name",
        "in": "path",
        "required": True,
        "description": "master.m3u8, or what it leads to.",
        "schema": {"type": "string"},
    },
    "file": {
        "name": "name",
        "in": "path",
        "required": True,
        "description": "Which.",
        "schema": {"type": "string", "enum": [*FILES]},
    },
}
"""Every parameter, by the name that operations call it."""

_job = Answer("The job.", JobState, JSON)
_begun = {"Location": "Where the job is."}
_stream = (
    Answer("Each event as it happens, to the job's last; comments between them say that it lives.", Frame, STREAM),
    Answer("The job has ended, and there is nothing behind this event: do not come back.", status=204),
)

OPERATIONS: Mapping[str, Mapping[Method, Operation]] = {
    "/health": {"get": Operation("health", "Whether the server runs.", (Answer("It does.", Health, JSON),))},
    "/ping": {"get": Operation("ping", "As /health.", (Answer("It does.", Health, JSON),))},
    "/": {
        "get": Operation(
            "page",
            "The observer page; a token in the link becomes a cookie.",
            (
                Answer("The page.", media=("text/html",), headers={"Link": "Leads to this description."}),
                Answer("The same without the token.", status=303, headers={"Location": "./"}),
            ),
        )
    },
    "/static/{name}": {
        "get": Operation(
            "file",
            "A file of the page.",
            (Answer("The file.", media=("text/javascript", "text/css")),),
            parameters=("file",),
            problems=("NOT_FOUND",),
        )
    },
    "/api/openapi.json": {
        "get": Operation("describe", "This description.", (Answer("It.", dict[str, Any], JSON),)),
    },
    "/api/metrics/system": {
        "get": Operation("metrics", "The machine's load.", (Answer("It.", Metrics, JSON),)),
    },
    "/api/jobs": {
        "get": Operation(
            "jobs", "All jobs, of this kernel and of those before it.", (Answer("Them.", Jobs, JSON),)
        ),
        "post": Operation(
            "begin",
            "Make a film.",
            (Answer("The job that makes it.", JobState, JSON, 201, _begun),),
            body=Film,
            problems=("INVALID_BRIEF", "CANNOT_START"),
        ),
    },
    "/api/jobs/{id}": {
        "get": Operation(
            "job", "One job; the polling fallback.", (_job,), parameters=("id",), problems=("UNKNOWN_JOB",)
        )
    },
    "/api/jobs/{id}/cancel": {
        "post": Operation(
            "cancel",
            "Ask a job to stop.",
            (Answer("It was asked.", JobState, JSON, 202),),
            parameters=("id",),
            problems=("UNKNOWN_JOB", "ENDED", "ELSEWHERE"),
        )
    },
    "/api/jobs/{id}/retry": {
        "post": Operation(
            "retry",
            "Begin an ended job again.",
            (Answer("The new one.", JobState, JSON, 202, _begun),),
            parameters=("id",),
            problems=("UNKNOWN_JOB", "NOT_ENDED", "NO_SPEC", "INVALID_BRIEF", "CANNOT_START"),
        )
    },
    "/api/jobs/{id}/events": {
        "get": Operation(
            "events",
            "A job's events, live.",
            _stream,
            parameters=("id", "Last-Event-ID", "lastEventId"),
            problems=("UNKNOWN_JOB", "BAD_EVENT_ID"),
        )
    },
    "/api/jobs/{id}/progress/stream": {
        "get": Operation(
            "progress",
            "As /api/jobs/{id}/events.",
            _stream,
            parameters=("id", "Last-Event-ID", "lastEventId"),
            problems=("UNKNOWN_JOB", "BAD_EVENT_ID"),
        )
    },
    "/api/events": {
        "get": Operation(
            "all_events",
            "The events of all jobs that run, live. Its ids resume all of them: `job:seq,job:seq`.",
            (_stream[0],),
            parameters=("Last-Event-IDs", "lastEventIds"),
            problems=("BAD_EVENT_ID",),
        )
    },
    "/api/jobs/{id}/artifacts": {
        "get": Operation(
            "artifacts",
            "What a job made.",
            (Answer("Its names.", Artifacts, JSON),),
            parameters=("id",),
            problems=("UNKNOWN_JOB",),
        )
    },
    "/api/jobs/{id}/artifacts/{name}": {
        "get": Operation(
            "artifact",
            "One of them, whole or in ranges.",
            (
                Answer("All of it.", media=tuple(kind for _, kind in KINDS.values())),
                Answer("The ranges.", media=("*/*",), status=206),
            ),
            parameters=("id", "artifact", "Range", "If-Range", "download"),
            problems=("UNKNOWN_JOB", "UNKNOWN_ARTIFACT", "NO_SUCH_RANGE"),
        )
    },
    "/api/jobs/{id}/preview/{name}": {
        "get": Operation(
            "preview",
            "The film while it is made, as HLS (RFC 8216).",
            (Answer("A playlist, an init segment or a fragment.", media=PREVIEWS),),
            parameters=("id", "preview"),
            problems=("UNKNOWN_JOB", "NO_PREVIEW"),
        )
    },
    "/api/providers/validate-enhanced": {
        "post": Operation(
            "validate_enhanced",
            "Whether a provider is set up; 200 also when it is not.",
            (Answer("What was found.", ReportWire, JSON),),
            body=Question,
            problems=("BAD_REQUEST", "UNKNOWN_PROVIDER"),
        )
    },
    "/api/providers/validate": {
        "post": Operation(
            "validate",
            "The same for one provider or for several.",
            (Answer("What was found, in the shape of the question.", ReportWire | Reports, JSON),),
            body=Question | Questions,
            problems=("BAD_REQUEST", "UNKNOWN_PROVIDER"),
        )
    },
}
"""Every endpoint: by its path as the routes write it, by its method."""
