from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import psutil
import pytest
from matplotlib import _pylab_helpers, image
from matplotlib.figure import Figure

from aura_nb.cancel import Cancel
from aura_nb.errors import InvalidBrief, JobCancelled, ProviderError
from aura_nb.providers.base import Choosy, DrawRequest, Illustrator, Themed
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.providers.illustrators.figures import Figures
from aura_nb.script import FigureCard, Scene, TitleCard
from aura_nb.settings import Settings
from tests.plots import bars, line

mpl.use("agg")

WIDE, TALL = (1280, 720), (720, 1280)


@pytest.fixture(scope="module")
def figures() -> Figures:
    return Figures(Cards(Settings(fonts=None)))


@pytest.fixture
def draw(figures, tmp_path):
    def drawn(figure, size=WIDE, theme="light", heading="", **request):
        card = FigureCard(image=figure, heading=heading)
        drawing = figures.draw(DrawRequest(card, size, theme, "en", **request), tmp_path / "out.png")
        return cv2.imread(str(drawing.path)), drawing.warnings

    return drawn


def is_near(pixels: np.ndarray, colour: tuple[int, int, int], by: int = 12) -> np.ndarray:
    """Where a colour (red, green, blue) is."""
    return np.abs(pixels.astype(int) - colour[::-1]).max(axis=2) <= by


def box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is set."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return columns[0], rows[0], columns[-1], rows[-1]


def frame_of(pixels: np.ndarray, paper=(255, 255, 255)) -> np.ndarray:
    """The mat alone, its rounded corners and hairline left out."""
    left, top, right, bottom = box(is_near(pixels, paper, 0))
    return pixels[top + 12 : bottom - 11, left + 12 : right - 11]


def test_it_fits_the_socket_and_draws_live_figures_only(figures, tmp_path):
    assert isinstance(figures, Illustrator)
    assert isinstance(figures, Choosy)
    assert isinstance(figures, Themed)
    assert figures.missing() is None
    assert figures.draws(FigureCard(image=line()))
    assert figures.draws(FigureCard(image=bars()))
    assert not figures.draws(FigureCard(image=tmp_path / "figure.png"))
    assert not figures.draws(TitleCard(title="Figure"))
    assert not Cards().draws(FigureCard(image=line()))
    for package in ("matplotlib", "plotly", "kaleido", "typst"):
        assert package in figures.info.version


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), pytest.param(TALL, "dark", marks=pytest.mark.slow)])
def test_nothing_is_cut_and_nothing_is_wasted(draw, size, theme):
    figure = line()
    axes = figure.axes[0]
    # All that likes to be lost: outside the axes, outside the figure, hanging from an edge.
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    axes.text(-4, 1.3, "a note far to the left", color="#ff00ff")
    axes.set_title("A title over\nthree lines\nof text")
    pixels, warnings = draw(figure, size, theme)
    assert warnings == ()
    inside = frame_of(pixels)
    drawn = ~is_near(inside, (255, 255, 255))
    left, top, right, bottom = box(drawn)
    height, width = drawn.shape
    assert min(left, top, width - 1 - right, height - 1 - bottom) > 0
    assert max(left, width - 1 - right) < 0.06 * width
    assert max(top, height - 1 - bottom) < 0.08 * height
    assert is_near(inside, (255, 0, 255), 60).any()


@pytest.mark.parametrize(
    "inches", [(6.4, 4.8), *(pytest.param(size, marks=pytest.mark.slow) for size in ((3.2, 2.4), (11, 8)))]
)
def test_print_can_be_read_whatever_size_the_figure_was_made_at(draw, inches):
    figure = Figure(inches)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1])
    # A capital H is 0.73 of the letters' size high in DejaVu Sans.
    axes.set_xlabel("HHHHHH", color="#ff0000")
    pixels, warnings = draw(figure)
    assert warnings == ()
    _, top, _, bottom = box(is_near(pixels, (255, 0, 0), 110))
    size = (bottom - top + 1) / 0.73
    assert size >= 0.017 * WIDE[1]
    assert size >= 0.021 * WIDE[1] or inches[0] > 10


def test_print_too_small_to_be_read_is_told(draw):
    figure = line()
    for text in figure.findobj(mpl.text.Text):
        text.set_fontsize(3)
    _, (warning,) = draw(figure, heading="Small")
    assert warning.startswith("The figure card “Small”: its print is too small")


@pytest.mark.slow
def test_a_figure_keeps_its_shape_unless_that_wastes_most_of_the_place(draw):
    def shape(figure, size) -> float:
        height, width = frame_of(draw(figure, size)[0]).shape[:2]
        return width / height

    assert shape(line(figsize=(6, 4)), WIDE) == pytest.approx(1.5, rel=0.1)
    assert shape(line(figsize=(6, 5)), TALL) == pytest.approx(1.2, rel=0.1)
    assert shape(line(figsize=(12, 2)), WIDE) == pytest.approx(4.4, rel=0.2)
    assert shape(line(figsize=(12, 2)), TALL) < 2
    square = Figure()
    square.subplots().imshow(np.eye(5))
    assert shape(square, TALL) == pytest.approx(1, rel=0.15)


@pytest.mark.parametrize(
    ("theme", "paper"), [("light", "#000000"), pytest.param("dark", "#fdf6e3", marks=pytest.mark.slow)]
)
def test_it_stands_on_its_own_paper(draw, theme, paper):
    figure = line()
    figure.set_facecolor(paper)
    colour = tuple(bytes.fromhex(paper[1:]))
    pixels, _ = draw(figure, theme=theme)
    assert not is_near(frame_of(pixels, colour)[:, :4], (255, 255, 255), 20).any()
    assert is_near(pixels, colour, 1).mean() > 0.1


def test_the_same_figure_gives_the_same_bytes_from_any_thread(figures, tmp_path):
    cards = [FigureCard(image=line(scale)) for scale in (1, 2)]

    def data(number: int) -> bytes:
        out = tmp_path / f"{number}.png"
        figures.draw(DrawRequest(cards[number % 2], (640, 360), "dark", "en"), out)
        return out.read_bytes()

    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(data, range(4)))
    assert len({*drawn}) == 2
    assert drawn[:2] * 2 == drawn


def test_no_window_and_no_figure_of_pyplot_appears(draw):
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([1, 2])
    card = FigureCard(image=figure)
    pyplot.close("all")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(draw, card.image, (640, 360)).result()
    assert not _pylab_helpers.Gcf.figs


@pytest.mark.slow
def test_layouts_of_the_authors_own_are_left(draw):
    """By hand, by either engine, with colour bars of both kinds, with no axes at all: all can be drawn."""
    for layout in (None, "tight", "constrained", "compressed"):
        figure = Figure(layout=layout)
        for axes in figure.subplots(1, 2):
            figure.colorbar(axes.imshow(np.eye(3)), label="share")
        assert draw(figure, (640, 360))[0].shape == (360, 640, 3)
    figure = Figure()
    figure.add_axes((0.1, 0.1, 0.3, 0.3), projection="3d")
    figure.add_axes((0.5, 0.5, 0.4, 0.4), projection="polar")
    assert draw(figure, (640, 360))[0].shape == (360, 640, 3)
    figure = line()
    figure.tight_layout()
    assert draw(figure, (640, 360))[0].shape == (360, 640, 3)
    figure = line()
    figure.subplots_adjust(left=0.5)
    inside = frame_of(draw(figure, (640, 360))[0])
    assert inside.shape[1] / inside.shape[0] < 1
    assert draw(Figure(), (640, 360))[0].shape == (360, 640, 3)


@pytest.mark.slow
def test_labels_of_an_axis_do_not_run_into_each_other(draw):
    figure = Figure((14, 3))
    axes = figure.subplots()
    axes.plot(range(9))
    axes.set_xticks(range(9), [f"measured {n}" for n in range(9)], color="#ff0000")
    pixels, _ = draw(figure, WIDE)
    columns = is_near(pixels, (255, 0, 0), 120).any(axis=0)
    starts = np.flatnonzero(np.diff(columns.astype(int)) == 1)
    gaps = [np.flatnonzero(columns[: start + 1])[-1:] for start in starts[1:]]
    widest = sorted((int(start - gap[0]) for start, gap in zip(starts[1:], gaps, strict=True)), reverse=True)
    # Between nine labels there are eight gaps wider than those between letters.
    assert widest[7] >= 4


def test_the_scene_is_shown_under_its_heading_or_under_the_figures_own(figures, tmp_path):
    titled = line()
    titled.axes[0].set_title("A wave")
    assert Scene(heading="Wave", text="x", picture=titled.axes[0]).picture.heading == ""
    assert Scene(heading="Wave", text="x", picture=line()).picture.heading == "Wave"


def test_a_figure_that_is_lost_is_named(figures, tmp_path):
    card = FigureCard(image=line(7))
    card.image.unlink()
    with pytest.raises(InvalidBrief, match=r"picture\.image.*Run the cell"):
        figures.draw(DrawRequest(card, WIDE, "light", "en"), tmp_path / "out.png")


def test_it_depends_on_the_theme_as_cards_do(figures):
    card = FigureCard(image=line())
    assert figures.depends(DrawRequest(card, WIDE, "light", "en")) != figures.depends(
        DrawRequest(card, WIDE, "dark", "en")
    )


def test_plotly_without_a_browser_is_told_with_the_remedy_and_matplotlib_goes_on(draw, monkeypatch, tmp_path):
    # The browser is looked for in places of the machine's own as well as on the path.
    monkeypatch.setenv("BROWSER_PATH", "")
    from choreographer.browsers.chromium import Chromium

    monkeypatch.setattr(Chromium, "find_browser", lambda **options: None)
    with pytest.raises(ProviderError, match=r"cannot draw a plotly figure here.*plotly_get_chrome"):
        draw(bars(), (640, 360))
    assert draw(line(), (640, 360))[1] == ()


@pytest.mark.slow
class TestPlotly:
    def test_it_is_drawn_whole_and_the_same_twice(self, draw):
        pixels, warnings = draw(bars(title="Sales by region"))
        assert warnings == ()
        assert np.array_equal(pixels, draw(bars(title="Sales by region"))[0])
        inside = frame_of(pixels)
        left, top, right, bottom = box(~is_near(inside, (255, 255, 255)))
        height, width = inside.shape[:2]
        assert min(left, top, width - 1 - right, height - 1 - bottom) > 0
        bar = is_near(inside, (99, 110, 250))
        assert bar.mean() > 0.15

    @pytest.mark.parametrize("size", [WIDE, TALL])
    def test_print_can_be_read_and_the_place_is_filled(self, draw, size):
        figure = bars(xaxis={"title": {"text": "HHHHHH", "font": {"color": "#ff0000", "size": 12}}})
        pixels, _ = draw(figure, size)
        _, top, _, bottom = box(is_near(pixels, (255, 0, 0), 110))
        assert (bottom - top + 1) / 0.73 >= 0.02 * min(size)
        height, width = frame_of(pixels).shape[:2]
        assert width > 0.7 * size[0] or height > 0.6 * size[1]

    def test_formulas_that_only_the_network_could_set_are_told(self, draw):
        _, (warning,) = draw(bars(title=r"$\\beta$"), (640, 360))
        assert "formulas are shown as they are typed" in warning

    def test_a_dark_one_stands_on_its_own_paper(self, draw):
        pixels, _ = draw(bars(template="plotly_dark"))
        assert is_near(pixels, (17, 17, 17), 1).mean() > 0.2

    def test_a_cancelled_job_ends_the_browser(self, draw):
        cancel = Cancel()
        mine = psutil.Process(os.getpid())

        def is_browser(process: psutil.Process) -> bool:
            try:
                return "chrom" in process.name().lower()
            except psutil.NoSuchProcess:
                return False

        def browsers() -> list[psutil.Process]:
            return [one for one in mine.children(recursive=True) if is_browser(one)]

        with ThreadPoolExecutor(1) as pool:
            drawing = pool.submit(draw, bars(), WIDE, cancel=cancel)
            while not browsers() and not drawing.done():
                time.sleep(0.01)
            cancel.set()
            with pytest.raises(JobCancelled):
                drawing.result()
        psutil.wait_procs(browsers(), timeout=5)
        assert not browsers()

    def test_it_can_be_asked_from_within_an_event_loop(self, draw):
        async def within():
            return draw(bars(), (640, 360))[0]

        assert asyncio.run(within()).shape == (360, 640, 3)


@pytest.mark.slow
def test_fifty_thousand_points_are_drawn_like_any_others(draw):
    figure = Figure()
    points = np.random.default_rng(0).normal(size=(2, 50_000))
    figure.subplots().scatter(*points, s=3)
    card = FigureCard(image=figure)
    assert card.image.stat().st_size < 5_000_000
    assert draw(card.image)[1] == ()


def test_images_and_figures_are_told_apart_by_their_file(figures, tmp_path):
    image.imsave(tmp_path / "eye.png", np.eye(4))
    assert not figures.draws(FigureCard(image=Path(tmp_path / "eye.png")))
