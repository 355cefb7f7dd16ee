from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from aura_nb.providers.base import DrawRequest
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.providers.illustrators.notices import notices
from aura_nb.script import CodeCard, FigureCard, Picture, TableCard
from aura_nb.settings import Settings

WIDE, TALL = (640, 360), (360, 640)


@pytest.fixture(scope="module")
def cards() -> Cards:
    return Cards(Settings(fonts=None))


@pytest.fixture
def warnings(cards, tmp_path):
    def told(picture: Picture, size=WIDE) -> tuple[str, ...]:
        return cards.draw(DrawRequest(picture, size, "light", "en"), tmp_path / "out.png").warnings

    return told


def table(rows: int, columns: int, cell: str = "12.34") -> TableCard:
    return TableCard(heading="Table", columns=[f"c{n}" for n in range(columns)], rows=[[cell] * columns] * rows)


def test_a_table_or_listing_in_print_too_small_is_told(warnings):
    assert warnings(table(5, 4)) == ()
    assert warnings(table(4, 6, "123.456"), TALL) == ()
    (told,) = warnings(table(4, 7, "1234.567"), TALL)
    assert told.startswith("The table card “Table”: its print is too small to be read well. Show fewer columns")
    assert warnings(CodeCard(code="x = 1")) == ()
    (told,) = warnings(CodeCard(code="x = " + "1" * 110))
    assert told == "The code card: its print is too small to be read well. Show fewer or shorter lines."


def test_columns_never_run_into_each_other(cards, tmp_path):
    """Cells of short words, too wide together: between two columns there is always background."""
    picture = TableCard(columns=["a"] * 6, rows=[["888.888"] * 6] * 4)
    for size in (WIDE, TALL):
        cards.draw(DrawRequest(picture, size, "light", "en"), tmp_path / "out.png")
        cards.background(picture, size=size, theme="light", out=tmp_path / "paper.png")
        pixels, paper = (cv2.imread(str(tmp_path / name)).astype(int) for name in ("out.png", "paper.png"))
        drawn = np.abs(pixels - paper).max(axis=2) > 60
        rows = drawn.any(axis=1)
        # The last line of figures alone: rules between the lines cross the gaps.
        last = np.flatnonzero(rows)[-1]
        first = last - int(np.argmin(rows[last::-1])) + 1
        columns = drawn[first : last + 1].any(axis=0)
        inside = columns[np.flatnonzero(columns)[0] : np.flatnonzero(columns)[-1] + 1]
        edges = np.flatnonzero(np.diff(inside.astype(int)))
        gaps = sorted((edges[1::2] - edges[::2]).tolist(), reverse=True)
        letters = last - first + 1
        assert len(gaps) >= 5
        assert gaps[4] > 0.5 * letters


@pytest.mark.parametrize("kind", ["png", "jpg", "webp"])
def test_a_small_bitmap_enlarged_more_than_twice_is_told(warnings, tmp_path, kind):
    def image(width: int) -> FigureCard:
        path: Path = tmp_path / f"{width}.{kind}"
        path.write_bytes(cv2.imencode(f".{kind}", np.full((width * 3 // 4, width, 3), 90, np.uint8))[1].tobytes())
        return FigureCard(image=path, caption="Seen")

    assert warnings(image(400)) == ()
    (told,) = warnings(image(100))
    assert "its image of 100 × 75 pixels is enlarged 3" in told
    assert "give the figure itself" in told


def test_a_drawing_has_no_pixels_to_enlarge(warnings, tmp_path):
    (tmp_path / "a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"/>', encoding="utf-8"
    )
    assert warnings(FigureCard(image=tmp_path / "a.svg")) == ()


def test_what_is_cut_is_not_called_small_as_well():
    assert len([*notices(table(1, 1), {"cut": True, "small": True}, ())]) == 1
    assert len([*notices(table(1, 1), {"cut": True, "small": True}, ("𐤀",))]) == 2
    assert [*notices(table(1, 1), {}, ())] == []
