"""A film to be watched while it is made: its finished pieces as the files of an HLS presentation.

They are the very packets that the film will have. Only what follows the film's beginning without a hole
is told, and only once the sound is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from aura_nb.jobs.snapshot import Piece, from_the_start
from aura_nb.media import audio, fragment, playlist, probe, tuning
from aura_nb.pipeline import compose, sound, subtitles
from aura_nb.pipeline.cache import Cache

MASTER, CAPTIONS = "master.m3u8", "captions.m3u8"
_PLAYLIST, _INIT, _FRAGMENT = "{}.m3u8", "{}-init.mp4", "{}-{}.m4s"
_NAME = re.compile(r"(?P<track>video|audio)(?:\.m3u8|-(?P<part>init\.mp4|(?P<number>[0-9]{1,6})\.m4s))", re.ASCII)


@dataclass(frozen=True, slots=True)
class File:
    """What a name stands for: its bytes, their media type, and whether they stay as they are."""

    body: bytes
    kind: str
    lasting: bool


class _Shown(NamedTuple):
    """A fragment of the pictures: where its frames are, and the film's frame its segment starts at."""

    segment: Path
    cut: fragment.Cut
    start: int
    fps: int

    @property
    def begin(self) -> float:
        return (self.start + self.cut.first) / self.fps

    @property
    def end(self) -> float:
        return (self.start + self.cut.first + self.cut.frames) / self.fps


class Preview:
    """The film of a job as far as its `pieces` go, taken from `cache`; `ended` says that no more will come."""

    def __init__(self, pieces: Sequence[Piece], *, ended: bool, cache: Cache) -> None:
        self._cache = cache
        self._run = from_the_start(pieces)
        self._sound = next((piece for piece in pieces if piece.kind == "sound"), None)
        self._captions = next((piece for piece in pieces if piece.kind == "captions"), None)
        self._ended = ended

    def file(self, name: str) -> File | None:
        """The file of a name: a playlist, a fragment, or what those need. None where there is none (yet).

        Raises RenderError when what the cache has is damaged.
        """
        heard = self._find(self._sound, sound.FILE) if self._sound else None
        shown = [*self._shown()]
        if heard is None or not shown:
            return None
        written = self._find(self._captions, subtitles.FILE) if self._captions else None
        if name == MASTER:
            return _playlist(self._master(shown, CAPTIONS if written else None))
        if written is not None and name == CAPTIONS:
            assert self._captions is not None
            return _playlist(playlist.whole(subtitles.FILE, self._captions.frames / self._captions.fps))
        if written is not None and name == subtitles.FILE:
            text = playlist.timed(written.read_text(encoding="utf-8"), fragment.REORDER / shown[0].fps)
            return File(text.encode(), "text/vtt", lasting=True)
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        track, part, number = match["track"], match["part"], match["number"]
        if part is None:
            return _playlist(self._media(track, shown))
        wanted = int(number or 0)
        if wanted >= len(shown):
            return None
        one = self._fragment(track, shown[wanted], wanted, heard)
        return File(one.init if number is None else one.body, f"{track}/mp4", lasting=True)

    def _shown(self) -> Iterator[_Shown]:
        for piece in self._run:
            segment = self._find(piece, compose.FILE)
            if segment is None:
                return
            for cut in fragment.cuts(segment, piece.fps):
                yield _Shown(segment, cut, piece.start, piece.fps)

    def _find(self, piece: Piece, file: str) -> Path | None:
        folder = self._cache.find(piece.segment)
        return folder and folder / file

    def _fragment(self, track: str, shown: _Shown, number: int, heard: Path) -> fragment.Fragment:
        if track == "video":
            return fragment.video(shown.segment, shown.cut, shown.start, shown.fps, number)
        return fragment.sound(heard, shown.begin, shown.end, shown.fps, number)

    def _media(self, track: str, shown: list[_Shown]) -> str:
        seconds = _shown_seconds if track == "video" else _heard_seconds
        entries = [
            playlist.Entry(_FRAGMENT.format(track, number), length)
            for number, one in enumerate(shown)
            # A picture may be over before the next packet of sound begins.
            if (length := seconds(one)) > 0
        ]
        assert self._sound is not None
        whole = shown[-1].end >= self._sound.frames / self._sound.fps
        return playlist.media(
            entries, init=_INIT.format(track), target=tuning.KEYFRAME_SECONDS, over=whole or self._ended
        )

    def _master(self, shown: list[_Shown], captions: str | None) -> str:
        first = shown[0]
        track = probe.probe(first.segment).video
        assert track is not None
        # Over half a target duration at least: a run of two frames is no peak (RFC 8216, section 4.1).
        peak = max(8 * one.cut.size / max(_shown_seconds(one), tuning.KEYFRAME_SECONDS / 2) for one in shown)
        return playlist.master(
            video=_PLAYLIST.format("video"),
            sound=_PLAYLIST.format("audio"),
            captions=captions,
            codecs=fragment.codecs(first.segment),
            size=track.size,
            fps=first.fps,
            bandwidth=round(peak) + audio.BITRATE,
        )


def _shown_seconds(one: _Shown) -> float:
    return one.end - one.begin


def _heard_seconds(one: _Shown) -> float:
    packets = fragment.sound_packets(one.end) - fragment.sound_packets(one.begin)
    return packets * fragment.AAC_FRAME / probe.RATE


def _playlist(text: str) -> File:
    return File(text.encode(), "application/vnd.apple.mpegurl", lasting=False)
