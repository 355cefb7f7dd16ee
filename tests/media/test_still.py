from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from aura_nb.errors import RenderError
from aura_nb.media.still import jpeg, still
from tests.media.synthetic import blue_then_red


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return blue_then_red(tmp_path / "film.mp4")


def colour(data: bytes) -> int:
    """0 for blue, 2 for red: the strongest channel of the picture."""
    return int(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).mean((0, 1)).argmax())


@pytest.mark.parametrize(("second", "channel"), [(0.0, 0), (0.8, 0), (1.2, 2), (60.0, 2)])
def test_it_is_the_picture_of_its_second(film: Path, second: float, channel: int) -> None:
    data = still(film, second, 160, 9000)
    assert colour(data) == channel
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2] == (90, 160)


def test_what_has_no_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"film" * 100)
    with pytest.raises(RenderError):
        still(tmp_path / "film.mp4", 1.0, 160, 9000)


def test_a_picture_that_is_hard_to_pack_gets_smaller() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (360, 640, 3), np.uint8)
    assert len(jpeg(noise, 480, 4000)) <= 4000
