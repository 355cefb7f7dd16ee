"""A photo from elsewhere: looked at before it is decoded, and cut to the part of the picture it fills.

Only JPEG and PNG are taken, whose sizes stand in their first bytes: a file of a few kilobytes may claim
to hold more pixels than there is memory.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_BYTES = 40_000_000
MOST_PIXELS = 120_000_000
"""Decoding takes three bytes of memory a pixel."""
MOST_ENLARGED = 4.0
"""How many times larger than it is a photo may be shown: beyond, it is somebody's thumbnail."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# Frame headers: SOF0 to SOF15 without DHT, JPG and DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Unfit(ValueError):
    """These bytes are no photo that can be shown; the message says why, as the end of a sentence."""


def cut(data: bytes, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Blue, green and red of a photo that fills `size` (width, height), undistorted, its middle kept.

    Raises `Unfit` for bytes that are no whole JPEG or PNG, and for a photo that is too small or too large.
    """
    import cv2
    import numpy as np

    width, height = dimensions(data)
    if width * height > MOST_PIXELS:
        raise Unfit(f"has {width} × {height} pixels, which is too large")
    if not _ends(data):
        raise Unfit("is cut off")
    # As it is to be looked at: what the camera noted of its orientation is applied.
    decoded: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise Unfit("cannot be decoded")
    pixels = np.asarray(decoded, np.uint8)
    return _cover(pixels, size)


def dimensions(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as the file says, nothing decoded. Raises `Unfit` for no JPEG or PNG.

    PNG: https://www.w3.org/TR/png-3/#11IHDR; JPEG: ITU-T T.81, B.2.2.
    """
    found = (0, 0)
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:
        found = struct.unpack(">II", data[16:24])
    elif data.startswith(_JPEG):
        found = _of_jpeg(data)
    if min(found) < 1:
        raise Unfit("is no JPEG or PNG")
    return found


def _of_jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD7:
            # Fill bytes, and markers that stand alone.
            at += 1 if marker == 0xFF else 2
        elif marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return 0, 0


def _ends(data: bytes) -> bool:
    # Some writers put a few bytes after the end; decoders fill what is missing before it with grey.
    return (b"IEND" if data.startswith(_PNG) else b"\xff\xd9") in data[-1024:]


def _cover(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    (width, height), (high, wide) = size, pixels.shape[:2]
    scale = max(width / wide, height / high)
    if scale > MOST_ENLARGED:
        raise Unfit(f"has only {wide} × {high} pixels for {width} × {height}")
    # The part that is shown, in its own pixels; rounding takes at most one of them.
    part_wide, part_high = min(wide, round(width / scale)), min(high, round(height / scale))
    x, y = (wide - part_wide) // 2, (high - part_high) // 2
    part = pixels[y : y + part_high, x : x + part_wide]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, size, interpolation=way), np.uint8)
