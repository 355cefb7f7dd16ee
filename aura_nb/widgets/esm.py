"""A widget's front end as one module: anywidget loads it from a Blob, where nothing can be imported relatively.

The files themselves are plain ES modules; the observer page imports some of them as they are.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{ (?P<names>[^}]*) \} from "(?P<file>\.\.?/[^"]*)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


def joined(module: Path) -> str:
    """The text of `module`, and before it the files that it and they import by name, each once.

    Each of them becomes a function's result, so that no name of one file meets one of another.
    """
    names: dict[Path, str] = {}
    before: list[str] = []

    def taken(file: Path) -> str:
        """The text of `file`, with what it imports taken from where that stands now."""

        def from_above(match: re.Match[str]) -> str:
            return f"const {{ {match['names']} }} = {name((file.parent / match['file']).resolve())};"

        return _IMPORT.sub(from_above, file.read_text(encoding="utf-8"))

    def name(file: Path) -> str:
        if file not in names:
            text = taken(file)
            names[file] = f"module{len(names) + 1}"
            given = f"return {{ {', '.join(_EXPORTED.findall(text))} }};"
            before.append(f"const {names[file]} = (() => {{\n{_EXPORT.sub('', text)}\n{given}\n}})();")
        return names[file]

    whole = taken(module)
    return "\n".join([*before, whole])
