"""What is made of the desk, by the real pipeline: scripts, previews, lengths, films, and past ones again."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from aura_nb import api
from aura_nb.errors import AuraError, InvalidBrief, JobCancelled
from aura_nb.jobs.job import Job
from aura_nb.pipeline.context import Context
from aura_nb.request import Request
from aura_nb.script import Scene
from aura_nb.spec import Brief
from aura_nb.studio.media import Medium
from aura_nb.studio.works import follow
from aura_nb.studio.workshop import Workshop
from tests.studio.conftest import DRAFT, request, script


def measured(shop: Workshop) -> None:
    if (work := shop.works.now().get("measure")) is not None:
        follow(work)


def brief_only(**fields: object) -> Request:
    return Request.ask(Brief("Why the sky is blue", **fields), **DRAFT)


def test_a_brief_becomes_scenes_and_what_falls_short_is_told(own: Path):
    shop = Workshop(brief_only(points=[f"Fact number {n} is told at length. " * 3 for n in range(9)]))
    follow(shop.write())
    assert len(shop.desk.editor) >= 2
    assert shop.desk.editor.writer == "rulebased"
    assert any("not said" in warning for warning in shop.desk.warnings)


def test_a_wrong_brief_is_no_script_and_loses_none(own: Path):
    shop = Workshop(request(), rest=0)
    before = shop.desk.request()
    shop.desk.edit("brief.topic", "x")
    with pytest.raises(InvalidBrief, match="topic"):
        follow(shop.write())
    assert "brief.topic" in shop.desk.order.told()
    shop.desk.undo()
    assert shop.desk.request() == before


def test_an_error_goes_once_something_is_edited(own: Path):
    shop = Workshop(request(), rest=0)
    shop.desk.edit("brief.topic", "x")
    with pytest.raises(InvalidBrief):
        follow(shop.write())
    assert shop.works.now()["write"].error
    shop.desk.edit("brief.topic", "Why the sky is blue")
    assert "write" not in shop.works.now()


def test_the_lengths_are_those_of_the_voice_and_follow_the_text(own: Path):
    shop = Workshop(request(), rest=0)
    measured(shop)
    scene = shop.desk.editor.scenes[0]
    asked = shop.desk.request()
    short = shop.lengths.of(scene.text, asked)
    follow(shop.voice(scene.id))
    assert short == pytest.approx(shop.media[f"voice:{scene.id}"].seconds)
    shop.desk.edit_scene(scene.id, "text", "The sky is blue, and nobody who looks up can miss it.")
    measured(shop)
    assert short is not None
    longer = shop.lengths.of(scene.text, asked)
    assert longer is not None
    assert longer > short


def test_a_text_too_long_to_be_said_is_told_at_its_field_and_not_measured(own: Path):
    shop = Workshop(request(), rest=0)
    measured(shop)
    scene = shop.desk.editor.scenes[0]
    shop.desk.edit_scene(scene.id, "text", "x" * 6000)
    assert "text" in shop.desk.issues(scene)
    assert shop.lengths.complete


def test_a_slower_voice_is_measured_anew(own: Path):
    shop = Workshop(request(), rest=0)
    measured(shop)
    shop.desk.edit("voice.rate", "0.5")
    measured(shop)
    text, asked = shop.desk.editor.scenes[0].text, shop.desk.request()
    slow, before = shop.lengths.of(text, asked), shop.lengths.of(text, request())
    assert slow is not None
    assert before is not None
    assert slow > 1.5 * before


@pytest.mark.slow
def test_previews_are_the_films_own_picture_and_voice(own: Path):
    shop = Workshop(request(), rest=0)
    id = shop.desk.editor.scenes[0].id
    follow(shop.picture(id))
    follow(shop.voice(id))
    picture, voice = shop.media[f"picture:{id}"], shop.media[f"voice:{id}"]
    assert picture.read()[:2] == b"\xff\xd8"
    assert picture.by == "cards"
    assert voice.read()[4:8] == b"ftyp"
    assert voice.by == "espeak"
    follow(shop.make())
    film = shop.jobs[0].result(60)
    assert film.timings["cached"]["picture"] == 1
    assert film.timings["cached"]["narrate"] == 1


def test_a_silent_films_voice_says_how_to_hear_one(own: Path):
    shop = Workshop(request(), rest=0)
    shop.desk.edit("voice.silent", True)
    with pytest.raises(AuraError, match="Silent"):
        follow(shop.voice(shop.desk.editor.scenes[0].id))


def test_a_scene_that_cannot_be_drawn_says_what_to_mend(own: Path):
    shop = Workshop(request(), rest=0)
    id = shop.desk.editor.scenes[1].id
    shop.desk.edit_scene(id, "picture.points", "")
    with pytest.raises(InvalidBrief, match="points"):
        follow(shop.picture(id))
    # The other scenes do not mind.
    follow(shop.picture(shop.desk.editor.scenes[0].id))
    assert shop.works.now()[f"picture:{id}"].error
    shop.desk.edit_scene(id, "picture.points", "Red")
    assert f"picture:{id}" not in shop.works.now()


def test_an_error_of_what_is_not_on_the_desk_outlives_edits(own: Path):
    shop = Workshop(request(), rest=0)
    with pytest.raises(AuraError):
        follow(shop.show("0123456789ab"))
    shop.desk.edit("brief.topic", "Why grass is green")
    assert shop.works.now()["show"].error


def test_one_scene_is_written_anew_and_no_other_touched(own: Path):
    shop = Workshop(brief_only(points=["Air scatters blue most.", "Sunlight holds all colours."]))
    follow(shop.write())
    original = shop.desk.editor.made()
    id = shop.desk.editor.scenes[1].id
    shop.desk.edit_scene(shop.desk.editor.scenes[0].id, "text", "My own beginning.")
    shop.desk.edit_scene(id, "text", "Spoilt.")
    follow(shop.rewrite(id))
    made = shop.desk.editor.made()
    assert made[1] == original[1]
    assert made[0].text == "My own beginning."


def test_a_scene_that_is_taken_out_while_it_is_written_anew_is_no_fault(
    own: Path, monkeypatch: pytest.MonkeyPatch
):
    shop = Workshop(request(), rest=0)
    id = shop.desk.editor.scenes[1].id

    def taken_out(request: Request, place: int, **_: Any) -> Scene:
        # So late that nobody could stop it any more.
        shop.desk.editor.remove(id)
        return script().scenes[place]

    monkeypatch.setattr("aura_nb.pipeline.author.rewrite", taken_out)
    follow(shop.rewrite(id))
    assert len(shop.desk.editor) == 2


@pytest.mark.parametrize("gone", ["removed", "undone"])
def test_what_is_done_for_a_scene_stops_with_it(gone: str, own: Path, monkeypatch: pytest.MonkeyPatch):
    begun = threading.Semaphore(0)

    def spoken(scene: Scene, asked: Request, ctx: Context) -> Medium:
        begun.release()
        assert ctx.cancel.wait(30)
        ctx.cancel.check()
        raise AssertionError("It goes on.")

    monkeypatch.setattr("aura_nb.studio.workshop.voice_of", spoken)
    shop = Workshop(request(), rest=0)
    shop.desk.add()
    kept, new = shop.desk.editor.scenes[0].id, shop.desk.editor.scenes[-1].id
    others, works = shop.voice(kept), shop.voice(new)
    assert begun.acquire(timeout=30)
    assert begun.acquire(timeout=30)
    if gone == "removed":
        shop.desk.remove(new)
    else:
        shop.desk.undo()
    with pytest.raises(JobCancelled):
        follow(works)
    assert not others.token.is_set
    others.cancel()


@pytest.mark.slow
def test_a_film_is_made_seen_again_and_gone_on_from(own: Path):
    shop = Workshop(brief_only())
    follow(shop.make())
    (job,) = shop.jobs
    assert len(shop.desk.editor) > 0
    film = job.result(60)
    assert job.log.wait(10)

    later = Workshop()
    follow(later.look_back())
    assert [row.id for row in later.rows] == [job.id]
    follow(later.show(job.id))
    assert later.film is not None
    assert later.film.path == film.path
    follow(later.go_on_from(job.id))
    assert later.desk.request() == shop.desk.request()
    later.desk.undo()
    assert len(later.desk.editor) == 0


def test_a_past_job_that_is_not_known_says_so(own: Path):
    shop = Workshop()
    for work in (shop.show, shop.go_on_from):
        with pytest.raises(AuraError) as told:
            follow(work("0123456789ab"))
        assert told.value.remedy


def test_a_machine_that_cannot_make_it_shows_why_and_begins_nothing(own: Path):
    shop = Workshop(request(), output=own / "film.avi")
    with pytest.raises(InvalidBrief, match="output"):
        follow(shop.make())
    assert shop.jobs == []
    assert shop.checks is not None
    assert [check.name for check in shop.checks if check.status == "Fail"] == ["output"]


def test_a_film_that_is_cancelled_while_it_begins_is_not_made(own: Path, monkeypatch: pytest.MonkeyPatch):
    shop, start = Workshop(request(), rest=0), api.start

    def cancelled(*asked: Any, **more: Any) -> Job:
        job = start(*asked, **more)
        shop.works.cancel("make")
        return job

    monkeypatch.setattr("aura_nb.api.start", cancelled)
    with pytest.raises(JobCancelled):
        follow(shop.make())
    (job,) = shop.jobs
    assert job.wait(30)
    assert job.status == "cancelled"


def test_the_providers_are_looked_at_without_asking_anybody(own: Path):
    shop = Workshop()
    follow(shop.ask_providers(live=False))
    assert {report.depth for report in shop.reports} == {"configuration"}
    assert "espeak" in {report.provider for report in shop.reports}
