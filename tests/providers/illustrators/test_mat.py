from __future__ import annotations

import cv2
import numpy as np
import pytest

from aura_nb.providers.illustrators.mat import WHITE, Bitmap, look_at


def encoded(pixels: np.ndarray, kind: str = ".png") -> bytes:
    return cv2.imencode(kind, pixels)[1].tobytes()


def sheet(*paper: int, size=(30, 40)) -> np.ndarray:
    pixels = np.full((*size, len(paper)), paper, np.uint8)
    pixels[10:20, 10:20] = 128
    return pixels


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp"])
def test_the_paper_is_the_colour_of_the_rim(kind):
    seen = look_at(encoded(sheet(0x24, 0x14, 0x0D), kind))
    assert seen.size == (40, 30)
    found, wanted = (np.array([*bytes.fromhex(paper[1:])], int) for paper in (seen.paper, "#0D1424"))
    assert np.abs(found - wanted).max() <= (0 if kind == ".png" else 4)


def test_a_rim_of_many_colours_or_none_is_put_on_white():
    ramp = np.dstack([np.tile(np.arange(200, dtype=np.uint8), (50, 1))] * 3)
    glass = sheet(10, 20, 30, 0)
    assert look_at(encoded(ramp)).paper == WHITE
    assert look_at(encoded(glass)).paper == WHITE
    assert look_at(encoded(sheet(10, 20, 30, 255))).paper == "#1E140A"


def test_grey_and_deep_images_are_looked_at():
    assert look_at(encoded(sheet(17)[..., 0])) == Bitmap((40, 30), "#111111")
    assert look_at(encoded(sheet(17).astype(np.uint16))) == Bitmap((40, 30), WHITE)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"RIFF....", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_bitmap_has_no_size(data):
    assert look_at(data) == Bitmap()


def test_a_file_that_claims_to_be_huge_is_not_decoded():
    data = bytearray(encoded(sheet(1, 2, 3)))
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    assert look_at(bytes(data)) == Bitmap((100_000, 100_000), WHITE)
