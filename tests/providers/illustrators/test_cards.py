from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

from aura_nb.errors import InvalidBrief, RenderError
from aura_nb.providers.base import DrawRequest, Illustrator
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.script import (
    CodeCard,
    EquationCard,
    FigureCard,
    Picture,
    PointsCard,
    QuoteCard,
    TableCard,
    TitleCard,
)
from aura_nb.settings import Settings

WIDE, TALL, SQUARE = (640, 360), (360, 640), (480, 480)
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30">
<rect width="40" height="30" fill="#d02090"/></svg>"""


@pytest.fixture(scope="module")
def cards() -> Cards:
    return Cards(Settings(fonts=None))


@pytest.fixture
def draw(cards, tmp_path):
    def drawn(picture: Picture, size=WIDE, theme="light", language="en"):
        drawing = cards.draw(DrawRequest(picture, size, theme, language), tmp_path / "card.png")
        pixels = cv2.imread(str(drawing.path), cv2.IMREAD_UNCHANGED)
        return pixels, drawing.warnings

    return drawn


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("images")
    pixels = np.full((300, 400, 3), (144, 32, 208), np.uint8)
    for suffix in (".png", ".jpg"):
        cv2.imwrite(str(folder / f"figure{suffix}"), pixels)
    (folder / "figure.svg").write_text(SVG, encoding="utf-8")
    return {path.suffix: path for path in folder.iterdir()}


def every_kind(image: Path) -> list[Picture]:
    return [
        TitleCard(title="Why the sky is blue", subtitle="Light and air"),
        PointsCard(heading="Scattering", points=["Sunlight holds every colour", "Air scatters blue most"]),
        QuoteCard(quote="So why isn't it violet?", attribution="A child"),
        EquationCard(heading="Rayleigh", equation="I prop 1 / lambda^4", caption="Intensity"),
        CodeCard(heading="In Python", code="def f(x):\n    return x ** -4"),
        TableCard(heading="Share", columns=["Colour", "nm"], rows=[["Blue", "450"], ["Red", "700"]]),
        FigureCard(heading="Spectrum", image=image, caption="As seen from the ground"),
    ]


def changed(cards: Cards, picture: Picture, pixels: np.ndarray, theme: str, folder: Path) -> np.ndarray:
    """Where the card differs from its background."""
    height, width = pixels.shape[:2]
    path = cards.background(picture, size=(width, height), theme=theme, out=folder / "background.png")
    return np.any(pixels != cv2.imread(str(path)), axis=2)


def assert_within_margins(mask: np.ndarray) -> None:
    assert mask.any(), "nothing was drawn"
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    assert columns[0] >= 0.07 * width
    assert columns[-1] <= 0.93 * width
    assert rows[0] >= 0.07 * height
    assert rows[-1] <= 0.86 * height


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        (WIDE, "light"),
        (TALL, "dark"),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in product([SQUARE, TALL], ["light"])),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in product([SQUARE, WIDE], ["dark"])),
    ],
)
def test_every_kind_is_drawn_inside_the_margins(cards, draw, images, tmp_path, size, theme):
    for picture in every_kind(images[".png"]):
        pixels, warnings = draw(picture, size, theme)
        assert pixels.shape == (size[1], size[0], 3)
        assert warnings == ()
        assert_within_margins(changed(cards, picture, pixels, theme, tmp_path))


def test_it_fits_the_socket(cards):
    assert isinstance(cards, Illustrator)
    assert cards.info.local
    assert cards.missing() is None


def test_the_same_card_gives_the_same_bytes_from_any_thread(cards, images, tmp_path):
    pictures = every_kind(images[".jpg"])

    def data(number: int) -> bytes:
        out = tmp_path / f"{number}.png"
        cards.draw(DrawRequest(pictures[number % len(pictures)], WIDE, "dark", "en"), out)
        return out.read_bytes()

    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(data, range(2 * len(pictures))))
    assert drawn[: len(pictures)] == drawn[len(pictures) :]
    assert len({*drawn}) == len(pictures)


HEAVY = "Lorem ipsum dolor sit amet consectetur "
ADVERSARIAL = {
    "one endless word": "x" * 600,
    "a long address": "https://example.org/" + "a1b2/" * 120,
    "german": "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen " * 8,
    "arabic": "السماء زرقاء لأن الهواء يشتت الضوء الأزرق أكثر من الأحمر " * 10,
    "hebrew": "השמיים כחולים כי האוויר מפזר אור כחול " * 12,
    "cjk": "天空之所以是蓝色的是因为空气散射蓝光" * 25,
    "emoji": "🚀🎉👩‍🔬" * 60,
    "thai": "ท้องฟ้าเป็นสีฟ้าเพราะอากาศกระเจิงแสง" * 15,
    "markup": '#panic("no") $x$ *bold* _a_ `raw` <label> @ref \\ // /* "q" = [x](y) ' * 6,
    "controls": "a\x00b\x07c\u202e\ud800d\n\n\n" * 20,
    "empty": "",
    "blank": " \n\t ",
}


def stuffed(text: str) -> list[Picture]:
    return [
        TitleCard(title=text, subtitle=text),
        PointsCard(heading=text, points=[text] * 3),
        QuoteCard(quote=text, attribution=text),
        EquationCard(heading=text, equation="a + b", caption=text),
        CodeCard(heading=text, code=text),
        TableCard(heading=text, columns=[text, "n"], rows=[[text, "1"]] * 3, caption=text),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("size", [WIDE, TALL, SQUARE])
@pytest.mark.parametrize("name", ADVERSARIAL)
def test_no_text_overflows(cards, draw, tmp_path, name, size):
    text = ADVERSARIAL[name].replace("\ud800", "")
    for picture in stuffed(text):
        pixels, _ = draw(picture, size)
        mask = changed(cards, picture, pixels, "light", tmp_path)
        if text.strip() or picture.kind in {"equation", "table"}:
            assert_within_margins(mask)


def monsters() -> dict[str, Picture]:
    return {
        "title": TitleCard(title=(HEAVY * 130)[:5000]),
        "points": PointsCard(heading="Twelve", points=[(HEAVY * 130)[:5000]] * 12),
        "quote": QuoteCard(quote="y" * 5000),
        "table": TableCard(heading="T", columns=["Column"] * 12, rows=[[HEAVY] * 12] * 30),
        "code": CodeCard(code=("value = compute(argument)  # " + "z" * 200 + "\n") * 20),
        "lines": CodeCard(code="\n".join(f"x{i} = {i}" for i in range(200))),
    }


@pytest.mark.parametrize("name", [*monsters()])
@pytest.mark.parametrize("size", [WIDE, TALL, SQUARE])
@pytest.mark.slow
def test_what_is_too_much_is_cut_and_said(cards, draw, tmp_path, name, size):
    picture = monsters()[name]
    pixels, warnings = draw(picture, size)
    assert_within_margins(changed(cards, picture, pixels, "light", tmp_path))
    assert [("too much for one card" in w, f"The {picture.kind} card" in w) for w in warnings] == [(True, True)]


def test_a_long_list_shrinks_before_it_is_cut(cards, draw, tmp_path):
    picture = PointsCard(heading="Twelve", points=[f"Point number {i} of a long list" for i in range(12)])
    pixels, warnings = draw(picture)
    assert warnings == ()
    assert_within_margins(changed(cards, picture, pixels, "light", tmp_path))


def test_too_much_text_is_cut(cards, draw, tmp_path):
    picture = QuoteCard(quote=HEAVY * 120)
    pixels, (warning,) = draw(picture)
    assert warning.startswith("The quote card “Lorem ipsum")
    assert "cut off" in warning
    assert_within_margins(changed(cards, picture, pixels, "light", tmp_path))


def test_right_to_left_text_starts_at_the_right(cards, draw, tmp_path):
    def centre(title: str, language: str) -> float:
        picture = TitleCard(title=title)
        pixels, warnings = draw(picture, TALL, language=language)
        assert warnings == ()
        return float(np.flatnonzero(changed(cards, picture, pixels, "light", tmp_path).any(axis=0)).mean())

    assert centre("שלום", "he") > TALL[0] / 2 > centre("Hello", "en")


def test_chinese_wraps_in_the_font_package_once_it_is_there(cards, draw, tmp_path):
    picture = QuoteCard(quote="天空之所以是蓝色的是因为空气散射蓝光" * 6)
    pixels, warnings = draw(picture, TALL, language="zh")
    assert warnings == ()
    mask = changed(cards, picture, pixels, "light", tmp_path)
    assert_within_margins(mask)
    assert np.flatnonzero(mask.any(axis=1)).size > 0.3 * TALL[1]


def test_what_no_font_has_is_replaced_and_said(draw):
    pixels, (warning,) = draw(TitleCard(title="About \U00010900\U00010901"))
    assert "no font has \U00010900 \U00010901" in warning
    assert "AURA_NB_FONTS" in warning
    assert np.array_equal(pixels, draw(TitleCard(title="About […]"))[0])


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".svg"])
def test_figures_keep_their_aspect(draw, images, suffix):
    pixels, _ = draw(FigureCard(image=images[suffix]))
    # The figure alone is magenta.
    blue, green, red = (pixels[..., i].astype(int) for i in range(3))
    inside = (red - green > 100) & (blue - green > 60)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    assert width / height == pytest.approx(4 / 3, rel=0.02)
    assert height > 0.6 * WIDE[1]


@pytest.mark.parametrize(("name", "data"), [("a.png", b"no picture"), ("b.svg", b"<svg"), ("c.jpg", b"")])
def test_an_image_that_does_not_open_is_named(draw, tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InvalidBrief, match=rf"picture\.image: .*{name} cannot be drawn"):
        draw(FigureCard(image=tmp_path / name))


def test_an_image_that_is_gone_is_named(draw, tmp_path):
    with pytest.raises(InvalidBrief, match=r"picture\.image: .*gone\.png cannot be drawn"):
        draw(FigureCard(image=tmp_path / "gone.png"))


def test_a_bad_formula_is_named_with_the_remedy(draw):
    with pytest.raises(InvalidBrief, match=r"picture\.equation: unknown variable: abc, in 'abc \+ 1'\. Write"):
        draw(EquationCard(equation="abc + 1"))


@pytest.mark.parametrize("equation", ['read("/base/card.typ")', '$ #read("/base/card.typ") $'])
def test_a_formula_reads_no_files(draw, equation):
    with pytest.raises(InvalidBrief, match=r"picture\.equation"):
        draw(EquationCard(equation=equation))


def test_latex_and_typst_give_the_same_picture(draw):
    one, _ = draw(EquationCard(equation=r"\sqrt{x_{1}}"))
    other, _ = draw(EquationCard(equation="sqrt(x_1)"))
    assert np.array_equal(one, other)


def test_a_formula_too_long_to_read_is_said(cards, draw, tmp_path):
    picture = EquationCard(equation=" + ".join(f"x_{i}" for i in range(150)))
    pixels, (warning,) = draw(picture)
    assert "too long to be read" in warning
    assert_within_margins(changed(cards, picture, pixels, "light", tmp_path))


def test_a_theme_of_ones_own(draw, tmp_path):
    (tmp_path / "theme.toml").write_text('[colors]\nbackground = "#102030"\n', encoding="utf-8")
    (tmp_path / "background.typ").write_text("#let background() = none", encoding="utf-8")
    (tmp_path / "title.typ").write_text("#let draw() = (body: none)", encoding="utf-8")
    pixels, _ = draw(TitleCard(title="Unseen"), theme=str(tmp_path))
    assert (pixels == (0x30, 0x20, 0x10)).all()


def test_a_broken_template_is_shown_where_it_breaks(draw, tmp_path):
    (tmp_path / "theme.toml").write_text("", encoding="utf-8")
    (tmp_path / "title.typ").write_text("#let draw() = (body: nonsense)", encoding="utf-8")
    with pytest.raises(RenderError, match=r"(?s)title\.typ:1:21.*Mend the templates of theme"):
        draw(TitleCard(title="Any"), theme=str(tmp_path))


def test_the_identity_follows_the_theme_and_the_fonts_that_are_used(cards, tmp_path):
    (tmp_path / "theme.toml").write_text('[title.colors]\nink = "#000000"\n', encoding="utf-8")

    def identity(picture: Picture, theme: str = "light") -> str:
        return cards.depends(DrawRequest(picture, WIDE, theme, "en"))

    title, quote = TitleCard(title="Sky"), QuoteCard(quote="Sky")
    assert identity(title) == identity(TitleCard(title="Blue"))
    assert identity(title) != identity(title, "dark")
    assert identity(title) != identity(title, str(tmp_path))
    assert identity(quote) == identity(quote, str(tmp_path))
    assert identity(title) != identity(TitleCard(title="שמיים"))
