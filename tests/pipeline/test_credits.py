"""A film names those whose work it shows, after its last scene; and only then is there anything after it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import RenderError
from aura_nb.film import Film
from aura_nb.manifest import Manifest
from aura_nb.media.probe import sound
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context, Report
from aura_nb.pipeline.credits import draw_credits, reading_seconds
from aura_nb.pipeline.flow import make_film
from aura_nb.pipeline.progress import Rates
from aura_nb.pipeline.sound import make_sound
from aura_nb.pipeline.timeline import lay_out
from aura_nb.pipeline.verify import verify
from aura_nb.providers.illustrators.credits import CreditsCard
from aura_nb.request import Request
from aura_nb.script import QuoteCard, Scene, Script, TitleCard
from aura_nb.spec import Brief, Profile, Render, Voice
from tests.pipeline import tiny
from tests.pipeline.photos import PARTS, photo_by

SIZE = (640, 360)
CREDITS = "Credits"


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return Context(Cache(tmp_path / "cache"))


def drawn(credits, ctx: Context, *, size=SIZE, language="en"):
    return draw_credits(credits, size=size, theme="light", language=language, ctx=ctx)


def test_nobody_to_credit_is_no_card(ctx):
    assert drawn([], ctx).cards == ()


def test_a_card_says_what_by_whom_from_where_and_under_which_licence_once_each():
    one = replace(photo_by("Ann"), url="https://example.org/another")
    card = CreditsCard.of([photo_by("Ann"), photo_by("Bo", "Pexels"), one, photo_by(" Jane\nDoe "), photo_by("")])
    assert [(group.label, group.names) for group in card.groups] == [
        ("Photo · Unsplash · Unsplash License", ["Ann", "Jane Doe", "?"]),
        ("Photo · Pexels · Pexels License", ["Bo"]),
    ]


def test_a_name_is_shown_for_three_to_eight_seconds_the_more_the_longer():
    assert [reading_seconds(names) for names in (1, 2, 5, 10, 15, 24)] == [3.0, 3.0, 4.0, 6.0, 8.0, 8.0]


def test_thirty_names_take_two_cards_even_in_length_and_a_second_drawing_is_none(ctx):
    people = [photo_by(f"Photographer {number}") for number in range(30)]
    first = drawn(people, ctx)
    assert [card.seconds for card in first.cards] == [8.0, 8.0]
    assert not first.cached
    again = drawn([*people, people[3]], ctx)
    assert again.cached
    assert again.cards == first.cards
    for card in first.cards:
        assert cv2.imread(str(card.picture)).shape == (360, 640, 3)


@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
def test_names_too_long_for_one_card_go_on_to_the_next_and_none_is_cut(size, tmp_path):
    warned: list[str] = []
    ctx = Context(Cache(tmp_path), warn=warned.append)
    people = [photo_by(f"{number} " + "Wolfeschlegelsteinhausen " * 12) for number in range(8)]
    assert len(drawn(people, ctx, size=size).cards) > 1
    assert warned == []


def test_a_name_no_card_can_hold_is_cut_and_that_is_told_each_time(tmp_path):
    for _ in range(2):
        warned: list[str] = []
        cards = drawn([photo_by("Endless " * 700), photo_by("Ann")], Context(Cache(tmp_path), warn=warned.append))
        assert len(cards.cards) == 2
        assert len(warned) == 1
        assert "cut off" in warned[0]


def ink(picture: Path) -> np.ndarray:
    """The dark pixels of a card, which its background has none of."""
    return cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE) < 100


def test_a_name_written_from_right_to_left_stands_where_the_others_do(ctx):
    (hebrew,) = drawn([photo_by("שרה כהן"), photo_by("Jane Doe")], ctx).cards
    columns = np.flatnonzero(ink(hebrew.picture).any(axis=0))
    assert columns[0] < 0.1 * SIZE[0]
    (all_rtl,) = drawn([replace(photo_by("שרה כהן"), work="צילום", source="אתר", licence="רישיון")], ctx).cards
    columns = np.flatnonzero(ink(all_rtl.picture).any(axis=0))
    assert columns[-1] > 0.9 * SIZE[0]


def test_a_scene_without_its_voice_is_an_error_also_where_a_card_is_silent(ctx, tmp_path):
    timeline = lay_out([1.6, 1.6], "short", Render(), [3.0])
    voices = [tiny.narration(tmp_path, 0), None]
    with pytest.raises(RenderError, match="Scene 2 has no narration"):
        make_sound(voices, timeline, silent=False, ctx=ctx)


TEXTS = ["Why is the sky blue?", "Air scatters short waves.", "Blue is short."]


def script(*people: str, **parts) -> Script:
    """Scene by scene whom its picture is by, "" for a card of our own."""
    pictures = [QuoteCard(quote="Blue", attribution=who) if who else TitleCard(title="Blue") for who in people]
    told = [
        Scene(heading=f"Scene {number}", text=text, picture=picture)
        for number, (text, picture) in enumerate(zip(TEXTS, pictures, strict=False))
    ]
    draft = {
        "render": Render(height=360, fps=24, crf=30),
        "profile": Profile(speaker=["espeak"], illustrator=["photos", "cards"]),
    }
    return Script(brief=Brief("Why the sky is blue"), scenes=told, **(draft | parts))


def make(spec: Script, folder: Path, seen: list[Report] | None = None) -> Film:
    reports: list[Report] = [] if seen is None else seen
    return make_film(
        Request.ask(spec),
        folder / "film.mp4",
        cache=Cache(folder / "cache"),
        rates=Rates(),
        workers=2,
        cancel=Cancel(),
        report=reports.append,
        parts=PARTS,
    )


def frame(film: Path, seconds: float) -> np.ndarray:
    with av.open(str(film)) as container:
        for picture in container.decode(video=0):
            if picture.time is not None and picture.time >= seconds:
                return picture.to_ndarray(format="bgr24")
    raise AssertionError(f"{film} has no frame at {seconds} s")


def made(film: Film) -> dict[str, int]:
    return {timing.stage: timing.items - timing.cached for timing in film.stages}


def assert_whole(film: Film) -> Manifest:
    """The film is what its manifest says, seen anew."""
    checks = verify(film.path)
    assert [check for check in checks if not check.ok] == []
    return Manifest.of(film.path)


@pytest.mark.slow
def test_a_film_of_photos_ends_with_their_names_in_silence(tmp_path: Path):
    seen: list[Report] = []
    film = make(script("Jane Doe", "", "Ann Lee\nJane Doe"), tmp_path, seen)
    told = assert_whole(film)
    assert [chapter.title for chapter in film.chapters] == ["Scene 0", "Scene 1", "Scene 2", CREDITS]
    assert "3 scenes" in repr(film)
    assert [credit.author for credit in film.credits] == ["Jane Doe", "Ann Lee"]
    assert len(told.scenes) == len(told.script["scenes"]) == 3
    assert {(p.socket, p.name) for p in told.providers} >= {("illustrator", "photos"), ("illustrator", "cards")}
    # The card is seen whole for its time, the last voice has died away, and nothing is captioned.
    last = film.chapters[-1]
    assert last.end - last.start == pytest.approx(3.0 + 0.5, abs=0.05)
    assert film.srt.read_text(encoding="utf-8").count("-->") == 3
    heard = np.concatenate(list(sound(film.path)))
    after = heard[round((last.start + 0.1) * 48_000) :]
    assert np.abs(after).max() < 1e-3
    ground = frame(film.path, film.seconds - 0.5)
    assert (ground > 225).mean() > 0.85, "a light card"
    assert (cv2.cvtColor(ground, cv2.COLOR_BGR2GRAY) < 100).any(), "with words on it"
    # It is nobody's scene: what is told of scenes is told of the script's. But it can be watched.
    ready = [report.data for report in seen if report.type == "scene-ready"]
    assert {data["scene"] for data in ready if "segment" not in data} == {0, 1, 2}
    assert max(data["start"] + data["frames"] for data in ready if "segment" in data) == round(film.seconds * 24)
    done = [report.stage for report in seen if report.data.get("state") == "done"]
    assert sorted(done) == sorted({*done})
    assert {"narrate", "picture", "caption", "compose", "finish"} == {*done}
    counts = {(report.stage, report.total_items) for report in seen if report.type == "step-progress"}
    assert counts == {("narrate", 3), ("picture", 3), ("caption", 3), ("compose", 9), ("finish", 1)}


@pytest.mark.slow
def test_one_edit_redoes_one_scene_and_leaves_the_card(tmp_path: Path):
    first = make(script("Jane Doe", "", "Ann Lee"), tmp_path)
    edited = script("Jane Doe", "", "Ann Lee")
    edited.scenes[0].text = "Why is the sky blue, and not violet at all?"
    second = make(edited, tmp_path)
    # Its own narration, its own body, the transition beside it, and the sound.
    assert made(second) == {"narrate": 1, "picture": 0, "caption": 3, "compose": 3, "finish": 1}
    assert second.seconds > first.seconds
    assert made(make(edited, tmp_path))["finish"] == 0


@pytest.mark.slow
def test_a_film_that_could_have_credited_and_did_not_is_the_one_it_always_was(tmp_path: Path):
    plain = make(script("", "", "", profile=Profile(speaker=["espeak"])), tmp_path / "plain")
    none = make(script("", "", ""), tmp_path / "none")
    streams = [Manifest.of(film.path).streams for film in (plain, none)]
    assert streams[0] == streams[1]
    assert none.credits == ()
    assert [chapter.title for chapter in none.chapters] == ["Scene 0", "Scene 1", "Scene 2"]
    assert "credits" not in Manifest.of(plain.path).keys
    assert json.loads(none.manifest.read_text(encoding="utf-8"))["credits"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "parts",
    [
        {"voice": Voice(silent=True)},
        {"render": Render(height=360, fps=24, crf=16, transition=0.0, zoom=1.0)},
        {"render": Render(height=360, fps=24, crf=30, transition=2.0, captions="burnt", theme="dark")},
    ],
    ids=["silent", "hard cuts without zoom", "burnt captions and long fades"],
)
def test_the_card_ends_films_of_every_make(parts, tmp_path: Path):
    film = make(script("\n".join("ABCDEFGH"), "", **parts), tmp_path)
    told = assert_whole(film)
    assert [chapter.title for chapter in film.chapters] == ["Scene 0", "Scene 1", CREDITS]
    assert len(told.scenes) == 2
    assert film.seconds - told.scenes[-1].end == pytest.approx(reading_seconds(8), abs=0.1)


@pytest.mark.slow
def test_a_single_scene_may_need_two_cards_and_no_zoom_drives_a_name_out_of_the_frame(tmp_path: Path):
    people = "\n".join(f"Photographer {number}" for number in range(30))
    film = make(script(people, render=Render(height=360, fps=24, crf=30, zoom=1.3)), tmp_path)
    told = assert_whole(film)
    words = cv2.cvtColor(frame(film.path, film.seconds - 0.1), cv2.COLOR_BGR2GRAY) < 100
    columns = np.flatnonzero(words.any(axis=0))
    assert columns[0] > 10
    assert columns[-1] < 630
    assert [chapter.title for chapter in film.chapters] == ["Scene 0", CREDITS]
    assert len(told.credits) == 30
    assert len(told.keys["credits"]) == 2
    assert film.seconds - told.scenes[-1].end == pytest.approx(16.5, abs=0.1)
    assert "1 scene," in repr(film)
