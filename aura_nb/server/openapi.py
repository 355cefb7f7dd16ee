"""The description of the server, as OpenAPI 3.1 has it: made of the types that its answers are made of.

Whoever adds an endpoint adds a line to `operations.py`; a test says which one lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import aura_nb
from aura_nb.jobs.events import Event, camel
from aura_nb.jobs.snapshot import Snapshot
from aura_nb.server.access import ID_PATTERN, OPEN, PURE, Access
from aura_nb.server.operations import CODES, OPERATIONS, PARAMETERS, Answer, Operation
from aura_nb.server.problem import ProblemBody
from aura_nb.server.wire import Heartbeat

PATH = "/api/openapi.json"
_REF = "#/components/schemas/{model}"


def routes(access: Access) -> list[Route]:
    """What to mount."""
    made: list[Mapping[str, Any]] = []

    async def describe(request: Request) -> Response:
        # Made when first asked for: it takes longer than the server takes to start.
        if not made:
            made.append(description(access))
        return JSONResponse(made[0], headers={"Cache-Control": "no-store"})

    return [Route(PATH, describe, methods=["GET"])]


def description(access: Access) -> dict[str, Any]:
    """The whole description of a server with these rules."""
    schemas = _Schemas()
    paths = {
        path: {method: _operation(path, method, one, schemas) for method, one in methods.items()}
        for path, methods in OPERATIONS.items()
    }
    told = {"oneOf": [schemas.of(kind, "serialization") for kind in (Event, Heartbeat)]}
    components = schemas.components()
    components["Frame"]["properties"]["data"].update(contentMediaType="application/json", contentSchema=told)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "aura_nb",
            "version": aura_nb.__version__,
            "description": "Jobs that make films, live: look at them and, where the server allows it, begin them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        # Relative to where this is read from, behind any proxy.
        "servers": [{"url": "../"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "parameters": PARAMETERS,
            "headers": {
                "X-Correlation-ID": {
                    "description": "The request's id, or a new one where it had none that is one.",
                    "required": True,
                    "schema": {"type": "string", "pattern": f"^{ID_PATTERN}$"},
                }
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": access.cookie},
                "query": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _operation(path: str, method: str, one: Operation, schemas: _Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [
            {"$ref": f"#/components/parameters/{name}"} for name in ("X-Correlation-ID", *one.parameters)
        ],
        "responses": {},
    }
    if path in OPEN:
        told["security"] = []
    else:
        reads: list[dict[str, list[str]]] = [{"query": []}] if method == "get" else []
        told["security"] = [{"bearer": []}, {"cookie": []}, *reads]
    if one.body is not None:
        schema = schemas.of(one.body, "validation")
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    for answer in one.answers:
        told["responses"][str(answer.status)] = _answer(answer, schemas)
    problems: dict[int, list[str]] = {}
    for code in _codes(path, method, one):
        problems.setdefault(CODES[code].status, []).append(code)
    for status, codes in sorted(problems.items()):
        told["responses"][str(status)] = _problem(status, codes, schemas)
    return told


def _codes(path: str, method: str, one: Operation) -> Iterable[str]:
    """The problems of an operation: its own, and those of all of its kind."""
    yield from ("UNKNOWN_HOST", "BAD_HTTP", "HEADERS_TOO_LARGE", "TOO_SLOW", "METHOD_NOT_ALLOWED", "FAULT")
    if path not in OPEN:
        yield "TOKEN_REQUIRED"
    if method == "get":
        yield "UNEXPECTED_BODY"
    else:
        yield from ("FOREIGN_ORIGIN", "TOO_LARGE", *(() if path in PURE else ("READ_ONLY",)))
    if one.body is not None:
        yield from ("NO_JSON", "NO_OBJECT", "UNSUPPORTED_TYPE")
    yield from one.problems


def _answer(answer: Answer, schemas: _Schemas) -> dict[str, Any]:
    headers: dict[str, Any] = {
        name: {"required": True, "schema": {"type": "string"}, "description": text}
        for name, text in answer.headers.items()
    }
    headers["X-Correlation-ID"] = {"$ref": "#/components/headers/X-Correlation-ID"}
    told: dict[str, Any] = {"description": answer.text, "headers": headers}
    if answer.kind is not None:
        told["content"] = {media: {"schema": schemas.of(answer.kind, "serialization")} for media in answer.media}
    elif answer.media:
        told["content"] = {media: {} for media in answer.media}
    return told


def _problem(status: int, codes: list[str], schemas: _Schemas) -> dict[str, Any]:
    text = " ".join(f"`{code}`: {CODES[code].text}" for code in codes)
    told = _answer(Answer(text, status=status, headers=CODES[codes[0]].headers), schemas)
    whole = schemas.of(ProblemBody, "serialization")
    schema = {"allOf": [whole, {"properties": {"status": {"const": status}, "errorCode": {"enum": codes}}}]}
    return {**told, "content": {"application/problem+json": {"schema": schema}}}


class _Schemas:
    """The schemas of types, each made once; their parts come under `components`."""

    def __init__(self) -> None:
        self._made: dict[tuple[Any, JsonSchemaMode], dict[str, Any]] = {}
        self._parts: dict[str, Any] = {}

    def of(self, kind: Any, mode: JsonSchemaMode) -> dict[str, Any]:
        """A reference to the schema of `kind`, or the schema where it has no name."""
        key = (kind, mode)
        if key not in self._made:
            made = TypeAdapter(kind).json_schema(mode=mode, ref_template=_REF, schema_generator=_Wire)
            self._parts.update(made.pop("$defs", {}))
            if isinstance(kind, type) and kind.__module__ != "builtins":
                self._parts[kind.__name__] = made
                made = {"$ref": _REF.format(model=kind.__name__)}
            self._made[key] = made
        return self._made[key]

    def components(self) -> dict[str, Any]:
        """All that has a name."""
        return dict(sorted(self._parts.items()))


class _Wire(GenerateJsonSchema):
    """Our dataclasses as their `wire()` gives them: every field, in camelCase."""

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        made = super().dataclass_schema(schema)
        if self.mode == "serialization":
            fields = {camel(name): one for name, one in made["properties"].items()}
            if issubclass(schema["cls"], Event | Snapshot):
                # Seconds within, a date on the wire; a job of which nothing was told yet has none.
                kind = "string" if issubclass(schema["cls"], Event) else ["string", "null"]
                fields["timestamp"] = {"type": kind, "format": "date-time", "description": "In UTC."}
            made = {**made, "properties": fields, "required": [*fields]}
        return made

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if self.mode == "serialization":
            made.pop("default", None)
        return made
