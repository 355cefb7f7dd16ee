from __future__ import annotations

import json
import shutil
import threading
from dataclasses import asdict, replace
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, RenderError, VerificationFailed
from aura_nb.manifest import Manifest
from aura_nb.media import ffmpeg
from aura_nb.media.probe import probe
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context, Fall
from aura_nb.pipeline.finish import finish
from aura_nb.pipeline.sound import make_sound
from aura_nb.pipeline.subtitles import read_subtitles
from aura_nb.providers.base import Credit
from tests.pipeline import tiny

FILES = ["film.manifest.json", "film.mp4", "film.srt", "film.vtt"]


@pytest.fixture(scope="module")
def cache(tiny_cache: Cache) -> Cache:
    return tiny_cache


@pytest.fixture(scope="module")
def made(tiny_film):
    return tiny_film


def captionless():
    return tiny.script(render=tiny.RENDER.model_copy(update={"captions": "none"}))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_the_film_and_its_files_are_there_and_nothing_else(made):
    parts, finished, _ = made
    film = finished.film
    assert not finished.cached
    assert names(film.path.parent) == FILES
    assert (film.title, film.size, film.seconds) == ("Why <the> sky is blue", (640, 360), parts.timeline.seconds)
    assert [chapter.title for chapter in film.chapters] == [f"Part {n}; a=b #1" for n in range(3)]


def test_streams_chapters_and_tags_are_as_asked_for(made):
    parts, finished, _ = made
    found = probe(finished.film.path)
    assert found.video is not None
    assert found.audio is not None
    assert found.subtitle is not None
    assert (found.video.codec, found.video.pixels, found.video.size, found.video.fps) == (
        "h264",
        "yuv420p",
        (640, 360),
        24,
    )
    assert found.video.packets == parts.timeline.frames
    assert (found.audio.codec, found.audio.rate, found.audio.channels) == ("aac", 48_000, 2)
    assert abs(found.audio.seconds - found.video.seconds) < 0.1
    assert (found.subtitle.codec, found.subtitle.language, found.audio.language) == ("mov_text", "eng", "eng")
    assert found.faststart
    assert [title for title, _, _ in found.chapters] == [f"Part {n}; a=b #1" for n in range(3)]
    assert found.chapters[-1][2] == pytest.approx(parts.timeline.seconds, abs=0.01)
    assert found.metadata["title"] == "Why <the> sky is blue"
    assert found.metadata["comment"].startswith("Made with aura_nb")
    assert json.loads(found.metadata["synopsis"])["frames"] == parts.timeline.frames


def test_captions_are_the_words_in_all_three_places(made):
    film = made[1].film
    said = " ".join(tiny.TEXTS)
    track = probe(film.path).captions
    for cues in (read_subtitles(film.srt), read_subtitles(film.vtt), track):
        text = " ".join(cue.text.replace("\n", " ") for cue in cues)
        assert text.replace("\u2060", "") == said


def test_every_scene_is_seen_at_its_time(made):
    # Fault 8: the offset of the second crossfade ignored the first, and the third clip was lost.
    parts, finished, _ = made
    middles = [(span.start + span.frames / 2) / parts.timeline.fps for span in parts.timeline.spans]
    with av.open(str(finished.film.path)) as container:
        frames = {round(frame.time, 3): frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)}
    for middle, paper in zip(middles, tiny.PAPERS, strict=True):
        picture = frames[min(frames, key=lambda time: abs(time - middle))]
        assert np.abs(np.median(picture, axis=(0, 1)) - paper).max() < 12


def test_every_voice_is_heard_to_its_end_and_as_loud_as_the_others(made):
    # Fault 9: the mix ended with the shortest input, and each input took 6 dB from the others.
    parts, finished, _ = made
    with av.open(str(finished.film.path)) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    levels = []
    for span in parts.timeline.spans:
        part = sound[round(span.voice * 48_000) : round((span.voice + 1.6) * 48_000)]
        thirds = [float(np.sqrt(np.mean(third**2))) for third in np.array_split(part, 3)]
        assert min(thirds) > 0.5 * max(thirds)
        levels.append(float(np.sqrt(np.mean(part**2))))
    assert max(levels) < 1.1 * min(levels)


def test_progress_moves_through_every_step_up_to_one(made):
    # Fault 4: stuck at 95 % while muxing.
    seen = made[2]
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len({round(fraction, 2) for fraction in seen}) >= 12
    for start, end in ((0, 0.05), (0.05, 0.4), (0.4, 0.76), (0.76, 0.79), (0.79, 0.825), (0.83, 0.9), (0.9, 0.99)):
        assert any(start < fraction <= end for fraction in seen), (start, end)


def test_with_the_sound_made_before_the_bar_begins_at_the_join(cache: Cache, tmp_path: Path):
    seen: list[float] = []
    parts = tiny.parts(tmp_path, cache, providers=[])
    finish(parts, tmp_path / "film.mp4", Context(cache, progress=seen.append))
    assert seen == sorted(seen)
    assert seen[0] < 0.2
    assert seen[-1] == 1.0


def test_who_stood_in_and_who_is_credited_stand_in_the_manifest(made, cache: Cache, tmp_path: Path):
    parts, finished, _ = made
    credit = Credit("Photo", "Ada Example", "Unsplash", "https://unsplash.com/photos/x", "Unsplash License")
    told = replace(parts, falls=[("narrate", Fall("kokoro", "espeak", "TimedOut"))], credits=[credit])
    film = finish(told, tmp_path / "film.mp4", Context(cache)).film
    manifest = Manifest.of(film.path)
    assert [fall.model_dump() for fall in manifest.falls] == [
        {"stage": "narrate", "failed": "kokoro", "instead": "espeak", "why": "TimedOut"}
    ]
    assert [entry.model_dump() for entry in manifest.credits] == [asdict(credit)]
    assert Manifest.of(finished.film.path).falls == ()


def test_nothing_changed_nothing_run(made, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    parts, finished, _ = made

    def run(*args, **kwargs):
        raise AssertionError("ffmpeg was run")

    monkeypatch.setattr(ffmpeg, "run", run)
    again = finish(parts, tmp_path / "elsewhere" / "named.mp4", Context(cache))
    assert again.cached
    assert names(tmp_path / "elsewhere") == [name.replace("film", "named") for name in FILES]
    assert again.film.path.read_bytes() == finished.film.path.read_bytes()


@pytest.mark.slow
def test_the_same_parts_give_the_same_bytes(made, tmp_path: Path):
    _, finished, _ = made
    other = Cache(tmp_path / "cache")
    again = finish(tiny.parts(tmp_path, other), tmp_path / "out" / "film.mp4", Context(other))
    for name in FILES:
        assert (again.film.path.with_name(name)).read_bytes() == finished.film.path.with_name(name).read_bytes()


def test_the_manifest_says_nothing_of_this_machine(made, tmp_path: Path):
    text = made[1].film.manifest.read_text(encoding="utf-8")
    assert str(tmp_path.parent) not in text
    assert str(Path.home()) not in text
    assert psutil.Process().cwd() not in text


def test_a_silent_film_has_captions_and_no_loudness(cache: Cache, tmp_path: Path):
    parts = tiny.parts(tmp_path, cache, script=tiny.silent_script())
    film = finish(parts, tmp_path / "out" / "film.mp4", Context(cache)).film
    assert json.loads(film.manifest.read_text(encoding="utf-8"))["loudness"] is None
    assert len(probe(film.path).captions) >= 3


def test_no_captions_no_files_of_them(cache: Cache, tmp_path: Path):
    parts = tiny.parts(tmp_path, cache, script=captionless())
    film = finish(parts, tmp_path / "out" / "film.mp4", Context(cache)).film
    assert names(film.path.parent) == ["film.manifest.json", "film.mp4"]
    assert (film.srt, film.vtt) == (None, None)
    assert probe(film.path).subtitle is None


def test_a_missing_voice_is_never_a_silent_film(cache: Cache, tmp_path: Path):
    # Fault 11: speech failed and nobody said so.
    parts = tiny.parts(tmp_path, cache)
    dumb = replace(parts, narrations=[*parts.narrations[:2], None], captions=parts.captions)
    with pytest.raises(RenderError, match="Scene 3 has no narration"):
        finish(dumb, tmp_path / "out" / "film.mp4", Context(cache))
    assert names(tmp_path / "out") == []


def test_a_failed_verification_leaves_the_old_film_and_nothing_else(cache: Cache, tmp_path: Path):
    # Fault 12: the checks existed and nobody called them.
    out = tmp_path / "out"
    out.mkdir()
    (out / "film.mp4").write_bytes(b"the film before")
    parts = tiny.parts(tmp_path, cache)
    mute = replace(parts, narrations=[*parts.narrations[:2], tiny.narration(tmp_path, 2, tiny.silence())])
    with pytest.raises(VerificationFailed, match="speech: silent at"):
        finish(mute, out / "film.mp4", Context(cache))
    assert names(out) == ["film.mp4"]
    assert (out / "film.mp4").read_bytes() == b"the film before"
    assert names(cache.root / "tmp") == []


@pytest.mark.slow
@pytest.mark.parametrize("at", [0.05, 0.3, 0.79, 0.9])
def test_cancelling_at_any_step_leaves_nothing(tmp_path: Path, cache: Cache, at: float):
    cancel = Cancel()
    # Its own sound, so that it is not in the cache.
    parts = tiny.parts(tmp_path, cache)
    samples = tiny.babble(1.6, seed=round(at * 100))
    parts = replace(parts, narrations=[tiny.narration(tmp_path, number, samples) for number in range(3)])

    def progress(fraction: float) -> None:
        if fraction >= at:
            cancel.set()

    with pytest.raises(JobCancelled):
        finish(parts, tmp_path / "out" / "film.mp4", Context(cache, cancel, progress))
    assert names(tmp_path / "out") == []
    assert names(cache.root / "tmp") == []
    assert not [child for child in psutil.Process().children() if "ffmpeg" in child.name()]


def test_a_film_that_cannot_be_written_is_an_error_with_a_remedy(made, cache: Cache, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RenderError, match="cannot be written") as caught:
        finish(made[0], tmp_path / "file" / "film.mp4", Context(cache))
    assert caught.value.remedy


def test_no_temporary_file_stays_when_the_film_cannot_take_its_place(made, cache: Cache, tmp_path: Path):
    film = finish(made[0], tmp_path / "film.mp4", Context(cache)).film
    film.path.unlink()
    film.path.mkdir()
    with pytest.raises(RenderError, match="cannot be written"):
        finish(made[0], film.path, Context(cache))
    assert names(tmp_path) == FILES


@pytest.mark.parametrize("name", ["Talk.MP4", "Talk: one.mp4", "x" * 225 + ".mp4"])
def test_the_film_lies_where_it_was_asked_for(made, cache: Cache, tmp_path: Path, name: str):
    film = finish(made[0], tmp_path / name, Context(cache)).film
    stem = name[:-4]
    assert film.path == tmp_path / name
    assert names(tmp_path) == sorted([name, f"{stem}.manifest.json", f"{stem}.srt", f"{stem}.vtt"])


def test_a_film_that_is_in_the_cache_does_not_appear_for_a_cancelled_job(made, cache: Cache, tmp_path: Path):
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        finish(made[0], tmp_path / "out" / "film.mp4", Context(cache, cancel))
    assert names(tmp_path / "out") == []


def test_a_sound_that_failed_verification_is_not_kept(cache: Cache, tmp_path: Path):
    parts = tiny.parts(tmp_path, cache)
    mute = replace(parts, narrations=[*parts.narrations[:2], tiny.narration(tmp_path, 2, tiny.silence())])
    sound = make_sound(mute.narrations, mute.timeline, silent=False, ctx=Context(cache))
    assert sound.key in cache
    with pytest.raises(VerificationFailed):
        finish(mute, tmp_path / "film.mp4", Context(cache))
    assert sound.key not in cache


def test_a_film_heals_when_what_it_is_made_of_was_damaged(made, cache: Cache, tmp_path: Path):
    root = Path(shutil.copytree(cache.root, tmp_path / "cache"))
    for name in ("segment.mp4", "sound.m4a", "film.mp4"):
        for path in root.glob(f"*/*/{name}"):
            path.write_bytes(path.read_bytes()[:1000])
    healed = Cache(root)
    again = finish(tiny.parts(tmp_path, healed), tmp_path / "film.mp4", Context(healed))
    assert again.film.path.read_bytes() == made[1].film.path.read_bytes()


@pytest.mark.parametrize("heading", ["one\r\ntwo", " one\ttwo\n", "one\0two"])
def test_a_heading_of_several_lines_names_its_chapter_in_one(cache: Cache, tmp_path: Path, heading: str):
    script = tiny.script()
    script.scenes[0].heading = heading
    film = finish(tiny.parts(tmp_path, cache, script=script), tmp_path / "film.mp4", Context(cache)).film
    assert film.chapters[0].title == "one two"


def test_two_at_once_both_have_their_film(made, cache: Cache, tmp_path: Path):
    films = []
    threads = [
        threading.Thread(target=lambda: films.append(finish(made[0], tmp_path / "film.mp4", Context(cache)).film))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(films) == 2
    assert names(tmp_path) == FILES
