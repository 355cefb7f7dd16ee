from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.media.colour import to_yuv
from aura_nb.media.frames import Still, crossfade, fade_at, one_cv_thread, zoom_at
from tests.media.synthetic import centroid, dots, place

BLUE = (255, 0, 0)


def errors(size, zoom, frames, *, chroma=False, step=3):
    """Found minus ideal place of every dot, in luma pixels, frame by frame."""
    picture = (size[0] * 4 // 3, size[1] * 4 // 3)
    image, centres = dots(picture, BLUE if chroma else (255, 255, 255), sigma=8 if chroma else 5)
    still = Still(to_yuv(image), size)
    found = []
    for frame in range(0, frames, step):
        now = zoom_at(frame, frames, zoom)
        plane = still.at(now)[1 if chroma else 0]
        for x, y in (place(c, picture, size, now) for c in centres):
            # Chroma sample i lies at luma 2 i + ½ across and 2 i + 1 down.
            seen = centroid(plane, ((x + 0.5) / 2, y / 2) if chroma else (x, y))
            found.append((2 * seen[0] - 0.5 - x, 2 * seen[1] - y) if chroma else (seen[0] - x, seen[1] - y))
    return np.array(found)


@pytest.mark.parametrize(("size", "zoom"), [((1280, 720), 1.08), ((720, 1280), 1.05), ((854, 480), 1.15)])
def test_zoom_does_not_jitter(size, zoom):
    off = errors(size, zoom, 150)
    assert np.sqrt((off**2).mean()) <= 0.02
    assert np.abs(off.mean(axis=0)).max() <= 0.01  # and nothing is shifted as a whole


def test_colour_stays_with_brightness():
    off = errors((1280, 720), 1.08, 150, chroma=True)
    assert np.sqrt((off**2).mean()) <= 0.04  # a fiftieth of a chroma sample
    assert np.abs(off.mean(axis=0)).max() <= 0.01


def test_the_centre_stands_still():
    picture, size = (854, 480), (640, 360)
    image, [dot] = dots(picture, across=1)
    still = Still(to_yuv(image), size)
    zooms = [zoom_at(frame, 60, 1.1) for frame in range(60)]
    off = [np.subtract(centroid(still.at(z)[0], p), p) for z in zooms for p in [place(dot, picture, size, z)]]
    assert np.sqrt(np.mean(np.square(off))) <= 0.006  # what eight bits leave of a centroid


@pytest.mark.parametrize("zoom", [1.0, 1.03, 1.09])
def test_edges_are_as_true_as_the_middle(zoom):
    size, picture = (320, 180), (428, 240)
    noise = np.random.default_rng(0).integers(0, 256, (picture[1], picture[0], 1), np.uint8)
    image = cv2.GaussianBlur(noise, None, 0.8)[..., np.newaxis].repeat(3, 2)
    planes = to_yuv(image)
    scale = min(picture[0] / size[0], picture[1] / size[1]) / zoom
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    ideal = cv2.remap(
        planes[0],
        (columns + 0.5 - size[0] / 2) * scale + picture[0] / 2 - 0.5,
        (rows + 0.5 - size[1] / 2) * scale + picture[1] / 2 - 0.5,
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    off = np.square(Still(planes, size).at(zoom)[0].astype(float) - ideal)
    edges = [off[:4], off[-4:], off[:, :4].T, off[:, -4:].T]
    assert np.sqrt(off.mean()) <= 1.5  # of 235 levels, in noise, which has finer grain than any picture
    assert max(edge.mean() for edge in edges) <= 1.3 * off.mean()


@pytest.mark.parametrize("picture", [(427, 240), (428, 240), (640, 640), (320, 180), (333, 401)])
@pytest.mark.parametrize("zoom", [1.0, 1.07, 1.3])
def test_any_picture_fills_the_frame(picture, zoom):
    still = Still(to_yuv(np.full((picture[1], picture[0], 3), (200, 100, 50), np.uint8)), (320, 180))
    frame = still.at(zoom)
    assert [p.shape for p in frame] == [(180, 320), (90, 160), (90, 160)]
    assert [np.ptp(p) for p in frame] == [0, 0, 0]


def test_the_whole_picture_is_seen_at_the_start():
    picture = np.zeros((240, 428, 3), np.uint8)
    picture[:6] = picture[-6:] = 255
    luma = Still(to_yuv(picture), (320, 180)).at(1.0)[0]
    assert luma[0].min() > 230
    assert luma[-1].min() > 230
    assert luma[8:-8].max() == 16


def test_frames_share_nothing():
    still = Still(to_yuv(np.full((240, 428, 3), 90, np.uint8)), (320, 180))
    still.at(1.0)[0][:] = 0
    assert still.at(1.0)[0].min() > 16


def test_odd_frames_are_refused():
    with pytest.raises(ValueError, match="321×180"):
        Still(to_yuv(np.zeros((240, 428, 3), np.uint8)), (321, 180))


@given(st.integers(1, 2000), st.floats(1.0, 1.3))
def test_zoom_is_of_constant_speed(frames, zoom):
    path = [zoom_at(frame, frames, zoom) for frame in range(frames)]
    assert path[0] == 1
    assert frames == 1 or path[-1] == pytest.approx(zoom)
    assert np.ptp(np.diff(np.log(path))) < 1e-12 if frames > 1 else True


@given(st.integers(1, 240))
def test_fade_is_smooth_and_symmetric(frames):
    shares = np.array([0, *(fade_at(frame, frames) for frame in range(frames)), 1])
    assert (np.diff(shares) > 0).all()
    assert np.allclose(shares + shares[::-1], 1)
    assert frames == 1 or shares[1] < 1 / (frames + 1)  # it sets in gently


def test_crossfade_mixes_all_planes():
    black, white = (tuple(np.full(s, v, np.uint8) for s in ((4, 4), (2, 2), (2, 2))) for v in (16, 216))
    assert [int(p[0, 0]) for p in crossfade(black, white, 0.25)] == [66, 66, 66]


def test_opencv_threads_are_the_users_again_afterwards():
    before = cv2.getNumThreads()
    with one_cv_thread():
        with one_cv_thread():
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 1
    assert cv2.getNumThreads() == before
