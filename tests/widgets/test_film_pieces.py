"""What a page gets of a film: piece by piece all of it, and nothing that is none of its business."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.widgets import film_pieces
from aura_nb.widgets.film_pieces import GONE, Files, answer


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.setattr(film_pieces, "PIECE_BYTES", 4)
    (tmp_path / "sky.mp4").write_bytes(b"0123456789")
    (tmp_path / "sky.vtt").write_bytes(b"WEBVTT")
    return {"film": tmp_path / "sky.mp4", "captions": tmp_path / "sky.vtt"}


def ask(
    film: Files, part: str = "film", start: Any = 0, key: str = "sky"
) -> tuple[dict[str, Any], list[bytes]] | None:
    message = {"type": "film", "id": "1", "key": key, "part": part, "start": start}
    return answer(message, {"sky": film}.get)


def test_all_of_it_comes_in_pieces_of_one_size(film: Files) -> None:
    pieces = [ask(film, start=start) or ({}, []) for start in (0, 4, 8)]
    assert [data for _, [data] in pieces] == [b"0123", b"4567", b"89"]
    assert {(told["id"], told["size"]) for told, _ in pieces} == {("1", 10)}
    captions = ask(film, "captions", 4)
    assert captions
    assert captions[1] == [b"TT"]


def test_a_page_can_tell_a_film_that_was_replaced_meanwhile(film: Files) -> None:
    first = ask(film)
    path = film["film"]
    assert path
    path.unlink()
    path.write_bytes(b"9876543210")
    second = ask(film, start=4)
    assert first
    assert second
    assert first[0]["version"] != second[0]["version"]


def test_a_piece_goes_by_the_version_of_what_was_read(film: Files, tmp_path: Path) -> None:
    before = tmp_path / "before.mp4"
    before.write_bytes(b"98765")

    class Replaced(type(before)):
        """Where another film lies by the time that it is open."""

        def open(self, *how: Any, **ways: Any) -> Any:
            return before.open(*how, **ways)

    first = ask({"film": Replaced(tmp_path / "sky.mp4")})
    second = ask(film, start=4)
    assert first
    assert second
    assert (first[0]["size"], first[1]) == (5, [b"9876"])
    assert first[0]["version"] != second[0]["version"]


def test_what_is_not_there_is_said_to_be_gone(film: Files) -> None:
    gone = ({"type": "film", "id": "1", "problem": GONE}, [])
    assert ask(film, key="sea") == gone
    assert ask(film, part="manifest") == gone
    assert ask({**film, "captions": None}, "captions") == gone
    path = film["film"]
    assert path
    path.unlink()
    assert ask(film) == gone


@pytest.mark.parametrize("start", [-1, "0", None, 0.5, 10**30])
def test_nonsense_is_nobody_s_question(film: Files, start: object) -> None:
    assert ask(film, start=start) is None


@given(
    st.dictionaries(st.sampled_from(["type", "id", "key", "part", "start"]), st.text() | st.integers()) | st.text()
)
def test_no_message_makes_it_fail(content: object) -> None:
    answer(content, lambda key: None)
