from __future__ import annotations

import cv2
import numpy as np
import pytest

from aura_nb.providers.illustrators.strips import draw_caption, strip_identity

SIZES = {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (720, 720)}


def strip(tmp_path, lines, size=SIZES["16:9"], language="en", name="strip.png"):
    path, x, y = draw_caption(lines, size=size, theme="light", language=language, out=tmp_path / name)
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED), x, y


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize(
    "lines", [["Short."], ["Air scatters short waves", "far more than long ones."], ["x" * 300]]
)
def test_a_strip_is_centred_low_and_inside(tmp_path, size, lines):
    pixels, x, y = strip(tmp_path, lines, size)
    height, width, channels = pixels.shape
    assert channels == 4
    assert all(number % 2 == 0 for number in (x, y, width, height))
    assert abs(2 * x + width - size[0]) <= 2
    assert width <= 0.93 * size[0]
    # The lowest 14 % belong to captions.
    assert 0.86 * size[1] <= y
    assert y + height <= 0.98 * size[1]


def test_white_words_on_a_translucent_box_with_clear_corners(tmp_path):
    pixels, _, _ = strip(tmp_path, ["Light"])
    assert (pixels[0, 0, 3], pixels[-1, -1, 3]) == (0, 0)
    assert pixels[4, pixels.shape[1] // 2, 3] == 200
    assert (pixels[..., :3].min(axis=2) > 250).any()


def test_the_same_lines_give_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        strip(tmp_path, ["Twice", "the same"], name=name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_right_to_left_and_missing_characters(tmp_path):
    pixels, _, _ = strip(tmp_path, ["السماء زرقاء"], language="ar")
    replaced, _, _ = strip(tmp_path, ["\U00010900"])
    assert np.array_equal(replaced, strip(tmp_path, ["[…]"])[0])
    assert pixels.shape[1] > 100


@pytest.mark.parametrize("lines", [[], ["a", "b", "c"]])
def test_one_or_two_lines_only(tmp_path, lines):
    with pytest.raises(ValueError, match="one or two lines"):
        strip(tmp_path, lines)


def test_the_identity_is_stable_and_follows_the_font(tmp_path):
    (tmp_path / "theme.toml").write_text('[fonts]\ntext = "Source Serif 4"\n', encoding="utf-8")
    light = strip_identity(theme="light", language="en")
    assert light == strip_identity(theme="light", language="en")
    assert light != strip_identity(theme=str(tmp_path), language="en")
