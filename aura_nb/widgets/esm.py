"""A widget's front end as one module: anywidget loads it from a Blob, where nothing can be imported relatively.

The files themselves are plain ES modules that the observer page imports as they are.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{ (?P<names>[^}]*) \} from "\./(?P<file>[^"]*)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def joined(module: Path) -> str:
    """The text of `module` with what it imports by name from beside it in the imports' place.

    Each import becomes a function's result, so that no name of one file meets one of another.
    """

    def whole(match: re.Match[str]) -> str:
        text = _EXPORT.sub("", joined(module.with_name(match["file"])))
        return f"const {{ {match['names']} }} = (() => {{\n{text}\nreturn {{ {match['names']} }};\n}})();"

    return _IMPORT.sub(whole, module.read_text(encoding="utf-8"))
