"""What a user asks of encoders: the table of all, and several side by side."""

from __future__ import annotations

import pytest

import aura_nb as aura
from aura_nb import encoding
from aura_nb.codecs import ENCODERS
from aura_nb.pipeline import compose
from tests.pipeline.test_flow import make, script

SMALL = aura.Render(height=360, fps=24)
COLUMNS = [
    "codec",
    "kind",
    "seconds",
    "realtime",
    "cpu_seconds",
    "bytes",
    "kbps",
    "ssim",
    "vmaf",
    "failure",
    "remedy",
]


def test_every_encoder_is_in_the_table_with_why_not_and_the_remedy():
    table = aura.encoders()
    assert list(table.index) == list(ENCODERS)
    assert list(table.columns) == ["codec", "kind", "usable", "version", "deterministic", "why", "remedy"]
    assert table.loc["libx264", "usable"]
    assert table.loc["libsvtav1", "deterministic"]
    nvenc = table.loc["h264_nvenc"]
    assert (nvenc["usable"], nvenc["kind"], nvenc["deterministic"]) == (False, "hardware", False)
    assert nvenc["why"]
    assert "nvidia-smi" in nvenc["remedy"]
    assert (table["usable"] == (table["why"] == "")).all()
    assert (table["usable"] == (table["remedy"] == "")).all()


def test_the_table_reads_the_same_every_time_and_whole():
    assert repr(aura.encoders()) == repr(aura.encoders())
    assert "nvidia-smi" in repr(aura.encoders())


@pytest.mark.slow
def test_a_script_is_encoded_by_several_and_measured(monkeypatch, capfd):
    monkeypatch.setenv("AURA_NB_PROGRESS", "text")
    table = aura.compare_encoders(script(render=SMALL), ["libx264", "libsvtav1", "h264_nvenc"], seconds=1)
    assert list(table.columns) == COLUMNS
    assert list(table.index) == ["libx264", "libsvtav1", "h264_nvenc"]
    assert list(table["codec"]) == ["h264", "av1", "h264"]
    assert (table["ssim"].dropna() > 0.98).all()
    assert table["bytes"].count() == 2
    assert table.loc["h264_nvenc", "failure"]
    assert "libsvtav1 encodes (2 of 3)" in capfd.readouterr().err
    assert compose._still.cache_info().currsize == 0


@pytest.mark.slow
def test_a_films_own_frames_are_encoded_again_be_it_named_by_its_path(tmp_path):
    film = make(script(render=SMALL), tmp_path)
    better, worse = (
        aura.compare_encoders(subject, "libx264", quality=quality, seconds=1)
        for subject, quality in ((film, "maximum"), (str(film.path), "draft"))
    )
    assert better.loc["libx264", "ssim"] > worse.loc["libx264", "ssim"]
    assert better.loc["libx264", "bytes"] > worse.loc["libx264", "bytes"]
    with pytest.raises(aura.InvalidBrief) as caught:
        aura.compare_encoders(film.path, "libx264", plan={"seconds": 20}, render=SMALL)
    assert [issue.field for issue in caught.value.issues] == ["plan", "render"]


def test_a_film_that_is_not_there_is_no_topic(tmp_path):
    for path in (tmp_path / "none.mp4", "none.mp4"):
        with pytest.raises(aura.NotAFilm, match="no film at"):
            aura.compare_encoders(path, "libx264")


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"seconds": 0.5}, "seconds"), ({"seconds": 60}, "seconds"), ({"encoders": ["libx2"]}, "encoders")],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_written(asked, field):
    with pytest.raises(aura.InvalidBrief) as caught:
        aura.compare_encoders("Why the sky is blue", **asked)
    assert caught.value.issues[0].field == field


def test_a_film_still_to_be_made_is_asked_for_as_start_takes_it(monkeypatch):
    seen = []
    monkeypatch.setattr(
        encoding, "contest", lambda frames, size, look, *args, **more: seen.append((size, look)) or []
    )
    parts = {"plan": {"seconds": 20}, "voice": {"rate": 1.1}, "profile": {"writer": "rulebased"}}
    aura.compare_encoders("What is an .mp4", "libx264", seconds=1, render=SMALL, **parts)
    assert seen == [((640, 360), SMALL)]
    with pytest.raises(aura.InvalidBrief, match=r"plan\.seconds"):
        aura.compare_encoders("Blue sky", "libx264", plan={"seconds": 1})
    with pytest.raises(aura.InvalidBrief, match="no profile named 'nope'"):
        aura.compare_encoders("Blue sky", "libx264", profile="nope")
