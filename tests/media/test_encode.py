from __future__ import annotations

from fractions import Fraction
from itertools import repeat

import av
import numpy as np
import pytest

from aura_nb.errors import JobCancelled, RenderError
from aura_nb.media.colour import to_yuv
from aura_nb.media.encode import encode, signature

SIZE = (320, 180)


def noise(count, seed=0):
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield to_yuv(random.integers(0, 256, (18, 32, 3), np.uint8).repeat(10, 0).repeat(10, 1))


def packets(path):
    with av.open(str(path)) as container:
        return [p for p in container.demux(container.streams.video[0]) if p.size]


@pytest.mark.parametrize("fps", [24, 25, 30, 50, 60])
@pytest.mark.parametrize("count", [1, 2, 7, 31])
def test_every_frame_is_there_once_on_a_constant_clock(tmp_path, fps, count):
    path = tmp_path / "segment.mp4"
    assert encode(path, noise(count), size=SIZE, fps=fps, crf=30) == count
    shown = sorted(p.pts * p.time_base * fps for p in packets(path))
    assert shown == [Fraction(number) for number in range(count)]


def test_groups_are_closed_and_two_seconds_at_most(tmp_path):
    path = tmp_path / "segment.mp4"
    encode(path, noise(130), size=SIZE, fps=24, crf=30)
    order = packets(path)
    assert order[0].is_keyframe
    keys = [number for number, packet in enumerate(order) if packet.is_keyframe]
    assert max(np.diff([*keys, len(order)])) <= 48
    for key in keys:
        # Closed: nothing decoded before a keyframe is shown after it, nothing after it before.
        assert all(p.pts < order[key].pts for p in order[:key])
        assert all(p.pts > order[key].pts for p in order[key + 1 :])


def test_the_same_frames_give_the_same_bytes(tmp_path):
    made = set()
    for number in range(5):
        path = tmp_path / f"{number}.mp4"
        encode(path, noise(20), size=SIZE, fps=30, crf=23)
        made.add(path.read_bytes())
    assert len(made) == 1


def shown(frame):
    """A flat frame's red, green and blue as BT.709 decodes them (exactly, where swscale errs by 2)."""
    luma, blue, red = (
        float(np.unique(np.frombuffer(p, np.uint8).reshape(-1, p.line_size)[:, : p.width]).item())
        for p in frame.planes
    )
    luma, blue, red = (luma - 16) / 219, (blue - 128) / 224, (red - 128) / 224
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    return 255 * np.array([r, (luma - 0.2126 * r - 0.0722 * b) / 0.7152, b])


@pytest.mark.parametrize("rgb", [(255, 255, 255), (12, 12, 14), (200, 30, 40), (20, 120, 220), (250, 247, 240)])
def test_flat_colours_come_back(tmp_path, rgb):
    path = tmp_path / "flat.mp4"
    planes = to_yuv(np.full((180, 320, 3), rgb[::-1], np.uint8))
    encode(path, repeat(planes, 8), size=SIZE, fps=30, crf=20)
    with av.open(str(path)) as container:
        tags = container.streams.video[0].codec_context
        assert {tags.color_primaries, tags.color_trc, tags.colorspace, tags.color_range} == {1}
        for frame in container.decode(video=0):
            assert np.abs(shown(frame) - rgb).max() <= 2


def test_widths_that_memory_pads_are_copied_right(tmp_path):
    path = tmp_path / "narrow.mp4"
    luma = np.tile(np.linspace(16, 235, 202).astype(np.uint8), (102, 1))
    half = np.full((51, 101), 128, np.uint8)
    encode(path, [(luma, half, half)], size=(202, 102), fps=30, crf=10)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0)).to_ndarray()
    assert np.abs(frame[:102, :202].astype(int) - luma).max() <= 6


def test_what_frames_raise_goes_through(tmp_path):
    def cancelled():
        yield from noise(3)
        raise JobCancelled

    with pytest.raises(JobCancelled):
        encode(tmp_path / "segment.mp4", cancelled(), size=SIZE, fps=30, crf=23)


def test_the_encoders_words_are_passed_on(tmp_path):
    with pytest.raises(RenderError, match=r"segment\.mp4"):
        encode(tmp_path / "absent" / "segment.mp4", noise(1), size=SIZE, fps=30, crf=23)
    with pytest.raises(RenderError, match=r"segment\.mp4"):
        encode(tmp_path / "segment.mp4", noise(1), size=(40000, 40000), fps=30, crf=23)


def test_encoder_says_which_build_it_is():
    assert signature("libx264").startswith("core ")
