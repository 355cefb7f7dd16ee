"""One picture of a film as a small JPEG."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from aura_nb.errors import RenderError
from aura_nb.media.probe import opened

QUALITIES = (85, 70, 55, 40, 25, 10)


def still(film: Path, second: float, width: int, most: int) -> bytes:
    """What the film at `film` shows at `second`, or last before it ends, as `jpeg` makes it.

    Raises RenderError for what has no pictures that can be read.
    """
    with opened(film) as container:
        if not container.streams.video:
            raise RenderError(f"{film} has no pictures.", remedy="Give an MP4 made by aura_nb.")
        stream = container.streams.video[0]
        container.seek(round(second * 1_000_000))
        shown = None
        for frame in container.decode(stream):
            shown = frame
            if frame.time is not None and frame.time >= second:
                break
    if shown is None:
        raise RenderError(f"{film} shows nothing at {second:.1f} s.", remedy="Give an MP4 made by aura_nb.")
    return jpeg(np.asarray(shown.to_ndarray(format="bgr24"), np.uint8), width, most)


def jpeg(pixels: NDArray[np.uint8], width: int, most: int) -> bytes:
    """A JPEG of `pixels`, `width` pixels wide and of at most `most` bytes: narrower if it must be."""
    height = max(1, round(pixels.shape[0] * width / pixels.shape[1]))
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    for quality in QUALITIES:
        data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= most:
            return data
    return jpeg(pixels, width * 3 // 4, most)
