from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import InvalidBrief, JobCancelled, ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.picture import Drawn, draw_scene, picture_size, thumbnail
from aura_nb.providers.base import Drawing, ProviderInfo
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.script import EquationCard, FigureCard, QuoteCard, Scene, TitleCard
from aura_nb.spec import Render

SMALL = Render(height=360)


class Painter:
    """An illustrator that fills the picture with grey, or fails."""

    def __init__(self, name: str = "painter", version: str = "1", fails: bool = False) -> None:
        self.info = ProviderInfo(name, "illustrator", True, "Apache-2.0", version)
        self.fails = fails
        self.count = 0

    def missing(self) -> None:
        return None

    def draw(self, request, out: Path) -> Drawing:
        self.count += 1
        if self.fails:
            raise ProviderError(self.info.name, "out of paint.", remedy="Buy some.")
        cv2.imwrite(str(out), np.full((*request.size[::-1], 3), 128, np.uint8))
        return Drawing(out, ("It is grey.",))


@pytest.fixture
def warned() -> list[str]:
    return []


@pytest.fixture
def ctx(tmp_path, warned) -> Context:
    return Context(Cache(tmp_path / "cache"), warn=warned.append)


def scene(picture=None, text="Say this") -> Scene:
    return Scene(heading="Sky", text=text, picture=picture or TitleCard(title="Why the sky is blue"))


def drawn(ctx, *illustrators, of=None, render=SMALL, aspect="16:9", language="en"):
    return draw_scene(
        of or scene(),
        render=render,
        aspect=aspect,
        language=language,
        topic="The sky",
        illustrators=illustrators,
        ctx=ctx,
    )


@pytest.mark.parametrize(
    ("height", "aspect", "size"),
    [
        (1080, "16:9", (2560, 1440)),
        (1080, "9:16", (1440, 2560)),
        (720, "1:1", (960, 960)),
        (480, "16:9", (1138, 640)),
    ],
)
def test_pictures_are_a_third_larger_than_the_film_and_even(height, aspect, size):
    assert picture_size(Render(height=height), aspect) == size


def test_a_picture_is_drawn_once_at_its_size(ctx, warned):
    painter = Painter()
    first, again = drawn(ctx, painter), drawn(ctx, painter)
    assert cv2.imread(str(first.picture)).shape == (480, 854, 3)
    assert (first.cached, again.cached, painter.count) == (False, True, 1)
    assert (first.key, first.picture) == (again.key, again.picture)
    assert first.provider == "painter"
    # What a cached picture has to say is still said.
    assert warned == ["It is grey."] * 2


def test_everything_that_shows_is_in_the_key_and_nothing_else(ctx):
    base = drawn(ctx, Painter()).key
    assert drawn(ctx, Painter(), of=scene(text="Something else")).key == base
    others = {
        drawn(ctx, Painter(), of=scene(TitleCard(title="Another"))).key,
        drawn(ctx, Painter(version="2")).key,
        drawn(ctx, Painter("other")).key,
        drawn(ctx, Painter(), aspect="1:1").key,
        drawn(ctx, Painter(), language="de").key,
        drawn(ctx, Painter(), render=Render(height=480)).key,
        drawn(ctx, Painter(), render=Render(height=360, theme="dark")).key,
    }
    assert len(others - {base}) == 7
    assert drawn(ctx, Painter(), render=Render(height=360, zoom=1.2, crf=30)).key == base


def test_a_figure_is_known_by_its_bytes_and_not_its_path(ctx, tmp_path):
    one, other = tmp_path / "a.png", tmp_path / "b.png"
    one.write_bytes(b"1")
    other.write_bytes(b"1")
    same = [drawn(ctx, Painter(), of=scene(FigureCard(image=path))).key for path in (one, other)]
    other.write_bytes(b"2")
    assert same[0] == same[1] != drawn(ctx, Painter(), of=scene(FigureCard(image=other))).key


def test_a_title_change_in_a_theme_redraws_titles_only(ctx, tmp_path):
    theme = tmp_path / "theme"
    theme.mkdir()
    (theme / "theme.toml").write_text("", encoding="utf-8")
    render, cards = Render(height=360, theme=str(theme)), Cards()
    scenes = [scene(), scene(QuoteCard(quote="So why isn't it violet?"))]
    for each in scenes:
        assert not drawn(ctx, cards, of=each, render=render).cached
    (theme / "theme.toml").write_text('[title.fonts]\ndisplay = "Inter"\n', encoding="utf-8")
    assert [drawn(ctx, cards, of=each, render=render).cached for each in scenes] == [False, True]


def test_the_next_illustrator_goes_on_where_one_fails(ctx, warned):
    result = drawn(ctx, Painter("broken", fails=True), Painter("spare"))
    assert result.provider == "spare"
    assert warned[0] == "“Sky”: broken: out of paint. Buy some. spare draws instead."


def test_when_all_fail_the_last_one_says_why(ctx):
    with pytest.raises(ProviderError, match=r"second: out of paint"):
        drawn(ctx, Painter("first", fails=True), Painter("second", fails=True))


def test_a_bad_formula_names_its_scene_and_is_not_tried_elsewhere(ctx):
    spare = Painter()
    with pytest.raises(InvalidBrief, match=r"“Sky”.*picture\.equation: unknown variable"):
        drawn(ctx, Cards(), spare, of=scene(EquationCard(equation="abc")))
    assert spare.count == 0


def test_a_cancelled_job_draws_nothing(tmp_path):
    cancel, painter = Cancel(), Painter()
    cancel.set()
    with pytest.raises(JobCancelled):
        drawn(Context(Cache(tmp_path), cancel), painter)
    assert painter.count == 0


def test_thumbnails_are_small_jpegs(ctx, tmp_path):
    data = thumbnail(drawn(ctx, Cards()), ctx)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (135, 240, 3)
    assert data[:2] == b"\xff\xd8"
    assert len(data) <= 6000
    noise = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "noise.png"), noise)
    noisy = Drawn(tmp_path / "noise.png", "noise", "files", cached=False)
    assert len(thumbnail(noisy, ctx)) <= 6000


class Odd(Painter):
    """A plug-in that keeps less than its socket promises: `does` is its whole work."""

    def __init__(self, does) -> None:
        super().__init__("odd")
        self.does = does

    def draw(self, request, out: Path) -> Drawing:
        self.does(request, out)
        return Drawing(out)


def half(request, out: Path) -> None:
    cv2.imwrite(str(out), np.zeros((request.size[1], request.size[0] // 2, 3), np.uint8))


@pytest.mark.parametrize(
    ("does", "said"),
    [
        (lambda request, out: None, "drew nothing"),
        (lambda request, out: out.write_bytes(b"<svg/>"), "drew something that is no JPEG or PNG"),
        (half, "drew 427 × 480 pixels where 854 × 480 were asked for"),
    ],
)
def test_what_is_no_picture_of_the_size_is_the_illustrator_s_failure(ctx, warned, does, said):
    assert drawn(ctx, Odd(does), Painter("spare")).provider == "spare"
    assert warned[0] == f"“Sky”: odd: {said}. Tell its author. spare draws instead."
    assert drawn(ctx, Odd(does), Painter("spare")).cached


class Undecided(Painter):
    def draws(self, picture) -> bool:
        raise KeyError(picture.kind)


def test_one_that_breaks_when_asked_what_it_draws_stops_no_film(ctx, warned):
    assert drawn(ctx, Undecided("undecided", fails=True), Painter("spare")).provider == "spare"
    assert len(warned) == 2
