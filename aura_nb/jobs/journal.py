"""The journal: one SQLite file that all kernels of a user write their jobs' events to.

A committed event survives the death of the process, a job's last event that of the machine.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from aura_nb.jobs.database import BUSY_SECONDS, UNUSABLE, Database
from aura_nb.jobs.events import Clock, Event, Status
from aura_nb.jobs.process import Process
from aura_nb.jobs.snapshot import Snapshot, replay

logger = logging.getLogger(__name__)

TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, status TEXT NOT NULL, percent REAL NOT NULL, seq INTEGER NOT NULL,
  created REAL NOT NULL, started REAL, ended REAL, seconds REAL NOT NULL,
  host TEXT NOT NULL, pid INTEGER NOT NULL, pid_started REAL NOT NULL, heartbeat REAL NOT NULL,
  correlation_id TEXT NOT NULL, retry_of TEXT, spec TEXT NOT NULL,
  film TEXT, film_seconds REAL, error TEXT, remedy TEXT
);
CREATE TABLE IF NOT EXISTS events (
  job_id TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (job_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS breakers (provider TEXT PRIMARY KEY, state TEXT NOT NULL, since REAL NOT NULL);
"""

DAY = 86400.0
KEEP_PICTURES = 30 * DAY
"""Progress and thumbnails of jobs that ended longer ago (seconds) are dropped at opening; all else is kept."""
STALE_HEARTBEAT = 300.0
"""Seconds without a heartbeat after which a job counts as dead whose process cannot be told for sure."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as the journal knows it; times in seconds since the epoch, `seconds` how long it ran."""

    id: str
    title: str
    status: Status
    percent: float
    seq: int
    created: float
    started: float | None
    ended: float | None
    seconds: float
    host: str
    pid: int
    pid_started: float
    heartbeat: float
    correlation_id: str
    retry_of: str | None
    spec: str
    film: str | None
    film_seconds: float | None
    error: str | None
    remedy: str | None


COLUMNS = ", ".join(column.name for column in fields(JobRow))


class Journal(Database):
    """Every job of every kernel, replayable from any event.

    Opening it, and each look at `rows`, marks jobs whose process is gone as crashed; opening prunes
    what is old. A journal that cannot be opened says why in `problem`, and is tried again whenever it
    is used; until then it has no rows and its records raise. `row`, `bodies` and `snapshot` are what a
    server of jobs answers with: one job, its events from any one on, its state.
    """

    SCHEMA = 2
    CREATE = TABLES

    def __init__(self, path: Path, *, clock: Clock | None = None, process: Process | None = None) -> None:
        self.clock = clock or Clock()
        self.process = process or Process.this()
        super().__init__(path)

    def opened(self) -> None:
        self._tidy(self.bury_orphans)
        self._tidy(self.prune)

    def _tidy(self, task: Callable[[], None]) -> None:
        try:
            task()
        except UNUSABLE:
            # There is always a next time, and what was asked for can be had without.
            logger.debug("The journal %s was not tidied.", self.path, exc_info=True)

    def record(
        self,
        job_id: str,
        *,
        title: str,
        correlation_id: str = "",
        retry_of: str | None = None,
        spec: Mapping[str, Any] | None = None,
    ) -> JobRecord:
        """Where the log of a new job keeps its events; the job's row comes with the first."""
        return JobRecord(self, job_id, title, correlation_id, retry_of, json.dumps(spec or {}))

    def rows(self) -> list[JobRow]:
        """All jobs, newest first; those whose process is gone become crashed."""
        self._tidy(self.bury_orphans)
        return [
            JobRow(*row) for row in self.query(f"SELECT {COLUMNS} FROM jobs ORDER BY created DESC, rowid DESC")
        ]

    def row(self, job_id: str) -> JobRow | None:
        """One job by its id or the beginning of it."""
        found = self.query(f"SELECT {COLUMNS} FROM jobs WHERE substr(id, 1, ?) = ? LIMIT 2", len(job_id), job_id)
        return JobRow(*found[0]) if len(found) == 1 else None

    def running(self, *, lately: float = 0.0) -> list[str]:
        """The ids of the jobs that have not ended, or did so `lately` (seconds ago at most), oldest first."""
        sql = "SELECT id FROM jobs WHERE ended IS NULL OR ended > ? ORDER BY created, rowid"
        return [job_id for (job_id,) in self.query(sql, self.clock.now() - lately)]

    def rendering(self) -> bool:
        """Whether a job runs on this machine, in whichever kernel; one whose process is gone becomes crashed."""
        self._tidy(self.bury_orphans)
        sql = "SELECT 1 FROM jobs WHERE ended IS NULL AND status IN ('running', 'cancelling') AND host = ? LIMIT 1"
        return bool(self.query(sql, self.process.host))

    def bodies(self, job_id: str, after: int = 0, most: int | None = None) -> list[bytes]:
        """Encoded events of a job after number `after`, as many as make `most` bytes (by default all)."""
        size = 0

        def enough(row: tuple[bytes]) -> bool:
            nonlocal size
            size += len(row[0])
            return most is not None and size >= most

        sql = "SELECT body FROM events WHERE job_id = ? AND seq > ? ORDER BY seq"
        return [body for (body,) in self.query(sql, job_id, after, enough=enough)]

    def snapshot(self, job_id: str) -> Snapshot:
        """The state of a job after its newest event."""
        return replay(job_id, (Event.decode(body) for body in self.bodies(job_id)))

    def beat(self, job_id: str) -> None:
        """Note that the job's process is alive. Raises `Busy` at once while others write."""
        self.open(wait=0)
        with self.transaction(wait=0) as db:
            db.execute("UPDATE jobs SET heartbeat = ? WHERE id = ?", (self.clock.now(), job_id))

    def bury_orphans(self) -> None:
        """Give every job whose process is gone its last event: `job-failed`, state crashed."""
        for row in self.query(f"SELECT {COLUMNS} FROM jobs WHERE ended IS NULL"):
            orphan = JobRow(*row)
            alive = Process(orphan.host, orphan.pid, orphan.pid_started).alive()
            if alive is None:
                alive = self.clock.now() - orphan.heartbeat < STALE_HEARTBEAT
            if not alive:
                self._bury(orphan.id)

    def _bury(self, job_id: str) -> None:
        with self.transaction(durable=True) as db:
            # Another kernel may have opened the journal, and buried it, a moment ago.
            found = db.execute(f"SELECT {COLUMNS} FROM jobs WHERE id = ? AND ended IS NULL", (job_id,)).fetchone()
            if found is None:
                return
            row = JobRow(*found)
            event = Event(
                seq=row.seq + 1,
                type="job-failed",
                job_id=row.id,
                correlation_id=row.correlation_id,
                timestamp=round(self.clock.now(), 3),
                status="crashed",
                percent=row.percent,
                message="The kernel that ran this job is gone.",
                elapsed_seconds=row.seconds,
                data={
                    "code": "CRASHED",
                    "error": "JobFailed",
                    "remedy": "Make it again: what was finished is in the cache.",
                },
            )
            _write(db, event, event.encode(), self.clock.now())

    def prune(self) -> None:
        """Drop what only a live view needs, progress and thumbnails, of jobs that ended long ago."""
        with self.transaction() as db:
            db.execute(
                "DELETE FROM events WHERE type IN ('step-progress', 'scene-ready') AND job_id IN "
                "(SELECT id FROM jobs WHERE ended < ?)",
                (self.clock.now() - KEEP_PICTURES,),
            )


@lru_cache(maxsize=4)
def journal_at(path: Path) -> Journal:
    """One journal a file and process: opening it buries the jobs of dead kernels."""
    return Journal(path)


class JobRecord:
    """One job's place in the journal."""

    def __init__(
        self, journal: Journal, job_id: str, title: str, correlation_id: str, retry_of: str | None, spec: str
    ) -> None:
        self._journal = journal
        self._job_id = job_id
        self._title = title
        self._correlation_id = correlation_id
        self._retry_of = retry_of
        self._spec = spec

    def append(self, event: Event, body: bytes, *, wait: bool) -> None:
        """Commit the event and the job's row as it is after it, in one transaction.

        Raises `Busy`, at once or when `wait` after `BUSY_SECONDS`, while others write.
        """
        journal, process = self._journal, self._journal.process
        patience = BUSY_SECONDS if wait else 0
        journal.open(patience)
        now = journal.clock.now()
        with journal.transaction(durable=event.last, wait=patience) as db:
            if event.seq == 1:
                db.execute(
                    "INSERT INTO jobs (id, title, status, percent, seq, created, seconds, "
                    "host, pid, pid_started, heartbeat, correlation_id, retry_of, spec) "
                    "VALUES (?, ?, ?, 0, 0, ?, 0, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        event.job_id,
                        self._title,
                        event.status,
                        event.timestamp,
                        process.host,
                        process.pid,
                        process.started,
                        now,
                        self._correlation_id,
                        self._retry_of,
                        self._spec,
                    ),
                )
            _write(db, event, body, now)

    def read(self, after: int, most: int) -> Sequence[bytes]:
        """Encoded events after number `after`, as many as make `most` bytes."""
        return self._journal.bodies(self._job_id, after, most)


def _write(db: sqlite3.Connection, event: Event, body: bytes, now: float) -> None:
    db.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (event.job_id, event.seq, event.type, body))
    data = event.data if event.last else {}
    failed = event.type == "job-failed"
    changed = db.execute(
        "UPDATE jobs SET status = :status, percent = :percent, seq = :seq, seconds = :seconds, heartbeat = :now, "
        "started = coalesce(started, :started), ended = :ended, film = :film, film_seconds = :film_seconds, "
        "error = :error, remedy = :remedy WHERE id = :id AND ended IS NULL",
        {
            "id": event.job_id,
            "status": event.status,
            "percent": event.percent,
            "seq": event.seq,
            "seconds": event.elapsed_seconds,
            "now": now,
            "started": event.timestamp if event.status == "running" else None,
            "ended": event.timestamp if event.last else None,
            "film": data.get("film"),
            "film_seconds": data.get("seconds"),
            "error": event.message if failed else None,
            "remedy": data.get("remedy") if failed else None,
        },
    )
    if changed.rowcount != 1:
        raise sqlite3.IntegrityError("another kernel has already ended this job")
