"""Where the cursor is in a brief that is being written, in YAML or TOML, and breaks off there."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace

from aura_nb.request import TOML

ITEM = "-"
"""In a path: an item of the list that the key before it holds."""
# Nobody types it, and no language has it.
_CURSOR = "\ue000"
_HEADER = re.compile(r"^[ \t]*\[[ \t]*(\w+)[ \t]*\][ \t]*(?:#.*)?\n", re.MULTILINE)
_LONG_TEXT = re.compile(r'"""(?s:.*?)"""' + r"|'''(?s:.*?)'''")


@dataclass(frozen=True, slots=True)
class Place:
    """Below the keys of `path`, outermost first, behind what is `begun` of a word."""

    path: tuple[str, ...]
    begun: str
    key: bool
    """Only a key can stand here."""
    quoted: bool
    """A quotation mark is open."""
    toml: bool = False

    @classmethod
    def at_the_end_of(cls, cell: str) -> Place | None:
        """Where the end of `cell` is, None where that cannot be told."""
        if TOML.match(cell) is None:
            return _in_yaml(cell)
        # Below its last heading, TOML reads like YAML but for the sign after a key.
        table, entries = ["", *_HEADER.split(cell)][-2:]
        entries = re.sub(r"(?m)^[ \t]+", "", _LONG_TEXT.sub('""', entries))
        place = _in_yaml(re.sub(r"[ \t]*=[ \t]*", ": ", entries))
        if place is None:
            return None
        keys = (table, *place.path) if table else place.path
        return replace(place, path=tuple(name for key in keys for name in key.split(".")), toml=True)


def _in_yaml(cell: str) -> Place | None:
    # It breaks off within a value, a key or a quoted text.
    tries = (_read(cell + _CURSOR + ending, quoted=ending in ("'", '"')) for ending in ("", ":", "'", '"'))
    return next(filter(None, tries), None)


def _read(text: str, *, quoted: bool) -> Place | None:
    """Where the cursor is in `text`: YAML, of which the parser tells what it read before it broke off."""
    import yaml

    # An entry for each collection that is open: `ITEM` for a list, else the key whose value comes next, or
    # None where a key does.
    path: list[str | None] = []
    with suppress(yaml.YAMLError, ValueError, OverflowError):
        for event in yaml.parse(text):
            match event:
                case yaml.ScalarEvent(value=value) if _CURSOR in value:
                    keys = tuple(key for key in path if key is not None)
                    return Place(keys, value.partition(_CURSOR)[0], path[-1:] == [None], quoted)
                case yaml.MappingStartEvent():
                    path.append(None)
                case yaml.SequenceStartEvent():
                    path.append(ITEM)
                case yaml.ScalarEvent(value=value) if path[-1:] == [None]:
                    path[-1] = value
                case yaml.NodeEvent() | yaml.CollectionEndEvent():
                    if isinstance(event, yaml.CollectionEndEvent):
                        path.pop()
                    # A value has been read: the next thing in its mapping is a key.
                    if path and path[-1] != ITEM:
                        path[-1] = None
    return None
