from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from aura_nb.media.colour import to_yuv
from aura_nb.media.overlay import Overlay, Strip

RED = (0, 0, 255)


def grey():
    return to_yuv(np.full((40, 60, 3), 128, np.uint8))


def strip(colour, alpha, size=(20, 10)):
    picture = np.zeros((size[1], size[0], 4), np.uint8)
    picture[..., :3], picture[..., 3] = colour, alpha
    return picture


def codes(bgr):
    return [int(p[0, 0]) for p in to_yuv(np.full((2, 2, 3), bgr, np.uint8))]


def test_opaque_covers_exactly_its_place():
    frame = grey()
    Strip(strip(RED, 255), 10, 6).blend(frame)
    for plane, code, under, step in zip(frame, codes(RED), codes((128,) * 3), (1, 2, 2), strict=True):
        inside = np.zeros(plane.shape, bool)
        inside[6 // step : 16 // step, 10 // step : 30 // step] = True
        assert set(plane[inside]) == {code}
        assert set(plane[~inside]) == {under}


def test_half_transparent_is_half_way():
    frame = grey()
    Strip(strip((255, 255, 255), 128), 0, 0).blend(frame)
    assert frame[0][0, 0] == pytest.approx((codes((255,) * 3)[0] + codes((128,) * 3)[0]) / 2, abs=1)


def test_the_colour_of_transparent_pixels_does_not_bleed():
    frame, picture = grey(), strip(RED, 0)
    picture[:, 5:, :3], picture[:, 5:, 3] = 128, 255  # grey begins in the midst of a chroma sample
    Strip(picture, 0, 0).blend(frame)
    assert np.ptp(frame[1]) <= 1
    assert np.ptp(frame[2]) <= 1


def test_odd_places_are_rounded_down_and_edges_cut():
    frame = grey()
    Strip(strip(RED, 255), 51, 35).blend(frame)
    red = codes(RED)[0]
    assert (frame[0][34:, 50:] == red).all()
    assert (frame[0] == red).sum() == 6 * 10
    Strip(strip(RED, 255), 60, 40).blend(frame)  # wholly beyond


def test_odd_sizes_blend():
    frame = grey()
    Strip(strip(RED, 255, size=(7, 5)), 0, 0).blend(frame)
    assert (frame[0] == codes(RED)[0]).sum() == 35


@pytest.mark.parametrize("channels", [3, 4])
def test_files_with_and_without_transparency(tmp_path, channels):
    path = tmp_path / "strip.png"
    path.write_bytes(cv2.imencode(".png", strip(RED, 255)[..., :channels])[1].tobytes())
    frame = grey()
    Strip.load(Overlay(path, 0, 0, 0, 1)).blend(frame)
    assert frame[0][0, 0] == codes(RED)[0]


@pytest.mark.parametrize("numbers", [(-1, 0, 0, 1), (0, -2, 0, 1), (0, 0, 5, 4), (0, 0, -1, 4)])
def test_impossible_overlays_are_refused(numbers):
    with pytest.raises(ValueError, match="outside"):
        Overlay(Path("strip.png"), *numbers)
