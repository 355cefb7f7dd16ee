"""A front end of several ES modules as the one text that anywidget takes, without a build step."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[\w.]+";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def joined(*modules: Path) -> str:
    """The text of `modules`, each after those it imports: their names must differ, as in one module.

    What they import of each other is there already, so those imports go; only the last may have a default export.
    """
    texts = (module.read_text(encoding="utf-8") for module in modules)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)
