from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ffmpeg as graph
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, NotAFilm, RenderError, VerificationFailed
from aura_nb.film import Film
from aura_nb.manifest import Manifest
from aura_nb.media import ffmpeg
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.caption import Cue
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.finish import finish
from aura_nb.pipeline.subtitles import read_subtitles, write_srt
from aura_nb.pipeline.verify import Check, insist, verify
from tests.pipeline import tiny


@pytest.fixture(scope="module")
def good(tiny_film):
    return tiny_film[1].film


@pytest.fixture
def film(good, tmp_path: Path) -> Path:
    """A copy of the good film and its files, to be damaged."""
    shutil.copytree(good.path.parent, tmp_path / "film")
    return tmp_path / "film" / "film.mp4"


def failed(checks: list[Check]) -> set[str]:
    return {check.name for check in checks if not check.ok}


def changed(film: Path, build: Callable, **options) -> None:
    """Put in the film's place what ffmpeg makes of it; all streams copied but those `build` gives anew."""
    aside = film.with_name("changed.mp4")
    source = ffmpeg.source(film)
    defaults = {"vcodec": "copy", "acodec": "copy", "scodec": "copy", "movflags": "+faststart"}
    ffmpeg.run(graph.output(*build(source), ffmpeg.target(aside), **(defaults | options)), cancel=Cancel())
    aside.replace(film)


def test_a_good_film_passes_every_check_and_says_what_was_found(good):
    checks = verify(good.path)
    insist(checks)
    names = [check.name for check in checks]
    assert len(names) == len(set(names))
    assert {"video", "frames", "audio", "length", "faststart", "chapters", "captions", "speech", "loudness"} < set(
        names
    )
    assert all(check.detail for check in checks)


def test_the_manifest_inside_is_enough(film: Path):
    for other in film.parent.glob("film.[mv]*"):
        if other != film and other.suffix == ".json":
            other.unlink()
    insist(verify(film))


def test_progress_rises_to_one_and_cancelling_stops_it(good):
    seen: list[float] = []
    verify(good.path, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    cancel = Cancel()
    with pytest.raises(JobCancelled):
        verify(good.path, cancel=cancel, progress=lambda fraction: cancel.set())


@pytest.mark.parametrize("left", [0.5, 0.9, 0.99])
def test_a_truncated_film_fails(film: Path, left: float):
    data = film.read_bytes()
    film.write_bytes(data[: int(len(data) * left)])
    assert {"streams", "mp4 file"} <= failed(verify(film))


def test_what_is_no_film_cannot_be_verified(film: Path):
    film.write_bytes(b"nothing of the kind")
    with pytest.raises(RenderError, match="cannot be read"):
        verify(film)
    with pytest.raises(NotAFilm, match="no video that can be read"):
        verify(film.with_name("none.mp4"))


def test_an_mp4_of_others_has_no_manifest(film: Path):
    film.with_name("film.manifest.json").unlink()
    changed(film, lambda source: [source.video, source.audio], map_metadata=-1)
    with pytest.raises(NotAFilm, match="no manifest of aura_nb"):
        verify(film)


def test_the_wrong_loudness_fails(film: Path):
    changed(film, lambda s: [s.video, s.audio.filter("volume", "-1.5dB")], acodec="aac", audio_bitrate=192_000)
    assert "loudness" in failed(verify(film))


@pytest.mark.slow
def test_peaks_that_clip_fail(film: Path):
    changed(film, lambda s: [s.video, s.audio.filter("alimiter", level_in=1.3, limit=1)], acodec="aac")
    found = {check.name: check for check in verify(film)}["loudness"]
    assert not found.ok


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"ar": 44_100, "acodec": "aac"}, "audio"),
        ({"ac": 1, "acodec": "aac"}, "audio"),
        ({"vcodec": "libx264", "s": "320x180"}, "video"),
        ({"vcodec": "libx264", "pix_fmt": "yuv444p"}, "video"),
        ({"vcodec": "libx264", "r": 12}, "frames"),
        ({"movflags": "0"}, "faststart"),
        ({"map_chapters": -1}, "chapters"),
        ({"t": 2}, "length"),
        ({}, "captions"),
    ],
)
def test_other_streams_than_planned_fail(film: Path, options, name):
    changed(film, lambda source: [source.video, source.audio], **options)
    assert name in failed(verify(film))


def test_a_film_without_sound_fails(film: Path):
    changed(film, lambda source: [source.video])
    assert "audio" in failed(verify(film))


def test_shifted_caption_files_fail(film: Path):
    srt = film.with_suffix(".srt")
    cues = [Cue(cue.start + 0.2, cue.end + 0.2, cue.text) for cue in read_subtitles(srt)]
    write_srt(cues, srt)
    assert failed(verify(film)) == {"captions", "srt file"}


def test_captions_within_a_tenth_of_a_second_are_in_sync(film: Path):
    srt = film.with_suffix(".srt")
    write_srt([Cue(cue.start + 0.08, cue.end + 0.08, cue.text) for cue in read_subtitles(srt)], srt)
    assert failed(verify(film)) == {"srt file"}


def test_other_words_or_no_file_fail(film: Path):
    vtt = film.with_suffix(".vtt")
    vtt.write_text(vtt.read_text(encoding="utf-8").replace("every", "no"), encoding="utf-8")
    film.with_suffix(".srt").unlink()
    checks = {check.name: check for check in verify(film)}
    assert not checks["captions"].ok
    assert checks["srt file"].detail == "missing"


def test_caption_files_in_another_encoding_fail(film: Path):
    film.with_suffix(".srt").write_bytes("1\n00:00:00,000 --> 00:00:01,000\nGrün\n".encode("latin-1"))
    checks = {check.name: check for check in verify(film)}
    assert not checks["captions"].ok
    assert "film.srt is not in UTF-8" in checks["captions"].detail


def test_the_chapter_that_differs_is_named(film: Path):
    manifest = Manifest.of(film)
    chapters = [*manifest.chapters[:1], manifest.chapters[1].model_copy(update={"title": "Other"})]
    found = {c.name: c for c in verify(film, manifest.model_copy(update={"chapters": tuple(chapters)}))}[
        "chapters"
    ]
    assert not found.ok
    assert found.detail.startswith("number 2 is 'Part 1; a=b #1' at ")
    assert "not 'Other' at " in found.detail


def test_a_film_whose_name_has_a_colon_or_capitals_is_verified(film: Path, monkeypatch: pytest.MonkeyPatch):
    for path in sorted(film.parent.iterdir()):
        ending = path.name.removeprefix("film.")
        path.rename(path.with_name("Talk: one." + ("MP4" if ending == "mp4" else ending)))
    monkeypatch.chdir(film.parent)
    insist(verify(Path("Talk: one.MP4")))
    Path("Talk: one.manifest.json").unlink()
    assert Film.load("Talk: one.MP4").title == "Why <the> sky is blue"


def test_a_film_is_never_finished_with_captions_out_of_sync(tiny_cache: Cache, tmp_path: Path):
    parts = tiny.parts(tmp_path, tiny_cache)
    late = [[Cue(cue.start + 0.3, cue.end + 0.3, cue.text) for cue in scene] for scene in parts.captions]
    with pytest.raises(VerificationFailed, match="captions: track"):
        finish(replace(parts, captions=late), tmp_path / "film.mp4", Context(tiny_cache))


@pytest.mark.slow
def test_a_film_is_never_finished_with_a_black_scene(
    tiny_cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tests.pipeline.tiny.card", tiny.blank)
    parts = tiny.parts(tmp_path, tiny_cache, papers=(tiny.PAPERS[0], (0, 0, 0), tiny.PAPERS[2]))
    with pytest.raises(VerificationFailed, match="no black pictures"):
        finish(parts, tmp_path / "film.mp4", Context(tiny_cache))


@pytest.mark.slow
def test_a_dark_card_is_not_black(tiny_cache: Cache, tmp_path: Path):
    parts = tiny.parts(tmp_path, tiny_cache, papers=((4, 4, 4), (16, 12, 10), (0, 0, 0)))
    finish(parts, tmp_path / "film.mp4", Context(tiny_cache))


@pytest.mark.slow
@pytest.mark.parametrize("crf", [10, 30, 40])
def test_a_film_is_never_finished_when_a_zoom_stands_still(tiny_cache: Cache, tmp_path: Path, crf: int):
    still = tiny.RENDER.model_copy(update={"zoom": 1.0, "crf": crf})
    parts = tiny.parts(tmp_path, tiny_cache, look=still, spoken=6.0)
    with pytest.raises(VerificationFailed, match="no frozen pictures"):
        finish(parts, tmp_path / "film.mp4", Context(tiny_cache))


@pytest.mark.slow
@pytest.mark.parametrize("zoom", [1.0, 1.02, 1.08])
def test_a_picture_may_stand_still_or_move_slowly_when_that_was_asked_for(
    tiny_cache: Cache, tmp_path: Path, zoom: float
):
    render = tiny.RENDER.model_copy(update={"zoom": zoom, "crf": 40})
    parts = tiny.parts(tmp_path, tiny_cache, script=tiny.script(render=render), spoken=6.0)
    finish(parts, tmp_path / "film.mp4", Context(tiny_cache))


@pytest.mark.slow
def test_a_card_with_nothing_on_it_has_nothing_to_move(
    tiny_cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tests.pipeline.tiny.card", tiny.blank)
    finish(tiny.parts(tmp_path, tiny_cache, spoken=6.0), tmp_path / "film.mp4", Context(tiny_cache))


def test_a_failure_names_every_check():
    checks = [Check("a", False, "one"), Check("b", True, "fine"), Check("c", False, "three")]
    with pytest.raises(VerificationFailed, match="a: one; c: three") as caught:
        insist(checks)
    assert caught.value.remedy
