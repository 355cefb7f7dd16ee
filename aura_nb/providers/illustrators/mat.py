"""What can be seen of an image file before it is framed: its size, and the paper it is drawn on."""

from __future__ import annotations

from dataclasses import dataclass

from aura_nb.providers.illustrators.photo import MOST_PIXELS, Unfit, dimensions

WHITE = "#FFFFFF"

# How far, in levels of 255, a pixel of the rim may be from the paper: JPEG leaves it uneven.
_NEAR = 6
# How much of the rim must be paper.
_MOST = 0.98


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Width and height in pixels (None for a drawing, which has none), and its paper as "#RRGGBB"."""

    size: tuple[int, int] | None = None
    paper: str = WHITE


def look_at(image: bytes) -> Bitmap:
    """The size and the paper of a PNG, JPEG or WebP: the colour of its rim where that is one, else white.

    Anything else, a transparent rim included, counts as drawn for white paper.
    """
    import cv2
    import numpy as np

    try:
        width, height = dimensions(image)
    except Unfit:
        if image[:4] != b"RIFF":
            return Bitmap()
        width = height = 1
    if width * height > MOST_PIXELS:
        return Bitmap((width, height))
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        return Bitmap()
    size = (pixels.shape[1], pixels.shape[0])
    if pixels.dtype != np.uint8:
        return Bitmap(size)
    colour = pixels if pixels.ndim == 3 else np.repeat(pixels[..., np.newaxis], 3, axis=2)
    rim = np.concatenate([colour[0], colour[-1], colour[:, 0], colour[:, -1]]).astype(np.int16)
    if rim.shape[1] == 4 and (rim[:, 3] < 255).any():
        return Bitmap(size)
    paper = np.median(rim[:, :3], axis=0)
    if (np.abs(rim[:, :3] - paper).max(axis=1) <= _NEAR).mean() < _MOST:
        return Bitmap(size)
    blue, green, red = (round(float(level)) for level in paper)
    return Bitmap(size, f"#{red:02X}{green:02X}{blue:02X}")
