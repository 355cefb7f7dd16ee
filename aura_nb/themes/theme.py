"""Loads a theme: its tokens (colours, fonts, weights) and the templates each kind of card is set with.

A theme is a folder. `theme.toml` holds the tokens; a table named after a kind of card, such as
`[title.fonts]`, changes them for that kind alone. A `.typ` file in the folder stands in for the one
of the same name in `base/`. What a theme leaves out it takes from the theme it `extends`.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aura_nb.errors import FieldIssue, InvalidBrief

HERE = Path(__file__).parent
BUILT_IN = ("light", "dark")
KINDS = ("title", "points", "quote", "equation", "code", "table", "figure", "credits")

_QUOTED = re.compile(r'"((?:/|\.{0,2}/)?[\w./-]+\.\w+)"')
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Theme:
    """A theme as loaded: `tables` as in its file, `files` by the name templates import them by."""

    name: str
    tables: Mapping[str, Any]
    files: Mapping[str, bytes] = field(repr=False)

    def tokens(self, kind: str) -> dict[str, Any]:
        """Colours, fonts, weights and syntax colours that `kind` of card is set with."""
        shared = {name: table for name, table in self.tables.items() if name not in KINDS}
        return _merge(shared, self.tables.get(kind, {}))

    def source(self, kind: str) -> str:
        """The main Typst source that draws `kind` of card."""
        template, background = self._template(kind), self._template("background")
        return (
            f'#import "/base/card.typ": frame\n#import "{template}": draw\n'
            f'#import "{background}": background\n#show: _ => frame(background, draw)\n'
        )

    def templates(self, kind: str) -> dict[str, bytes]:
        """Every file that drawing `kind` of card reads: what it imports, and what that imports."""
        found: dict[str, bytes] = {}
        pending = list(self._references("/main.typ", self.source(kind)))
        while pending:
            name = pending.pop()
            if name not in found:
                found[name] = self.files[name]
                if name.endswith(".typ"):
                    pending.extend(self._references(name, found[name].decode("utf-8")))
        return found

    def digest(self, kind: str) -> str:
        """SHA-256 (hex) of all of the theme that the look of `kind` of card depends on."""
        total = hashlib.sha256(json.dumps(self.tokens(kind), sort_keys=True).encode())
        for name, data in sorted(self.templates(kind).items()):
            total.update(f"\0{name}\0{len(data)}\0".encode())
            total.update(data)
        return total.hexdigest()

    def _template(self, name: str) -> str:
        own = f"/theme/{name}.typ"
        return own if own in self.files else f"/base/{name}.typ"

    def _references(self, name: str, text: str) -> Iterator[str]:
        folder = name.rpartition("/")[0]
        for quoted in _QUOTED.findall(text):
            path = quoted if quoted.startswith("/") else f"{folder}/{quoted.removeprefix('./')}"
            if path in self.files:
                yield path


def load(name: str) -> Theme:
    """The theme called `name`, or in the folder `name`. Raises `InvalidBrief` saying what is wrong with it."""
    try:
        folder = HERE / name if name in BUILT_IN else Path(name).expanduser()
        there = (folder / "theme.toml").is_file()
    except (OSError, RuntimeError):  # no path at all: too long a name, nobody's home
        there = False
    if not there:
        raise _invalid(f"no theme {name!r}", f"Use one of {', '.join(BUILT_IN)}, or a folder with a theme.toml.")
    tables = _tables(folder, name)
    files = {f"/base/{path.name}": path.read_bytes() for path in sorted((HERE / "base").glob("*.typ"))}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".typ", ".svg", ".png", ".jpg", ".jpeg"}:
            files[f"/theme/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return Theme(name, tables, files)


def _tables(folder: Path, name: str) -> dict[str, Any]:
    file = folder / "theme.toml"
    try:
        own = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _invalid(f"{file} is not TOML ({error})", "Mend that line.") from None
    parent = own.pop("extends", "light")
    if parent not in BUILT_IN:
        raise _invalid(f"{file} extends {parent!r}", f"Extend one of {', '.join(BUILT_IN)}.")
    tables = own if name in BUILT_IN else _merge(_tables(HERE / parent, parent), own)
    for where, value in _colors(tables):
        if not isinstance(value, str) or not _COLOR.fullmatch(value):
            raise _invalid(f"{file} has {where} = {value!r}", 'Write colours as "#RRGGBB".')
    return tables


def _colors(tables: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tables.items():
        path = f"{where}{name}"
        if name in {"colors", "syntax"} and isinstance(value, Mapping):
            for color, hexes in value.items():
                for one in hexes if isinstance(hexes, list) else [hexes]:
                    yield f"{path}.{color}", one
        elif isinstance(value, Mapping):
            yield from _colors(value, f"{path}.")


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _merge(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return merged


def _invalid(message: str, remedy: str) -> InvalidBrief:
    return InvalidBrief([FieldIssue("theme", message, remedy)], subject="render")
