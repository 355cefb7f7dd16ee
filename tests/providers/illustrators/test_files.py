from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from aura_nb.errors import InvalidBrief, ProviderError
from aura_nb.providers.base import Choosy, DrawRequest, Illustrator, Themed
from aura_nb.providers.config import Config
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.providers.illustrators.files import FIELDS, Files, slug
from aura_nb.script import FigureCard, PointsCard, QuoteCard, TitleCard
from aura_nb.settings import Settings
from aura_nb.themes.theme import BUILT_IN

SIZE = (640, 360)
SEE = PointsCard(heading="What you see", points=["One thing"])


@pytest.fixture(scope="module")
def cards() -> Cards:
    return Cards(Settings(fonts=None))


@pytest.fixture
def files(cards, tmp_path) -> Files:
    return Files(Config.resolve("files", FIELDS, {"folder": str(tmp_path)}, environ={}), cards=cards)


def painted(path: Path, colour=(0, 0, 255)) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, np.full((300, 400, 3), colour, np.uint8))[1].tobytes())
    return path


def share_of_red(path: Path) -> float:
    blue, green, red = cv2.split(cv2.imread(str(path)).astype(int))
    return float(((red - green > 150) & (red - blue > 150)).mean())


def test_it_fits_the_socket(files):
    assert isinstance(files, Illustrator)
    assert isinstance(files, Choosy)
    assert isinstance(files, Themed)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("What you see", "what-you-see"),
        ("  What, you SEE? ", "what-you-see"),
        ("Überblick – Straße", "uberblick-strasse"),
        ("Café No. 5", "cafe-no-5"),
        ("空が青い", "空か青い"),
        ("…", ""),
    ],
)
def test_a_slug_is_what_a_file_would_be_named(words, name):
    assert slug(words) == name


@pytest.mark.parametrize(
    "name",
    ["what-you-see.png", "What You See.JPG", "03-what-you-see.png", "3. What you see.webp", "what_you_see.svg"],
)
def test_a_file_is_found_by_the_heading(files, tmp_path, name):
    assert not files.draws(SEE)
    (tmp_path / name).write_bytes(b"")
    assert files.draws(SEE)
    assert files.draws(TitleCard(title="What you see"))
    assert files.draws(QuoteCard(quote="What you see!"))
    assert not files.draws(PointsCard(heading="What you see now", points=["x"]))
    assert not files.draws(PointsCard(heading="", points=["x"]))


def test_other_files_years_and_figures_are_left_alone(files, tmp_path):
    for name in ("what-you-see.txt", "2024-what-you-see.png", "see.png"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "what-you-see.png").mkdir()
    assert not files.draws(SEE)
    assert not files.draws(FigureCard(heading="See", image=Path("mine.png")))


def test_the_exact_name_goes_before_a_numbered_one_and_svg_before_bitmaps(files, tmp_path, cards):
    request = DrawRequest(SEE, SIZE, "light", "en")
    painted(tmp_path / "1-what-you-see.png", (255, 0, 0))
    painted(tmp_path / "what-you-see.jpg")
    files.draw(request, tmp_path / "out.png")
    assert share_of_red(tmp_path / "out.png") > 0.2


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("theme", BUILT_IN)
def test_it_is_shown_under_its_heading(files, cards, tmp_path, kind, theme):
    painted(tmp_path / f"what-you-see{kind}")
    drawing = files.draw(DrawRequest(SEE, SIZE, theme, "en"), tmp_path / "out.png")
    assert drawing.warnings == ()
    assert share_of_red(tmp_path / "out.png") > 0.2
    figure = FigureCard(heading=SEE.heading, image=tmp_path / f"what-you-see{kind}")
    cards.draw(DrawRequest(figure, SIZE, theme, "en"), tmp_path / "card.png")
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "card.png").read_bytes()


def test_it_is_drawn_again_when_the_file_or_the_theme_changes(files, tmp_path):
    path = painted(tmp_path / "what-you-see.png")

    def depends(theme="light"):
        return files.depends(DrawRequest(SEE, SIZE, theme, "en"))

    first = depends()
    assert first == depends() != depends("dark")
    painted(path, (0, 255, 0))
    assert depends() != first


def test_what_is_wrong_with_a_file_is_told(files, tmp_path):
    request = DrawRequest(SEE, SIZE, "light", "en")
    with pytest.raises(ProviderError, match=r"no picture for “What you see”.*what-you-see\.png"):
        files.draw(request, tmp_path / "out.png")
    (tmp_path / "what-you-see.png").write_bytes(b"no image")
    with pytest.raises(InvalidBrief, match=r"what-you-see\.png cannot be drawn"):
        files.draw(request, tmp_path / "out.png")


def test_the_folder_is_asked_for_and_must_be_there(tmp_path, monkeypatch):
    for folder, fault in (("", "REQUIRED"), (str(tmp_path / "none"), "NOT_FOUND"), (__file__, "NOT_FOUND")):
        config = Config.resolve("files", FIELDS, {"folder": folder}, environ={})
        assert config.faults()["folder"].code == fault
        files = Files(config)
        assert "AURA_NB_FILES_FOLDER" in files.missing()
        assert not files.draws(SEE)
    monkeypatch.setenv("AURA_NB_FILES_FOLDER", str(tmp_path))
    assert Files().missing() is None
    assert "No picture there yet" in Files().probe(timeout=1).message
    painted(tmp_path / "a.png")
    assert Files().probe(timeout=1).message == "1 picture there."
