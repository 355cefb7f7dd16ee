from __future__ import annotations

import json
from pathlib import Path

import pytest

from aura_nb.errors import NotAFilm
from aura_nb.film import Film
from aura_nb.manifest import Manifest
from aura_nb.media.probe import probe
from aura_nb.pipeline.cache import file_digest
from aura_nb.pipeline.manifest import portable, tool_versions
from aura_nb.script import FigureCard, Scene
from tests.pipeline import tiny
from tests.plots import line


def test_it_says_what_the_film_was_made_of(tiny_film):
    parts, finished, _ = tiny_film
    manifest = Manifest.of(finished.film.path)
    assert manifest.script["scenes"][1]["text"] == tiny.TEXTS[1]
    assert [(p.name, p.version, p.licence) for p in manifest.providers] == [("babble", "1", "CC0-1.0")]
    assert {"ffmpeg", "av", "numpy"} <= set(manifest.tools)
    assert manifest.keys == {"narrate": ("a", "b", "c")}
    assert [scene.words[0][0] for scene in manifest.scenes] == [text.split()[0] for text in tiny.TEXTS]
    assert manifest.scenes[2].words[0][1] == pytest.approx(parts.timeline.spans[2].voice, abs=0.001)
    assert [scene.aligned for scene in manifest.scenes] == [True, False, True]
    assert manifest.loudness is not None
    assert manifest.loudness.integrated == pytest.approx(-14, abs=0.5)
    assert manifest.files == {
        k: file_digest(finished.film.path.with_suffix(f".{k}")) for k in ("mp4", "srt", "vtt")
    }


def test_the_one_inside_is_the_one_beside_but_for_the_films_own_digest(tiny_film):
    film = tiny_film[1].film
    inside = json.loads(probe(film.path).metadata["synopsis"])
    beside = json.loads(film.manifest.read_bytes())
    del beside["files"]["mp4"]
    assert inside == beside


def test_a_film_alone_is_loaded_from_the_one_inside(tiny_film, tmp_path: Path):
    film = tiny_film[1].film
    (tmp_path / "alone.mp4").write_bytes(film.path.read_bytes())
    alone = Film.load(tmp_path / "alone.mp4")
    assert (alone.title, alone.seconds, alone.chapters) == (film.title, film.seconds, film.chapters)


def test_files_are_known_by_name_not_by_place(tmp_path: Path):
    script = tiny.script(render=tiny.RENDER.model_copy(update={"theme": str(tmp_path / "mine")}))
    script.scenes.append(Scene(heading="", text="x", picture=FigureCard(image=tmp_path / "plot.png")))
    plain = portable(script)
    assert plain["render"]["theme"] == "mine"
    assert plain["scenes"][-1]["picture"]["image"] == "plot.png"
    assert str(tmp_path) not in json.dumps(plain)


def test_a_live_figure_is_known_by_its_name():
    script = tiny.script()
    script.scenes.append(Scene(heading="", text="x", picture=line()))
    image = script.scenes[-1].picture.image
    assert portable(script)["scenes"][-1]["picture"]["image"] == image.name


def test_what_is_no_manifest_is_an_error(tmp_path: Path):
    (tmp_path / "film.manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(NotAFilm, match=r"no manifest of aura_nb in film\.manifest\.json"):
        Manifest.of(tmp_path / "film.mp4")


def test_tools_carry_their_versions():
    versions = tool_versions("n7.1")
    assert versions["ffmpeg"] == "n7.1"
    assert versions["av"][0].isdigit()
