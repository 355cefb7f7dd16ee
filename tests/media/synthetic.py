"""Pictures whose every dot's place is known, and where a dot is found again in a frame."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import av
import cv2
import numpy as np

Point = tuple[float, float]


def dots(size: tuple[int, int], colour=(255, 255, 255), sigma: float = 5.0, across: int = 4):
    """A black BGR picture with soft dots of `colour`, and their centres in pixels."""
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    light = np.zeros((height, width))
    centres: list[Point] = []
    for i, j in product(range(1, across + 1), repeat=2):
        x, y = width * i / (across + 1) + 0.37 * i, height * j / (across + 1) + 0.21 * j
        near = np.s_[int(y) - 40 : int(y) + 40, int(x) - 40 : int(x) + 40]
        light[near] += np.exp(-((columns[near] - x) ** 2 + (rows[near] - y) ** 2) / (2 * sigma**2))
        centres.append((x, y))
    return np.rint(light[..., np.newaxis] * colour).astype(np.uint8), centres


def place(point: Point, picture: tuple[int, int], frame: tuple[int, int], zoom: float) -> Point:
    """Where a picture's point must be in a frame of `frame` pixels at `zoom`."""
    scale = zoom / min(picture[0] / frame[0], picture[1] / frame[1])
    x, y = (f / 2 + (c - p / 2) * scale for c, p, f in zip(point, picture, frame, strict=True))
    return x, y


def centroid(plane, around: Point, radius: int = 17) -> Point:
    """The centre of the light (or colour) within `radius` of `around`."""
    left, top = (int(c) - radius for c in around)
    window = plane[top : top + 2 * radius + 1, left : left + 2 * radius + 1].astype(float)
    window -= window.min()
    window[window < 2] = 0
    rows, columns = np.mgrid[0 : window.shape[0], 0 : window.shape[1]] + 0.5
    return left + (window * columns).sum() / window.sum(), top + (window * rows).sum() / window.sum()


def card(path: Path, size: tuple[int, int], paper: tuple[int, int, int], text: str) -> Path:
    """A PNG that looks like a card: words on plain `paper` (BGR)."""
    picture = np.full((size[1], size[0], 3), paper, np.uint8)
    ink = tuple(255 - c for c in paper)
    for line in range(1, 5):
        cv2.putText(picture, text, (size[0] // 10, size[1] * line // 5), 0, size[1] / 300, ink, 1, cv2.LINE_AA)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return path


def blue_then_red(path: Path, size: tuple[int, int] = (320, 180)) -> Path:
    """A film of a second of blue, then one of red; no picture but its first is a key."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 10, options={"g": "100"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(20):
            colour = (255, 0, 0) if number < 10 else (0, 0, 255)
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), colour, np.uint8), "bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
