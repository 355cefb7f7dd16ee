"""Run as a script by `charts`: a plotly figure in JSON from standard input, its PNG to standard output."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any


async def shoot(figure: dict[str, Any], options: dict[str, Any], seconds: float) -> bytes:
    """The PNG of `figure`, by a browser that is gone when this returns."""
    from kaleido import Kaleido

    # Without MathJax, which would be fetched from the network.
    async with Kaleido(mathjax=False, timeout=seconds) as browser:
        png: bytes = await browser.calc_fig(figure, opts=options)
        return png


def main() -> int:
    asked = json.load(sys.stdin)
    try:
        png = asyncio.run(shoot(asked["figure"], asked["options"], asked["seconds"]))
    except Exception as error:
        why = " ".join(str(error).split())[:300] or type(error).__name__
        sys.stderr.write(f"the browser could not draw a plotly figure ({why}).")
        return 1
    sys.stdout.buffer.write(png)
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The browser's library may leave threads behind that an interpreter waits for.
    os._exit(status)
