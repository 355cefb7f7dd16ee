"""`aura.Studio`: what code does with it, and what a notebook keeps of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import aura_nb as aura
from aura_nb.film import Film
from aura_nb.studio import page, wire
from aura_nb.studio.studio import OPEN, TOLD, VIEWS
from aura_nb.widgets.live import NOTHING, STYLE, VIEW
from tests.studio.conftest import DRAFT, script


@pytest.mark.slow
def test_from_a_brief_to_a_film_by_code(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("AURA_NB_PROGRESS", "text")
    studio = aura.Studio(aura.Brief("Why the sky is blue"), **DRAFT)
    assert studio.script is None
    assert studio.film is None
    written = studio.write()
    assert written == studio.script
    assert studio.preflight().ok
    film = studio.make()
    # As `aura.make` does, it says meanwhile how far it is.
    assert "Compose the scenes" in capsys.readouterr().err
    assert studio.job is not None
    assert studio.job.status == "completed"
    assert studio.film is film


def test_what_is_handed_in_can_be_had_back_and_set(own: Path):
    studio = aura.Studio(script())
    assert studio.script == script()
    assert studio.brief == script().brief
    other = script().model_copy(update={"scenes": script().scenes[:1]})
    studio.script = other
    assert studio.script == other
    studio.brief = aura.Brief("Why grass is green")
    assert studio.script is not None
    assert studio.script.brief.topic == "Why grass is green"


def test_whoever_sets_the_brief_waits_for_no_page_while_the_desk_is_held(own: Path):
    """A page's own thread takes both the other way round: each would wait for the other for ever."""
    studio = aura.Studio("Why the sky is blue")
    view, desk = studio._opened(), studio._shop.desk
    held: list[bool] = []

    def heed(heed: Callable[[], None] = view.heed) -> None:
        held.append(desk.lock._is_owned())
        heed()

    view.heed = heed
    studio.brief = aura.Brief("Why grass is green")
    assert held
    assert not any(held)
    studio.close()


def test_the_script_is_a_copy(own: Path):
    studio = aura.Studio(script())
    got = studio.script
    assert got is not None
    got.scenes[0].text = "Changed outside."
    assert studio.script == script()


def test_an_empty_form_takes_the_parts_and_no_brief(own: Path):
    studio = aura.Studio(profile="free-only", plan={"seconds": 20})
    with pytest.raises(aura.InvalidBrief, match="topic"):
        _ = studio.brief
    assert repr(studio) == "Studio()"


def test_what_is_wrong_is_refused_at_once(own: Path):
    with pytest.raises(aura.InvalidBrief, match="seconds"):
        aura.Studio("Why the sky is blue", plan={"seconds": 5})


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_outside_a_notebook_it_is_stable_text_and_html(own: Path, shell: InteractiveShell):
    bundle, _ = shell.display_formatter.format(aura.Studio(script()))
    assert bundle["text/plain"] == "Studio('Why the sky is blue', 3 scenes)"
    assert "Sunlight holds all colours." in bundle["text/html"]
    assert set(bundle) == {"text/plain", "text/html"}


def test_in_a_notebook_it_is_a_view_and_before_it_that_text_and_html(own: Path, shell: InteractiveShell):
    shell.kernel = object()
    studio = aura.Studio(script())
    with capture_output() as caught:
        shell.displayhook(studio)
    document, view = (output.data for output in caught.outputs)
    assert set(document) == {"text/plain", "text/html"}
    assert document["text/html"] == studio._repr_html_() + STYLE
    assert set(view) == {VIEW, *NOTHING}
    studio.close()


def test_each_display_in_marimo_has_a_view_of_its_own_and_the_last_few_stay(own: Path):
    studio = aura.Studio(script())
    shown = [studio._display_() for _ in range(VIEWS + 2)]
    assert len({view.model_id for view in shown[2:]}) == VIEWS
    assert [view.comm is None for view in shown] == [True, True, *[False] * VIEWS]
    # What one of them is asked counts for all.
    message = {
        "type": "edit",
        "key": "brief.topic",
        "value": "Why grass is green",
        "page": "p",
        "number": 1,
        "oldest": 1,
    }
    shown[3]._handle_custom_msg(message, [])
    assert studio.brief.topic == "Why grass is green"
    studio.close()
    assert all(view.comm is None for view in shown)


@pytest.mark.parametrize("text", ["Air scatters blue. " * 40, 'Ünder "quotes" & <tags>\n' * 90])
def test_it_takes_20_kb_of_a_saved_notebook_at_most_and_counts_the_rest(own: Path, text: str):
    long = script()
    long.scenes = [
        aura.Scene(heading=f"Scene {n}", text=text, picture=aura.TitleCard(title="Air")) for n in range(60)
    ]
    html = aura.Studio(long)._repr_html_()
    assert len(json.dumps(html, ensure_ascii=False).encode()) <= 18_000
    shown = html.count("<li>")
    assert shown >= 8
    assert f"… and {60 - shown} more." in html
    assert "more." not in aura.Studio(script())._repr_html_()


def test_what_users_write_is_no_markup(own: Path):
    evil = script()
    evil.scenes[0].text = "<script>alert(1)</script>"
    html = aura.Studio(evil)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_state_is_plain_and_names_every_control(own: Path):
    shop = aura.Studio(script())._shop
    told = json.loads(json.dumps({**wire.fixed(shop), **wire.state(shop)}))
    keys = {f"{part['name']}.{control['name']}" for part in told["parts"] for control in part["controls"]}
    assert keys == set(told["form"]["shown"])
    for scene in told["script"]["scenes"]:
        controls = {f"picture.{control['name']}" for control in told["cards"][scene["kind"]]}
        assert controls | {"heading", "text"} == set(scene["shown"])


def test_what_is_to_mend_is_named_as_on_the_page(own: Path):
    studio = aura.Studio(script())
    shop = studio._shop
    first, second, _ = shop.desk.editor.scenes
    shop.desk.edit_scene(first.id, "heading", "x" * 6000)
    shop.desk.edit_scene(second.id, "picture.points", "")
    shop.desk.edit("brief.topic", "x")
    shop.desk.edit("plan.seconds", "5")
    with pytest.raises(aura.InvalidBrief):
        studio.start()
    lines = wire.state(shop)["works"]["make"]["error"]["lines"]
    assert [line.partition(":")[0] for line in lines] == [
        "Topic",
        "Length and pace, Length in seconds",
        "Scene 1, Heading",
        "Scene 2, Points in the picture",
    ]
    assert "5 seconds is outside" in lines[1]
    assert lines[3].endswith(": needed. Fill it in.")


def test_what_mends_a_scene_is_on_the_page_and_no_code(own: Path):
    shop = aura.Studio(script())._shop
    shop.desk.edit_scene(shop.desk.editor.scenes[0].id, "text", "")
    (issue,) = wire.state(shop)["script"]["scenes"][0]["issues"].values()
    assert issue["remedy"] == "Write the narration, or tick Silent under Voice."


def test_a_preview_from_before_an_edit_is_told_as_old(own: Path):
    shop = aura.Studio(script())._shop
    id = shop.desk.editor.scenes[0].id
    shop.picture(id).ended.wait(30)
    assert wire.state(shop)["media"][f"picture:{id}"]["stale"] is False
    shop.desk.edit_scene(id, "picture.title", "Another")
    assert wire.state(shop)["media"][f"picture:{id}"]["stale"] is True


@pytest.mark.slow
def test_of_the_film_a_poster_is_sent_and_its_files_are_found_while_it_is_shown(own: Path):
    studio = aura.Studio(script())
    film = studio.make()
    told, (poster,) = page.media(studio._shop, "film")
    assert (told["kind"], told["version"]) == ("image/jpeg", wire.state(studio._shop)["film"]["key"])
    assert poster.startswith(b"\xff\xd8")
    assert page.film_files(studio._shop, told["version"]) == {"film": film.path, "captions": film.vtt}
    assert page.film_files(studio._shop, "another.mp4") is None
    film.path.unlink()
    assert page.media(studio._shop, "film") == page.media(studio._shop, "picture:s0") == ({}, [])


@pytest.mark.parametrize(
    "message",
    [
        {"type": "move", "id": "s0", "by": 1},
        {"type": "edit", "key": "brief.nothing", "value": ""},
        {"type": "edit"},
        {"type": "edit", "key": ["brief.topic"], "value": "Another"},
        {"type": "edit", "key": "brief.topic", "value": {"a": 1}},
        {"type": "edit", "key": "brief.topic", "value": "\ud83d"},
        {"type": "rewrite", "id": "s0"},
        {"type": ["undo"]},
        {"type": "no such thing"},
        {},
    ],
)
def test_a_page_that_asks_for_nothing_there_is_changes_nothing(message: dict[str, Any], own: Path):
    studio = aura.Studio(script())
    page.act(studio._shop, message)
    assert studio.script == script()
    assert not studio._shop.desk.can_undo
    assert not any(name.startswith("rewrite") for name in studio._shop.works.now())


def test_the_studios_shown_last_have_a_view_and_others_say_that_they_gave_way(own: Path):
    """A cell that is run again and again leaves no thread and nothing of the desk for each time."""
    studios = [aura.Studio("Why the sky is blue") for _ in range(OPEN + 1)]
    views = [studio._opened() for studio in studios]
    assert [bool(view._taken_off) for view in views] == [True, *[False] * OPEN]
    assert "Run the cell again" in views[0]._taken_off
    assert views[0].comm is not None
    assert len(str(views[0].get_state())) < 4000
    assert studios[1]._opened() is views[1]
    # Its name in a cell shows it again, as it was edited; the place it was taken off goes on to say so.
    anew = studios[0]._opened()
    assert anew._form["shown"]["brief.topic"] == "Why the sky is blue"
    assert views[0]._taken_off
    # The second was shown again meanwhile, so that the third is the oldest.
    assert [bool(view._taken_off) for view in views[1:4]] == [False, True, False]
    for studio in studios:
        studio.close()
    assert all(view.comm is None for view in views if not view._taken_off)
    assert anew.comm is None


def test_so_many_places_say_that_a_studio_gave_way_and_no_more(own: Path):
    studios = [aura.Studio() for _ in range(OPEN + TOLD + 1)]
    views = [studio._opened() for studio in studios]
    assert [view.comm is None for view in views] == [True, *[False] * (OPEN + TOLD)]
    for studio in studios:
        studio.close()


def test_a_film_that_is_made_again_at_the_same_place_is_another_for_a_page(own: Path):
    studio = aura.Studio()

    def shown(took: float) -> Any:
        studio._shop._opened = Film(
            own / "sky.mp4", None, None, own / "sky.mp4", "Sky", 2.0, (320, 180), (), took=took
        )
        return wire.state(studio._shop)["film"]["key"]

    before, now = shown(4.25), shown(3.5)
    assert before != now
    assert str(own) not in f"{wire.state(studio._shop)['film']}"
    assert page.film_files(studio._shop, now) is not None
    assert page.film_files(studio._shop, before) is None


def test_one_whose_view_was_closed_by_others_shows_itself_again(own: Path):
    studio = aura.Studio("Why the sky is blue")
    closed = studio._opened()
    closed.close()
    view = studio._opened()
    assert view.comm is not None
    assert studio._opened() is view
    studio.close()


def test_only_who_was_asked_is_told_to_be_ready_and_who_is_not_with_the_remedy(
    own: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    shop = aura.Studio()._shop

    def told(live: bool) -> dict[str, dict[str, Any]]:
        shop.reports = [aura.validate(name, live=live) for name in ("ollama", "espeak", "cards")]
        return {row["provider"]: row for row in wire.state(shop)["providers"]["rows"]}

    calm, asked = told(live=False), told(live=True)
    assert [row["ready"] for row in calm.values()] == [None, None, None]
    assert [row["says"] for row in calm.values()] == ["Configured", *["Needs no configuration"] * 2]
    assert (asked["espeak"]["ready"], asked["espeak"]["says"]) == (True, "Ready")
    server = next(report for report in shop.reports if report.provider == "ollama")
    assert server.status == "Unreachable"
    assert (asked["ollama"]["ready"], asked["ollama"]["says"]) == (False, "Unreachable")
    assert (asked["ollama"]["message"], asked["ollama"]["remedy"]) == (server.message, server.remedy)
    assert server.remedy


def test_a_provider_without_its_key_is_said_not_to_be_set_up_and_which_one_it_lacks(
    own: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    shop = aura.Studio()._shop
    shop.reports = [aura.validate("openai")]
    [row] = wire.state(shop)["providers"]["rows"]
    assert (row["says"], row["message"], row["ready"]) == ("Not set up", "", False)
    assert "OPENAI_API_KEY" in row["remedy"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(), SCALARS, max_size=2)


def test_no_message_whatever_raises_or_leaves_a_state_that_cannot_be_told(own: Path):
    """What takes a while is begun by `Works`, which raises nothing: only what edits is tried here."""
    shop = aura.Studio(script())._shop
    fixed = wire.fixed(shop)
    keys = [f"{part['name']}.{control['name']}" for part in fixed["parts"] for control in part["controls"]]
    names = ["heading", "text", "kind", *(f"picture.{c['name']}" for cs in fixed["cards"].values() for c in cs)]
    edits = ["edit", "profile", "edit-scene", "move", "add", "remove", "undo", "cancel"]
    ids = [*(scene.id for scene in shop.desk.editor.scenes), "s0"]
    near = st.fixed_dictionaries(
        {"type": st.sampled_from(edits)},
        optional={
            "key": st.sampled_from(keys) | JSON,
            "value": JSON,
            "id": st.sampled_from(ids) | JSON,
            "name": st.sampled_from(names) | JSON,
            "by": JSON,
            "after": st.sampled_from(ids) | JSON,
            "work": JSON,
        },
    )
    far = st.dictionaries(st.sampled_from(["type", "key", "value", "id"]), JSON)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(near | far)
    def say(message: dict[str, Any]) -> None:
        page.act(shop, message)
        json.dumps(wire.state(shop), allow_nan=False, ensure_ascii=False).encode()

    say()


def test_what_a_page_asks_is_done(own: Path):
    studio = aura.Studio(script())
    first, second, third = (scene.id for scene in studio._shop.desk.editor.scenes)
    for message in (
        {"type": "edit", "key": "brief.tone", "value": "playful"},
        {"type": "edit-scene", "id": first, "name": "text", "value": "Look up."},
        {"type": "move", "id": third, "by": -2},
        {"type": "remove", "id": second},
        {"type": "add", "after": third},
        {"type": "undo"},
        {"type": "profile", "name": "pro-max"},
    ):
        page.act(studio._shop, message)
    assert studio.script is not None
    assert [scene.text for scene in studio.script.scenes] == ["Air scatters blue most.", "Look up."]
    assert studio.brief.tone == "playful"
    assert studio.script.profile == aura.Profile.named("pro-max")
