from __future__ import annotations

import pytest

from aura_nb.pipeline.graph import film_works, forecast, megapixels, settled, write_work
from aura_nb.pipeline.progress import Rates, remaining_seconds
from aura_nb.request import Request
from aura_nb.spec import Brief, Plan, Render


def request(**parts) -> Request:
    return Request.ask(Brief("Why the sky is blue"), **parts)


def test_every_segment_comes_after_the_scenes_it_shows_and_the_finish_after_all():
    works = {work.id: work for work in film_works(request(), [3.0, 4.0, 5.0], "kokoro")}
    assert set(works) == {
        *(f"{kind}:{scene}" for kind in ("narrate", "picture", "caption", "body") for scene in range(3)),
        "transition:0",
        "transition:1",
        "sound",
        "finish",
    }
    assert set(works["caption:1"].after) == {"narrate:1", "picture:1"}
    assert set(works["transition:1"].after) == {"caption:1", "caption:2"}
    assert set(works["sound"].after) == {"narrate:0", "narrate:1", "narrate:2"}
    assert set(works["finish"].after) == set(works) - {"finish"}


def test_a_film_of_hard_cuts_has_no_transitions():
    works = film_works(request(render=Render(transition=0)), [3.0, 4.0], "espeak")
    assert not [work.id for work in works if work.id.startswith("transition")]


def test_rendering_overlaps_with_speaking():
    works = film_works(request(), [5.0] * 6, "kokoro")
    rates = Rates()
    left = {work.id: rates.seconds(work) for work in works}
    speaking = sum(left[work.id] for work in works if work.stage == "narrate")
    assert remaining_seconds(works, left, 2) < 0.75 * sum(left.values())
    assert remaining_seconds(works, left, 2) > speaking


@pytest.mark.parametrize(("scenes", "speaker"), [(2, "kokoro"), (8, "kokoro"), (8, "espeak")])
def test_the_sound_is_next_once_all_is_spoken_and_the_film_takes_no_longer_for_it(scenes, speaker):
    rates = Rates()
    works = film_works(request(), [4.0, 9.0, 6.0] * scenes, speaker)
    assert [work.id for work in works].index("sound") == 3 * scenes
    left = {work.id: rates.seconds(work) for work in works}
    late = sorted(works, key=lambda work: (work.id == "finish", work.id == "sound"))
    for workers in (1, 2, 4):
        assert remaining_seconds(works, left, workers) <= 1.02 * remaining_seconds(late, left, workers)


def test_the_forecast_is_of_about_the_length_that_is_asked_for():
    asked = request(plan=Plan(seconds=60))
    works = forecast(asked, "espeak")
    finish = works[-1]
    assert finish.units == pytest.approx(60, abs=1.0)
    assert all(write_work(asked).id in work.after for work in works)
    composed = sum(work.units for work in works if work.stage == "compose" and not work.kind)
    assert composed == pytest.approx(megapixels(60 * 30, asked), rel=0.02)


def test_only_what_shows_the_last_scene_and_the_whole_waits_for_whom_to_credit():
    works = film_works(request(), [3.0, 4.0, 5.0], "kokoro", [4.0])
    after = {work.id: {*work.after} for work in works}
    assert after["credits"] == {"picture:0", "picture:1", "picture:2"}
    # Whom to credit is known, and the sound can be made, before the composing.
    assert [*after][3:8] == ["picture:0", "picture:1", "picture:2", "credits", "sound"]
    assert after["transition:2"] == after["body:3"] == {"caption:2", "credits"}
    waiting = {*after} - {work.id for work in settled(works)}
    assert waiting == {"caption:2", "transition:1", "body:2", "transition:2", "body:3", "sound", "finish"}
    without = {work.id for work in film_works(request(), [3.0, 4.0, 5.0], "kokoro", [])}
    assert {*after} - without == {"transition:2", "body:3"}
