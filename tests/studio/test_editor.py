"""The scenes as they are edited: each by its id wherever it goes, its picture of any kind, all issues named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.errors import InvalidBrief
from aura_nb.script import CodeCard, EquationCard, FigureCard, PointsCard, QuoteCard, Scene, TableCard, TitleCard
from aura_nb.studio.editor import CARDS, Editor, SceneForm
from tests.studio.conftest import script

PICTURES = [
    TitleCard(title="A", subtitle="B"),
    PointsCard(heading="A", points=["B", "C"]),
    QuoteCard(quote="A", attribution="B"),
    EquationCard(equation="a = b"),
    CodeCard(code="a = 1\nb = 2\n", language="python"),
    TableCard(columns=["a", "b"], rows=[["1", "2"]], caption="C"),
    FigureCard(image="picture.png"),
]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.kind)
def test_a_scene_comes_out_as_it_went_in(picture):
    scene = Scene(heading="Heading", text="Text.", picture=picture)
    assert SceneForm(scene).made() == scene


def test_there_is_a_form_for_every_kind_of_picture():
    assert set(CARDS) == {picture.kind for picture in PICTURES}


def test_the_words_and_the_picture_are_edited():
    editor = Editor(script().scenes)
    first, second, _ = editor.scenes
    first.edit("text", "Look up.")
    second.edit("picture.points", "Red\nGreen\nBlue")
    made = editor.made()
    assert made[0].text == "Look up."
    assert made[1].picture == PointsCard(points=["Red", "Green", "Blue"])


def test_another_kind_of_picture_takes_what_fits_and_the_old_one_is_kept():
    (scene, *_) = Editor(script().scenes).scenes
    before = scene.made()
    scene.edit("kind", "quote")
    assert scene.made().picture == QuoteCard(quote="Opening")
    scene.edit("kind", "points")
    assert "picture.points" in scene.issues()
    scene.edit("kind", "title")
    assert scene.made() == before


def test_all_that_is_wrong_in_all_scenes_is_one_error():
    editor = Editor(script().scenes)
    editor.scenes[0].edit("text", "x" * 6000)
    editor.scenes[1].edit("picture.points", "")
    with pytest.raises(InvalidBrief) as refused:
        editor.made()
    assert [issue.field for issue in refused.value.issues] == ["scenes.0.text", "scenes.1.picture.points"]


def test_a_new_scene_can_be_made_and_stands_where_it_was_asked_for():
    editor = Editor(script().scenes)
    new = editor.add(after=editor.scenes[0].id)
    assert editor.scenes[1] is new
    assert editor.add() is editor.scenes[-1]
    new.edit("text", "Something new.")
    assert editor.made()[1].text == "Something new."


def test_a_new_scene_shows_its_heading_until_its_picture_has_words_of_its_own():
    new = Editor().add()
    new.edit("heading", "Rain")
    new.edit("heading", "Rainbows")
    assert new.made().picture == TitleCard(title="Rainbows")
    new.edit("picture.title", "Seven colours")
    new.edit("heading", "Light")
    assert new.made().picture == TitleCard(title="Seven colours")


moves = st.lists(
    st.tuples(st.sampled_from(["move", "add", "remove"]), st.integers(0, 9), st.integers(-5, 5)), max_size=12
)


@given(moves)
def test_no_scene_is_lost_or_doubled_but_by_being_removed(orders):
    editor = Editor(script().scenes)
    expected = [scene.id for scene in editor.scenes]
    for order, place, by in orders:
        if order == "add":
            expected.append(editor.add().id)
        elif expected:
            id = expected[place % len(expected)]
            at = expected.index(id)
            if order == "remove":
                editor.remove(id)
                expected.remove(id)
            else:
                editor.move(id, by)
                expected.insert(max(0, min(len(expected) - 1, at + by)), expected.pop(at))
    assert [scene.id for scene in editor.scenes] == expected


def test_a_scene_that_is_gone_is_an_error():
    editor = Editor(script().scenes)
    gone = editor.scenes[0].id
    editor.remove(gone)
    with pytest.raises(KeyError):
        editor.move(gone, 1)
