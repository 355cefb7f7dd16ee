from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from aura_nb.jobs import Failure, FilmView, Job, Queue, SceneView, Snapshot, StageView
from aura_nb.jobs.summary import absent, html, text
from aura_nb.pipeline.context import STAGES
from tests.jobs.fakes import small

VOID = {"img", "br"}
NASTY = "<script>alert('x')</script> & \"quotes\""


@cache
def thumbnail(number: int, *, noise: float = 0) -> str:
    """A JPEG as the pipeline sends it: 240 pixels wide; with `noise`, as hard to compress as a photo."""
    picture = np.full((135, 240, 3), 244, np.uint8)
    cv2.putText(picture, f"Scene {number}", (20, 70), cv2.FONT_HERSHEY_SIMPLEX, 1, (60, 40, 20), 2)
    picture = picture + np.random.default_rng(number).normal(0, noise, picture.shape)
    return base64.b64encode(cv2.imencode(".jpg", picture.clip(0, 255).astype(np.uint8))[1].tobytes()).decode()


SNAPSHOT = Snapshot(
    "0123456789ab",
    title="Why the sky is blue",
    status="completed",
    elapsed_seconds=34.5,
    stages=(
        StageView("write", "skipped"),
        StageView("narrate", "done", 3.25, 3.0, 5, 5, 2),
        StageView("compose", "done", 30.5, 55.0, 9, 9),
    ),
    scenes=(SceneView(0, "Light", thumbnail(0)), SceneView(1, "Air", thumbnail(1))),
    warnings=("A glyph is missing.",),
    film=FilmView("/home/someone/films/sky.mp4", 12.0, 1920, 1080),
)


class Checker(HTMLParser):
    """Fails on tags that are not closed in order; keeps the words."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    return checker


def test_the_summary_says_all_without_style():
    page = read(html(SNAPSHOT))
    words = " | ".join(page.words)
    for said in (
        "Why the sky is blue",
        "completed",
        "sky.mp4",
        "1920 × 1080",
        "not needed",
        "2 of 5 from the cache",
        "A glyph is missing.",
    ):
        assert said in words
    assert page.tags.count("img") == 2
    assert 'alt="Light"' in html(SNAPSHOT)


def test_no_times_ids_or_folders_are_told():
    page = html(SNAPSHOT)
    for private in ("0123456789ab", "34.5", "3.25", "30.5", "/home", "someone"):
        assert private not in page
    assert html(replace(SNAPSHOT, job_id="other", elapsed_seconds=99.0)) == page


def test_a_windows_path_gives_its_name_anywhere():
    film = FilmView(r"C:\Users\someone\sky.mp4", 1.0, 2, 2)
    assert "someone" not in html(replace(SNAPSHOT, film=film))


@pytest.mark.parametrize("status", ["queued", "running", "cancelling", "failed", "cancelled", "crashed"])
def test_every_state_has_a_summary_and_nothing_is_unescaped(status):
    nasty = replace(
        SNAPSHOT,
        title=NASTY,
        status=status,
        film=FilmView(f"films/{NASTY}", 1.0, 2, 2),
        scenes=(SceneView(0, NASTY, NASTY),),
        warnings=(NASTY,),
        stages=(StageView(NASTY, "stopped", done=1, total=3),),
        error=Failure(NASTY, NASTY),
    )
    page = html(nasty)
    assert "<script" not in page
    assert "script" not in read(page).tags
    assert status in page
    assert "stopped, 1 of 3" in page


def test_it_has_no_colour_of_its_own_for_text_or_ground():
    """So it is readable on a light page and on a dark one."""
    styles = re.findall(r'style="([^"]*)"', html(SNAPSHOT))
    colours = {part for style in styles for part in style.split(";") if part.startswith("color:")}
    assert colours == {"color:inherit", "color:#2e9e5b"}  # the state's one word, ≥ 3:1 on white and on black


def test_the_text_is_one_stable_line():
    assert text(SNAPSHOT) == "Job('Why the sky is blue', completed)"
    one = Job("Why the sky is blue", small, queue=Queue()).start()
    one.wait(30)
    again = one.retry()
    again.wait(30)
    assert one._repr_html_() == again._repr_html_()


def test_what_stands_in_for_a_live_view_escapes_the_title_and_draws_no_progress():
    shown = absent(replace(Snapshot("job"), title="<b>Sky</b>", status="running", percent=40.0))
    assert "&lt;b&gt;Sky" in shown
    assert "40" not in shown


SAVED_BYTES = 20_000


def saved_bytes(snapshot: Snapshot) -> int:
    """What a notebook that shows the job once grows by, as nbformat writes it."""
    data = {"text/html": html(snapshot, live=True, film_key="0a1b2c3d4e"), "text/plain": text(snapshot)}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    return len(json.dumps(output, ensure_ascii=False, indent=1).encode())


@pytest.mark.parametrize("letter", ["a", "“", "\U0001f3ac", '"', "&", "\\"])
@pytest.mark.parametrize("noise", [0, 60])
def test_the_largest_job_takes_no_more_of_a_notebook_than_is_promised(letter, noise):
    long = letter * 5000
    largest = replace(
        SNAPSHOT,
        status="failed",
        title=long,
        scenes=tuple(SceneView(n, long, thumbnail(n % 10, noise=noise)) for n in range(200)),
        warnings=tuple(f"{n} {long}" for n in range(100)),
        stages=(*(StageView(name, "stopped", 1.0, 1.0, 100, 200, 99) for name in STAGES), StageView(long)),
        error=Failure(long, long),
        film=FilmView(f"films/{long}", 1.0, 3840, 2160),
    )
    assert saved_bytes(largest) <= SAVED_BYTES
    page = read(html(largest))
    assert page.tags.count("img") == 10
    assert "10 of 200 scenes" in page.words
    assert re.search(r"and \d+ more", " ".join(page.words))


def test_few_scenes_are_sharp_and_the_first_and_the_last_are_among_many():
    few = re.findall(r'base64,([^"]+)"', html(SNAPSHOT))
    sizes = [cv2.imdecode(np.frombuffer(base64.b64decode(one), np.uint8), 1).shape for one in few]
    assert sizes == [(135, 240, 3)] * 2
    many = replace(SNAPSHOT, scenes=tuple(SceneView(n, f"Heading {n}", thumbnail(n)) for n in range(23)))
    shown = re.findall(r'alt="Heading (\d+)"', html(many))
    assert (shown[0], shown[-1], len(set(shown))) == ("0", "22", 10)


@pytest.mark.parametrize("broken", ["", "!", "QUJD", thumbnail(0)[:100]])
def test_what_is_no_picture_is_left_out(broken):
    assert "<img" not in html(replace(SNAPSHOT, scenes=(SceneView(0, "Light", broken),)))
