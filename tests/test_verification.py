from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import aura_nb as aura
from aura_nb.cli import app
from aura_nb.errors import InvalidBrief, NotAFilm
from aura_nb.manifest import Manifest, manifest_path
from aura_nb.pipeline.remake import Change
from aura_nb.pipeline.verify import Check
from aura_nb.settings import Settings
from aura_nb.verification import Verification
from tests.pipeline import small

FOUND = Verification(
    (Check("video", True, "h264"),),
    (Check("write", True, "the same"), Check("narrate", False, "scene <2> differs"), Check("sound", False, "too")),
    (Change("numpy", "1", "2"),),
)


def test_the_first_stage_that_differs_is_named():
    assert FOUND.differs == "narrate"
    assert not FOUND.ok
    assert Verification(FOUND.checks).ok
    assert Verification(FOUND.checks).differs is None
    assert [check.name for check in FOUND] == ["video", "write", "narrate", "sound"]


def test_it_shows_itself_as_a_table():
    assert repr(FOUND).splitlines() == [
        "ok      video    h264",
        "ok      write    the same",
        "differs narrate  scene <2> differs",
        "differs sound    too",
        "other   numpy    1 when it was made, 2 now",
    ]
    assert "scene &lt;2&gt; differs" in FOUND._repr_html_()


def test_there_must_be_a_film(tmp_path: Path):
    with pytest.raises(NotAFilm, match="no film at"):
        aura.verify(tmp_path / "none.mp4")


def test_inputs_that_nothing_is_made_of_are_refused(tmp_path: Path):
    (tmp_path / "film.mp4").write_bytes(b"")
    with pytest.raises(InvalidBrief, match="inputs: nothing is made of them"):
        aura.verify(tmp_path / "film.mp4", inputs=tmp_path)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verified")
    return small.make(folder / "film.mp4", folder / "cache").path


@pytest.mark.slow
def test_a_film_is_looked_at_and_made_again_only_when_asked(film: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AURA_NB_PROGRESS", "off")
    quick = aura.verify(film)
    assert quick.ok
    assert quick.stages == ()
    whole = aura.verify(str(film), remake=True)
    assert whole.checks == quick.checks
    assert whole.ok
    assert whole.differs is None
    assert list(Settings().cache_dir.glob("remake-*")) == []
    loaded = aura.Film.load(film)
    assert aura.verify(loaded).checks == quick.checks


@pytest.mark.slow
def test_the_shell_says_which_stage_differs_and_exits_with_1(film: Path):
    def run(*more: str):
        return CliRunner().invoke(app, ["verify", str(film), *more])

    same = run("--remake")
    assert same.exit_code == 0, same.output
    assert "the same, byte for byte" in same.stdout
    told = Manifest.of(film)
    outcomes = {**told.outcomes, "caption": ("", *told.outcomes["caption"][1:])}
    whole = manifest_path(film).read_bytes()
    try:
        manifest_path(film).write_text(told.model_copy(update={"outcomes": outcomes}).to_json())
        other = run("--remake")
        assert run().exit_code == 0
    finally:
        manifest_path(film).write_bytes(whole)
    assert other.exit_code == 1
    assert "scene 1 differs" in other.stdout
    assert "it differs from caption on" in other.stderr
