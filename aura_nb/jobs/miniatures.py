"""Scenes' thumbnails made smaller for a saved notebook: sharp when they are few, and never large in all."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
MOST = 10
"""So many scenes are shown, spread over the film."""
ALL_BYTES = 7000
"""Of all pictures together, as base64."""
HEIGHT = 68
"""Pixels on the page; a picture has twice as many where there is room for it."""
STEPS = ((136, 80), (136, 50), (102, 50), (68, 60), (68, 30), (48, 20), (32, 10), (16, 1))
"""Heights and qualities to try, best first. WebP, which needs less than half a JPEG's bytes at this size."""


def spread(scenes: Sequence[T], most: int = MOST) -> Sequence[T]:
    """At most `most` of `scenes`, evenly spread, the first and the last among them."""
    if len(scenes) <= most:
        return scenes
    return [scenes[round(at * (len(scenes) - 1) / (most - 1))] for at in range(most)]


def miniature(thumbnail: str, size: int) -> str:
    """A base64 JPEG as a base64 WebP of at most `size` characters; nothing where it is no picture."""
    import cv2
    import numpy as np

    try:
        data = base64.b64decode(thumbnail, validate=True)
    except binascii.Error:
        return ""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if pixels is None:
        return ""
    for height, quality in STEPS:
        rows = min(height, pixels.shape[0])
        columns = max(1, round(pixels.shape[1] * rows / pixels.shape[0]))
        small = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)
        made = base64.b64encode(cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes())
        if len(made) <= size:
            return made.decode("ascii")
    return ""
