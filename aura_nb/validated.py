"""The base of all that a user hands in: validated as it is made, every fault told by its field and remedy."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from aura_nb.errors import WHOLE, FieldIssue, InvalidBrief


class Spec(BaseModel):
    """Base of all that a user hands in: frozen, no unknown fields, errors as `InvalidBrief`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, /, **data: Any) -> None:
        with reported(type(self)):
            super().__init__(**data)


_reporting: ContextVar[bool] = ContextVar("reporting", default=False)


@contextmanager
def reported(model: type[BaseModel], where: str = "") -> Iterator[None]:
    """Raise what pydantic finds wrong with a `model` inside as one `InvalidBrief`, each field by its path.

    Only the outermost model does: the ones within it hand their findings up, as pydantic lets them.
    """
    if _reporting.get():
        yield
        return
    token = _reporting.set(True)
    try:
        yield
    except ValidationError as error:
        raise _invalid(error, model, where) from None
    finally:
        _reporting.reset(token)


def issues_of(error: ValidationError, fields: Iterable[str] = (), *, values: bool = True) -> list[FieldIssue]:
    """What pydantic finds wrong in our own words, one `FieldIssue` a bad field.

    `fields` are those there are; without `values` none is repeated, for it may be a secret.
    """
    return [
        FieldIssue(".".join(map(str, one["loc"])) or WHOLE, *_told(one, tuple(fields)))
        for one in error.errors(include_url=False, include_input=values)
    ]


def _invalid(error: ValidationError, model: type[BaseModel], where: str) -> InvalidBrief:
    name = re.sub(r"(?<!^)(?=[A-Z])", " ", model.__name__).lower()
    return InvalidBrief(issues_of(error, model.model_fields), subject=f"{name} {where}".strip())


_given = reprlib.Repr()
_given.maxstring = _given.maxother = 60


def _told(error: ErrorDetails, fields: Sequence[str]) -> tuple[str, str]:
    """What is wrong, and the remedy. Types of errors: https://docs.pydantic.dev/latest/errors/validation_errors/"""
    ctx, given = error.get("ctx", {}), _given.repr(error["input"]) if "input" in error else "it"
    match error["type"]:
        case _ if "remedy" in ctx:
            # One of our own.
            return error["msg"], str(ctx["remedy"])
        case "literal_error" if error.get("input", "") is None:
            return "nothing is given", f"Choose one of {ctx['expected']}."
        case "literal_error":
            return f"{given} is none of {ctx['expected']}", "Choose one of these."
        case "union_tag_invalid":
            return (
                f"{ctx['discriminator']} {ctx['tag']!r} is none of {ctx['expected_tags']}",
                "Choose one of these.",
            )
        case "union_tag_not_found":
            return "it does not say which kind it is", f"Set {ctx['discriminator']}."
        case "missing":
            return "it is missing", "Give this field; it has no default."
        case "extra_forbidden":
            near = get_close_matches(str(error["loc"][-1]), fields, n=1)
            choice = f"Use one of {', '.join(fields)}." if fields else "Leave it out."
            return "there is no such field", f"Did you mean {near[0]!r}?" if near else choice
        case "string_too_short":
            return "it is too short", f"Write at least {ctx['min_length']} characters."
        case "string_too_long":
            return "it is too long", f"Shorten it to {ctx['max_length']} characters at most."
        case "too_short":
            return f"there are {ctx['actual_length']}", f"Give at least {ctx['min_length']}."
        case "too_long":
            return "there are too many", f"Give {ctx['max_length']} at most."
        case "greater_than_equal":
            return f"{given} is too little", f"Use {ctx['ge']} or more."
        case "less_than_equal":
            return f"{given} is too much", f"Use {ctx['le']} or less."
        case "json_invalid":
            return f"it is not JSON ({ctx['error']})", "Mend what is told here."
        case kind:
            wanted = next(
                (wanted for start, wanted in _WANTED.items() if kind.startswith(start)), "something else"
            )
            if error.get("input", "") is None:
                return "nothing is given", f"Give {wanted}."
            if wanted == _TEXT and isinstance(error.get("input"), Mapping):
                return f"{given} is not {wanted}", 'Give text; in YAML, one with ": " in it stands in quotes.'
            return f"{given} is not {wanted}", f"Give {wanted}."


_TEXT = "text"
_WANTED = {
    "int_": "a whole number",
    "float_": "a number",
    "finite_": "a number",
    "string_": _TEXT,
    "bool_": "true or false",
    "list_": "a list",
    "tuple_": "a list",
    "path_": "a path",
    "dict_": "a table of fields",
    "mapping_": "a table of fields",
    "model_": "a table of fields",
}
"""What a field should be, by how the types of pydantic's errors about it begin."""
