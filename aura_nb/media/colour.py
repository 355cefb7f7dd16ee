"""Pictures as video stores them: sRGB files to 8-bit yuv420p planes, BT.709, limited range.

Matrix and ranges are those of ITU-R BT.709-6, section 3. Chroma lies where H.264 puts it unless
told otherwise (ITU-T H.264, figure E-1, type 0): on the even luma columns, between the luma rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from aura_nb.errors import RenderError, refused

Plane = NDArray[np.uint8]
Yuv = tuple[Plane, Plane, Plane]
Number = TypeVar("Number", np.uint8, np.float32)

_LUMA = np.array([0.0722, 0.7152, 0.2126])  # of blue, green, red: the order OpenCV reads
_BLUE, _, _RED = np.eye(3)
_MATRIX = np.array(
    [
        [*(_LUMA * 219 / 255), 16],
        [*((_BLUE - _LUMA) / (1 - _LUMA[0]) * 112 / 255), 128],
        [*((_RED - _LUMA) / (1 - _LUMA[2]) * 112 / 255), 128],
    ]
)


def read_picture(path: Path) -> NDArray[np.uint8]:
    """The picture file at `path` as blue, green, red (and alpha, where it has one), 8 bits each.

    Raises RenderError when there is no such file or it is no picture.
    """
    try:
        # Not cv2.imread: it cannot open paths beyond the code page on Windows.
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        what, remedy = refused(error)
        raise RenderError(f"Cannot read the picture {path}: {what}.", remedy=remedy) from error
    picture: Any = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if picture is None or picture.dtype != np.uint8 or picture.ndim != 3:
        raise RenderError(f"{path} is not an 8-bit colour picture.", remedy="Delete it, so that it is drawn anew.")
    return np.asarray(picture, np.uint8)


def to_yuv(bgr: NDArray[np.uint8]) -> Yuv:
    """The three planes of an opaque picture; chroma has half its width and height, rounded up."""
    luma, blue, red = to_yuv444(bgr)
    return luma, halve(blue), halve(red)


def to_yuv444(bgr: NDArray[np.uint8]) -> Yuv:
    """The three planes at full size."""
    # A row at a time: OpenCV's three-row kernel is biased by a twentieth of a level.
    luma, blue, red = (np.asarray(cv2.transform(bgr, row[np.newaxis]), np.uint8) for row in _MATRIX)
    return luma, blue, red


def halve(plane: NDArray[Number]) -> NDArray[Number]:
    """A full-size chroma (or alpha) plane at half its width and height, sited as H.264 expects."""
    across, down = np.array([0.25, 0.5, 0.25]), np.array([0.5, 0.5])
    filtered: Any = cv2.sepFilter2D(plane, -1, across, down, anchor=(1, 0), borderType=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(filtered[::2, ::2])


def unpacked(frame: NDArray[np.uint8], size: tuple[int, int]) -> Yuv:
    """The three planes of a frame of `size` pixels that lies in memory as yuv420p without gaps."""
    width, height = size
    flat, luma, half = frame.reshape(-1), width * height, width * height // 4
    blue, red = (flat[start : start + half].reshape(height // 2, width // 2) for start in (luma, luma + half))
    return flat[:luma].reshape(height, width), blue, red
