from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled
from aura_nb.media import ffmpeg
from aura_nb.media.frames import Still, fade_at, zoom_at
from aura_nb.media.join import join
from aura_nb.media.overlay import Overlay
from aura_nb.pipeline import compose
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.compose import Shot, compose_segment, segment_key
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.encoding import Encoding
from aura_nb.pipeline.timeline import lay_out
from aura_nb.spec import Render
from tests.media.synthetic import card, centroid, dots, place

SIZE, PICTURE = (320, 180), (428, 240)
RENDER = Render(height=360, fps=24, crf=18)
PAPERS = [(245, 250, 250), (30, 25, 20), (200, 210, 180), (60, 120, 60), (220, 220, 250)]


def plan(spoken=(0.5, 0.7, 0.4, 0.6, 0.5), render=RENDER):
    return lay_out(spoken, "short", render)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    return [card(folder / f"{n}.png", PICTURE, paper, f"Scene {n}") for n, paper in enumerate(PAPERS)]


@pytest.fixture
def shots(pictures):
    return [Shot(p, p.name, span.frames) for p, span in zip(pictures, plan().spans, strict=True)]


def keys(timeline, shots, render=RENDER, size=SIZE):
    return {(s.kind, s.scene): segment_key(s, shots, render, size) for s in timeline.segments}


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


def compose_all(shots, folder, workers=1, render=RENDER, timeline=None, size=SIZE):
    ctx = Context(Cache(folder))
    timeline = timeline or plan(render=render)
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda s: compose_segment(s, shots, render, size, ctx), timeline.segments))


def luma(path, size=SIZE):
    with av.open(str(path)) as container:
        return [frame.to_ndarray()[: size[1]].astype(int) for frame in container.decode(video=0)]


class CancelledAt(Cancel):
    """Counts how often it is looked at, and is cancelled when it is for the `look`-th time."""

    def __init__(self, look):
        super().__init__()
        self.look, self.looks = look, 0

    def check(self):
        self.looks += 1
        if self.looks == self.look:
            self.set()
        super().check()


def shared_by_two(parts):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda part: part(), parts))


class TestParts:
    """A long body is encoded in parts, cut where keyframes are due."""

    def body(self, shots, folder, share=None):
        [segment] = lay_out([7.3], "short", RENDER).segments
        shot = replace(shots[0], frames=segment.frames)
        shares = []
        ctx = Context(Cache(folder), share=lambda parts: (shares.append(len(parts)), (share or each)(parts))[1])
        return segment, shares, compose_segment(segment, [shot], RENDER, SIZE, ctx)

    def test_it_is_whole_and_the_same_whoever_made_them(self, shots, tmp_path):
        segment, shares, alone = self.body(shots, tmp_path / "alone")
        assert shares == [4]
        assert alone.path.read_bytes() == self.body(shots, tmp_path / "two", shared_by_two)[-1].path.read_bytes()
        assert len(luma(alone.path)) == segment.frames == 210
        with av.open(str(alone.path)) as container:
            keyframes = [packet.pts for packet in container.demux(video=0) if packet.is_keyframe]
            assert [pts * container.streams.video[0].time_base for pts in keyframes] == [0, 2, 4, 6, 8]
        assert [path.name for path in alone.path.parent.glob("*.mp4")] == ["segment.mp4"]

    def test_it_moves_on_over_the_cuts(self, shots, tmp_path):
        frames = luma(self.body(shots, tmp_path)[-1].path)
        steps = [np.abs(after - before).mean() for before, after in pairwise(frames)]
        assert max(steps) < 3 * np.median(steps) + 0.5

    def test_a_picture_is_read_once_however_many_others_are_shown_meanwhile(self, shots, tmp_path, monkeypatch):
        load, read = Still.load, []
        monkeypatch.setattr(Still, "load", lambda *given: (read.append(given), load(*given))[1])
        compose._still.cache_clear()

        def beside_others(parts):
            for part in parts:
                part()
                compose._still.cache_clear()

        self.body(shots, tmp_path, beside_others)
        assert len(read) == 1

    def test_they_do_not_spend_the_highest_bitrate_anew(self, tmp_path):
        picture = np.random.default_rng(0).integers(0, 256, (480, 854, 3), np.uint8)
        cv2.imwrite(str(tmp_path / "noise.png"), picture)
        render = Render(height=360, fps=24, crf=10, platform="youtube")
        [segment] = lay_out([6.6], "short", render).segments
        shot = Shot(tmp_path / "noise.png", "noise", segment.frames)
        made = compose_segment(segment, [shot], render, (640, 360), Context(Cache(tmp_path / "cache")))
        # Those of the film, and the two seconds that a decoder keeps in its buffer.
        assert made.path.stat().st_size * 8 < render.max_kbps * 1000 * (segment.frames / 24 + 2)

    def test_an_ffmpeg_is_started_once_for_all(self, shots, tmp_path):
        [segment] = lay_out([7.3], "short", RENDER).segments
        shot, shared = replace(shots[0], frames=segment.frames), []
        by = replace(Encoding.usual(), binary=ffmpeg.find())
        compose_segment(segment, [shot], RENDER, SIZE, Context(Cache(tmp_path), share=shared.append), by)
        assert not shared


def each(parts):
    for part in parts:
        part()


class TestKeys:
    def test_an_edited_picture_touches_its_body_and_two_transitions(self, shots):
        edited = [*shots[:2], replace(shots[2], key="edited"), *shots[3:]]
        assert changed(keys(plan(), shots), keys(plan(), edited)) == {
            ("transition", 1),
            ("body", 2),
            ("transition", 2),
        }

    def test_scenes_that_only_move_in_time_keep_their_keys(self, shots):
        longer = plan((1.5, 0.7, 0.4, 0.6, 0.5))
        moved = [replace(s, frames=span.frames) for s, span in zip(shots, longer.spans, strict=True)]
        assert changed(keys(plan(), shots), keys(longer, moved)) == {("body", 0), ("transition", 0)}

    def test_where_pictures_and_strips_lie_does_not_count(self, shots, pictures, tmp_path):
        here, there = tmp_path / "here.png", tmp_path / "there.png"
        for path in (here, there):
            path.write_bytes(pictures[0].read_bytes())
        before = replace(shots[0], overlays=(Overlay(here, 0, 0, 2, 9),))
        after = replace(before, picture=pictures[1], overlays=(Overlay(there, 0, 0, 2, 9),))
        assert not changed(keys(plan(), [before, *shots[1:]]), keys(plan(), [after, *shots[1:]]))

    def test_a_caption_counts_only_where_it_is_seen(self, shots, pictures):
        body = plan().segments[0]
        captioned = replace(shots[0], overlays=(Overlay(pictures[1], 0, 0, 2, body.frames),))
        after = keys(plan(), [captioned, *shots[1:]])
        assert changed(keys(plan(), shots), after) == {("body", 0)}
        lingering = replace(shots[0], overlays=(Overlay(pictures[1], 0, 0, 2, body.frames + 1),))
        assert changed(after, keys(plan(), [lingering, *shots[1:]])) == {("transition", 0)}

    def test_a_scene_that_is_the_last_no_more_gets_another_body(self, shots):
        body = plan().segments[-1]
        assert body.kind == "body"
        shorter = replace(body, frames=body.frames - plan().fade)
        assert segment_key(body, shots, RENDER, SIZE) != segment_key(shorter, shots, RENDER, SIZE)

    @pytest.mark.parametrize("change", [{"fps": 25}, {"crf": 19}, {"zoom": 1.1}])
    def test_settings_that_show_count(self, shots, change):
        other = Render(**{**RENDER.model_dump(), **change})
        assert len(changed(keys(plan(), shots), keys(plan(), shots, render=other))) == 9
        assert len(changed(keys(plan(), shots), keys(plan(), shots, size=(180, 320)))) == 9

    def test_settings_that_do_not_show_do_not_count(self, shots):
        other = Render(**{**RENDER.model_dump(), "theme": "dark", "captions": "none"})
        assert not changed(keys(plan(), shots), keys(plan(), shots, render=other))


class TestFilm:
    def test_segments_join_to_the_planned_length_and_are_made_once(self, shots, tmp_path):
        first = compose_all(shots, tmp_path)
        assert join([c.path for c in first], tmp_path / "film.mp4", RENDER.fps) == plan().frames
        assert not any(c.cached for c in first)
        assert all(c.cached for c in compose_all(shots, tmp_path))

    def test_two_threads_give_the_bytes_of_one_and_return_the_users_setting(self, shots, tmp_path):
        threads = cv2.getNumThreads()
        runs = [compose_all(shots, tmp_path / str(workers), workers) for workers in (1, 2)]
        for one, two in zip(*runs, strict=True):
            assert one.path.read_bytes() == two.path.read_bytes()
        assert cv2.getNumThreads() == threads

    @pytest.mark.parametrize("dotted", [0, 1])
    def test_zoom_and_fade_go_on_across_the_borders(self, tmp_path, dotted):
        """A scene's dots over black, on the way out or in, are where and as bright as they must be."""
        size, picture = (640, 360), (854, 480)
        image, centres = dots(picture, across=3)
        paths = [tmp_path / "0.png", tmp_path / "1.png"]
        for number, path in enumerate(paths):
            path.write_bytes(cv2.imencode(".png", image * (number == dotted))[1].tobytes())
        render = Render(height=360, fps=24, crf=10)
        timeline = plan((1.0, 1.0), render)
        shots = [Shot(p, f"dots {p.name} {dotted}", s.frames) for p, s in zip(paths, timeline.spans, strict=True)]
        made = compose_all(shots, tmp_path / "cache", render=render, timeline=timeline, size=size)
        join([c.path for c in made], tmp_path / "film.mp4", 24)
        frames = luma(tmp_path / "film.mp4", size)
        span, fade, fading = timeline.spans[dotted], timeline.fade, timeline.segments[1].start
        peak = max(frame.max() for frame in frames) - 16
        for number in range(fading - 8, fading + fade + 8):
            came = 0 if number < fading else fade_at(number - fading, fade) if number < fading + fade else 1
            share = came if dotted else 1 - came
            assert frames[number].max() - 16 == pytest.approx(share * peak, abs=7)
            if share > 0.2:
                dot = place(centres[0], picture, size, zoom_at(number - span.start, span.frames, render.zoom))
                assert np.hypot(*np.subtract(centroid(frames[number], dot), dot)) < 0.1 / share

    def test_no_frame_jumps(self, shots, tmp_path):
        made = compose_all(shots, tmp_path)
        join([c.path for c in made], tmp_path / "film.mp4", RENDER.fps)
        means = [frame.mean() for frame in luma(tmp_path / "film.mp4")]
        span = max(means) - min(means)
        assert max(abs(a - b) for a, b in pairwise(means)) < span * 1.6 * 1.5 / (plan().fade + 1)

    def test_captions_are_burnt_in_for_their_frames_only(self, shots, tmp_path):
        strip = tmp_path / "strip.png"
        strip.write_bytes(cv2.imencode(".png", np.full((20, 100, 4), (255, 255, 255, 255), np.uint8))[1].tobytes())
        dark = replace(shots[1], overlays=(Overlay(strip, 110, 150, 18, 24),))
        body = plan().segments[2]
        assert (body.kind, body.scene) == ("body", 1)
        made = compose_segment(body, [shots[0], dark, *shots[2:]], RENDER, SIZE, Context(Cache(tmp_path)))
        seen = [body.first + n for n, f in enumerate(luma(made.path)) if f[155:165, 120:200].mean() > 200]
        assert seen == list(range(18, 24))

    def test_films_without_fades_have_bodies_only(self, shots, tmp_path):
        render = Render(**{**RENDER.model_dump(), "transition": 0.0})
        timeline = plan(render=render)
        hard = [replace(s, frames=span.frames) for s, span in zip(shots, timeline.spans, strict=True)]
        made = compose_all(hard, tmp_path, render=render)
        assert join([c.path for c in made], tmp_path / "film.mp4", RENDER.fps) == timeline.frames


class TestTask:
    def test_every_frame_looks_whether_to_stop(self, shots, tmp_path):
        body, cancel = plan().segments[0], CancelledAt(None)
        compose_segment(body, shots, RENDER, SIZE, Context(Cache(tmp_path), cancel))
        assert cancel.looks == body.frames

    def test_a_cancelled_segment_leaves_nothing(self, shots, tmp_path):
        body, cancel = plan().segments[0], CancelledAt(5)
        with pytest.raises(JobCancelled):
            compose_segment(body, shots, RENDER, SIZE, Context(Cache(tmp_path), cancel))
        assert cancel.looks == 5
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
        assert segment_key(body, shots, RENDER, SIZE) not in Cache(tmp_path)

    def test_progress_rises_to_one(self, shots, tmp_path):
        heard: list[float] = []
        ctx = Context(Cache(tmp_path), progress=heard.append)
        compose_segment(plan().segments[0], shots, RENDER, SIZE, ctx)
        assert heard == sorted(heard)
        assert (heard[0], heard[-1]) == (0, 1)
        assert len(heard) >= 4
