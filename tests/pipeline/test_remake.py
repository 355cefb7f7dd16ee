"""A film is derived anew from its manifest, and where it comes out otherwise that stage and scene are named."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError
from aura_nb.manifest import Manifest, manifest_path
from aura_nb.pipeline.remake import Change, changes, compare, remake
from aura_nb.providers import registry
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.script import FigureCard, PointsCard, QuoteCard, Scene, Script
from aura_nb.spec import Brief, Profile
from tests.pipeline import small

pytestmark = pytest.mark.slow


class Stand:
    """The registry, but that `name` is somebody else."""

    def __init__(self, name: str, other) -> None:
        self.name, self.other = name, other

    def get(self, socket, name):
        return self.other if name == self.name else registry.default.get(socket, name)


class Drifting(Cards):
    """Draws quotes a little otherwise than `Cards` does, and may say so by its version."""

    def __init__(self, version: str = "", **info) -> None:
        super().__init__()
        self.told = {"version": version, **info} if version else info

    @property
    def info(self):
        return replace(super().info, **self.told)

    def draw(self, request, out, **more):
        drawing = super().draw(request, out, **more)
        if request.picture.kind == "quote":
            picture = cv2.imread(str(out))
            picture[:40] = 0
            cv2.imwrite(str(out), picture)
        return drawing


def script(**more) -> Script:
    scenes = [
        Scene(heading="One", text="Air scatters blue.", picture=PointsCard(points=["Blue"])),
        Scene(heading="Two", text="Red goes on.", picture=QuoteCard(quote="Red")),
    ]
    parts = {"render": small.RENDER, "profile": Profile(speaker=["espeak"], illustrator=["cards"])}
    return Script(**({"brief": Brief("Blue"), "scenes": scenes} | parts | more))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of two scenes, as its user has it: without its cache."""
    folder = tmp_path_factory.mktemp("film")
    path = small.make(folder / "film.mp4", folder / "cache", request=small.Request.ask(script())).path
    shutil.rmtree(folder / "cache")
    return path


def again(film: Path, folder: Path, **more) -> Path:
    folder.mkdir()
    made = remake(film, folder, workers=2, cancel=Cancel(), report=lambda report: None, **more)
    return made.path


def found(film: Path, other: Path) -> dict[str, str]:
    return {check.name: check.detail for check in compare(film, other) if not check.ok}


def test_a_film_of_a_brief_comes_out_the_same_to_the_byte(tmp_path: Path):
    film = small.make(tmp_path / "film.mp4", tmp_path / "cache").path
    other = again(film, tmp_path / "again")
    checks = compare(film, other)
    assert [check.name for check in checks] == [
        *("write", "narrate", "picture", "caption", "compose", "sound", "finish")
    ]
    assert found(film, other) == {}
    assert [check.detail for check in checks] == ["the same"] * 6 + ["the same, byte for byte"]
    assert changes(film, other) == []
    assert small.files(other) == small.files(film)


def test_the_stage_and_scene_where_the_difference_began_come_first(film: Path, tmp_path: Path):
    other = again(film, tmp_path / "again", parts=Stand("cards", Drifting()))
    assert found(film, other) == {
        "picture": "scene 2 differs, though all that went into it is the same",
        # What is drawn otherwise is encoded otherwise; the fade before it, too.
        "compose": "the fade from scene 1 differs, though all that went into it is the same (and 1 more)",
        "finish": "the film differs, as its streams do",
    }
    assert changes(film, other) == []


def test_a_provider_s_other_version_is_told(film: Path, tmp_path: Path):
    other = again(film, tmp_path / "again", parts=Stand("cards", Drifting("99")))
    assert found(film, other)["picture"] == "scene 2 differs, as what went into it does"
    assert changes(film, other) == [Change("cards (illustrator)", Cards().info.version, "99")]


def test_a_tool_of_another_version_shows_in_the_manifest_and_the_film_s_bytes_alone(film: Path, tmp_path: Path):
    old = tmp_path / "film.mp4"
    for path in film.parent.glob("film.*"):
        shutil.copy(path, tmp_path)
    told = json.loads(manifest_path(old).read_bytes())
    told["tools"]["numpy"] = "1.0"
    manifest_path(old).write_text(json.dumps(told))
    # As if it had been written into the film as well.
    old.write_bytes(old.read_bytes() + b"\0\0\0\x08free")
    other = again(old, tmp_path / "again")
    assert found(old, other) == {"finish": "its streams are the same, but the manifest does (tools)"}
    assert [(change.name, change.then) for change in changes(old, other)] == [("numpy", "1.0")]


def test_another_encoder_is_told_and_a_driver_may_give_other_bytes_each_time(film: Path, tmp_path: Path):
    told = Manifest.of(film)
    copies = []
    for name, encoder, digest in (
        ("x264.mp4", "libx264", "1"),
        ("one.mp4", "h264_nvenc", "1"),
        ("two.mp4", "h264_nvenc", "2"),
    ):
        copies.append(tmp_path / name)
        shutil.copy(film, copies[-1])
        by = told.encoder.model_copy(update={"name": encoder, "version": "7"})
        outcomes = {**told.outcomes, "compose": (digest, *told.outcomes["compose"][1:])}
        manifest = told.model_copy(update={"encoder": by, "outcomes": outcomes})
        manifest_path(copies[-1]).write_text(manifest.to_json())
    x264, one, two = copies
    assert changes(x264, one) == [
        Change("libx264 (encoder)", "7", "none"),
        Change("h264_nvenc (encoder)", "none", "7"),
    ]
    assert changes(one, two) == []
    assert found(one, two)["compose"] == "scene 1 differs, as what h264_nvenc makes may from run to run"


@pytest.mark.parametrize("codec", ["h265", "av1"])
def test_a_film_of_another_codec_comes_out_the_same_to_the_byte(tmp_path: Path, codec: str):
    spec = script(render=small.RENDER.model_copy(update={"codec": codec}))
    film = small.make(tmp_path / "film.mp4", tmp_path / "cache", request=small.Request.ask(spec)).path
    assert found(film, again(film, tmp_path / "again")) == {}


def test_a_film_that_recorded_no_outcomes_is_compared_by_its_streams(film: Path, tmp_path: Path):
    told = Manifest.of(film)
    old = tmp_path / "film.mp4"
    shutil.copy(film, old)
    manifest_path(old).write_text(told.model_copy(update={"outcomes": {}}).to_json())
    checks = {check.name: check for check in compare(old, film)}
    assert checks["narrate"].detail == "not recorded in this film"
    assert checks["sound"].ok
    assert checks["finish"].ok


def test_a_service_that_drew_some_of_it_is_not_asked_again(film: Path, tmp_path: Path):
    with pytest.raises(RenderError, match="cards made a picture of this film: a service that is not asked again"):
        again(film, tmp_path / "again", parts=Stand("cards", Drifting(local=False)))


def test_a_service_that_took_no_part_is_not_asked_either(tmp_path: Path):
    profile = Profile(speaker=["espeak"], illustrator=["pexels", "cards"])
    film = small.make(
        tmp_path / "film.mp4", tmp_path / "cache", request=small.Request.ask(script(profile=profile))
    )
    asked = Stand("pexels", Drifting(local=False, name="pexels"))
    assert found(film.path, again(film.path, tmp_path / "again", parts=asked)) == {}


def test_a_script_by_a_model_is_taken_as_it_is(tmp_path: Path):
    class Model:
        """Writes something else each time."""

        written = 0

        @property
        def info(self):
            return replace(registry.default.get("writer", "rulebased").info, name="model", version="7")

        def missing(self):
            return None

        def identify(self, cancel):
            pass

        def write(self, request):
            Model.written += 1
            scene = Scene(heading="One", text=f"Word {Model.written}.", picture=PointsCard(points=["One"]))
            return Script(brief=request.brief, scenes=[scene, scene])

    profile = Profile(writer=["model"], speaker=["espeak"], illustrator=["cards"])
    request = replace(small.REQUEST, profile=profile)
    parts = Stand("model", Model())
    film = small.make(tmp_path / "film.mp4", tmp_path / "cache", request=request, parts=parts).path
    other = again(film, tmp_path / "again", parts=parts)
    assert Model.written == 1
    assert small.files(other) == small.files(film)


def test_its_images_and_theme_are_found_where_one_says(tmp_path: Path):
    theme = tmp_path / "inputs" / "own"
    theme.mkdir(parents=True)
    (theme / "theme.toml").write_text('extends = "dark"\n')
    image = tmp_path / "inputs" / "blue.png"
    cv2.imwrite(str(image), cv2.imread(str(next(Path("docs/images").glob("*.png"))))[:200, :300])
    scene = Scene(heading="One", text="Air scatters blue.", picture=FigureCard(image=image))
    spec = script(scenes=[scene], render=small.RENDER.model_copy(update={"theme": str(theme)}))
    film = small.make(tmp_path / "out" / "film.mp4", tmp_path / "cache", request=small.Request.ask(spec)).path
    with pytest.raises(RenderError, match=r"was made of own, blue\.png, which is not in .*inputs="):
        again(film, tmp_path / "lost")
    other = again(film, tmp_path / "again", inputs=tmp_path / "inputs")
    assert small.files(other) == small.files(film)
