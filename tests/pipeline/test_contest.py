"""Encoders side by side: what is measured, who is refused, and who fails alone."""

from __future__ import annotations

import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import InvalidBrief, JobCancelled
from aura_nb.media import ffmpeg
from aura_nb.media.proof import Proof, prove
from aura_nb.media.trial import Raw, measure
from aura_nb.pipeline.compare import Step
from aura_nb.pipeline.contest import contest, entered
from aura_nb.spec import Render
from tests.media.test_encode import SIZE, slowly

RENDER = Render(fps=24)


def test_by_default_all_that_work_are_compared():
    names = entered(None)
    assert {"libx264", "libx265", "libsvtav1"} <= set(names)
    assert "h264_nvenc" not in names
    assert "h264_nvenc" in entered("h264_nvenc")


@pytest.mark.parametrize(("names", "said"), [(["libx264", "libx2"], "libx2"), ([], "nobody")])
def test_who_there_is_not_is_refused(names, said):
    with pytest.raises(InvalidBrief, match=said) as caught:
        entered(names)
    assert caught.value.issues[0].field == "encoders"


@pytest.mark.slow
def test_each_encoder_is_measured_and_one_that_cannot_fails_alone():
    steps: list[Step] = []
    proofs = entered(["libx264", "h264_nvenc", "libaom-av1"])
    runs = contest(lambda: slowly(12), SIZE, RENDER, proofs, cancel=Cancel(), report=steps.append)
    x264, nvenc, aom = runs
    for run in (x264, aom):
        assert run.film_seconds == 0.5
        assert run.measured.seconds > 0
        assert run.measured.cpu_seconds > 0
        assert run.realtime == pytest.approx(0.5 / run.measured.seconds)
        assert run.kbps == pytest.approx(run.measured.bytes * 8 / 500)
        assert 0.8 < run.measured.ssim < 1
        assert 0 < run.measured.vmaf <= 100
    assert nvenc.measured is None
    assert "libcuda" in nvenc.failure
    assert [(step.number, step.total) for step in steps] == sorted((step.number, 3) for step in steps)
    assert {step.doing for step in steps} == {"waits for its frames", "encodes", "is measured"}


@pytest.mark.slow
def test_a_better_quality_is_more_like_and_larger(tmp_path):
    raw = Raw.write(tmp_path / "raw", slowly(12), SIZE, 24)
    draft, best = (measure(raw, tmp_path, encoder="libx264", crf=crf, cancel=Cancel()) for crf in (28, 18))
    assert draft.ssim < best.ssim
    assert draft.bytes < best.bytes
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_one_proved_that_fails_all_the_same_is_told_in_its_row():
    proofs = {"h264_nvenc": Proof("h264_nvenc", version="1")}
    (run,) = contest(lambda: slowly(2), SIZE, RENDER, proofs, cancel=Cancel())
    assert run.measured is None
    assert "h264_nvenc" in run.failure


def test_a_cancel_ends_it():
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        contest(lambda: slowly(2), SIZE, RENDER, prove(["libx264"], binary=ffmpeg.find()), cancel=cancel)
