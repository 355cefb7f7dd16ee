from __future__ import annotations

from pathlib import Path

import pytest

from aura_nb.errors import InvalidBrief
from aura_nb.script import FigureCard, PointsCard, Scene, Script, TableCard, TitleCard
from aura_nb.spec import Brief, Voice


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
    with pytest.raises(InvalidBrief, match="row 1 has 1 cells for 2 columns"):
        TableCard(columns=["a", "b"], rows=[["1", "2"], ["3"]])
    with pytest.raises(InvalidBrief, match="not a PNG, JPEG, SVG or WebP"):
        FigureCard(image=Path("notes.txt"))
    with pytest.raises(InvalidBrief, match="picture"):
        Scene(heading="a", text="b", picture={"kind": "poster", "title": "x"})


def test_a_broken_or_absent_script_file_is_one_clear_error(tmp_path: Path):
    with pytest.raises(InvalidBrief, match="no file"):
        Script.load(tmp_path / "absent.json")
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
