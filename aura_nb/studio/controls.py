"""Which control edits which field: read off the pydantic models, so that a form cannot drift from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Kind = Literal["choice", "switch", "number", "text", "lines", "names", "table"]

LABELS = {"fps": "Frames a second", "crf": "Quality (CRF)", "seconds": "Length in seconds"}
"""Where a field's own name is no word for a user."""
HELP = {
    "image": "The path of an image file: PNG, JPEG, SVG or WebP.",
    "equation": r"In Typst's notation, `I prop 1 / lambda^4`, or in LaTeX's, `I \propto 1/\lambda^4`.",
}
"""Where neither a field's name nor its model tells a user what is meant."""
ONE_LINE, PASSAGE = 1000, 5000
"""Text of more characters than these gets a box of several lines, or a large one."""
ROWS_SHORT, ROWS_LONG = 2, 6

_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Control:
    """How one field is shown and edited.

    `options` are the values of a choice, `rows` the lines of a text box (0: a line of its own). `optional`
    says that nothing at all is a value too.
    """

    name: str
    label: str
    kind: Kind
    help: str = ""
    options: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    rows: int = 0
    optional: bool = False
    required: bool = False

    def shown(self, value: Any) -> Any:
        """What the control shows of a field's `value`: text, but for a choice and a switch."""
        match self.kind:
            case "choice" | "switch":
                return value
            case "number":
                return "" if value is None else str(value).removesuffix(".0")
            case "lines":
                return "\n".join(" ".join(str(line).split()) for line in value or ())
            case "names":
                return ", ".join(value or ())
            case "table":
                return "\n".join(" | ".join(_cell(cell) for cell in row) for row in value or ())
        return "" if value is None else str(value)

    def meant(self, shown: Any) -> Any:
        """The value for the model that a control with `shown` in it stands for, right or wrong."""
        if self.kind in ("choice", "switch"):
            return shown
        text = str(shown)
        match self.kind:
            case "lines":
                return [line for line in text.splitlines() if line.strip()]
            case "names":
                return [name for part in text.split(",") if (name := part.strip())]
            case "table":
                return [_cells(line) for line in text.splitlines() if line.strip()]
            case "number":
                text = text.strip()
        return None if self.optional and not text.strip() else text


@cache
def controls(model: type[BaseModel]) -> tuple[Control, ...]:
    """A control a field of `model`; none for a field that leaves no choice, or is no plain value."""
    found = (_control(name, field) for name, field in model.model_fields.items())
    return tuple(control for control in found if control is not None)


def _control(name: str, field: FieldInfo) -> Control | None:
    annotation, optional = _without_none(field.annotation)
    kinds, inner = _without_limits(annotation)
    limits = [*field.metadata, *inner]
    kind, options = _kind(kinds)
    if kind is None or (kind == "choice" and len(options) + optional < 2):
        return None
    longest = _limit(limits, "max_length") or 0
    rows = (
        ROWS_LONG if kind in ("lines", "table") or longest > PASSAGE else ROWS_SHORT if longest > ONE_LINE else 0
    )
    return Control(
        name=name,
        label=LABELS.get(name, name.replace("_", " ").capitalize()),
        kind=kind,
        help=field.description or HELP.get(name, ""),
        options=options,
        minimum=_limit(limits, "ge"),
        maximum=_limit(limits, "le"),
        rows=rows,
        optional=optional,
        required=field.is_required(),
    )


def _kind(annotation: Any) -> tuple[Kind | None, tuple[Any, ...]]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "choice", inner
    if origin in (tuple, list):
        return _list_kind(inner[0]), ()
    plain: dict[Any, Kind] = {bool: "switch", int: "number", float: "number", str: "text", Path: "text"}
    return plain.get(annotation), ()


def _list_kind(of: Any) -> Kind | None:
    if get_origin(of) is list:
        return "table"
    # A line of prose is bounded in length, a name is not.
    return "lines" if get_origin(of) is Annotated else "names" if of is str else None


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    others = [one for one in get_args(annotation) if one is not NoneType]
    return (others[0] if len(others) == 1 else annotation), len(others) < len(get_args(annotation))


def _without_limits(annotation: Any) -> tuple[Any, list[Any]]:
    """What is annotated, and the limits it is annotated with."""
    if get_origin(annotation) is not Annotated:
        return annotation, []
    kind, *notes = get_args(annotation)
    return kind, [limit for note in notes for limit in getattr(note, "metadata", None) or [note]]


def _limit(metadata: Sequence[Any], name: str) -> Any:
    return next((found for one in metadata if (found := getattr(one, name, None)) is not None), None)


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", r"\|")


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in _BAR.split(line)]
