"""Frames of a film: a drawn picture zoomed slowly and without jitter, and the fade between two.

A zoom of 8 % over six seconds moves the picture's edge by a third of a pixel a frame; rounded to whole
pixels or to `warpAffine`'s 1/32 that trembles. `cv2.resize` has exact scales and is 3.5 times
cheaper, but starts at whole source pixels only. So a few more columns (rows) than needed are
made on the left (top): among where the picture could then be cut, one lies close to a whole
source pixel, and the scale takes up the remainder so that the centre stands perfectly still.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from aura_nb.media.colour import Plane, Yuv, read_picture, to_yuv

CUTS = 48  # places to cut at; more cost more pixels, fewer leave more remainder (here 0.009 px rms)
REACH = 3  # source pixels that cubic interpolation, with rounding, may need beyond an edge


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis of a plane: its centre in the picture and in the frame, the frame's length."""

    source: float
    target: float
    length: int

    def cut(self, scale: float) -> tuple[int, int, int, float]:
        """Where to read ([begin, end) in source pixels), columns to drop, and the scale to use."""
        drops = np.arange(REACH, REACH + CUTS)
        begins = self.source - (self.target + drops) * scale
        drop = int(drops[np.argmin(np.abs(begins - np.rint(begins)))])
        begin = round(self.source - (self.target + drop) * scale)
        exact = (self.source - begin) / (self.target + drop)
        return begin, math.ceil(begin + (drop + self.length) * exact) + REACH, drop, exact


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
        self._margin = math.ceil((REACH + CUTS) * self._scale) + REACH
        self._planes = [np.pad(plane, self._margin, "edge") for plane in planes]
        self._luma = _Axis(width / 2, out_width / 2, out_width), _Axis(height / 2, out_height / 2, out_height)
        # Left-sited chroma: sample i lies at 2 i + ½ luma pixels from the left, so the centre is ¼ further.
        self._chroma = (
            _Axis(width / 4 + 0.25, out_width / 4 + 0.25, out_width // 2),
            _Axis(height / 4, out_height / 4, out_height // 2),
        )

    @classmethod
    def load(cls, path: Path, size: tuple[int, int]) -> Self:
        """Read the picture file at `path`; raises RenderError when it cannot be read."""
        return cls(to_yuv(read_picture(path)[..., :3]), size)

    def at(self, zoom: float) -> Yuv:
        """The frame at `zoom` (1 or more), as planes of its own."""
        scale = self._scale / zoom
        luma, blue, red = self._planes
        return (
            self._resized(luma, *self._luma, scale, cv2.INTER_CUBIC),
            # At half the resolution the eye tells no cubic from linear, which is cheaper (chroma PSNR 48–58 dB).
            self._resized(blue, *self._chroma, scale, cv2.INTER_LINEAR),
            self._resized(red, *self._chroma, scale, cv2.INTER_LINEAR),
        )

    def _resized(self, plane: Plane, across: _Axis, down: _Axis, scale: float, kind: int) -> Plane:
        left, right, skip_x, scale_x = across.cut(scale)
        top, bottom, skip_y, scale_y = down.cut(scale)
        margin = self._margin
        part = plane[margin + top : margin + bottom, margin + left : margin + right]
        # No size but factors: with a size OpenCV would derive the scale from it, rounded.
        big = cv2.resize(part, None, fx=1 / scale_x, fy=1 / scale_y, interpolation=kind)
        return np.asarray(big[skip_y : skip_y + down.length, skip_x : skip_x + across.length], np.uint8)


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
