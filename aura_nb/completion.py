"""What Tab offers within `%%aura` and `%aura`: options, fields of the part the cursor is in, their choices."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from aura_nb.request import PARTS
from aura_nb.spec import PROFILES, Brief
from aura_nb.validated import Spec

_HEADER = re.compile(r"\s*\[\s*(\w+)\s*\]\s*(?:#.*)?")
_KEY = re.compile(r"(\s*)(\w+)\s*[:=]")
_VALUE = re.compile(r"\s*(\w+)\s*[:=]\s*(?P<quote>[\"']?)(?P<begun>[\w.:-]*)")
_NAME = re.compile(r"\s*(?P<begun>\w*)")
OPTIONS = ("--output", "--start", "--write")


@context_matcher()  # type: ignore[untyped-decorator]  # IPython leaves it so
def matcher(context: CompletionContext) -> SimpleMatcherResult:
    """IPython's face of `words`."""
    begun, found = words(context.full_text, context.cursor_line, context.line_with_cursor[: _column(context)])
    return {
        "completions": [SimpleCompletion(word, type="param") for word in found],
        "matched_fragment": begun,
        # Python's own names mean nothing in such a cell.
        "suppress": bool(found),
    }


def _column(context: CompletionContext) -> int:
    before = context.full_text[: context.cursor_position]
    return len(before) - (before.rfind("\n") + 1)


def words(text: str, line: int, before: str) -> tuple[str, list[str]]:
    """What the word begun at the end of `before` may become: the beginning, and the words.

    `text` is the whole cell, `before` its line number `line` (from 0) up to the cursor.
    """
    first = text.lstrip().partition("\n")[0]
    if not re.match(r"%%?aura\b", first):
        return "", []
    if line == text[: len(text) - len(text.lstrip())].count("\n"):
        begun = re.split(r"\s", before)[-1]
        offered: Iterable[str] = OPTIONS if first.startswith("%%") else ("doctor", "jobs", "providers")
    else:
        part = _part(text.splitlines()[:line], before)
        if (value := _VALUE.fullmatch(before)) is not None:
            begun, offered = value["begun"], _choices(part, value[1])
        elif (name := _NAME.fullmatch(before)) is not None:
            begun, offered = name["begun"], [*part.model_fields, *(PARTS if part is Brief else ())]
        else:
            return "", []
    return begun, [word for word in offered if word.startswith(begun)]


def _part(above: Sequence[str], before: str) -> type[Spec]:
    """The part of a request that the line beginning with `before` belongs to, by the lines `above` it."""
    indent = len(before) - len(before.lstrip())
    for line in reversed(above):
        if (header := _HEADER.fullmatch(line)) is not None:
            return PARTS.get(header[1], Brief)
        key = _KEY.match(line)
        if key is not None and len(key[1]) < indent:
            return PARTS.get(key[2], Brief)
    return Brief


def _choices(part: type[Spec], name: str) -> list[str]:
    """The values that field `name` of `part` may have, where they can be counted."""
    if part is Brief and name == "profile":
        return [*PROFILES]
    field = part.model_fields.get(name)
    return [] if field is None else [*_literals(field.annotation)] or [str(one) for one in field.examples or ()]


def _literals(kind: Any) -> Iterable[str]:
    if get_origin(kind) is Literal:
        return map(str, get_args(kind))
    if kind is bool:
        return ("true", "false")
    if get_origin(kind) in (Union, types.UnionType):
        return [word for one in get_args(kind) for word in _literals(one)]
    return ()
