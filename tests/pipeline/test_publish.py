"""A film takes its place whole, alone, and never that of somebody else's file."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, RenderError
from aura_nb.manifest import Manifest
from aura_nb.pipeline import publish as room
from aura_nb.pipeline.publish import foreign, publish

FILES = ["film.manifest.json", "film.mp4", "film.srt", "film.vtt"]
COUNT = """
import sys
from pathlib import Path
from aura_nb.pipeline.publish import _alone
film, counter = Path(sys.argv[1]), Path(sys.argv[2])
for _ in range(150):
    with _alone(film):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


def made(folder: Path, title: str = "Sky", *, captions: bool = True) -> Path:
    """A folder as `finish` fills it; publishing does not look into its film."""
    folder.mkdir(parents=True)
    kinds = ["mp4", *(["srt", "vtt"] if captions else [])]
    for kind in kinds:
        (folder / f"film.{kind}").write_text(f"{kind} of {title}", encoding="utf-8")
    told = Manifest(
        aura_nb="0",
        title=title,
        language="en",
        seconds=1.0,
        frames=30,
        fps=30,
        size=(640, 360),
        captions=int(captions),
        chapters=(),
        scenes=(),
        loudness=None,
        script={},
        providers=(),
        tools={},
        keys={},
        streams={},
        files=dict.fromkeys(kinds, ""),
    )
    (folder / "film.manifest.json").write_text(told.to_json(), encoding="utf-8")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def title(folder: Path) -> set[str]:
    """Whose files lie there."""
    texts = [(folder / name).read_text(encoding="utf-8") for name in FILES[1:]]
    manifest = Manifest.model_validate_json((folder / FILES[0]).read_text(encoding="utf-8"))
    return {manifest.title, *(text.split(" of ")[1] for text in texts)}


def test_a_film_and_its_files_are_there_and_nothing_else(tmp_path):
    film = publish(made(tmp_path / "made"), tmp_path / "out" / "film.mp4", Cancel())
    assert names(tmp_path / "out") == FILES
    assert (film.title, film.srt) == ("Sky", tmp_path / "out" / "film.srt")


def test_captions_of_the_film_before_go_and_those_of_others_stay(tmp_path):
    # Players load what lies beside a film under its name.
    out = tmp_path / "out" / "film.mp4"
    bare = made(tmp_path / "bare", captions=False)
    for folder in (made(tmp_path / "made"), bare):
        publish(folder, out, Cancel())
    assert names(out.parent) == ["film.manifest.json", "film.mp4"]
    out.with_suffix(".srt").write_text("my own", encoding="utf-8")
    publish(bare, out, Cancel())
    assert out.with_suffix(".srt").read_text(encoding="utf-8") == "my own"


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_somebody_else_is_never_replaced(tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("theirs", encoding="utf-8")
    assert foreign(out / "film.mp4") == [out / name]
    with pytest.raises(RenderError, match="aura_nb did not make it") as caught:
        publish(made(tmp_path / "made"), out / "film.mp4", Cancel())
    assert str(out / name) in caught.value.message
    assert names(out) == [name]
    assert (out / name).read_text(encoding="utf-8") == "theirs"


def test_what_a_killed_process_left_half_published_is_ours(tmp_path, monkeypatch):
    source, out, replace = made(tmp_path / "made"), tmp_path / "out" / "film.mp4", Path.replace
    for done in range(len(FILES)):
        left = [True] * done

        def killed(self: Path, target: Path, left: list[bool] = left) -> Path:
            if not left:
                raise KeyboardInterrupt
            left.pop()
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(source, out, Cancel())
        monkeypatch.undo()
        assert len(names(out.parent)) == done
        assert foreign(out) == []
        publish(source, out, Cancel())
        for path in out.parent.iterdir():
            path.unlink()


def test_what_a_killed_process_left_under_temporary_names_goes_and_that_of_other_films_stays(tmp_path):
    out = tmp_path / "out" / "film.mp4"
    out.parent.mkdir()
    for name in (".film.mp4.mp4.part", ".film.mp4.vtt.part", ".other.mp4.mp4.part"):
        (out.parent / name).write_text("half", encoding="utf-8")
    publish(made(tmp_path / "made", captions=False), out, Cancel())
    assert names(out.parent) == [".other.mp4.mp4.part", "film.manifest.json", "film.mp4"]
    assert out.read_text(encoding="utf-8") == "mp4 of Sky"


def test_a_film_cancelled_while_it_waits_for_its_place_does_not_appear(tmp_path):
    out, cancel = tmp_path / "out" / "film.mp4", Cancel()
    out.parent.mkdir()
    with ThreadPoolExecutor(1) as pool:
        with FileLock(out.with_name(".film.mp4.lock")):
            waiting = pool.submit(publish, made(tmp_path / "made"), out, cancel)
            cancel.set()
        with pytest.raises(JobCancelled):
            waiting.result(30)
    assert names(out.parent) == []


def test_of_two_films_at_once_one_is_there_whole(tmp_path, monkeypatch):
    out, replace = tmp_path / "out" / "film.mp4", Path.replace
    begun, over = threading.Event(), threading.Event()

    def halting(self: Path, target: Path) -> Path:
        """The first of the two halts after its first file, until the other is done or plainly waits."""
        first, done = not begun.is_set(), replace(self, target)
        begun.set()
        if first:
            over.wait(1)
        return done

    monkeypatch.setattr(Path, "replace", halting)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(publish, made(tmp_path / "cache a" / "made", "Sky"), out, Cancel())
        assert begun.wait(30)
        two = pool.submit(publish, made(tmp_path / "cache b" / "made", "Grass"), out, Cancel())
        two.add_done_callback(lambda _: over.set())
    assert (one.result().title, two.result().title) == ("Sky", "Grass")
    assert names(out.parent) == FILES
    assert title(out.parent) == {"Grass"}


def test_a_place_is_held_by_one_thread_at_a_time_though_its_lock_comes_and_goes(tmp_path):
    inside, most = [], []

    def hold(number: int) -> None:
        for _ in range(20):
            with room._alone(tmp_path / "film.mp4"):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(hold, range(4)))
    assert (len(most), set(most)) == (80, {1})
    assert names(tmp_path) == []


def test_a_lock_is_removed_before_another_can_take_it(tmp_path, monkeypatch):
    there = []

    class Telling(FileLock):
        def release(self, force: bool = False) -> None:
            there.append(Path(self.lock_file).exists())
            super().release(force)

    monkeypatch.setattr(room, "FileLock", Telling)
    with room._alone(tmp_path / "film.mp4"):
        pass
    # Removed after the release, it would be another's by then. Windows refuses that.
    assert there[0] == (sys.platform == "win32")
    assert names(tmp_path) == []


@pytest.mark.slow
def test_a_place_is_held_by_one_process_at_a_time(tmp_path):
    film, counter = tmp_path / "film.mp4", tmp_path / "counter"
    counter.write_text("0")
    processes = [subprocess.Popen([sys.executable, "-c", COUNT, film, counter]) for _ in range(3)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    assert counter.read_text() == "450"
    assert names(tmp_path) == ["counter"]
