"""A thin face over Typst: sources and data in, pixels and the template's report out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from aura_nb.errors import RenderError
from aura_nb.providers.illustrators.fonts import FontBook

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TypesettingError(RenderError):
    """Typst refused a template or its data; `reason` is its message without the place."""

    def __init__(self, reason: str, diagnostic: str) -> None:
        super().__init__(f"Typst could not set this: {diagnostic.strip() or reason}")
        self.reason = reason


@lru_cache(maxsize=1)
def version() -> str:
    """The installed version of Typst's Python wheel."""
    from importlib.metadata import version as installed

    return installed("typst")


def typeset(
    source: str, files: Mapping[str, bytes], data: Any, fonts: FontBook
) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """Set `source` with `data` (JSON, read from `sys.inputs.input`); one point becomes one pixel.

    Returns blue, green, red and alpha of every pixel, and what the source says in its `<report>`
    metadata, if it does. `files` are all it can read, by the absolute names it imports them by.
    Raises `TypesettingError`. May be called from several threads.
    """
    import cv2
    import numpy as np
    import typst

    # A folder of its own is Typst's root: nothing else of the disk can be read.
    with TemporaryDirectory(prefix="aura_nb-") as folder:
        root = Path(folder)
        for name, content in {"/main.typ": source.encode(), **files}.items():
            path = root / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        compiler = typst.Compiler(
            root / "main.typ",
            root=root,
            font_paths=fonts.handle,
            sys_inputs={"input": json.dumps(data, ensure_ascii=False)},
        )
        try:
            png = compiler.compile(format="png", ppi=72)
        except typst.TypstError as error:
            raise TypesettingError(error.message, error.diagnostic) from None
        if not isinstance(png, bytes):
            raise TypesettingError("more than one page", "a template must fill exactly one page")
        # Typst remembers the layout: asking afterwards is nearly free.
        report = json.loads(compiler.query("<report>", field="value"))
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(pixels, np.uint8), report[0] if report else {}


def png_file(pixels: NDArray[np.uint8]) -> bytes:
    """`pixels` as a PNG; the same pixels give the same bytes."""
    import cv2

    # Low compression: it is read back within the second, and drawing must not wait for zlib.
    return cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 2])[1].tobytes()
