from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.media import zoom
from aura_nb.media.regions import Region
from aura_nb.media.zoom import Axis, Zoom
from tests.media.synthetic import centroid, dots, place

SIZE, PICTURE = (640, 360), (854, 480)
AXES = (Axis(427, 320, 640), Axis(240, 180, 360))
SCALE = PICTURE[1] / SIZE[1]


def card():
    """A card with two blocks far apart, and one at its edge."""
    plane = np.full((480, 854), 235, np.uint8)
    plane[60:100, 60:260] = np.linspace(20, 200, 200)
    plane[400:430, 600:790] = 90
    plane[:90, 800:] = 120
    return cv2.GaussianBlur(plane, None, 1.2)


@given(st.floats(1.0, 1.3), st.sampled_from([1, 2]))
def test_pieces_show_what_the_whole_shows(by, finer):
    pieces = Zoom(card(), *AXES, SCALE, finer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoom, "regions", lambda plane: (0, [Region(0, 480, 0, 854)]))
        whole = Zoom(card(), *AXES, SCALE, finer)
    assert len(pieces._pieces) > 1
    off = np.abs(pieces.at(SCALE / by).astype(int) - whole.at(SCALE / by))
    # Each may be a few hundredths of a pixel beside where it belongs; a block's edge has 60 levels a pixel.
    assert off.max() <= 8
    assert np.sqrt((off**2).mean()) <= 0.5


def test_what_is_zoomed_out_of_sight_is_gone():
    plane = np.full((480, 854), 235, np.uint8)
    plane[:6, :6] = 20
    still = Zoom(plane, *AXES, SCALE)
    assert still.at(SCALE).min() < 30
    assert (still.at(SCALE / 1.3) == 235).all()


def test_a_finer_grid_wavers_less():
    """What a linear interpolation of the picture itself would show: print that is now sharp, now soft."""
    edge = np.repeat(np.where(np.arange(854) // 3 % 2, 60, 200).astype(np.uint8)[np.newaxis], 480, 0)

    def waver(finer):
        still = Zoom(edge, *AXES, SCALE, finer)
        sharp = [still.at(SCALE / by).astype(float)[:, 200:440].std() for by in np.linspace(1, 1.01, 12)]
        return np.ptp(sharp)

    assert waver(2) < waver(1)


@pytest.mark.parametrize("finer", [1, 2])
def test_what_is_off_the_centre_does_not_jitter(finer):
    """A region by itself, whose pixels begin anywhere."""
    image, [dot, *_] = dots(PICTURE)
    near = np.s_[: int(dot[1]) + 30, : int(dot[0]) + 30]
    luma = np.zeros_like(image[..., 0])
    luma[near] = image[near][..., 0]
    still = Zoom(luma, *AXES, SCALE, finer)
    at = [(by, place(dot, PICTURE, SIZE, by)) for by in np.geomspace(1, 1.1, 60)]
    off = [np.subtract(centroid(still.at(SCALE / by), point), point) for by, point in at]
    assert np.sqrt(np.mean(np.square(off))) <= 0.02
