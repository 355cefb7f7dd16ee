"""How a film shows itself where there is a kernel: a document in the output, a widget beside it that plays."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from aura_nb.film import Film
from aura_nb.widgets import projector
from aura_nb.widgets.poster import MOST_BYTES
from tests.media.synthetic import blue_then_red

SAVED_BYTES = 20_000


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell that has a kernel, as far as anybody asks."""
    monkeypatch.setattr(projector, "_held", [])
    shell = InteractiveShell.instance()
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    yield shell
    InteractiveShell.clear_instance()


def key_of(html: str) -> str:
    found = re.search(r'data-aura-film="([0-9a-f]+)"', html)
    assert found
    return found[1]


@pytest.fixture
def film(tmp_path: Path) -> Film:
    path = blue_then_red(tmp_path / "sky.mp4")
    (tmp_path / "sky.vtt").write_text("WEBVTT\n", encoding="utf-8")
    return Film(path, None, path.with_suffix(".vtt"), path, "Sky", 2.0, (320, 180), (), language="de")


def shown(film: Film) -> str:
    return str(film._repr_mimebundle_()["text/html"])


def test_its_output_is_a_document_that_any_notebook_can_keep(shell: InteractiveShell, film: Film) -> None:
    data, _ = shell.display_formatter.format(film)
    assert {*data} == {"text/plain", "text/html"}
    assert "data:image/jpeg" in data["text/html"]
    assert "data:video" not in data["text/html"]
    # The largest poster there may be is a third larger as text.
    assert len(json.dumps(data)) + MOST_BYTES * 4 / 3 < SAVED_BYTES


def test_all_films_of_a_kernel_are_played_by_one_widget(shell: InteractiveShell, film: Film) -> None:
    other = replace(film, title="Sea")
    sky, sea, again = (key_of(shown(one)) for one in (film, other, film))
    assert sky == again != sea
    [widget] = projector._held
    assert widget._films == {
        sea: {"title": "Sea", "size": [320, 180], "language": "de"},
        sky: {"title": "Sky", "size": [320, 180], "language": "de"},
    }


def test_a_page_that_asks_gets_the_film_it_means(shell: InteractiveShell, film: Film) -> None:
    key = key_of(shown(film))
    [widget] = projector._held
    sent: list[tuple[Any, Any]] = []
    widget.send = lambda content, buffers: sent.append((content, buffers))
    for part in ("film", "captions"):
        widget._handle_custom_msg({"type": "film", "id": "1", "key": key, "part": part, "start": 0}, [])
    widget._handle_custom_msg({"type": "film", "id": "1", "key": "another", "part": "film", "start": 0}, [])
    assert [buffers for _, buffers in sent] == [[film.path.read_bytes()], [b"WEBVTT\n"], []]
    assert "problem" in sent[-1][0]


def test_a_film_of_the_notebooks_folder_is_found_when_the_kernel_has_gone_to_another(
    shell: InteractiveShell, film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    key = key_of(shown(replace(film, path=Path("sky.mp4"), vtt=Path("sky.vtt"))))
    monkeypatch.chdir(Path(tmp_path.anchor))
    [widget] = projector._held
    assert widget._files(key) == {"film": tmp_path / "sky.mp4", "captions": tmp_path / "sky.vtt"}


def test_of_many_films_the_last_shown_are_played(shell: InteractiveShell, film: Film) -> None:
    keys = [key_of(shown(replace(film, title=f"{number}"))) for number in range(projector.KEPT + 2)]
    [widget] = projector._held
    assert [*widget._films] == keys[2:]
    assert widget._films.keys() == widget._kept.keys()


def test_a_projector_that_was_closed_is_opened_anew(shell: InteractiveShell, film: Film) -> None:
    key = key_of(shown(film))
    projector._held[0].close()
    assert key_of(shown(film)) == key
    assert projector._held[0].comm is not None
    assert [*projector._held[0]._films] == [key]


def test_a_film_that_is_gone_is_told_and_not_played(shell: InteractiveShell, film: Film) -> None:
    film.path.unlink()
    assert "no longer where it was made" in shown(film)
    assert "data-aura-film" not in shown(film)


def test_a_film_that_another_was_made_in_the_place_of_is_gone(shell: InteractiveShell, film: Film) -> None:
    """It would play under the old title."""
    key = key_of(shown(film))
    film.path.write_bytes(film.path.read_bytes() + b"another")
    [widget] = projector._held
    assert widget._files(key) is None
    assert widget._files(key_of(shown(replace(film, title="Sea"))))


def test_what_this_machine_cannot_read_has_no_picture_and_plays_all_the_same(
    shell: InteractiveShell, film: Film
) -> None:
    film.path.write_bytes(b"film" * 100)
    assert "<img" not in shown(film)
    assert key_of(shown(film)) in projector._held[0]._films


def test_colab_where_outputs_are_apart_gets_the_film_itself(
    shell: InteractiveShell, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert "data:video/mp4" in shown(film)
