"""What Tab offers within `%%aura` and `%aura`: options, fields of the part the cursor is in, their choices."""

from __future__ import annotations

import json
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
_VALUE = re.compile(r"\s*(?P<key>[\w.]+)\s*[:=]\s*(?P<quote>[\"']?)(?P<begun>[\w.:-]*)")
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
        begun, offered = _inside(_path(text.splitlines()[:line], before), before)
    return begun, [word for word in offered if word.strip('"').startswith(begun)]


def _inside(path: Sequence[str], before: str) -> tuple[str, Iterable[str]]:
    """What is begun at the end of `before`, a line below the keys of `path`, and all that may stand there."""
    if (value := _VALUE.fullmatch(before)) is not None:
        found = _choices((*path, *value["key"].split(".")))
        # A string of TOML is quoted, and Tab quotes it where that was not begun.
        bare = "=" in before and not value["quote"]
        return value["begun"], map(json.dumps if bare else _written, found)
    if (name := _NAME.fullmatch(before)) is None:
        return "", ()
    part = _part(path)
    if part is None:
        return name["begun"], map(_written, _choices(path))
    return name["begun"], [*part.model_fields, *(PARTS if part is Brief else ())]


def _path(above: Sequence[str], before: str) -> tuple[str, ...]:
    """The keys that a line beginning with `before` stands below, outermost first, by the lines `above` it."""
    path: list[str] = []
    indent = len(before) - len(before.lstrip())
    for line in reversed(above):
        if (header := _HEADER.fullmatch(line)) is not None:
            return (header[1], *path)
        key = _KEY.match(line)
        if key is not None and len(key[1]) < indent:
            path.insert(0, key[2])
            indent = len(key[1])
    return tuple(path)


def _part(path: Sequence[str]) -> type[Spec] | None:
    """The part of a request that is written at `path`, None where that is a value of one."""
    return Brief if not path else PARTS.get(path[0]) if len(path) == 1 else None


def _choices(path: Sequence[str]) -> list[str | int | bool]:
    """The values that may stand at `path`, where they can be counted."""
    if path == ("profile",):
        return [*PROFILES]
    part = _part(path[:-1])
    field = part.model_fields.get(path[-1]) if part else None
    return [] if field is None else [*_literals(field.annotation)] or [*map(str, field.examples or ())]


def _literals(kind: Any) -> Iterable[str | int | bool]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    if kind is bool:
        return (True, False)
    if get_origin(kind) in (Union, types.UnionType):
        return [word for one in get_args(kind) for word in _literals(one)]
    return ()


def _written(value: str | int | bool) -> str:
    return value if isinstance(value, str) else json.dumps(value)
