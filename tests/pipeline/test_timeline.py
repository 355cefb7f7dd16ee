from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.pipeline.timeline import film_seconds, lay_out, scene_frames
from aura_nb.spec import Render

spoken = st.lists(st.floats(0, 60), min_size=1, max_size=30)
renders = st.builds(Render, fps=st.sampled_from([24, 25, 30, 50, 60]), transition=st.sampled_from([0.0, 0.5, 2.0]))
pauses = st.sampled_from(["natural", "short", "long", "dramatic"])


@given(spoken, pauses, renders)
def test_segments_cover_the_film_without_hole_or_overlap(spoken, pause, render):
    timeline = lay_out(spoken, pause, render)
    at = 0
    for segment in timeline.segments:
        assert segment.start == at
        assert segment.frames > 0
        at += segment.frames
    assert at == timeline.frames
    assert film_seconds(spoken, pause, render) == timeline.frames / render.fps


@given(spoken, pauses, renders)
def test_every_voice_ends_inside_its_scene_and_never_over_the_next(spoken, pause, render):
    timeline = lay_out(spoken, pause, render)
    for span, after in zip(timeline.spans, timeline.spans[1:], strict=False):
        assert span.voice + span.spoken <= after.voice
    for span in timeline.spans:
        start, end = span.start / render.fps, (span.start + span.frames) / render.fps
        assert start <= span.voice
        assert span.voice + span.spoken <= end + 1e-9


def test_three_scenes_keep_all_three_and_every_crossfade_counts_once():
    # Fault 8 of Aura: offsets that ignored earlier overlaps lost the third clip.
    render = Render(fps=30, transition=0.5)
    timeline = lay_out([3.0, 4.0, 5.0], "natural", render)
    assert [s.kind for s in timeline.segments] == ["body", "transition", "body", "transition", "body"]
    assert timeline.frames == sum(span.frames for span in timeline.spans) - 2 * 15
    assert [span.start for span in timeline.spans] == [
        0,
        timeline.spans[0].frames - 15,
        timeline.spans[0].frames + timeline.spans[1].frames - 30,
    ]


@pytest.mark.parametrize("change", [0.0, 2.5])
def test_scene_times_follow_the_speech_of_their_own_scene_only(change):
    render = Render()
    before = lay_out([3, 4, 5, 6], "natural", render)
    after = lay_out([3, 4 + change, 5, 6], "natural", render)
    assert [a.frames == b.frames for a, b in zip(before.spans, after.spans, strict=True)] == [
        True,
        change == 0,
        True,
        True,
    ]
    assert after.spans[1].frames == scene_frames(1, 4, 4 + change, "natural", render)[0]


@given(spoken, st.lists(st.floats(1, 8), min_size=1, max_size=3), pauses, renders)
def test_cards_follow_the_last_scene_and_change_nothing_before_it(spoken, cards, pause, render):
    timeline, plain = lay_out(spoken, pause, render, cards), lay_out(spoken, pause, render)
    assert timeline.spans[:-1] == plain.spans[:-1]
    assert (timeline.spans[-1].voice, timeline.spans[-1].spoken) == (plain.spans[-1].voice, plain.spans[-1].spoken)
    at = 0
    for segment in timeline.segments:
        assert segment.start == at
        assert segment.frames > 0
        at += segment.frames
    assert at == timeline.frames
    alone = [s.frames / render.fps for s in timeline.segments if s.kind == "body" and s.scene >= len(spoken)]
    assert alone == pytest.approx(cards, abs=1.01 / render.fps)
    last = timeline.spans[-1]
    assert last.voice + last.spoken <= timeline.cards[0].start / render.fps
