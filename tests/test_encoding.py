"""What a user asks of encoders: the table of all, and several side by side."""

from __future__ import annotations

import pytest

import aura_nb as aura
from aura_nb.codecs import ENCODERS
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


@pytest.mark.slow
def test_a_films_own_frames_are_encoded_again(tmp_path):
    film = make(script(render=SMALL), tmp_path)
    better, worse = (
        aura.compare_encoders(film, "libx264", quality=quality, seconds=1) for quality in ("maximum", "draft")
    )
    assert better.loc["libx264", "ssim"] > worse.loc["libx264", "ssim"]
    assert better.loc["libx264", "bytes"] > worse.loc["libx264", "bytes"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"seconds": 0.5}, "seconds"), ({"seconds": 60}, "seconds"), ({"encoders": ["libx2"]}, "encoders")],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_written(asked, field):
    with pytest.raises(aura.InvalidBrief) as caught:
        aura.compare_encoders("Why the sky is blue", **asked)
    assert caught.value.issues[0].field == field
