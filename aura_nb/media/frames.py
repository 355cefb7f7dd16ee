"""Frames of a film: a drawn picture under a slow zoom, and the fade between two."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from aura_nb.media.colour import Yuv, read_picture, to_yuv
from aura_nb.media.zoom import Axis, Zoom

FINER = 2
"""Luma is zoomed from so many times the picture's pixels a side."""


class Still:
    """A picture in video planes, ready to be shown at any zoom as a frame of `size` pixels.

    At zoom 1 the picture covers the frame; it is sharpest when drawn somewhat larger than that
    (4/3 here). The middle of the picture is the middle of every frame.
    """

    def __init__(self, planes: Yuv, size: tuple[int, int]) -> None:
        (height, width), (out_width, out_height) = planes[0].shape, size
        if out_width % 2 or out_height % 2:
            raise ValueError(f"a frame of {out_width}×{out_height}: 4:2:0 video has even sides")
        self.size = size
        self._scale = min(width / out_width, height / out_height)
        luma = Axis(width / 2, out_width / 2, out_width), Axis(height / 2, out_height / 2, out_height)
        # Left-sited chroma: sample i lies at 2 i + ½ luma pixels from the left, so the centre is ¼ further.
        chroma = (
            Axis(width / 4 + 0.25, out_width / 4 + 0.25, out_width // 2),
            Axis(height / 4, out_height / 4, out_height // 2),
        )
        self._luma = Zoom(planes[0], *luma, self._scale, FINER)
        # At half the resolution the eye does not tell what is finer (chroma PSNR 48–58 dB).
        self._blue, self._red = (Zoom(plane, *chroma, self._scale) for plane in planes[1:])

    @classmethod
    def load(cls, path: Path, size: tuple[int, int]) -> Self:
        """Read the picture file at `path`; raises RenderError when it cannot be read."""
        return cls(to_yuv(read_picture(path)[..., :3]), size)

    def at(self, zoom: float) -> Yuv:
        """The frame at `zoom` (1 or more), as planes of its own."""
        scale = self._scale / zoom
        return self._luma.at(scale), self._blue.at(scale), self._red.at(scale)


def zoom_at(frame: int, frames: int, zoom: float) -> float:
    """The zoom of `frame` in a scene of `frames`: 1 at the first, `zoom` at the last.

    Equal ratios from frame to frame, which the eye sees as constant speed.
    """
    return math.pow(zoom, frame / max(frames - 1, 1))


def fade_at(frame: int, frames: int) -> float:
    """How much of the incoming scene `frame` of a fade of `frames` shows: smoothly within (0, 1)."""
    t = (frame + 1) / (frames + 1)
    return t * t * (3 - 2 * t)


def crossfade(outgoing: Yuv, incoming: Yuv, share: float) -> Yuv:
    """A frame that shows `share` (0–1) of `incoming` over `outgoing`."""
    y, u, v = (
        np.asarray(cv2.addWeighted(a, 1 - share, b, share, 0), np.uint8)
        for a, b in zip(outgoing, incoming, strict=True)
    )
    return y, u, v


_lock = threading.Lock()
_users = 0
_threads = 0


@contextmanager
def one_cv_thread() -> Iterator[None]:
    """While anyone is inside, OpenCV starts no threads of its own; the user's setting comes back after.

    Segments are made in parallel already, and the setting is the whole process's.
    """
    global _users, _threads
    with _lock:
        if _users == 0:
            _threads = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                cv2.setNumThreads(_threads)
