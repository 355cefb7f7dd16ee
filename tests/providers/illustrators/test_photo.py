from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers.illustrators import photo
from aura_nb.providers.illustrators.photo import Unfit, cut, dimensions


def encoded(pixels, suffix=".jpg", *options):
    return cv2.imencode(suffix, pixels, list(options))[1].tobytes()


def flat(width, height, suffix=".jpg"):
    return encoded(np.full((height, width, 3), (200, 120, 40), np.uint8), suffix)


def turned(jpeg, orientation):
    """`jpeg` with a note of the camera that it is to be turned (Exif 2.3, tag 0x0112)."""
    tiff = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHHI", 0x0112, 3, 1, orientation, 0, 0)
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize(("width", "height"), [(300, 200), (200, 300), (257, 101)])
def test_its_size_is_read_without_decoding(width, height, suffix):
    assert dimensions(flat(width, height, suffix)) == (width, height)


def test_the_size_of_a_progressive_jpeg_is_read():
    pixels = np.zeros((90, 160, 3), np.uint8)
    assert dimensions(encoded(pixels, ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)) == (160, 90)


@pytest.mark.parametrize("size", [(100, 100), (100, 300), (300, 100), (37, 211)])
def test_it_fills_the_area_undistorted_and_keeps_its_middle(size):
    pixels = np.zeros((240, 360, 3), np.uint8)
    cv2.circle(pixels, (180, 120), 40, (255, 255, 255), -1)
    part = cut(encoded(pixels, ".png"), size)
    assert part.shape == (size[1], size[0], 3)
    scale = max(size[0] / 360, size[1] / 240)
    inside = part[..., 0] > 127
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    assert rows.mean() == pytest.approx(size[1] / 2, abs=1.5)
    assert columns.mean() == pytest.approx(size[0] / 2, abs=1.5)
    for seen, room in ((rows.size, size[1]), (columns.size, size[0])):
        assert seen == pytest.approx(min(room, 81 * scale), abs=2)


def test_it_is_turned_as_the_camera_noted():
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[:, :200] = 255
    upright = cut(turned(encoded(pixels), 6), (200, 400))
    assert upright[:190].mean() > 250
    assert upright[210:].mean() < 5


def test_grey_and_see_through_pictures_are_taken():
    grey = cut(encoded(np.full((200, 200), 90, np.uint8), ".png"), (100, 100))
    assert (grey == 90).all()
    alpha = np.full((200, 200, 4), (10, 20, 30, 255), np.uint8)
    assert (cut(encoded(alpha, ".png"), (100, 100)) == (10, 20, 30)).all()


def bomb(width, height):
    """A PNG of a few bytes that claims to be enormous."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return photo._PNG + struct.pack(">I", 13) + head + b"\0\0\0\0" + b"IEND"


UNFIT = {
    "empty": (b"", "no JPEG or PNG"),
    "html": (b"<!DOCTYPE html><html>Not found</html>", "no JPEG or PNG"),
    "garbage": (bytes(range(256)) * 8, "no JPEG or PNG"),
    "gif": (b"GIF89a\x01\x00\x01\x00\x80\x00\x00", "no JPEG or PNG"),
    "png that ends early": (flat(300, 300, ".png")[:60], "cut off"),
    "jpeg that ends early": (flat(300, 300)[:-40], "cut off"),
    "only a beginning": (flat(300, 300)[:100], "no JPEG or PNG"),
    "damaged": (flat(300, 300, ".png")[:50] + b"IEND", "cannot be decoded"),
    "enormous": (bomb(60_000, 60_000), "too large"),
    "one line": (bomb(2**31 - 1, 1), "too large"),
    "nothing in it": (bomb(0, 0), "no JPEG or PNG"),
    "small": (flat(25, 25), "only 25 × 25 pixels"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_no_photo_that_can_be_shown_is_refused(name):
    data, why = UNFIT[name]
    with pytest.raises(Unfit, match=why):
        cut(data, (120, 120))


@given(st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8\xff", b"\xff\xd8", photo._PNG]))
def test_no_bytes_break_the_reading_of_a_size(data, start):
    try:
        width, height = dimensions(start + data)
    except Unfit:
        return
    assert width > 0
    assert height > 0
