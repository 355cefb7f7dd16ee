"""A plane of a picture, zoomed slowly and without jitter.

A zoom of 8 % over six seconds moves the picture's edge by a third of a pixel a frame; rounded to whole
pixels or to `warpAffine`'s 1/32 that trembles. `cv2.resize` has exact scales and is 3.5 times
cheaper, but starts at whole source pixels only. So a few more columns (rows) than needed are
made on the left (top): among where the picture could then be cut, one lies close to a whole
source pixel, and the scale takes up the remainder so that the middle stands perfectly still.

Only what is not paper is zoomed. Luma is made twice as fine first, once a scene, and then read
linearly: that is as sharp as cubic interpolation of the picture itself, which takes half as long again a
frame, and as the grid shows less, films are a tenth smaller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from aura_nb.media.colour import Plane
from aura_nb.media.regions import Region, regions

CUTS = 48  # places to cut at; more cost more pixels, fewer leave more remainder
REACH = 3  # pixels of the picture that interpolation, with rounding, may need beyond an edge
_DROPS = np.arange(REACH, REACH + CUTS)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a plane: its centre in the picture and in the frame, and the frame's length."""

    source: float
    target: float
    length: int


@dataclass(frozen=True, slots=True)
class _Cut:
    """Frame pixels [first, last) from source pixels [begin, end): at `scale`, without the first `drop`."""

    first: int
    last: int
    begin: int
    end: int
    drop: int
    scale: float


@dataclass(frozen=True, slots=True)
class _Side:
    """One axis of a piece, in its own pixels: the plane's centre, and where the region lies in it."""

    axis: Axis
    centre: float
    begin: int
    end: int

    def cut(self, scale: float) -> _Cut | None:
        """What of the frame this piece fills at `scale`, None when it is zoomed out of sight."""
        target = self.axis.target
        first = max(0, math.floor(target + (self.begin - self.centre) / scale))
        last = min(self.axis.length, math.ceil(target + (self.end - self.centre) / scale))
        if first >= last:
            return None
        begins = self.centre - (target - first + _DROPS) * scale
        best = int(np.argmin(np.abs(begins - np.rint(begins))))
        drop, begin = int(_DROPS[best]), round(float(begins[best]))
        middle = (first + last) / 2
        exact = (self.centre + (middle - target) * scale - begin) / (middle - first + drop)
        return _Cut(first, last, begin, math.ceil(begin + (drop + last - first) * exact) + REACH, drop, exact)


class _Piece:
    """A region of a plane, its pixels `finer` times as many a side, and what is needed around it."""

    def __init__(self, padded: Plane, margin: int, region: Region, across: Axis, down: Axis, finer: int) -> None:
        part = padded[region.top : region.bottom + 2 * margin, region.left : region.right + 2 * margin]
        if finer > 1:
            fine = cv2.resize(part, None, fx=finer, fy=finer, interpolation=cv2.INTER_CUBIC)
            self.pixels = np.asarray(fine, np.uint8)
        else:
            self.pixels = np.ascontiguousarray(part)
        self.across, self.down = (
            _Side(
                axis,
                (axis.source - begin + margin) * finer,
                (margin - REACH) * finer,
                (margin + end - begin + REACH) * finer,
            )
            for axis, begin, end in ((across, region.left, region.right), (down, region.top, region.bottom))
        )


class Zoom:
    """A plane that is shown at `scale` or less (its pixels for one of the frame), `finer` times as fine."""

    def __init__(self, plane: Plane, across: Axis, down: Axis, scale: float, finer: int = 1) -> None:
        self._paper, found = regions(plane)
        self._shape, self._finer = (down.length, across.length), finer
        margin = math.ceil((REACH + CUTS) * scale) + 2 * REACH
        padded = np.pad(plane, margin, "edge")
        self._pieces = [_Piece(padded, margin, region, across, down, finer) for region in found]

    def at(self, scale: float) -> Plane:
        """The frame's plane at `scale`, of its own."""
        frame: Plane | None = None
        for piece in self._pieces:
            x, y = piece.across.cut(scale * self._finer), piece.down.cut(scale * self._finer)
            if x is None or y is None:
                continue
            part = piece.pixels[y.begin : y.end, x.begin : x.end]
            # No size but factors: with a size OpenCV would derive the scale from it, rounded.
            big = cv2.resize(part, None, fx=1 / x.scale, fy=1 / y.scale, interpolation=cv2.INTER_LINEAR)
            shown = np.asarray(
                big[y.drop : y.drop + y.last - y.first, x.drop : x.drop + x.last - x.first], np.uint8
            )
            if shown.shape == self._shape:
                return shown
            frame = self._blank() if frame is None else frame
            frame[y.first : y.last, x.first : x.last] = shown
        return self._blank() if frame is None else frame

    def _blank(self) -> Plane:
        return np.full(self._shape, self._paper, np.uint8)
