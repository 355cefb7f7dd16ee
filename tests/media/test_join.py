from __future__ import annotations

import av
import numpy as np
import pytest

from aura_nb.errors import RenderError
from aura_nb.media import ffmpeg
from aura_nb.media.encode import encode
from aura_nb.media.join import join
from tests.media.test_encode import SIZE, noise

LENGTHS = (15, 1, 2, 40, 3)


def decoded(path):
    with av.open(str(path)) as container:
        return [(frame.pts * frame.time_base, frame.to_ndarray()) for frame in container.decode(video=0)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("segments")
    paths = [folder / f"{number}.mp4" for number in range(len(LENGTHS))]
    for seed, (path, length) in enumerate(zip(paths, LENGTHS, strict=True)):
        encode(path, noise(length, seed), size=SIZE, fps=25, crf=30)
    return paths


def test_every_frame_of_every_segment_in_order_unchanged(made, tmp_path):
    film = tmp_path / "film.mp4"
    assert join(made, film, 25) == sum(LENGTHS)
    frames = decoded(film)
    assert [time * 25 for time, _ in frames] == list(range(sum(LENGTHS)))
    single = [image for path in made for _, image in decoded(path)]
    assert all(np.array_equal(a, b) for (_, a), b in zip(frames, single, strict=True))


def test_decoding_times_rise_and_the_film_starts_at_zero(made, tmp_path):
    join(made, tmp_path / "film.mp4", 25)
    with av.open(str(tmp_path / "film.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.start_time, stream.frames, stream.average_rate) == (0, sum(LENGTHS), 25)
        assert stream.duration * stream.time_base * 25 == sum(LENGTHS)
        times = [p.dts for p in container.demux(stream) if p.size]
    assert (np.diff(times) > 0).all()


def test_joining_twice_gives_the_same_bytes_without_the_encoders_signature(made, tmp_path):
    for name in ("one", "two"):
        join(made, tmp_path / name, 25)
    film = (tmp_path / "one").read_bytes()
    assert film == (tmp_path / "two").read_bytes()
    assert b"x264" not in film


def cut_off(data):
    return data[: len(data) // 2]


def zeroed(data):
    third = len(data) // 3
    return data[:third] + bytes(third) + data[2 * third :]


def emptied(data):
    return b""


@pytest.mark.parametrize("damage", [cut_off, zeroed, emptied])
def test_a_damaged_segment_is_named(made, tmp_path, damage):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(damage(made[3].read_bytes()))
    with pytest.raises(RenderError, match=r"bad\.mp4"):
        join([*made[:3], bad, made[4]], tmp_path / "film.mp4", 25)


def test_a_missing_segment_is_named(made, tmp_path):
    with pytest.raises(RenderError, match=r"gone\.mp4"):
        join([made[0], tmp_path / "gone.mp4"], tmp_path / "film.mp4", 25)


def rewritten(source, out, keep=lambda number: True, shift=0, **options):
    """`source` with only the packets `keep` wants, by place in decoding order, `shift` frames earlier."""
    with av.open(str(source)) as old, av.open(str(out), "w", options=options) as new:
        stream = old.streams.video[0]
        track = new.add_stream_from_template(stream)
        for number, packet in enumerate(old.demux(stream)):
            if packet.size and keep(number):
                packet.pts -= round(shift / 25 / packet.time_base)
                packet.dts -= round(shift / 25 / packet.time_base)
                packet.stream = track
                new.mux(packet)
    return out


def test_a_lost_frame_is_found(made, tmp_path):
    bad = rewritten(made[0], tmp_path / "bad.mp4", lambda number: number != 7)
    with pytest.raises(RenderError, match=r"bad\.mp4.*missing"):
        join([bad, made[1]], tmp_path / "film.mp4", 25)


def test_a_lost_keyframe_is_found(made, tmp_path):
    bad = rewritten(made[0], tmp_path / "bad.mp4", lambda number: number != 0, shift=1)
    with pytest.raises(RenderError, match=r"bad\.mp4.*keyframe"):
        join([bad, made[1]], tmp_path / "film.mp4", 25)


def test_a_lost_last_frame_is_found(made, tmp_path):
    bad = rewritten(made[2], tmp_path / "bad.mp4", movflags="faststart")  # its index is in front, and whole
    with av.open(str(bad)) as container:
        *_, last = (p.size for p in container.demux(video=0) if p.size)
    bad.write_bytes(bad.read_bytes()[:-last])
    with pytest.raises(RenderError, match=r"bad\.mp4.*1 frames instead of 2"):
        join([bad, made[1]], tmp_path / "film.mp4", 25)


def test_segments_of_another_kind_are_refused(made, tmp_path):
    other = tmp_path / "other.mp4"
    encode(other, noise(3), size=SIZE, fps=30, crf=30)
    with pytest.raises(RenderError, match=r"other\.mp4.*otherwise"):
        join([made[0], other], tmp_path / "film.mp4", 25)


def segments(folder, *encoders):
    binary = ffmpeg.find()
    for number, encoder in enumerate(encoders):
        path = folder / f"{number}-{encoder}.mp4"
        by = binary if encoder == "libaom-av1" else None
        encode(path, noise(7, number), size=SIZE, fps=25, crf=30, encoder=encoder, binary=by)
        yield path


@pytest.mark.parametrize(("encoder", "tag"), [("libx265", "hvc1"), ("libsvtav1", "av01")])
def test_other_codecs_join_frame_by_frame_under_the_name_that_players_know(tmp_path, encoder, tag):
    paths = [*segments(tmp_path, encoder, encoder, encoder)]
    film = tmp_path / "film.mp4"
    assert join(paths, film, 25) == 21
    frames = decoded(film)
    assert [time * 25 for time, _ in frames] == list(range(21))
    single = [image for path in paths for _, image in decoded(path)]
    assert all(np.array_equal(a, b) for (_, a), b in zip(frames, single, strict=True))
    with av.open(str(film)) as container:
        assert container.streams.video[0].codec_context.codec_tag == tag


@pytest.mark.parametrize("damage", [cut_off, zeroed, emptied])
@pytest.mark.parametrize("encoder", ["libx265", "libsvtav1"])
def test_a_damaged_segment_of_another_codec_is_named(tmp_path, encoder, damage):
    good, bad = segments(tmp_path, encoder, encoder)
    bad.write_bytes(damage(bad.read_bytes()))
    with pytest.raises(RenderError, match=bad.name):
        join([good, bad], tmp_path / "film.mp4", 25)


@pytest.mark.slow
@pytest.mark.parametrize(
    "encoders", [("libx264", "libx265"), ("libsvtav1", "libx264"), ("libsvtav1", "libaom-av1")], ids=" and ".join
)
def test_segments_of_two_encoders_are_refused(tmp_path, encoders):
    paths = [*segments(tmp_path, *encoders)]
    with pytest.raises(RenderError, match=rf"1-{encoders[1]}.*otherwise"):
        join(paths, tmp_path / "film.mp4", 25)


def test_nothing_to_join_is_an_error(tmp_path):
    with pytest.raises(RenderError, match="no segments"):
        join([], tmp_path / "film.mp4", 25)
