from __future__ import annotations

import cv2
import numpy as np
import pytest

from aura_nb.providers.base import Credit, DrawRequest
from aura_nb.providers.illustrators import beside
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.script import CodeCard, EquationCard, FigureCard, PointsCard, QuoteCard, TableCard, TitleCard
from aura_nb.settings import Settings

WIDE, TALL, SQUARE = (640, 360), (360, 640), (480, 480)
PICTURES = {
    "title": TitleCard(title="Why the sky is blue", subtitle="Light and air"),
    "points": PointsCard(heading="Scattering", points=["Sunlight holds every colour", "Air scatters blue most"]),
    "quote": QuoteCard(quote="So why isn't it violet?", attribution="A child"),
}
# The photo alone is magenta.
MAGENTA = (200, 0, 200)
CREDIT = Credit("Photo", "Ada", "Pictures", "https://pictures.example/1", "Own licence")


@pytest.fixture(scope="module")
def cards():
    return Cards(Settings(fonts=None))


def found(area):
    pixels = np.full((area[1] + 40, area[0] + 60, 3), MAGENTA, np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes(), (CREDIT,)


def drawn(cards, picture, size, tmp_path, theme="light", language="en"):
    request = DrawRequest(picture, size, theme, language, "Why the sky is blue")
    drawing = beside.draw(cards, request, tmp_path / "picture.png", found)
    return cv2.imread(str(drawing.path), cv2.IMREAD_UNCHANGED), drawing


def ground(theme):
    return (0xF6, 0xFA, 0xFA) if theme == "light" else (0x24, 0x14, 0x0D)


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        (WIDE, "light"),
        (SQUARE, "dark"),
        (TALL, "light"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in ((WIDE, "dark"), (SQUARE, "light"), (TALL, "dark"))
        ),
    ],
)
@pytest.mark.parametrize("kind", PICTURES)
def test_the_photo_fills_its_part_to_the_edges_and_the_words_keep_theirs(cards, tmp_path, kind, size, theme):
    pixels, drawing = drawn(cards, PICTURES[kind], size, tmp_path, theme)
    width, height = size
    assert pixels.shape == (height, width, 3)
    assert drawing.credits == (CREDIT,)
    assert drawing.warnings == ()
    photo = (pixels == MAGENTA).all(axis=2)
    wide, high = beside.area(size)
    expected = np.zeros((height, width), bool)
    expected[:high, width - wide :] = True
    assert np.array_equal(photo, expected)
    # Strong ink against the ground is words and their bar; the halo is nearly the ground's colour.
    card = np.abs(pixels.astype(int) - ground(theme)).max(axis=2)
    card[expected] = 0
    rows, columns = (np.flatnonzero((card > 100).any(axis=axis)) for axis in (1, 0))
    assert rows.size > 0.05 * height
    gap = 0.05 * min(size)
    assert columns[0] >= 0.07 * width
    assert columns[-1] <= (width - wide - gap if wide < width else 0.93 * width)
    assert rows[0] >= (high + gap if wide == width else 0.07 * height)
    assert rows[-1] <= 0.86 * height


def test_right_to_left_the_photo_is_at_the_left(cards, tmp_path):
    pixels, _ = drawn(cards, TitleCard(title="למה השמיים כחולים"), WIDE, tmp_path, language="he")
    photo = (pixels == MAGENTA).all(axis=2)
    assert photo[:, : beside.area(WIDE)[0]].all()
    assert not photo[:, beside.area(WIDE)[0] :].any()
    ink = np.flatnonzero((np.abs(pixels.astype(int) - ground("light")).max(axis=2) * ~photo > 100).any(axis=0))
    assert ink[-1] >= 0.85 * WIDE[0]
    assert ink[-1] <= 0.93 * WIDE[0]


def test_the_area_is_that_of_the_design():
    assert beside.area((2560, 1440)) == (1075, 1440)
    assert beside.area((1440, 2560)) == (1440, 973)
    assert beside.area((1440, 1440)) == (1440, 576)


def test_it_is_drawn_the_same_every_time(cards, tmp_path):
    one, _ = drawn(cards, PICTURES["quote"], WIDE, tmp_path)
    other, _ = drawn(Cards(Settings(fonts=None)), PICTURES["quote"], WIDE, tmp_path)
    assert np.array_equal(one, other)


@pytest.mark.parametrize("size", [WIDE, TALL, SQUARE])
def test_words_that_need_the_room_get_it_and_no_photo_is_looked_for(cards, tmp_path, size):
    picture = PointsCard(
        heading="Twelve",
        points=[f"Point {i} goes on and on, for much longer than a line of words can be" for i in range(12)],
    )
    request = DrawRequest(picture, size, "light", "en", "Lists")
    drawing = beside.draw(cards, request, tmp_path / "one.png", lambda area: pytest.fail("a photo was looked for"))
    assert drawing.credits == ()
    assert "too many words to stand beside a photo" in drawing.warnings[-1]
    plain = cards.draw(request, tmp_path / "other.png")
    assert drawing.path.read_bytes() == plain.path.read_bytes()


def test_the_photo_is_for_pictures_of_words_alone(tmp_path):
    assert all(beside.takes(picture) for picture in PICTURES.values())
    others = [
        EquationCard(equation="a"),
        CodeCard(code="x = 1"),
        TableCard(columns=["a"], rows=[["1"]]),
        FigureCard(image=tmp_path / "a.png"),
    ]
    assert not any(beside.takes(picture) for picture in others)


def test_a_theme_of_ones_own_has_photos_too(cards, tmp_path):
    (tmp_path / "theme.toml").write_text('[colors]\nbackground = "#102030"\n', encoding="utf-8")
    (tmp_path / "background.typ").write_text("#let background() = none", encoding="utf-8")
    (tmp_path / "title.typ").write_text("#let draw() = (body: none)", encoding="utf-8")
    pixels, _ = drawn(cards, PICTURES["title"], WIDE, tmp_path, theme=str(tmp_path))
    wide = beside.area(WIDE)[0]
    assert (pixels[:, WIDE[0] - wide :] == MAGENTA).all()
    assert (pixels[:, : WIDE[0] - wide] == (0x30, 0x20, 0x10)).all()
