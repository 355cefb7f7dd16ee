from __future__ import annotations

import threading
from pathlib import Path

import pytest

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
