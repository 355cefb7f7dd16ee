from __future__ import annotations

import time
from fractions import Fraction
from itertools import repeat

import av
import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.codecs import QUALITIES
from aura_nb.errors import JobCancelled, RenderError
from aura_nb.media import ffmpeg
from aura_nb.media.colour import to_yuv
from aura_nb.media.encode import EncoderFailed, encode, signature
from aura_nb.usage import metering

SIZE = (320, 180)
SOFTWARE = ["libx264", "libx265", "libsvtav1"]


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


def test_encoders_say_which_build_they_are():
    assert signature("libx264").startswith("core ")
    assert signature("libx265")[0].isdigit()


def slowly(count):
    """Noise that moves to the right: something to predict, and something to lose."""
    (luma, blue, red) = next(noise(1))
    for number in range(count):
        yield np.roll(luma, number, 1), blue, red


@pytest.mark.parametrize("count", [1, 2, 7, 61])
@pytest.mark.parametrize("encoder", ["libx265", "libsvtav1"])
def test_other_codecs_hold_every_frame_once_in_closed_groups(tmp_path, encoder, count):
    path = tmp_path / "segment.mp4"
    assert encode(path, slowly(count), size=SIZE, fps=24, crf=30, encoder=encoder) == count
    order = packets(path)
    assert sorted(p.pts * p.time_base * 24 for p in order) == list(range(count))
    assert [number for number, p in enumerate(order) if p.is_keyframe] == list(range(0, count, 48))
    for key in range(0, count, 48):
        assert all(p.pts < order[key].pts for p in order[:key])
        assert all(p.pts > order[key].pts for p in order[key + 1 :])


@pytest.mark.parametrize(
    ("encoder", "tag"), [("libx264", "avc1"), ("libx265", "hvc1"), ("libsvtav1", "av01"), ("libaom-av1", "av01")]
)
def test_players_know_the_codec_by_its_name_and_the_colours_by_their_codes(tmp_path, encoder, tag):
    path = tmp_path / "segment.mp4"
    binary = ffmpeg.find() if encoder == "libaom-av1" else None
    encode(path, slowly(3), size=SIZE, fps=30, crf=30, encoder=encoder, binary=binary)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert context.codec_tag == tag
        assert {context.color_primaries, context.color_trc, context.colorspace, context.color_range} == {1}


@pytest.mark.parametrize("encoder", SOFTWARE)
def test_software_gives_the_same_bytes_every_time(tmp_path, encoder):
    made = set()
    for number in range(3):
        path = tmp_path / f"{number}.mp4"
        encode(path, slowly(20), size=SIZE, fps=30, crf=23, encoder=encoder)
        made.add(path.read_bytes())
    assert len(made) == 1


@pytest.mark.parametrize("encoder", SOFTWARE)
def test_a_better_quality_is_a_larger_file(tmp_path, encoder):
    sizes = []
    for quality, crf in QUALITIES.items():
        path = tmp_path / f"{quality}.mp4"
        encode(path, slowly(30), size=SIZE, fps=30, crf=crf, encoder=encoder)
        sizes.append(path.stat().st_size)
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("count", [1, 2, 9])
@pytest.mark.parametrize("encoder", SOFTWARE)
def test_decoding_begins_as_far_ahead_as_the_codec_needs_however_few_frames_there_are(tmp_path, encoder, count):
    path = tmp_path / "segment.mp4"
    encode(path, slowly(count), size=SIZE, fps=30, crf=30, encoder=encoder)
    ahead = 0 if encoder == "libsvtav1" else 2
    assert [p.dts * p.time_base * 30 for p in packets(path)] == list(range(-ahead, count - ahead))


@pytest.mark.slow
@pytest.mark.parametrize("encoder", SOFTWARE)
def test_a_highest_bitrate_is_kept_to(tmp_path, encoder):
    free, capped = tmp_path / "free.mp4", tmp_path / "capped.mp4"
    encode(free, noise(90), size=SIZE, fps=30, crf=18, encoder=encoder)
    encode(capped, noise(90), size=SIZE, fps=30, crf=18, encoder=encoder, max_kbps=500)
    # Three seconds may also spend the two that the decoder keeps in its buffer.
    assert capped.stat().st_size * 8 < 500_000 * (3 + 2) < free.stat().st_size * 8


def test_an_ffmpeg_encodes_what_pyav_would(tmp_path):
    ours, theirs = tmp_path / "ours.mp4", tmp_path / "theirs.mp4"
    assert encode(ours, slowly(20), size=SIZE, fps=30, crf=23) == 20
    assert encode(theirs, slowly(20), size=SIZE, fps=30, crf=23, binary=ffmpeg.find()) == 20
    shown = []
    for path in (ours, theirs):
        with av.open(str(path)) as container:
            shown.append([frame.to_ndarray() for frame in container.decode(video=0)])
    assert len(shown[0]) == len(shown[1]) == 20
    assert all(np.abs(a.astype(int) - b).mean() < 1 for a, b in zip(*shown, strict=True))


@pytest.mark.parametrize("by_ffmpeg", [False, True])
def test_a_listed_encoder_that_cannot_work_says_so(tmp_path, by_ffmpeg):
    binary = ffmpeg.find() if by_ffmpeg else None
    with pytest.raises(EncoderFailed, match=r"segment\.mp4"):
        encode(tmp_path / "segment.mp4", noise(3), size=SIZE, fps=30, crf=23, encoder="h264_qsv", binary=binary)
    with pytest.raises(EncoderFailed, match="no_such"):
        encode(tmp_path / "segment.mp4", noise(3), size=SIZE, fps=30, crf=23, encoder="no_such", binary=binary)


def test_what_frames_raise_goes_through_an_ffmpeg_too(tmp_path):
    def cancelled():
        yield from noise(3)
        raise JobCancelled

    with pytest.raises(JobCancelled):
        encode(tmp_path / "s.mp4", cancelled(), size=SIZE, fps=30, crf=23, binary=ffmpeg.find())


@pytest.mark.parametrize("by_ffmpeg", [False, True])
def test_a_picture_that_cannot_be_read_is_no_encoders_fault(tmp_path, by_ffmpeg):
    def unreadable():
        yield from noise(3)
        raise RenderError("Cannot read the picture.")

    binary = ffmpeg.find() if by_ffmpeg else None
    with pytest.raises(RenderError, match="Cannot read the picture") as caught:
        encode(tmp_path / "s.mp4", unreadable(), size=SIZE, fps=30, crf=23, binary=binary)
    assert not isinstance(caught.value, EncoderFailed)


def test_a_cancel_ends_an_ffmpeg_that_would_wait_for_ever(tmp_path):
    cancel = Cancel()

    def frames():
        yield from noise(2)
        cancel.set()
        yield from noise(1000)

    with pytest.raises(JobCancelled):
        encode(tmp_path / "s.mp4", frames(), size=SIZE, fps=30, crf=23, binary=ffmpeg.find(), cancel=cancel)


@pytest.mark.parametrize("encoder", SOFTWARE)
def test_an_encoder_s_own_threads_are_counted_to_the_task(tmp_path, encoder):
    whole, own = time.process_time(), time.thread_time()
    with metering() as beside:
        encode(tmp_path / "s.mp4", noise(60), size=SIZE, fps=30, crf=10, encoder=encoder)
    whole, own = time.process_time() - whole, time.thread_time() - own
    # Threads are counted in hundredths of a second, and others of this process are idle.
    assert 0.7 * whole < own + beside.cpu_seconds < 1.3 * whole
