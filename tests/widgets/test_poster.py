"""The picture that stands for a film."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from aura_nb.film import Chapter, Film
from aura_nb.widgets.poster import poster
from tests.media.synthetic import blue_then_red


def test_it_shows_the_first_card_before_that_fades(tmp_path: Path) -> None:
    path = blue_then_red(tmp_path / "sky.mp4")
    film = Film(path, None, None, path, "Sky", 2.0, (320, 180), ())
    # The one card of a film, or the first of two: it is blue for a second, then red.
    first = replace(film, chapters=(Chapter("Blue", 0.0, 1.4), Chapter("Red", 1.4, 2.0)))
    last = replace(film, chapters=(Chapter("All", 0.0, 4.0),))
    for one, strongest in ((first, 0), (last, 2)):
        seen = cv2.imdecode(np.frombuffer(poster(one), np.uint8), cv2.IMREAD_COLOR)
        assert int(seen.mean((0, 1)).argmax()) == strongest
