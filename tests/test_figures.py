from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import _pylab_helpers
from pydantic_core import PydanticCustomError

from aura_nb import figures
from aura_nb.errors import InvalidBrief
from aura_nb.settings import Settings
from tests.plots import bars, line

mpl.use("agg")


@pytest.fixture
def kept(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path))
    return Settings().figures


@pytest.fixture
def pyplot():
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_whatever_stands_for_a_figure_is_the_whole_figure(pyplot):
    figure = line()
    assert figures.figure_of(figure) is figure
    assert figures.figure_of(figure.axes[0]) is figure
    assert figures.figure_of(figure.axes[0].lines[0]) is figure
    top, _ = figure.subfigures(2, 1)
    assert figures.figure_of(top.subplots()) is figure
    assert figures.figure_of(bars()) is not None
    for other in (None, "fig", [figure], pyplot, {"figure": figure}):
        assert figures.figure_of(other) is None


def test_the_same_look_gives_the_same_file_and_another_look_another(kept):
    first = figures.keep(line())
    assert first == figures.keep(line())
    assert first.parent == kept
    assert len({first, figures.keep(line(1.1)), figures.keep(line(figsize=(5, 3)))}) == 3
    assert figures.keep(bars()) == figures.keep(bars()) != figures.keep(bars(title="Sales"))
    assert sorted(path.suffix for path in kept.iterdir()) == [".matplotlib"] * 3 + [".plotly"] * 2


def test_later_edits_do_not_reach_what_is_kept(kept):
    figure, chart = line(), bars()
    paths = figures.keep(figure), figures.keep(chart)
    figure.axes[0].set_title("Later")
    chart.update_layout(title="Later")
    again, plain = map(figures.read, paths)
    assert not figures.titled(again)
    assert "title" not in plain["layout"]


def test_keeping_leaves_the_figure_as_it_was(kept):
    figure = line(figsize=(5, 3), dpi=90, layout="constrained")
    before = figure.axes[0].get_position().bounds, figure.dpi, figure.canvas
    figures.keep(figure)
    assert (figure.axes[0].get_position().bounds, figure.dpi, figure.canvas) == before


def test_a_figure_of_pyplot_comes_back_without_pyplot(kept, pyplot):
    figure, axes = pyplot.subplots()
    axes.plot([1, 2])
    path = figures.keep(figure)
    assert pyplot.get_fignums() == [figure.number]
    pyplot.close("all")
    again = figures.read(path)
    assert not _pylab_helpers.Gcf.figs
    assert again.canvas.manager is None


def test_one_with_a_title_says_so():
    figure = line()
    assert not figures.titled(figure)
    figure.axes[0].set_title("Left", loc="left")
    assert figures.titled(figure)
    figure = line()
    figure.suptitle("Above")
    assert figures.titled(figure)
    assert (figures.titled(bars()), figures.titled(bars(title="Sales"))) == (False, True)


class Named:
    def __call__(self, value, position):
        return "x"


def defined_here(value, position):
    return "x"


def test_what_cannot_be_kept_says_what_to_do(kept, monkeypatch):
    monkeypatch.setattr(defined_here, "__module__", "__main__")
    monkeypatch.setattr(Named, "__module__", "__main__")
    for formatter in (lambda value, position: "x", defined_here, Named()):
        figure = line()
        figure.axes[0].yaxis.set_major_formatter(formatter)
        with pytest.raises(PydanticCustomError, match="cannot be kept") as caught:
            figures.keep(figure)
        assert 'fig.savefig("figure.svg")' in caught.value.context["remedy"]
    figure = line()
    figure.axes[0].set_title(r"$\frac{1}{$")
    with pytest.raises(PydanticCustomError, match="matplotlib cannot draw this figure"):
        figures.keep(figure)
    assert not kept.exists()


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path(sys.argv[0]).with_name("bomb"),))


@pytest.fixture
def bomb(tmp_path, monkeypatch) -> tuple[bytes, Path]:
    """A pickle that makes a file when it is loaded, sealed as ours are."""
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "here")])
    data = pickle.dumps(Bomb())
    return hashlib.sha256(data).digest() + data, tmp_path / "bomb"


@pytest.mark.parametrize("where", ["elsewhere", "renamed", "up and down", "link"])
def test_a_pickle_of_somebody_elses_is_never_loaded(kept, bomb, tmp_path, where):
    data, proof = bomb
    name = f"{'0' * 64}.matplotlib"
    kept.mkdir(parents=True)
    (tmp_path / name).write_bytes(data)
    (kept / "mine.matplotlib").write_bytes(data)
    (kept / name).symlink_to(tmp_path / name)
    path = {
        "elsewhere": tmp_path / name,
        "renamed": kept / "mine.matplotlib",
        "up and down": kept / ".." / name,
        "link": kept / name,
    }[where]
    with pytest.raises(InvalidBrief, match="another machine or folder"):
        figures.read(path)
    assert not proof.exists()


def test_a_damaged_file_is_told_and_made_whole_by_keeping_again(kept):
    for figure in (line(), bars()):
        path = figures.keep(figure)
        whole = path.read_bytes()
        path.write_bytes(whole[:-20])
        with pytest.raises(InvalidBrief, match=r"cannot be opened \(its file is damaged\)"):
            figures.read(path)
        assert figures.keep(figure) == path
        figures.read(path)
    path.unlink()
    with pytest.raises(InvalidBrief, match=r"cannot be opened .*Run the cell"):
        figures.read(path)


def test_no_plotting_library_is_imported_for_those_who_have_no_figure():
    code = (
        "import sys, aura_nb as aura\n"
        "aura.Scene(heading='a', text='b', picture=aura.TitleCard(title='c'))\n"
        "try: aura.FigureCard(image=object())\n"
        "except aura.InvalidBrief: pass\n"
        "assert not {'matplotlib', 'plotly', 'pandas', 'kaleido'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
