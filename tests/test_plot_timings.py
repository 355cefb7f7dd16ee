from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import matplotlib
import pytest
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

import aura_nb as aura
from aura_nb.errors import AuraError
from aura_nb.film import StageTiming
from aura_nb.timings_chart import COLORS, HATCH
from tests.jobs.fakes import film

STAGES = (
    StageTiming("narrate", 2.0, 2.0, 4, 1),
    StageTiming("compose", 6.0, 11.0, 8, 0),
    StageTiming("somebody's", 0.0, 0.0, 0, 0),
)
MADE = replace(film(), stages=STAGES, took=6.0)


def parts(figure):
    """What is drawn of each row: plain bars and hatched ones, as (left, width)."""
    (axes,) = figure.axes
    bars = [(bar.get_x(), bar.get_width(), bar.get_hatch()) for bar in axes.patches]
    return (
        [(left, width) for left, width, hatch in bars if not hatch],
        [(left, width) for left, width, hatch in bars if hatch],
    )


def words(figure) -> list[str]:
    (axes,) = figure.axes
    return [text.get_text() for text in axes.texts]


def test_a_bar_is_as_long_as_the_making_took_and_split_as_the_work_was():
    plain, hatched = parts(aura.plot_timings(MADE))
    assert plain == [(0.0, 1.5), (1.5, 4.5), (6.0, 0.0)]
    assert hatched == [(0.0, 0.375)]


def test_the_line_says_how_long_the_film_plays_and_the_words_say_the_rest():
    figure = aura.plot_timings([MADE, MADE])
    (axes,) = figure.axes
    lines = [line.get_xdata()[0] for line in axes.get_lines() if isinstance(line, Line2D)]
    assert lines == [12.0, 12.0]
    assert words(figure) == ["6.0 s, 2.0 × realtime\n1 of 12 from the cache"] * 2
    assert [label.get_text() for label in axes.get_yticklabels()] == [MADE.title, f"{MADE.title} (2)"]


def test_a_film_that_was_loaded_has_a_row_and_nothing_in_it():
    figure = aura.plot_timings(replace(MADE, stages=(), took=0.0))
    assert parts(figure) == ([], [])
    assert len(words(figure)) == 1


def test_it_shows_itself_in_the_style_in_use_and_without_pyplot():
    with matplotlib.rc_context({"text.color": "white", "figure.facecolor": "black", "axes.facecolor": "black"}):
        figure = aura.plot_timings([MADE])
        (axes,) = figure.axes
        assert to_rgb(figure.get_facecolor()) == to_rgb("black")
        assert {text.get_color() for text in axes.texts} == {"white"}
    assert figure._repr_png_().startswith(b"\x89PNG")
    code = "import sys, aura_nb; aura_nb.plot_timings; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_stage_has_a_colour_of_its_own():
    assert len(set(COLORS.values())) == len(COLORS)
    assert HATCH


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "aura_nb.timings_chart", raising=False)
    monkeypatch.delattr("aura_nb.timings_chart", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(AuraError, match="pip install matplotlib"):
        aura.plot_timings([MADE])
