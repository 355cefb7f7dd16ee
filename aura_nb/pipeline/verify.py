"""Verify: a film is what its manifest says, found by looking at the film and not at how it was made.

Every packet is counted, the sound is heard in full, and the picture is looked at where scenes, fades and
every two seconds begin; what that costs is a few percent of making the film.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import zip_longest
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError, VerificationFailed
from aura_nb.manifest import Manifest, SceneEntry, companion
from aura_nb.media import audio, ffmpeg, probe
from aura_nb.pipeline.caption import Cue
from aura_nb.pipeline.context import Share, one_by_one
from aura_nb.pipeline.subtitles import read_subtitles
from aura_nb.pipeline.sync import out_of_sync, spoken_text

TOLERANCE_SECONDS = 0.1
# What libavcodec calls the codecs.
STREAMS = {"h264": "h264", "h265": "hevc", "av1": "av1"}
# Nothing in a black picture is brighter than this luma (16 is black, 235 white); text always is.
BLACK_LUMA = 40
# Two looks differ when one pixel in twenty thousand changed by more levels than encoding leaves as noise.
MOVED_LEVELS = 8
MOVED_SHARE = 1 / 20_000
STILL_SECONDS = 2.0
BLOCK_SECONDS = 0.02
SILENT_DBFS = -50.0
SILENT_WORDS_SECONDS = 0.8


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and whether it is as it should be."""

    name: str
    ok: bool
    detail: str


def verify(
    film: Path,
    manifest: Manifest | None = None,
    *,
    cancel: Cancel | None = None,
    progress: Callable[[float], None] = lambda fraction: None,
    share: Share = one_by_one,
) -> list[Check]:
    """Look at `film` and its captions against `manifest` (default: its own); say what was found.

    Pictures, speech and loudness are looked at at the same time where `share` has threads for it.
    Raises `RenderError` when the film or its manifest cannot be read at all.
    """
    manifest = manifest or Manifest.of(film)
    cancel = cancel or Cancel()
    contents = probe.probe(film, check=cancel.check)
    progress(0.1)
    looks: dict[str, Callable[[Callable[[float], None]], Iterable[Check]]] = {}
    if contents.video is not None:
        looks["pictures"] = lambda told: _pictures(film, manifest, cancel, told)
    if contents.audio is not None and manifest.loudness is not None:
        looks["speech"] = lambda told: [_speech(film, manifest, cancel, told)]
        looks["loudness"] = lambda told: [_loudness(film, manifest, cancel, told)]
    found: dict[str, list[Check]] = {}
    done = dict.fromkeys(looks, 0.0)

    def told(what: str, fraction: float) -> None:
        done[what] = fraction
        progress(0.1 + 0.9 * sum(done.values()) / len(done))

    def look(what: str) -> None:
        found[what] = _looked_at(what, lambda: looks[what](partial(told, what)))
        told(what, 1.0)

    share([partial(look, what) for what in looks])
    captions = _looked_at("captions", lambda: [_captions(film, contents, manifest)])
    progress(1.0)
    seen = [check for what in looks for check in found[what]]
    return [*_streams(contents, manifest), *captions, *_files(film, manifest), *seen]


def _looked_at(what: str, look: Callable[[], Iterable[Check]]) -> list[Check]:
    """The checks of `look`; when there is nothing to be seen, that is one that failed."""
    try:
        return list(look())
    except RenderError as error:
        return [Check(what, False, error.message)]


def insist(checks: Sequence[Check]) -> None:
    """Raise `VerificationFailed`, naming every check that failed."""
    failed = [check for check in checks if not check.ok]
    if failed:
        raise VerificationFailed(
            "The film is not what was planned: "
            + "; ".join(f"{check.name}: {check.detail}" for check in failed)
            + ".",
            remedy="Make it again; if this comes back, please report it with this message.",
        )


def _streams(contents: probe.Contents, manifest: Manifest) -> Iterator[Check]:
    video, sound, planned = contents.video, contents.audio, manifest.seconds
    if video is None:
        yield Check("video", False, "there is none")
    else:
        found = (video.codec, video.pixels, video.size, video.fps)
        width, height = video.size
        shown = f"{video.codec} {video.pixels} {width}×{height} at {float(video.fps):g} fps"
        planned_video = (STREAMS[manifest.encoder.codec], "yuv420p", manifest.size, Fraction(manifest.fps))
        yield Check("video", found == planned_video, shown)
        yield Check("frames", video.packets == manifest.frames, f"{video.packets} of {manifest.frames} planned")
    if sound is None:
        yield Check("audio", False, "there is none")
    else:
        found_sound = (sound.codec, sound.rate, sound.channels)
        yield Check(
            "audio",
            found_sound == ("aac", probe.RATE, 2),
            f"{sound.codec} {sound.rate} Hz, {sound.channels} channels",
        )
    tracks = {"video": video, "audio": sound}
    lengths = {name: track.seconds for name, track in tracks.items() if track is not None}
    yield Check(
        "length",
        all(abs(length - planned) <= TOLERANCE_SECONDS for length in lengths.values())
        and abs(max(lengths.values(), default=0.0) - min(lengths.values(), default=0.0)) <= TOLERANCE_SECONDS,
        ", ".join(f"{name} {length:.2f} s" for name, length in lengths.items()) + f", {planned:.2f} s planned",
    )
    changed = [n for n, track in tracks.items() if track is not None and track.digest != manifest.streams.get(n)]
    yield Check(
        "streams", not changed, f"{' and '.join(changed)} changed since" if changed else "as they were made"
    )
    yield Check(
        "faststart", contents.faststart, "index first" if contents.faststart else "the index is not in front"
    )
    yield _chapters(contents, manifest)


def _chapters(contents: probe.Contents, manifest: Manifest) -> Check:
    due = [f"{c.title!r} at {c.start:.1f} s" for c in manifest.chapters]
    found = [f"{title!r} at {start:.1f} s" for title, start, _ in contents.chapters]
    pairs = zip_longest(due, found, fillvalue="none")
    wrong = [
        f"number {n} is {there}, not {planned}" for n, (planned, there) in enumerate(pairs, 1) if planned != there
    ]
    return Check("chapters", not wrong, wrong[0] if wrong else f"{len(found)} of {len(due)}")


def _files(film: Path, manifest: Manifest) -> Iterator[Check]:
    from aura_nb.pipeline.cache import file_digest

    for suffix, digest in manifest.files.items():
        path = companion(film, suffix)
        found = path.is_file()
        same = found and file_digest(path) == digest
        yield Check(f"{suffix} file", same, "as it was made" if same else "changed since" if found else "missing")


def _pictures(
    film: Path, manifest: Manifest, cancel: Cancel, progress: Callable[[float], None]
) -> Iterator[Check]:
    """No stretch is black, and none stands still though the slow zoom should be seen."""
    black: list[float] = []
    frozen: list[tuple[float, float]] = []
    last: NDArray[np.uint8] | None = None
    moved_at = 0.0
    for at, luma in probe.lumas(film):
        cancel.check()
        progress(min(1.0, at / manifest.seconds))
        if int(luma[::2, ::2].max()) <= BLACK_LUMA:
            black.append(at)
        if last is None or _moved(last, luma):
            last, moved_at = luma, at
        elif at - moved_at >= STILL_SECONDS and _should_move(luma, manifest, moved_at, at):
            frozen = [stretch for stretch in frozen if stretch[0] != moved_at] + [(moved_at, at)]
    yield Check("no black pictures", not black, _said([(at, at) for at in black]) or "none")
    yield Check("no frozen pictures", not frozen, _said(frozen) or "none")


def _moved(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    changed = np.count_nonzero(cv2.absdiff(before, after) > MOVED_LEVELS)
    return bool(changed > MOVED_SHARE * before.size)


def _should_move(picture: NDArray[np.uint8], manifest: Manifest, start: float, end: float) -> bool:
    """Whether half of the zoom that is due from `start` to `end` would show in `picture`.

    A zoom that was not asked for, or a card without an edge that could move, is not expected to.
    """
    # A card after the scenes is in none of them, but in a chapter.
    shown = [*((s.start, s.end) for s in manifest.scenes), *((c.start, c.end) for c in manifest.chapters)]
    longest = max((ends - starts for starts, ends in shown if starts < end and ends > start), default=0.0)
    if longest == 0.0:
        return True
    scale = float(manifest.script["render"]["zoom"]) ** ((end - start) / longest / 2)
    height, width = picture.shape
    about_the_middle = np.array([[scale, 0, (1 - scale) * width / 2], [0, scale, (1 - scale) * height / 2]])
    return _moved(picture, np.asarray(cv2.warpAffine(picture, about_the_middle, (width, height)), np.uint8))


def _speech(film: Path, manifest: Manifest, cancel: Cancel, progress: Callable[[float], None]) -> Check:
    """Something is heard wherever words are spoken."""
    silent = _silent_stretches(_levels(film, manifest.seconds, cancel, progress))
    missing = []
    for scene in manifest.scenes:
        spoken = sum(end - start for _, start, end in scene.words)
        allowed = min(SILENT_WORDS_SECONDS, spoken / 2)
        missing += [stretch for stretch in silent if _spoken_within(scene, stretch) > allowed]
    return Check(
        "speech", not missing, f"silent at {_said(missing)}" if missing else "heard wherever words are spoken"
    )


def _levels(film: Path, seconds: float, cancel: Cancel, progress: Callable[[float], None]) -> NDArray[np.float64]:
    """RMS of each 20 ms of sound, in dB below full scale."""
    size = round(BLOCK_SECONDS * probe.RATE)
    powers: list[NDArray[np.float64]] = []
    rest = np.zeros(0, np.float32)
    heard = 0
    for samples in probe.sound(film):
        cancel.check()
        heard += len(samples)
        progress(min(1.0, heard / probe.RATE / seconds))
        rest = np.concatenate([rest, samples])
        whole = len(rest) // size * size
        powers.append(np.mean(np.square(rest[:whole].reshape(-1, size), dtype=np.float64), axis=1))
        rest = rest[whole:]
    power = np.concatenate(powers) if powers else np.zeros(0)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))


def _silent_stretches(levels: NDArray[np.float64]) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], levels < SILENT_DBFS, [0]]).astype(np.int8)))
    return [(float(a) * BLOCK_SECONDS, float(b) * BLOCK_SECONDS) for a, b in edges.reshape(-1, 2)]


def _spoken_within(scene: SceneEntry, stretch: tuple[float, float]) -> float:
    """For how many seconds of `stretch` words of `scene` are spoken."""
    return sum(max(0.0, min(end, stretch[1]) - max(start, stretch[0])) for _, start, end in scene.words)


def _loudness(film: Path, manifest: Manifest, cancel: Cancel, progress: Callable[[float], None]) -> Check:
    found = audio.measure(ffmpeg.source(film).audio, manifest.seconds, cancel=cancel, progress=progress)
    near = abs(found.integrated - audio.TARGET_LUFS) <= audio.TOLERANCE_LU
    return Check(
        "loudness",
        near and found.peak <= audio.MAX_PEAK_DBTP,
        f"{found.integrated:.1f} LUFS, true peak {found.peak:.1f} dBTP",
    )


def _captions(film: Path, contents: probe.Contents, manifest: Manifest) -> Check:
    """The track and both files say all the words, in order, each within a tenth of a second of its time."""
    if not manifest.captions:
        return Check(
            "captions",
            contents.subtitle is None,
            "none, as asked for" if not contents.subtitle else "not asked for",
        )
    spoken = spoken_text(manifest.scenes)
    shown = {}
    if manifest.script["render"]["captions"] == "soft":
        shown["track"] = [Cue(c.start, c.end, c.text) for c in contents.captions]
    for suffix in ("srt", "vtt"):
        shown[suffix] = read_subtitles(companion(film, suffix))
    problems = [f"{name}: {problem}" for name, found in shown.items() for problem in out_of_sync(found, spoken)]
    return Check(
        "captions", not problems, "; ".join(problems[:3]) or f"{manifest.captions}, in sync with the words"
    )


def _said(stretches: Sequence[tuple[float, float]]) -> str:
    return ", ".join(f"{start:.1f} s" if start == end else f"{start:.1f}–{end:.1f} s" for start, end in stretches)
