"""A file that several processes write to: whose turn it is, and what a failure leaves behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aura_nb.jobs.database import Database
from aura_nb.jobs.outbox import Busy


class Shelf(Database):
    """One table, and how often the file was opened."""

    SCHEMA = 3
    CREATE = "CREATE TABLE IF NOT EXISTS books (title TEXT)"
    times = 0

    def opened(self) -> None:
        self.times += 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "shelf.sqlite3"


def put(shelf: Shelf, title: str, **how: object) -> None:
    with shelf.transaction(**how) as db:
        db.execute("INSERT INTO books VALUES (?)", (title,))


def books(shelf: Shelf) -> list[str]:
    return [title for (title,) in shelf.query("SELECT title FROM books")]


def test_what_one_writes_the_other_reads(path):
    one, other = Shelf(path), Shelf(path)
    put(one, "Optics")
    put(other, "Waves", durable=True)
    assert books(one) == books(other) == ["Optics", "Waves"]
    assert (one.times, other.times) == (1, 1)


def test_a_transaction_that_raises_leaves_nothing(path):
    shelf = Shelf(path)

    def broken() -> None:
        with shelf.transaction() as db:
            db.execute("INSERT INTO books VALUES ('half')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    put(shelf, "Optics")
    assert books(shelf) == ["Optics"]


def test_while_another_writes_a_transaction_is_busy_and_reading_is_not(path):
    shelf = Shelf(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for wait in (0, 0.05):
            with pytest.raises(Busy):
                put(shelf, "Optics", wait=wait)
        assert books(shelf) == []
    put(shelf, "Optics", wait=0)


def test_an_older_file_is_brought_up_and_a_newer_one_left_alone(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=2")
    put(Shelf(path), "Optics")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (3,)
        db.execute("PRAGMA user_version=4")
    newer = Shelf(path)
    assert "newer" in newer.problem
    assert (newer.times, books(newer)) == (0, [])


def test_what_is_closed_stays_closed(path):
    shelf = Shelf(path)
    shelf.close()
    assert books(shelf) == []
    with pytest.raises(sqlite3.ProgrammingError):
        shelf.open()
