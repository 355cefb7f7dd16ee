"""Where a picture is more than its paper: cards are mostly ground of one colour, and that need not be zoomed.

The recursive X-Y cut of page layout analysis (G. Nagy and S. Seth, "Hierarchical representation of optically
scanned documents", ICPR 1984): what is busy is parted at its widest empty gap, as long as one is wide enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

TILE = 32
"""Pixels; regions begin and end at multiples of this."""
GAP = 4
"""Tiles. Each region costs some pixels around it, so a narrower gap is not worth a cut."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a plane, half-open, in its pixels."""

    top: int
    bottom: int
    left: int
    right: int


def regions(plane: NDArray[np.uint8]) -> tuple[int, list[Region]]:
    """The level of `plane`'s paper, and rectangles outside which all of it has that level.

    They lie at least `GAP` tiles apart, across or down. A photograph is one region, an empty plane none.
    """
    paper = int(cv2.calcHist([plane], [0], None, [256], [0, 256]).argmax())
    height, width = plane.shape
    # What the last tiles have beyond the plane is paper.
    tiles = np.full((-(-height // TILE), TILE, -(-width // TILE), TILE), paper, np.uint8)
    tiles.reshape(tiles.shape[0] * TILE, -1)[:height, :width] = plane
    busy = (tiles.max((1, 3)) != paper) | (tiles.min((1, 3)) != paper)
    return paper, [
        Region(top * TILE, min(bottom * TILE, height), left * TILE, min(right * TILE, width))
        for top, bottom, left, right in _cut(busy, 0, 0)
    ]


def _cut(busy: NDArray[np.bool_], top: int, left: int) -> Iterator[tuple[int, int, int, int]]:
    """Top, bottom, left and right, in tiles, of each region of `busy`, whose first tile is at (`top`, `left`)."""
    rows, columns = np.flatnonzero(busy.any(1)), np.flatnonzero(busy.any(0))
    if not len(rows):
        return
    down, across = _widest(rows), _widest(columns)
    if max(down, across)[0] < GAP:
        yield top + int(rows[0]), top + int(rows[-1]) + 1, left + int(columns[0]), left + int(columns[-1]) + 1
    elif down >= across:
        yield from _cut(busy[: down[1]], top, left)
        yield from _cut(busy[down[1] :], top + down[1], left)
    else:
        yield from _cut(busy[:, : across[1]], top, left)
        yield from _cut(busy[:, across[1] :], top, left + across[1])


def _widest(busy: NDArray[np.intp]) -> tuple[int, int]:
    """How wide the widest gap between `busy` tiles is, and which tile is the first after it."""
    gaps = np.diff(busy) - 1
    if not len(gaps):
        return 0, 0
    at = int(gaps.argmax())
    return int(gaps[at]), int(busy[at + 1])
