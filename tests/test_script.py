from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from aura_nb.errors import InvalidBrief
from aura_nb.script import FigureCard, PointsCard, Scene, Script, TableCard, TitleCard
from aura_nb.spec import Brief, Voice
from tests.plots import bars, line


def script(*scenes: Scene, **data) -> Script:
    return Script(brief=Brief("Why the sky is blue"), scenes=list(scenes), **data)


def scene(text: str = "The sky scatters blue light most.") -> Scene:
    return Scene(heading="Blue", text=text, picture=TitleCard(title="Blue"))


def test_a_script_survives_saving_and_loading(tmp_path: Path):
    first = script(scene(), Scene(heading="Why", text="Why?", picture=PointsCard(points=["short waves"])))
    assert Script.load(first.save(tmp_path / "sky.json")) == first


def test_a_scene_is_edited_in_place_and_each_edit_is_checked():
    made = script(scene())
    made.scenes[0].text = "Another sentence."
    assert made.scenes[0].text == "Another sentence."
    with pytest.raises(InvalidBrief, match="text"):
        made.scenes[0].text = None
    assert made.scenes[0].text == "Another sentence."


def test_what_cannot_be_made_is_named_scene_by_scene():
    with pytest.raises(InvalidBrief, match="no scenes"):
        script().check()
    bad = script(scene(), scene("  "), Scene(heading="F", text="f", picture=FigureCard(image=Path("none.png"))))
    with pytest.raises(InvalidBrief) as caught:
        bad.check()
    assert [issue.field for issue in caught.value.issues] == ["scenes.1.text", "scenes.2.picture.image"]
    assert script(scene(" "), voice=Voice(silent=True)).check()


def test_a_table_takes_numbers_as_they_are():
    card = TableCard(columns=["year", "share"], rows=[[2024, 0.5], [2025, "–"]])
    assert card.rows == [["2024", "0.5"], ["2025", "–"]]


def test_bad_cards_say_what_is_wrong():
    with pytest.raises(InvalidBrief, match="row 2 has 1 cells for 2 columns"):
        TableCard(columns=["a", "b"], rows=[["1", "2"], ["3"]])
    with pytest.raises(InvalidBrief, match="not a PNG, JPEG, SVG or WebP"):
        FigureCard(image=Path("notes.txt"))
    with pytest.raises(InvalidBrief, match="picture"):
        Scene(heading="a", text="b", picture={"kind": "poster", "title": "x"})


def test_a_frame_becomes_a_table_under_the_scenes_heading():
    frame = pd.DataFrame({"n": [3, 4], "share": [0.25, None]}, index=["a", "b"])
    card = Scene(heading="Result", text="x", picture=frame).picture
    assert card == TableCard(
        heading="Result", columns=["", "n", "share"], rows=[["a", "3", "0.25"], ["b", "4", "–"]]
    )
    assert TableCard(rows=frame, columns=["name", "n", "share"], caption="c").columns[0] == "name"
    assert Scene(heading="Result", text="x", picture=frame["n"]).picture.columns == ["", "n"]
    with pytest.raises(InvalidBrief, match=r"picture\.table: this table has 31 × 1 .*df\.head\(30\)"):
        Scene(heading="Result", text="x", picture=pd.DataFrame({"a": range(31)}))


def test_a_live_figure_becomes_a_card_and_later_edits_do_not_reach_it():
    figure = line(3)
    made = Scene(heading="Wave", text="x", picture=figure.axes[0])
    assert made.picture == FigureCard(heading="Wave", image=figure)
    assert made.picture.image.suffix == ".matplotlib"
    figure.axes[0].set_title("Later")
    assert Scene(heading="Wave", text="x", picture=figure).picture != made.picture
    made.picture = bars()
    assert (made.picture.heading, made.picture.image.suffix) == ("Wave", ".plotly")


def test_a_script_with_live_figures_is_saved_copied_and_checked_like_any_other(tmp_path: Path, monkeypatch):
    whole = script(*(Scene(heading="A", text="a", picture=live) for live in (line(), bars())))
    assert Script.load(whole.save(tmp_path / "script.json")) == whole
    assert whole.model_copy(deep=True).settled() == whole.check() == whole
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert Script.load(tmp_path / "script.json").check() == whole
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "another"))
    with pytest.raises(InvalidBrief, match="another machine or folder, which is not opened"):
        Script.load(tmp_path / "script.json")


def test_a_kept_figure_that_is_gone_is_named_with_the_remedy():
    lost = script(Scene(heading="A", text="a", picture=line(9)))
    lost.scenes[0].picture.image.unlink()
    with pytest.raises(InvalidBrief, match=r"scenes\.0\.picture\.image: no file .*with matplotlib again"):
        lost.check()


def test_what_no_picture_can_be_made_of_is_told():
    for other in (3, [1, 2], "plot.txt", None):
        with pytest.raises(InvalidBrief, match=r"picture: no picture can be made of this \w+\. Give a card"):
            Scene(heading="A", text="a", picture=other)
    with pytest.raises(InvalidBrief, match=r"image: a DataFrame is no image\. Use TableCard"):
        FigureCard(image=pd.DataFrame({"a": [1]}))


@pytest.mark.parametrize("picture", ["/figures/sky.png", Path("sky.SVG")])
def test_for_an_images_path_the_card_that_takes_it_is_named(picture):
    with pytest.raises(InvalidBrief) as caught:
        Scene(heading="Light", text="Light.", picture=picture)
    assert f"Give FigureCard(image={str(picture)!r})." in str(caught.value)


def test_a_broken_or_absent_script_file_is_one_clear_error(tmp_path: Path):
    with pytest.raises(InvalidBrief, match=r"file .*absent\.json: there is no such file"):
        Script.load(tmp_path / "absent.json")
    with pytest.raises(InvalidBrief, match="it is a folder"):
        Script.load(tmp_path)
    with pytest.raises(InvalidBrief, match="it is a folder"):
        script(scene()).save(tmp_path)
    (tmp_path / "half.json").write_text('{"brief": {"topic": "Tea"}, "scen', encoding="utf-8")
    with pytest.raises(InvalidBrief, match=r"half\.json"):
        Script.load(tmp_path / "half.json")


def test_what_is_wrong_deep_inside_is_named_by_its_whole_path_and_all_of_it_at_once():
    data = {
        "brief": {"topic": "x", "tone": "angry"},
        "scenes": [
            {"heading": "a", "text": "b", "picture": {"kind": "points", "points": []}},
            {"heading": "a", "picture": {"kind": "title", "title": None}},
        ],
    }
    with pytest.raises(InvalidBrief) as caught:
        Script(**data)
    assert {issue.field for issue in caught.value.issues} == {
        "brief.topic",
        "brief.tone",
        "scenes.0.picture.points.points",
        "scenes.1.text",
        "scenes.1.picture.title.title",
    }
    assert all(issue.remedy for issue in caught.value.issues)
    assert caught.value.subject == "script"
