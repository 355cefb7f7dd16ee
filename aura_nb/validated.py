"""The base of all that a user hands in: validated as it is made, every fault told by its field and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from aura_nb.errors import FieldIssue, InvalidBrief


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


def _invalid(error: ValidationError, model: type[BaseModel], where: str) -> InvalidBrief:
    """Turn pydantic's report into our own, one `FieldIssue` a bad field, each with a remedy."""
    issues = [FieldIssue(_path(e), e["msg"], _remedy(e, model)) for e in error.errors(include_url=False)]
    name = re.sub(r"(?<!^)(?=[A-Z])", " ", model.__name__).lower()
    return InvalidBrief(issues, subject=f"{name} {where}".strip())


def _path(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"]) or "(whole)"


def _remedy(error: ErrorDetails, model: type[BaseModel]) -> str:
    ctx = error.get("ctx", {})
    match error["type"]:
        case _ if "remedy" in ctx:
            return str(ctx["remedy"])
        case "literal_error":
            return "Choose one of these."
        case "missing":
            return "Give this field; it has no default."
        case "extra_forbidden":
            near = get_close_matches(str(error["loc"][-1]), model.model_fields, n=1)
            return f"Did you mean {near[0]!r}?" if near else f"Use one of {', '.join(model.model_fields)}."
        case "string_too_short":
            return f"Write at least {ctx['min_length']} characters."
        case "string_too_long":
            return f"Shorten it to {ctx['max_length']} characters at most."
        case "too_short":
            return f"Give at least {ctx['min_length']}."
        case "too_long":
            return f"Give {ctx['max_length']} at most."
        case "greater_than_equal":
            return f"Use {ctx['ge']} or more."
        case "less_than_equal":
            return f"Use {ctx['le']} or less."
        case kind if kind.startswith(("int_", "float_", "finite_")):
            return "Give a number."
        case kind if kind.startswith("string_"):
            return "Give text."
        case kind if kind.startswith("bool_"):
            return "Give True or False."
        case kind if kind.startswith(("list_", "tuple_")):
            return "Give a list."
        case _:
            return f"Got {error.get('input')!r}; give what the field's type says."
