from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from aura_nb.jobs import Failure, FilmView, Job, Queue, SceneView, Snapshot, StageView
from aura_nb.jobs.summary import absent, html, text
from tests.jobs.fakes import small

VOID = {"img", "br"}
NASTY = "<script>alert('x')</script> & \"quotes\""

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
    scenes=(SceneView(0, "Light", "/9j/4AAQ"), SceneView(1, "Air", "/9j/4BBR")),
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
