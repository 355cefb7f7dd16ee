from __future__ import annotations

import cv2
import numpy as np
import pytest

from aura_nb.errors import RenderError
from aura_nb.media.colour import halve, read_picture, to_yuv


@pytest.mark.parametrize(
    ("bgr", "yuv"),
    [
        # The 100 % colour bars of BT.709, limited range.
        ((255, 255, 255), (235, 128, 128)),
        ((0, 255, 255), (219, 16, 138)),
        ((255, 0, 255), (78, 214, 230)),
        ((0, 0, 255), (63, 102, 240)),
        ((0, 0, 0), (16, 128, 128)),
    ],
)
def test_colour_bars_have_their_standard_codes(bgr, yuv):
    planes = to_yuv(np.full((4, 6, 3), bgr, np.uint8))
    assert [p.shape for p in planes] == [(4, 6), (2, 3), (2, 3)]
    assert tuple(int(p[0, 0]) for p in planes) == yuv


def test_chroma_lies_on_even_columns_and_between_rows():
    ramp = np.add.outer(np.arange(8) * 4.0, np.arange(12) * 2.0).astype(np.float32)
    inner = halve(ramp)[:, 1:]
    rows, columns = np.mgrid[0:4, 1:6]
    assert np.allclose(inner, (2 * rows + 0.5) * 4 + (2 * columns) * 2)


def test_odd_sides_round_chroma_up():
    assert [p.shape for p in to_yuv(np.zeros((5, 7, 3), np.uint8))] == [(5, 7), (3, 4), (3, 4)]


def test_pictures_are_read_from_any_path(tmp_path):
    path = tmp_path / "日本 ü.png"
    path.write_bytes(cv2.imencode(".png", np.full((2, 2, 4), (1, 2, 3, 4), np.uint8))[1].tobytes())
    assert read_picture(path)[0, 0].tolist() == [1, 2, 3, 4]


def test_what_is_no_picture_is_named(tmp_path):
    for name, content in {"empty.png": b"", "text.png": b"hello"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RenderError, match=name):
            read_picture(tmp_path / name)
    with pytest.raises(RenderError, match=r"none\.png"):
        read_picture(tmp_path / "none.png")
    deep = tmp_path / "deep.png"
    deep.write_bytes(cv2.imencode(".png", np.zeros((2, 2, 3), np.uint16))[1].tobytes())
    with pytest.raises(RenderError, match=r"deep\.png"):
        read_picture(deep)
