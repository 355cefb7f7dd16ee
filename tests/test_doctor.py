from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from aura_nb import doctor
from aura_nb.errors import AuraError
from aura_nb.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")


def test_the_test_machine_has_all_that_a_film_needs(settings):
    findings = doctor.report(settings)
    assert [finding for finding in findings if finding.status != "ok"] == []
    assert {"Python", "ffmpeg", "H.264 encoder", "fonts", "speech"} <= {finding.name for finding in findings}


def test_all_that_was_found_is_shown_whole():
    finding = doctor.Finding("ffmpeg", "ok", f"imageio-ffmpeg {'7.1 of a long build ' * 5}", "Install it. " * 9)
    table = doctor.table([finding])
    for text in (repr(table), table._repr_html_()):
        assert finding.found.strip() in text
        assert finding.remedy.strip() in text


def test_an_ffmpeg_that_does_not_work_fails_with_its_remedy(settings, tmp_path):
    broken = settings.model_copy(update={"ffmpeg": tmp_path / "none"})
    finding = next(finding for finding in doctor.report(broken) if finding.name == "ffmpeg")
    assert finding.status == "fail"
    assert "AURA_NB_FFMPEG" in finding.remedy


def test_an_old_python_fails():
    with pytest.raises(AuraError, match="too old"):
        doctor.python(found=(3, 10))


def test_a_folder_below_a_file_fails(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(AuraError, match="cannot be written to"):
        doctor.folder(tmp_path / "file" / "data")


def test_a_full_disk_fails(tmp_path):
    with pytest.raises(AuraError, match=r"0\.5 GB free"):
        doctor.folder(tmp_path, free_bytes=lambda path: 5 * 10**8)


def test_a_missing_package_is_named():
    with pytest.raises(AuraError, match="Not installed"):
        doctor.package("no-such-package-of-aura-nb")


def test_a_provider_that_does_not_work_is_told_with_its_remedy(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(AuraError, match="Set OPENAI_API_KEY"):
        doctor.provider("openai")
    assert "Speaks" in doctor.provider("espeak")


def test_a_missing_font_is_named(settings, tmp_path):
    theme = tmp_path / "theme"
    theme.mkdir()
    (theme / "theme.toml").write_text('[fonts]\ndisplay = "No Such Sans"\n', encoding="utf-8")
    with pytest.raises(AuraError, match="No Such Sans not installed"):
        doctor.fonts(settings, themes=(str(theme),))


@pytest.mark.parametrize(
    ("error", "found", "remedy"),
    [
        (AuraError("No voice.", remedy="Run `pip install voice`."), "No voice.", "Run `pip install voice`."),
        (AuraError("No voice."), "No voice.", "the default"),
        (PackageNotFoundError("voice"), "voice", "the default"),
        (OSError("disk gone"), "OSError: disk gone", "the default"),
    ],
)
def test_whatever_goes_wrong_is_a_finding_with_a_remedy(error, found, remedy):
    def look():
        raise error

    finding = doctor.examine("speech", look, "the default", otherwise="warn")
    assert (finding.status, finding.remedy) == ("warn", remedy)
    assert found in finding.found


def test_encoders_are_named_and_a_missing_gpu_is_no_loss(settings):
    finding = next(finding for finding in doctor.report(settings) if finding.name == "H.265, AV1, GPUs")
    assert finding.status == "ok"
    assert "libx265, libsvtav1" in finding.found
    assert "h264_nvenc" not in finding.found
