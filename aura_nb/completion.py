"""What Tab offers within `%%aura` and `%aura`: options, fields of the part the cursor is in, their choices."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from aura_nb import yaml12
from aura_nb.cursor import ITEM, Place
from aura_nb.errors import InvalidBrief
from aura_nb.request import PARTS, Request
from aura_nb.spec import PROFILES, Brief
from aura_nb.studio.order import Order
from aura_nb.validated import Spec

OPTIONS = ("--output", "--start", "--write")
Value: TypeAlias = str | int | bool


@context_matcher()  # type: ignore[untyped-decorator]  # IPython leaves it so
def matcher(context: CompletionContext) -> SimpleMatcherResult:
    """IPython's face of `words`."""
    begun, found = words(context.full_text, context.cursor_line, context.text_until_cursor)
    return {
        "completions": [SimpleCompletion(word, type="param") for word in found],
        "matched_fragment": begun,
        # Python's own names mean nothing in such a cell.
        "suppress": bool(found),
    }


def words(text: str, line: int, before: str) -> tuple[str, list[str]]:
    """What the word begun at the end of `before` may become: the beginning, and the words.

    `text` is the whole cell, `before` its line number `line` (from 0) up to the cursor.
    """
    head = text.lstrip().partition("\n")[0]
    if not re.match(r"%%?aura\b", head):
        return "", []
    first = text[: len(text) - len(text.lstrip())].count("\n")
    if line == first:
        begun = re.split(r"\s", before)[-1]
        offered: Iterable[str] = OPTIONS if head.startswith("%%") else ("doctor", "jobs", "providers")
    elif not head.startswith("%%"):
        # A magic of one line: what follows is Python.
        return "", []
    else:
        lines = text.split("\n")
        above = "".join(f"{one}\n" for one in lines[first + 1 : line])
        place = Place.at_the_end_of(above + before)
        if place is None or not before.endswith(place.begun):
            return "", []
        begun, left = place.begun, before.removesuffix(place.begun)
        # The rest of the cell tells which speaker's voices there are.
        cell = above + left + ("x" if place.quoted else '"x"') + "\n".join(lines[line:])[len(before) :]
        offered = _fitting(place, cell, alone=not left.strip())
    return begun, [word for word in offered if word.strip('"').startswith(begun)]


def _fitting(place: Place, cell: str, *, alone: bool) -> Sequence[str]:
    """All that may stand at `place` of `cell`, where it is `alone` in its line or not."""
    part = _part(place.path)
    # What stands alone below the name of a part is one of its fields; beside it, a value.
    if part is not None and (place.key or alone):
        return [*part.model_fields, *(PARTS if part is Brief else ())]
    choices = [] if place.key else _choices(place.path, cell)
    return [_written(value, place) for value in choices if isinstance(value, str) or not place.quoted]


def _part(path: Sequence[str]) -> type[Spec] | None:
    """The part of a request that is written at `path`, None where that is a value of one."""
    return Brief if not path else PARTS.get(path[0]) if len(path) == 1 else None


def _choices(path: Sequence[str], cell: str) -> Sequence[Value]:
    """The values that may stand at `path` of `cell`, where they can be counted."""
    if path == ("profile",):
        return [*PROFILES]
    item = path[-1:] == (ITEM,)
    keys = path[:-1] if item else path
    part = _part(keys[:-1])
    field = part.model_fields.get(keys[-1]) if part and keys else None
    if field is None or (item and get_origin(field.annotation) is not tuple):
        return []
    known = [*_literals(field.annotation)] or [*(field.examples or ())]
    return known or _order(cell).proposals().get(".".join(keys if keys[1:] else ("brief", *keys)), [])


def _literals(kind: Any) -> Iterable[Value]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    if kind is bool:
        return (True, False)
    if get_origin(kind) in (Union, types.UnionType):
        return [word for one in get_args(kind) for word in _literals(one)]
    return ()


def _order(cell: str) -> Order:
    """What `cell` asks for, as far as it can be read."""
    try:
        return Order(Request.written(cell))
    except InvalidBrief:
        return Order()


def _written(value: Value, place: Place) -> str:
    """`value` as it is to stand at `place`, quoted where a bare word would be read as something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    bare = place.quoted or (not place.toml and _is_bare(value))
    return value if bare else json.dumps(value, ensure_ascii=False)


def _is_bare(value: str) -> bool:
    """Whether YAML reads `value` as the text it is, in a list as well."""
    try:
        return bool(yaml12.load(f"[{value}]") == [value])
    except ValueError:
        return False
