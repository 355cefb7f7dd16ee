"""An SQLite file that several processes write to at once, and what that takes.

Write-ahead logging with `synchronous=NORMAL`: a committed transaction survives the death of the process;
a durable one is committed with `FULL` and survives the machine's (https://www.sqlite.org/wal.html).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from aura_nb.jobs.outbox import Busy

logger = logging.getLogger(__name__)

BUSY_SECONDS = 0.5
"""How long another writer is waited for: a cancel, and the kernel's main thread, may be behind it."""

UNUSABLE = (sqlite3.Error, OSError, Busy)
"""What is raised by a file that cannot be used now."""


class Database:
    """The tables in one file: one connection writes, another reads, from any thread.

    A file that cannot be opened says why in `problem`, and is tried again whenever it is used; until
    then it gives no rows and its transactions raise one of `UNUSABLE`.
    """

    SCHEMA: ClassVar[int]
    """The number of the tables' newest form. A file with a higher one is left alone."""
    CREATE: ClassVar[str]
    """What makes the tables, and brings an older form up to `SCHEMA`. It may be run again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = "not open"
        self._closed = False
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        try:
            self.open()
        except UNUSABLE:
            logger.warning("The file %s cannot be used now: %s", path, self.problem)

    def opened(self) -> None:
        """Called after each opening: to tidy up, say. What it cannot do now is not to raise."""

    def open(self, wait: float = BUSY_SECONDS) -> None:
        """Open the file unless it is open: what hindered it the last time may be over."""
        with self._opening:
            if self._closed:
                raise sqlite3.ProgrammingError("the file is closed")
            if not self.problem:
                return
            with ExitStack() as opened:
                try:
                    with _telling_busy():
                        self.path.parent.mkdir(parents=True, exist_ok=True)
                        self._writer = self._connect(wait, opened)
                        self._create(wait)
                        # Its own connection: whoever replays an old job must not hold up one that runs.
                        self._reader = self._connect(wait, opened)
                except UNUSABLE as error:
                    self.problem = f"{self.path.name}: {error}"
                    kind = Busy if isinstance(error, Busy) else sqlite3.OperationalError
                    raise kind(self.problem) from error
                opened.pop_all()
            self._reader.execute(f"PRAGMA busy_timeout={round(1000 * BUSY_SECONDS)}")
            self.problem = ""
        self.opened()

    def _connect(self, wait: float, opened: ExitStack) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=wait, isolation_level=None, check_same_thread=False)
        opened.callback(connection.close)
        # Where the file system cannot share memory (network homes) this stays a rollback journal: slower, safe.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def _create(self, wait: float) -> None:
        version = self._writer.execute("PRAGMA user_version").fetchone()[0]
        if version > self.SCHEMA:
            raise sqlite3.DatabaseError(f"written by a newer aura_nb (schema {version})")
        if version == self.SCHEMA:
            return
        with self.transaction(wait=wait) as db:
            for statement in self.CREATE.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={self.SCHEMA}")

    @contextmanager
    def transaction(self, *, durable: bool = False, wait: float = BUSY_SECONDS) -> Iterator[sqlite3.Connection]:
        """A transaction of the open file that begins within `wait` seconds. Raises `Busy` while others write."""
        latest = time.monotonic() + wait
        if not self._writing.acquire(timeout=wait):
            raise Busy("this kernel is writing")
        try:
            db = self._writer
            left = max(0.0, latest - time.monotonic())
            db.execute(f"PRAGMA busy_timeout={round(1000 * left)}")
            if durable:
                db.execute("PRAGMA synchronous=FULL")
            try:
                with _telling_busy():
                    db.execute("BEGIN IMMEDIATE")
                    try:
                        yield db
                        db.execute("COMMIT")
                    except BaseException:
                        # Some errors, a full disk among them, have rolled back already.
                        if db.in_transaction:
                            db.execute("ROLLBACK")
                        raise
            finally:
                if durable:
                    db.execute("PRAGMA synchronous=NORMAL")
        finally:
            self._writing.release()

    def query(self, sql: str, *values: Any, enough: Callable[[Any], bool] | None = None) -> list[Any]:
        """The rows of a SELECT, to the first that is `enough`; none when the file cannot be used."""
        try:
            self.open()
        except UNUSABLE:
            return []
        with self._reading, closing(self._reader.execute(sql, values)) as rows:
            if enough is None:
                return rows.fetchall()
            found = []
            for row in rows:
                found.append(row)
                if enough(row):
                    break
            return found

    def close(self) -> None:
        """Close the file, which is not to be used afterwards."""
        with self._opening:
            if not self.problem:
                self._reader.close()
                self._writer.close()
            self._closed, self.problem = True, "closed"


@contextmanager
def _telling_busy() -> Iterator[None]:
    """Raise `Busy` for what SQLite raises while others write."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy(str(error)) from error
        raise
