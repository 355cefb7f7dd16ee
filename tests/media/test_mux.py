from __future__ import annotations

from pathlib import Path

import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled
from aura_nb.media import audio
from aura_nb.media.encode import encode
from aura_nb.media.mux import alpha3, ffmetadata, mux
from aura_nb.media.probe import probe
from tests.media.sounds import babble
from tests.media.test_encode import SIZE, noise

NASTY = "a=b; #c \\ [CHAPTER]\nSTART=0 'q' \"d\" %s مرحبا 空"
SRT = "1\n00:00:00,200 --> 00:00:00,900\nOne & two\n\n2\n00:00:00,900 --> 00:00:01,000\nthree\n\n"


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("streams")
    encode(folder / "v.mp4", noise(25, 1), size=SIZE, fps=25, crf=30)
    babble(1, rate=48_000).tofile(folder / "mix.f32")
    audio.encode(folder / "mix.f32", 1.0, folder / "a.m4a", silent=False, cancel=Cancel())
    (folder / "s.srt").write_text(SRT, encoding="utf-8")
    return {"video": folder / "v.mp4", "audio": folder / "a.m4a", "subtitles": folder / "s.srt"}


def muxed(streams, folder: Path, tags: str, **options) -> Path:
    (folder / "tags").write_text(tags, encoding="utf-8", newline="\n")
    out = folder / "out.mp4"
    options = {"language": "de-AT", "seconds": 1.0, "cancel": Cancel()} | streams | options
    mux(out, tags=folder / "tags", **options)
    return out


def test_streams_are_copied_and_text_is_only_text(streams, tmp_path: Path):
    tags = ffmetadata({"title": NASTY, "synopsis": "x" * 200_000}, [(NASTY, 0, 0.5), ("end", 0.5, 1)])
    found = probe(muxed(streams, tmp_path, tags))
    assert found.metadata["title"] == NASTY
    assert found.metadata["synopsis"] == "x" * 200_000
    assert found.chapters == ((NASTY, 0.0, 0.5), ("end", 0.5, 1.0))
    assert [(c.start, c.end, c.text) for c in found.captions] == [(0.2, 0.9, "One & two"), (0.9, 1.0, "three")]
    for kind in ("video", "audio"):
        assert getattr(found, kind).digest == getattr(probe(streams[kind]), kind).digest
    assert found.subtitle is not None
    assert found.subtitle.language == "deu"
    assert found.faststart
    assert "encoder" not in found.metadata
    assert "creation_time" not in found.metadata


def test_without_subtitles_there_is_no_track(streams, tmp_path: Path):
    found = probe(muxed(streams, tmp_path, ffmetadata({"title": "t"}, []), subtitles=None))
    assert found.subtitle is None
    assert found.metadata["title"] == "t"


def test_the_same_streams_give_the_same_bytes(streams, tmp_path: Path):
    tags = ffmetadata({"title": "t"}, [("one", 0, 1)])
    first = muxed(streams, tmp_path, tags).read_bytes()
    assert muxed(streams, tmp_path, tags).read_bytes() == first


def test_a_cancelled_mux_is_not_begun(streams, tmp_path: Path):
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        muxed(streams, tmp_path, ffmetadata({}, []), cancel=cancel)


@pytest.mark.parametrize(
    ("tag", "code"), [("en", "eng"), ("de-AT", "deu"), ("zh-Hant", "zho"), ("xx", "und"), ("en-12", "und")]
)
def test_languages_are_named_as_mp4_wants(tag: str, code: str):
    assert alpha3(tag) == code
