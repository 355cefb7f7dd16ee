from __future__ import annotations

import m3u8
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.media.playlist import Entry, master, media


@given(st.lists(st.floats(0.01, 2.0), max_size=40), st.booleans())
def test_a_parser_reads_what_was_written(lengths: list[float], over: bool):
    entries = [Entry(f"video-{number}.m4s", seconds) for number, seconds in enumerate(lengths)]
    found = m3u8.loads(media(entries, init="video-init.mp4", target=2, over=over))
    assert [segment.uri for segment in found.segments] == [entry.uri for entry in entries]
    assert [abs(s.duration - e.seconds) < 1e-5 for s, e in zip(found.segments, entries, strict=True)] == [
        True
    ] * len(entries)
    assert found.target_duration == 2
    assert found.is_endlist is over
    assert found.playlist_type == "event"
    assert found.is_independent_segments
    assert all(segment.init_section.uri == "video-init.mp4" for segment in found.segments)
    # EXT-X-MAP beside fragments of MP4 needs version 6 (RFC 8216, section 7).
    assert found.version == 6


def test_the_sound_is_a_rendition_of_its_own():
    text = master(
        video="video.m3u8",
        sound="audio.m3u8",
        captions="captions.m3u8",
        codecs="avc1.640028,mp4a.40.2",
        size=(1920, 1080),
        fps=30,
        bandwidth=2_000_000,
    )
    found = m3u8.loads(text)
    (picture,) = found.playlists
    sound, said = found.media
    assert (said.uri, said.type, said.group_id) == ("captions.m3u8", "SUBTITLES", picture.stream_info.subtitles)
    assert (picture.uri, sound.uri, sound.type) == ("video.m3u8", "audio.m3u8", "AUDIO")
    assert picture.stream_info.codecs == "avc1.640028,mp4a.40.2"
    assert picture.stream_info.resolution == (1920, 1080)
    assert picture.stream_info.frame_rate == 30
    assert picture.stream_info.bandwidth == 2_000_000
    assert picture.stream_info.audio == sound.group_id
    assert (sound.default, sound.autoselect) == ("YES", "YES")
    assert found.is_independent_segments
