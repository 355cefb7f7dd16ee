"""The desk: every change can be taken back, everyone who looks is told, and all issues come at once."""

from __future__ import annotations

import pytest

from aura_nb.errors import InvalidBrief
from aura_nb.request import Request
from aura_nb.script import Script
from aura_nb.spec import Brief
from aura_nb.studio.desk import Desk
from tests.studio.conftest import request, script


def headings(desk: Desk) -> list[str]:
    return [scene.shown["heading"] for scene in desk.editor.scenes]


def test_a_script_handed_in_comes_out_the_same():
    assert Desk(request()).request().script == script()


def test_what_is_chosen_beside_the_script_counts_for_it():
    desk = Desk(request())
    desk.edit("render.theme", "dark")
    desk.edit("brief.aspect", "9:16")
    made = desk.request()
    assert made.script is not None
    assert made.script.render.theme == "dark"
    assert made.size == (360, 640)


@pytest.mark.parametrize(
    "change",
    [
        lambda desk, id: desk.edit("brief.topic", "Why grass is green"),
        lambda desk, id: desk.edit_scene(id, "text", "Other words."),
        lambda desk, id: desk.edit_scene(id, "kind", "quote"),
        lambda desk, id: desk.move(id, 1),
        lambda desk, id: desk.add(id),
        lambda desk, id: desk.remove(id),
        lambda desk, id: desk.use_profile("free-only"),
        lambda desk, id: desk.rewritten(id, script().scenes[1]),
        lambda desk, id: desk.written(Script(brief=Brief("Grass"), scenes=script().scenes[:1]), request()),
        lambda desk, id: desk.take(Request.ask("Why grass is green")),
    ],
)
def test_every_change_is_told_and_can_be_taken_back(change):
    told: list[str] = []
    desk = Desk(request())
    before = desk.request()
    desk.subscribe(lambda: told.append("changed"))
    change(desk, desk.editor.scenes[0].id)
    assert told == ["changed"]
    assert desk.request() != before
    desk.undo()
    assert desk.request() == before
    assert not desk.can_undo


def test_what_is_typed_into_one_field_is_taken_back_at_once():
    desk = Desk(request())
    id = desk.editor.scenes[0].id
    for text in ("L", "Lo", "Loo", "Look"):
        desk.edit_scene(id, "text", text)
    desk.edit_scene(id, "heading", "Up")
    desk.undo()
    assert desk.editor[id].shown["text"] == "Look"
    desk.undo()
    assert desk.editor[id].shown["text"] == "The sky is blue."


def test_taking_back_one_change_leaves_the_earlier_ones():
    desk = Desk(request())
    desk.edit_scene(desk.editor.scenes[0].id, "heading", "Up")
    desk.remove(desk.editor.scenes[1].id)
    desk.undo()
    assert headings(desk) == ["Up", "Light", "Air"]


def test_nothing_to_take_back_is_no_error():
    Desk().undo()


def test_wrong_fields_of_form_and_scenes_are_one_error_and_told_from_then_on():
    desk = Desk(request())
    desk.order.edit("plan.seconds", "5")
    desk.order.touched.clear()
    desk.edit_scene(desk.editor.scenes[1].id, "picture.points", "")
    with pytest.raises(InvalidBrief) as refused:
        desk.request()
    assert [issue.field for issue in refused.value.issues] == ["plan.seconds", "scenes.1.picture.points"]
    assert "plan.seconds" in desk.order.told()


def test_a_scene_that_says_nothing_is_wrong_but_in_a_silent_film():
    desk = Desk(request())
    scene = desk.editor.scenes[0]
    desk.edit_scene(scene.id, "text", " ")
    assert desk.issues(scene)["text"].message == "nothing to say"
    desk.edit("voice.silent", True)
    assert desk.issues(scene) == {}


def test_a_figure_that_is_gone_is_told_at_its_field():
    desk = Desk(request())
    scene = desk.editor.scenes[0]
    desk.edit_scene(scene.id, "kind", "figure")
    desk.edit_scene(scene.id, "picture.image", "gone.png")
    assert set(desk.issues(scene)) == {"picture.image"}


def test_a_brief_that_changed_since_the_script_was_written_is_told():
    desk = Desk(Request.ask("Why the sky is blue"))
    asked = desk.request()
    desk.written(script(), asked)
    assert not desk.stale
    desk.edit("brief.topic", "Why grass is green")
    assert desk.stale
    desk.undo()
    assert not desk.stale


def test_taking_back_a_writing_brings_back_what_the_old_scenes_were_written_from():
    desk = Desk(Request.ask("Why the sky is blue"))
    desk.written(script(), desk.request(), ("The old one is too short.",))
    desk.edit("brief.topic", "Why grass is green")
    desk.written(script(), desk.request())
    assert not desk.stale
    desk.undo()
    assert desk.stale
    assert desk.warnings == ("The old one is too short.",)


def test_whoever_left_is_not_told():
    told: list[str] = []
    desk = Desk(request())
    desk.subscribe(lambda: told.append("changed"))()
    desk.edit("brief.topic", "Why grass is green")
    assert told == []
