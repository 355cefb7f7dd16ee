"""Pictures with transparency laid over frames: burnt-in captions, blended in video planes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from aura_nb.media.colour import Plane, Yuv, halve, read_picture, to_yuv444


@dataclass(frozen=True, slots=True)
class Overlay:
    """An RGBA picture shown unscaled in frames [first, last) of a scene.

    `x` and `y` are the pixels from the frame's left and top edge to the picture's; odd ones are rounded
    down, for chroma has half the resolution. What lies beyond the frame's right or bottom is cut off.
    """

    path: Path
    x: int
    y: int
    first: int
    last: int

    def __post_init__(self) -> None:
        if self.x < 0 or self.y < 0 or not 0 <= self.first <= self.last:
            raise ValueError(f"{self} begins outside the frame or the scene")


class Strip:
    """An overlay's picture, ready to be blended: its planes times their opacity, and what shines through."""

    def __init__(self, bgra: NDArray[np.uint8], x: int, y: int) -> None:
        self._x, self._y = x // 2, y // 2
        alpha = np.divide(bgra[..., 3], 255, dtype=np.float32)
        bgr = np.ascontiguousarray(bgra[..., :3])
        luma, blue, red = (np.multiply(plane, alpha, dtype=np.float32) for plane in to_yuv444(bgr))
        clear, half_clear = 1 - alpha, 1 - halve(alpha)
        # Opacity first, then half the resolution: what is transparent must not colour its neighbours.
        self._layers = ((luma, clear), (halve(blue), half_clear), (halve(red), half_clear))

    @classmethod
    def load(cls, overlay: Overlay) -> Self:
        """Read the overlay's file; raises RenderError when it cannot be read."""
        picture = read_picture(overlay.path)
        if picture.shape[2] == 3:
            picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA), np.uint8)
        return cls(picture, overlay.x, overlay.y)

    def blend(self, frame: Yuv) -> None:
        """Draw the strip into `frame`, in place."""
        for plane, (ink, clear), step in zip(frame, self._layers, (2, 1, 1), strict=True):
            _blend(plane[self._y * step :, self._x * step :], ink, clear)


def _blend(below: Plane, ink: NDArray[np.float32], clear: NDArray[np.float32]) -> None:
    height, width = min(below.shape[0], ink.shape[0]), min(below.shape[1], ink.shape[1])
    if height == 0 or width == 0:
        return
    target = below[:height, :width]
    shine: Any = cv2.multiply(target, clear[:height, :width], dtype=cv2.CV_32F)
    target[:] = cv2.add(shine, ink[:height, :width], dtype=cv2.CV_8U)
