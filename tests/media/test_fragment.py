from __future__ import annotations

import io
import itertools

import av
import pytest

from aura_nb.errors import RenderError
from aura_nb.media import fragment
from aura_nb.media.encode import encode
from aura_nb.media.fragment import REORDER
from aura_nb.media.join import join
from aura_nb.media.tuning import KEYFRAME_SECONDS
from aura_nb.pipeline import compose, sound
from aura_nb.pipeline.cache import Cache
from tests.media.test_encode import SIZE, noise
from tests.pieces import FPS, LENGTHS, stored


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The segments in order, and the sound."""
    cache = Cache(tmp_path_factory.mktemp("cache"))
    *shown, heard = stored(cache)
    segments = [(piece.start, cache.folder(piece.segment) / compose.FILE) for piece in shown]
    return segments, cache.folder(heard.segment) / sound.FILE


def read(source, kind):
    """(decoding frame or sample, shown, bytes) of every packet, and how many frames they decode to."""
    with av.open(source) as container:
        stream = container.streams.get(**{kind: 0})[0]
        clock = FPS if kind == "video" else 48_000
        packets = [
            (round(p.dts * p.time_base * clock), round(p.pts * p.time_base * clock), bytes(p))
            for p in container.demux(stream)
            if p.size
        ]
    return packets


def framed(data):
    """Whether a packet is units behind their lengths (ISO/IEC 14496-15), as an MP4 must have it."""
    while len(data) > 4:
        data = data[4 + int.from_bytes(data[:4], "big") :]
    return not data


def pictures(segments):
    """All fragments of the pictures."""
    numbers = itertools.count()
    return [
        fragment.video(path, cut, start, FPS, next(numbers))
        for start, path in segments
        for cut in fragment.cuts(path, FPS)
    ]


def test_the_fragments_of_the_pictures_are_the_film_two_frames_later(made, tmp_path):
    segments, _ = made
    join([path for _, path in segments], tmp_path / "film.mp4", FPS)
    film = read(str(tmp_path / "film.mp4"), "video")
    fragments = pictures(segments)
    whole = io.BytesIO(fragments[0].init + b"".join(one.body for one in fragments))
    assert read(whole, "video") == [(dts + REORDER, pts + REORDER, data) for dts, pts, data in film]
    assert {one.init for one in fragments} == {fragments[0].init}
    assert all(framed(data) for _, _, data in film)


def test_every_fragment_is_played_by_itself_at_its_own_time(made):
    segments, _ = made
    first = REORDER
    for one in pictures(segments):
        with av.open(io.BytesIO(one.init + one.body)) as container:
            times = [round(frame.time * FPS) for frame in container.decode(video=0)]
        assert times == list(range(first, first + len(times)))
        first += len(times)
    assert first == 125 + REORDER


def test_a_segment_is_cut_at_its_keyframes_two_seconds_apart_at_most(made):
    for (_, path), frames in zip(made[0], LENGTHS, strict=True):
        cuts = fragment.cuts(path, FPS)
        assert [cut.first for cut in cuts] == [0, *itertools.accumulate(cut.frames for cut in cuts)][:-1]
        assert sum(cut.frames for cut in cuts) == frames
        assert max(cut.frames for cut in cuts) < (KEYFRAME_SECONDS + 0.45) * FPS


@pytest.mark.parametrize(("frames", "cuts"), [(50, [50]), (59, [59]), (60, [50, 10]), (109, [50, 59])])
def test_a_run_is_a_little_longer_rather_than_followed_by_a_few_frames(tmp_path, frames, cuts):
    path = tmp_path / "still.mp4"
    encode(path, itertools.repeat(next(noise(1)), frames), size=SIZE, fps=FPS, crf=35)
    assert [cut.frames for cut in fragment.cuts(path, FPS)] == cuts


def test_the_slices_of_the_sound_are_the_film_s_sound_as_late_as_the_pictures(made):
    heard = made[1]
    cuts = [0.0, 1.2, 2.0, 2.04, 3.333, 5.0]
    slices = [fragment.sound(heard, begin, end, FPS, n) for n, (begin, end) in enumerate(itertools.pairwise(cuts))]
    found = read(io.BytesIO(slices[0].init + b"".join(one.body for one in slices)), "audio")
    later = REORDER * 48_000 // FPS
    # The priming packet included.
    assert found[0][1] == later - fragment.AAC_FRAME
    assert found == [(dts + later, pts + later, data) for dts, pts, data in read(str(heard), "audio")]
    for one, begin, end in zip(slices, cuts, cuts[1:], strict=False):
        alone = read(io.BytesIO(one.init + one.body), "audio")
        assert len(alone) - (begin == 0) == fragment.sound_packets(end) - fragment.sound_packets(begin)
        assert all(begin <= (pts - later) / 48_000 < end for _, pts, _ in alone[begin == 0 :])


def test_a_player_is_told_what_it_must_be_able_to_decode(made):
    profile, audio = fragment.codecs(made[0][0][1]).split(",")
    # H.264 High, and a level that 320 × 180 needs.
    assert profile.startswith("avc1.6400")
    assert int(profile[-2:], 16) <= 0x1E
    assert audio == "mp4a.40.2"


def test_what_is_damaged_says_so(tmp_path, made):
    data = made[0][0][1].read_bytes()
    for name, spoilt in (("empty", b""), ("cut", data[: len(data) // 2]), ("text", b"no film at all")):
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(spoilt)
        with pytest.raises(RenderError, match=name):
            fragment.cuts(path, FPS)
