"""What a job has finished of its film, as files to be played."""

from __future__ import annotations

import m3u8
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_nb.jobs.preview import Preview
from aura_nb.jobs.snapshot import Piece
from aura_nb.media.encode import encode
from aura_nb.pipeline.cache import Cache, digest
from aura_nb.pipeline.caption import Cue
from aura_nb.pipeline.compose import FILE
from aura_nb.pipeline.subtitles import keep_vtt
from tests.media.test_encode import SIZE, noise
from tests.pieces import LENGTHS, stored

_FILES: list[tuple[Cache, tuple[Piece, ...]]] = []


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory):
    """The cache and the pieces; also for Hypothesis, which takes no fixtures of a module."""
    cache = Cache(tmp_path_factory.mktemp("cache"))
    _FILES.append((cache, stored(cache)))
    yield _FILES[0]
    _FILES.clear()


def preview(pieces, *, ended=False) -> Preview:
    return Preview(pieces, ended=ended, cache=_FILES[0][0])


def playlist(found: Preview, track="video") -> m3u8.M3U8 | None:
    file = found.file(f"{track}.m3u8")
    return file and m3u8.loads(file.body.decode())


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(len(LENGTHS) + 1)))
def test_playlists_only_grow_without_a_hole_whatever_is_made_first(order):
    pieces = _FILES[0][1]
    before: list[str] = []
    for count in range(len(order) + 1):
        made = [pieces[place] for place in order[:count]]
        shown = {place for place in order[:count] if place < len(LENGTHS)}
        prefix = next((n for n in range(len(LENGTHS)) if n not in shown), len(LENGTHS))
        heard = len(LENGTHS) in order[:count]
        found = preview(made)
        pictures, sound = playlist(found), playlist(found, "audio")
        if not heard or not prefix:
            assert pictures is sound is None
            assert found.file("master.m3u8") is found.file("video-0.m4s") is None
            continue
        assert sum(s.duration for s in pictures.segments) == pytest.approx(sum(LENGTHS[:prefix]) / 25)
        assert sum(s.duration for s in sound.segments) == pytest.approx(
            sum(LENGTHS[:prefix]) / 25, abs=1024 / 48_000
        )
        assert all(
            round(s.duration) <= pictures.target_duration == 2 for s in [*pictures.segments, *sound.segments]
        )
        assert pictures.is_endlist is sound.is_endlist is (prefix == len(LENGTHS))
        text = found.file("video.m3u8").body.decode().removesuffix("#EXT-X-ENDLIST\n").splitlines()
        assert text[: len(before)] == before
        before = text


def test_every_file_that_is_named_is_there_and_no_other(made):
    found = preview(made[1])
    master = m3u8.loads(found.file("master.m3u8").body.decode())
    assert [p.uri for p in master.playlists] + [m.uri for m in master.media] == ["video.m3u8", "audio.m3u8"]
    for track in ("video", "audio"):
        names = [f"{track}-init.mp4", *(segment.uri for segment in playlist(found, track).segments)]
        files = [found.file(name) for name in names]
        assert {file.kind for file in files} == {f"{track}/mp4"}
        assert all(file.lasting and file.body for file in files)
        assert len({file.body for file in files}) == len(names) > len(LENGTHS)
        assert found.file(f"{track}-{len(names) - 1}.m4s") is None
        assert not found.file(f"{track}.m3u8").lasting
    for name in ("", "x", "video", "video-.m4s", "video-٣.m4s", "../master.m3u8", "video-0.m4s/.."):
        assert found.file(name) is None


def test_captions_are_a_rendition_of_their_own_at_the_time_of_the_pictures(made):
    cache, pieces = made
    cues = (Cue(0.5, 2.0, "The sky <is> blue."), Cue(2.0, 4.5, "Look up."))
    found = preview([*pieces, Piece("captions", keep_vtt(cues, cache), 0, sum(LENGTHS), 25)])
    master = m3u8.loads(found.file("master.m3u8").body.decode())
    assert [one.uri for one in master.media] == ["audio.m3u8", "captions.m3u8"]
    told = playlist(found, "captions")
    assert [(one.uri, one.duration) for one in told.segments] == [("captions.vtt", sum(LENGTHS) / 25)]
    assert told.target_duration >= told.segments[0].duration
    assert told.is_endlist
    file = found.file("captions.vtt")
    assert (file.kind, file.lasting) == ("text/vtt", True)
    # Two frames later, as the pictures are.
    head, rest = file.body.decode().split("\n\n", 1)
    assert head.splitlines() == ["WEBVTT", "X-TIMESTAMP-MAP=MPEGTS:7200,LOCAL:00:00:00.000"]
    assert "&lt;is&gt; blue." in rest
    # Without them there is no word of them.
    assert preview(pieces).file("captions.vtt") is preview(pieces).file("captions.m3u8") is None


def test_a_job_that_has_ended_brings_no_more(made):
    some = [made[1][0], made[1][-1]]
    assert playlist(preview(some, ended=True)).is_endlist
    assert not playlist(preview(some)).is_endlist


def test_what_the_cache_has_lost_cannot_be_watched_nor_what_follows_it(tmp_path):
    cache = Cache(tmp_path)
    pieces = stored(cache)
    cache.drop(pieces[2].segment)
    found = Preview(pieces, ended=False, cache=cache)
    assert sum(segment.duration for segment in playlist(found).segments) == pytest.approx(sum(LENGTHS[:2]) / 25)
    cache.drop(pieces[-1].segment)
    assert found.file("master.m3u8") is None


def test_a_picture_shorter_than_a_packet_of_sound_has_no_sound_of_its_own(tmp_path):
    cache = Cache(tmp_path)
    *_, heard = stored(cache)
    pieces = [Piece("sound", heard.segment, 0, 13, 60)]
    for start, frames in ((0, 4), (4, 1), (5, 8)):
        key = digest("short", start)
        cache.get(
            key, lambda folder, n=frames: encode(folder / FILE, noise(n), size=SIZE, fps=60, crf=35) and None
        )
        pieces.append(Piece("body", key, start, frames, 60))
    found = Preview(pieces, ended=False, cache=cache)
    # Frame 4 is shown from 66.7 to 83.3 ms; packets of sound begin at 64 and 85.3 ms.
    assert [segment.uri for segment in playlist(found, "audio").segments] == ["audio-0.m4s", "audio-2.m4s"]
    assert [segment.uri for segment in playlist(found).segments] == [f"video-{number}.m4s" for number in range(3)]
