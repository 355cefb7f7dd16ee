"""The Quick Demo as its viewer meets it: made once as `make demo` makes it, then looked at and heard."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

import aura_nb as aura
from aura_nb.cancel import Cancel
from aura_nb.media import ffmpeg
from aura_nb.media.audio import measure
from aura_nb.media.probe import probe, sound
from aura_nb.providers.recogniser import hear, word_errors

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> aura.Film:
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AURA_NB_PROGRESS", "off")
        return aura.make(aura.quick_demo(), output=folder / "demo.mp4")


def frames(path: Path, seconds: list[float]) -> list[np.ndarray]:
    """The pictures shown at `seconds`, in order, as 8-bit grey."""
    shown: list[np.ndarray] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if len(shown) < len(seconds) and frame.time >= seconds[len(shown)]:
                shown.append(frame.to_ndarray(format="gray"))
    return shown


FIGURES = {
    "450 nm": "four hundred fifty nanometers",
    "650 nm": "six hundred fifty nanometers",
    "4.4": "four point four",
}


def said(film: aura.Film) -> str:
    assert film.srt is not None
    lines = film.srt.read_text(encoding="utf-8").splitlines()
    return " ".join(line for line in lines if line and "-->" not in line and not line.isdigit())


def test_streams_are_what_every_player_takes(film):
    found = probe(film.path)
    assert (found.video.codec, found.video.size, found.video.pixels) == ("h264", (1920, 1080), "yuv420p")
    assert found.video.fps == Fraction(30)
    assert (found.audio.codec, found.audio.rate, found.audio.channels) == ("aac", 48000, 2)
    assert found.subtitle.codec == "mov_text"
    assert found.faststart
    assert 12 <= film.seconds <= 20
    assert found.video.end == pytest.approx(film.seconds, abs=0.1)
    assert found.audio.end == pytest.approx(film.seconds, abs=0.1)


def test_it_is_as_loud_as_the_web_wants_it(film):
    loudness = measure(ffmpeg.source(film.path).audio, film.seconds, cancel=Cancel())
    assert loudness.integrated == pytest.approx(-14, abs=0.5)
    assert loudness.peak <= -1


def test_its_words_are_understood(film):
    audio = np.concatenate(list(sound(film.path)))
    told = said(film)
    for figure, spoken in FIGURES.items():
        told = told.replace(figure, spoken)
    errors, words = word_errors(told, hear(audio, 48_000))
    assert words >= 25
    assert 1 - errors / words >= 0.8


def test_the_captions_inside_are_those_beside_it(film):
    inside = " ".join(caption.text for caption in probe(film.path).captions)
    assert re.sub(r"\s+", " ", inside) == re.sub(r"\s+", " ", said(film))


def test_every_scene_shows_words_on_a_calm_ground_and_another_picture_than_the_last(film):
    middles = frames(film.path, [(chapter.start + chapter.end) / 2 for chapter in film.chapters])
    assert len(middles) == len(film.chapters) >= 4
    for shown in middles:
        ground = np.bincount(shown.ravel(), minlength=256).argmax()
        assert ground > 200
        ink = np.mean(shown < 100)
        assert 0.001 < ink < 0.3
    for one, other in pairwise(middles):
        assert np.mean(np.abs(one.astype(int) - other) > 40) > 0.005


def test_scenes_fade_into_each_other_half_way_through_the_crossfade(film):
    for one, following in pairwise(film.chapters):
        start = following.start
        before, middle, after = (f.astype(float) for f in frames(film.path, [start, start + 0.25, start + 0.5]))
        # Where only one of the two scenes has ink, half of it is seen half way.
        changed = np.abs(before - after) > 120
        share = np.median((before[changed] - middle[changed]) / (before[changed] - after[changed]))
        assert 0.3 < share < 0.7, one.title
