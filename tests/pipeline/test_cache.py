from __future__ import annotations

import threading
from pathlib import Path

import pytest

from aura_nb.pipeline import cache as cache_module
from aura_nb.pipeline.cache import Cache, digest, file_digest
from aura_nb.spec import Plan


def test_the_same_inputs_give_the_same_key_and_any_other_input_another():
    assert digest("stage", Plan(seconds=12), {"a": 1, "b": 2}) == digest(
        "stage", Plan(seconds=12), {"b": 2, "a": 1}
    )
    assert digest("stage", Plan(seconds=12)) != digest("stage", Plan(seconds=13))
    with pytest.raises(TypeError, match="object"):
        digest(object())


def test_an_artifact_is_made_once(tmp_path: Path):
    cache = Cache(tmp_path)
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "a.txt").write_text("a", encoding="utf-8")

    first, hit = cache.get("k" * 64, make)
    assert not hit
    again, hit = cache.get("k" * 64, make)
    assert hit
    assert again == first
    assert len(made) == 1
    assert (first / "a.txt").read_text(encoding="utf-8") == "a"
    assert file_digest(first / "a.txt") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


def test_a_failed_make_leaves_nothing_behind(tmp_path: Path):
    cache = Cache(tmp_path)

    def make(folder: Path) -> None:
        (folder / "half").write_bytes(b"x")
        raise RuntimeError("the machine stopped")

    with pytest.raises(RuntimeError):
        cache.get("k" * 64, make)
    assert "k" * 64 not in cache
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_two_making_the_same_key_at_once_both_get_it_whole(tmp_path: Path):
    cache = Cache(tmp_path)
    together = threading.Barrier(2)
    found: list[str] = []

    def make(folder: Path) -> None:
        (folder / "a").write_text("whole", encoding="utf-8")
        together.wait()

    def run() -> None:
        folder, _ = cache.get("k" * 64, make)
        found.append((folder / "a").read_text(encoding="utf-8"))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["whole", "whole"]
    assert not list((tmp_path / "tmp").iterdir())


def test_what_a_killed_process_left_is_swept_after_a_day_and_work_in_progress_is_not(tmp_path: Path):
    cache = Cache(tmp_path)
    half = tmp_path / "tmp" / "123-dead"
    half.mkdir(parents=True)
    (half / "segment.mp4").write_bytes(b"half")
    cache.sweep()
    assert half.is_dir()
    cache.sweep(now=half.stat().st_mtime + 90_000)
    assert not half.exists()


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def flipped(file: Path) -> None:
    file.write_bytes(bytes(byte ^ 1 for byte in file.read_bytes()))


@pytest.mark.parametrize("damage", [emptied, flipped, Path.unlink])
@pytest.mark.parametrize("name", ["a.txt", "in/b.txt", cache_module.SEAL])
def test_what_was_damaged_on_disk_is_made_anew_and_only_that(tmp_path: Path, damage, name: str):
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "in").mkdir()
        for path in (folder / "a.txt", folder / "in" / "b.txt"):
            path.write_text("whole", encoding="utf-8")

    folders = [Cache(tmp_path).get(key * 64, make)[0] for key in "kl"]
    damage(folders[0] / name)
    cache = Cache(tmp_path)
    assert [cache.get(key * 64, make) for key in "kl"] == [(folders[0], False), (folders[1], True)]
    assert len(made) == 3
    assert (folders[0] / "in" / "b.txt").read_text(encoding="utf-8") == "whole"
    assert not list((tmp_path / "tmp").iterdir())


def test_damage_is_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    Cache(tmp_path).get("k" * 64, lambda folder: (folder / "a").write_bytes(b"a"))
    hashed = []
    monkeypatch.setattr(cache_module, "file_digest", lambda path: hashed.append(path) or file_digest(path))
    cache = Cache(tmp_path)
    for _ in range(3):
        assert "k" * 64 in cache
    assert len(hashed) == 1


def test_what_is_dropped_is_made_again(tmp_path: Path):
    cache, made = Cache(tmp_path), []
    cache.drop("k" * 64)
    cache.get("k" * 64, made.append)
    cache.drop("k" * 64)
    assert "k" * 64 not in cache
    cache.get("k" * 64, made.append)
    assert len(made) == 2
