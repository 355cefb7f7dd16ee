from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from aura_nb.jobs import Event, EventLog, Journal, replay
from aura_nb.jobs.journal import DAY, STALE_HEARTBEAT
from aura_nb.jobs.outbox import Busy
from aura_nb.jobs.process import Process
from tests.jobs.fakes import HandClock, events

WRITER = """
import sys
from pathlib import Path
from aura_nb.jobs import EventLog, Journal
job_id, count = sys.argv[2], int(sys.argv[3])
journal = Journal(Path(sys.argv[1]))
log = EventLog(job_id, record=journal.record(job_id, title="Sky"))
log.append("job-status", status="queued", data={"title": "Sky"})
log.append("job-status", status="running")
while count < 0 or log.seq < count:
    print(log.append("job-log", f"line {log.seq}").seq, flush=True)
assert not log.snapshot.warnings
"""
"""Another kernel: writes events, and says each number only once `append` has returned."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.sqlite3"


def log_in(journal: Journal, job_id: str = "job-1", **kwargs) -> EventLog:
    log = EventLog(job_id, record=journal.record(job_id, title="Sky", spec={"topic": "Sky"}), **kwargs)
    log.append("job-status", status="queued", data={"title": "Sky"})
    log.append("job-status", status="running")
    return log


def test_another_kernel_replays_a_job_from_any_event(path):
    log = log_in(Journal(path))
    log.append("step-progress", stage="compose", percent=12.5, current_item=1, total_items=4, eta_seconds=9.0)
    log.append("scene-ready", data={"scene": 0, "heading": "Light", "thumbnail": "/9j/"})
    log.append("job-completed", data={"film": "a.mp4", "seconds": 12.0, "width": 1920, "height": 1080})
    other = Journal(path)
    for after in range(6):
        assert events(other, "job-1", after) == log.events(after)
    assert other.snapshot("job-1") == log.snapshot


def test_the_row_goes_with_the_events(path):
    journal = Journal(path)
    log = log_in(journal, correlation_id="asked")
    log.append("step-progress", stage="compose", percent=12.5)
    row = journal.row("job")
    assert (row.title, row.status, row.percent, row.seq, row.ended) == ("Sky", "running", 12.5, 3, None)
    assert row.spec == '{"topic": "Sky"}'
    log.append("job-failed", "No disk.", data={"remedy": "Free some."})
    row = journal.rows()[0]
    assert (row.status, row.error, row.remedy) == ("failed", "No disk.", "Free some.")
    assert row.ended >= row.started >= row.created


def test_events_and_row_are_one_transaction(path):
    journal = Journal(path)
    log = log_in(journal)
    journal._writer.execute("CREATE TRIGGER no BEFORE UPDATE ON jobs BEGIN SELECT RAISE(ABORT, 'no row'); END")
    log.append("job-log", "lost")
    assert [event.seq for event in events(journal, "job-1")] == [1, 2]
    assert "no row" in log.snapshot.warnings[0]


def test_only_a_last_event_waits_for_the_disk(path):
    journal = Journal(path)
    told: list[str] = []
    journal._writer.set_trace_callback(told.append)
    log = log_in(journal)
    log.append("step-progress", stage="compose", percent=50.0)
    assert not any("FULL" in sql for sql in told)
    log.append("job-completed")
    assert [sql for sql in told if "synchronous" in sql] == [
        "PRAGMA synchronous=FULL",
        "PRAGMA synchronous=NORMAL",
    ]
    assert journal._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_readers_of_the_log_replay_from_the_journal(path):
    log = log_in(Journal(path), ring_bytes=2000)
    for number in range(600):
        log.append("job-log", f"line {number}")
    assert [event.seq for event in log.events()] == list(range(1, 603))
    assert all(event.type != "gap" for event in log.reader(5).read())


def test_so_many_bytes_are_read_at_once_and_one_event_at_least(path):
    """Twenty readers that were behind took 30 MB of a job with long lines, when events were counted."""
    journal = Journal(path)
    log = log_in(journal)
    for number in range(50):
        log.append("job-log", f"line {number} {'x' * 1000}")
    whole = journal.bodies("job-1")
    assert len(whole) == log.seq
    assert journal.bodies("job-1", 10, 5000) == whole[10:14]
    assert journal.bodies("job-1", 10, 1) == whole[10:11]
    assert journal.bodies("job-1", log.seq, 1) == []


def dead() -> Process:
    """A process of this machine that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return replace(Process.this(), pid=child.pid)


def test_a_job_of_a_dead_kernel_becomes_crashed_when_the_journal_is_opened(path):
    log = log_in(Journal(path, process=dead()))
    log.append("step-progress", stage="compose", percent=40.0)
    journal = Journal(path)
    *_, last = events(journal, "job-1")
    assert (last.seq, last.type, last.status, last.percent) == (4, "job-failed", "crashed", 40.0)
    assert last.data["code"] == "CRASHED"
    assert journal.row("job-1").status == "crashed"
    assert journal.snapshot("job-1").error.remedy
    Journal(path)
    assert len(events(journal, "job-1")) == 4  # buried once


def test_a_job_of_a_dead_kernel_is_crashed_in_the_rows_of_a_journal_that_is_open(path):
    journal = Journal(path)
    log_in(Journal(path, process=dead()))
    assert [row.status for row in journal.rows()] == ["crashed"]


def test_rows_can_be_read_while_orphans_cannot_be_buried(path):
    journal = Journal(path)
    log_in(Journal(path, process=dead()))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert [row.status for row in journal.rows()] == ["running"]
        assert [row.status for row in Journal(path).rows()] == ["running"]  # nor does it hinder opening
    assert [row.status for row in journal.rows()] == ["crashed"]


def test_a_job_whose_start_time_moved_with_the_clock_is_judged_by_its_heartbeat(path):
    hand = HandClock()
    moved = replace(Process.this(), started=Process.this().started - 3600)
    log_in(Journal(path, clock=hand.clock, process=moved))
    journal = Journal(path, clock=hand.clock)
    assert journal.row("job-1").status == "running"
    hand.pass_by(STALE_HEARTBEAT)
    assert journal.rows()[0].status == "crashed"


def test_a_living_job_is_never_buried(path):
    hand = HandClock()
    log_in(Journal(path, clock=hand.clock))
    hand.pass_by(10 * STALE_HEARTBEAT)
    assert Journal(path, clock=hand.clock).row("job-1").status == "running"


def test_a_job_of_another_machine_is_judged_by_its_heartbeat(path):
    hand = HandClock()
    there = Journal(path, clock=hand.clock, process=Process("elsewhere", 1, 1.0))
    log_in(there)
    hand.pass_by(STALE_HEARTBEAT - 1)
    there.beat("job-1")
    hand.pass_by(STALE_HEARTBEAT - 1)
    assert Journal(path, clock=hand.clock).row("job-1").status == "running"
    hand.pass_by(2)
    assert Journal(path, clock=hand.clock).row("job-1").status == "crashed"


def test_a_job_that_was_buried_alive_keeps_its_film_and_the_journal_its_word(path):
    log = log_in(Journal(path, process=dead()))
    journal = Journal(path)
    log.append("job-completed", data={"film": "a.mp4", "seconds": 1.0, "width": 2, "height": 2})
    assert log.snapshot.status == "completed"
    assert journal.row("job-1").status == "crashed"
    assert len(events(journal, "job-1")) == 3


def test_an_ended_job_takes_no_more_events(path):
    journal = Journal(path)
    log = log_in(journal)
    log.append("job-cancelled")
    late = replace(log.events()[1], seq=9)
    with pytest.raises(sqlite3.IntegrityError, match="already ended"):
        journal.record("job-1", title="Sky").append(late, late.encode(), wait=True)
    assert journal.row("job-1").status == "cancelled"
    assert len(events(journal, "job-1")) == 3


@pytest.mark.parametrize("how", ["garbage", "folder", "newer"])
def test_a_journal_that_cannot_be_used_costs_one_warning(path, how):
    path.parent.mkdir()
    if how == "garbage":
        path.write_bytes(b"this is not a database, by any means" * 100)
    elif how == "folder":
        path.mkdir()
    else:
        with sqlite3.connect(path) as db:
            db.execute(f"PRAGMA user_version={Journal.SCHEMA + 1}")
        db.close()
    journal = Journal(path)
    assert journal.problem
    log = log_in(journal)
    log.append("job-completed")
    assert log.snapshot.status == "completed"
    assert len(log.snapshot.warnings) == 1
    assert journal.problem in log.snapshot.warnings[0]
    assert journal.rows() == []
    assert replay("job-1", log.events()) == log.snapshot


@pytest.mark.parametrize("how", ["folder", "locked"])
def test_a_journal_opens_itself_once_what_hindered_it_is_over(path, how):
    path.parent.mkdir()
    with ExitStack() as hindered:
        if how == "folder":
            path.mkdir()
            hindered.callback(path.rmdir)
        else:
            other = hindered.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            other.execute("BEGIN EXCLUSIVE")
        journal = Journal(path)
        assert journal.problem
        log = log_in(journal, "early")
        assert journal.rows() == []
    log.flush()
    log_in(journal, "late")
    assert not journal.problem
    # What was only busy loses nothing; what was broken costs the job of that time its place.
    assert [row.id for row in journal.rows()] == {"folder": ["late"], "locked": ["late", "early"]}[how]


def test_an_end_that_met_a_locked_journal_is_kept_once_it_is_free(path):
    log = log_in(journal := Journal(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        log.append("job-log", "x")
        log.append("job-completed", data={"film": "a.mp4", "seconds": 12.0, "width": 2, "height": 2})
        assert not log.flush()
        with pytest.raises(Busy):
            journal.beat("job-1")
        assert journal.row("job-1").status == "running"
    assert log.flush()
    assert (journal.row("job-1").status, journal.row("job-1").film) == ("completed", "a.mp4")
    assert events(journal, "job-1") == log.events()
    assert log.snapshot.warnings == ()


def test_a_data_folder_that_cannot_be_made_costs_one_warning(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    log = log_in(Journal(tmp_path / "file" / "data" / "journal.sqlite3"))
    assert len(log.snapshot.warnings) == 1


def test_old_progress_and_thumbnails_are_pruned_and_the_story_kept(path):
    hand = HandClock()
    log = log_in(Journal(path, clock=hand.clock), clock=hand.clock)
    log.append("step-progress", stage="compose", percent=40.0)
    log.append("scene-ready", data={"scene": 0, "heading": "Light", "thumbnail": "/9j/"})
    log.append("job-completed")
    hand.pass_by(29 * DAY)
    assert len(events(Journal(path, clock=hand.clock), "job-1")) == 5
    hand.pass_by(2 * DAY)
    journal = Journal(path, clock=hand.clock)
    assert [event.seq for event in events(journal, "job-1")] == [1, 2, 5]
    assert journal.snapshot("job-1").status == "completed"


def test_an_id_is_found_by_its_beginning_only_when_it_is_the_only_one(path):
    journal = Journal(path)
    log_in(journal, "abc1")
    log_in(journal, "abd2")
    assert journal.row("abc").id == "abc1"
    assert journal.row("ab") is None
    assert journal.row("%") is None


def test_a_closed_journal_harms_no_job(path):
    journal = Journal(path)
    log = log_in(journal)
    journal.close()
    assert log.append("job-completed").seq == 3
    assert journal.rows() == []


def written_by(job_id: str, path: Path, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), job_id, str(count)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_two_kernels_write_at_once(path):
    kernels = [written_by(f"job-{number}", path, 400) for number in (1, 2)]
    for kernel in kernels:
        told, _ = kernel.communicate(timeout=60)
        assert told.split()[-1] == "400"
        assert kernel.returncode == 0
    journal = Journal(path)
    for job_id in ("job-1", "job-2"):
        assert [event.seq for event in events(journal, job_id)] == list(range(1, 402))


@pytest.mark.slow
def test_ten_kills_lose_no_acknowledged_event(path):
    for number in range(10):
        job_id = f"job-{number}"
        kernel = written_by(job_id, path, -1)
        acknowledged = [int(kernel.stdout.readline()) for _ in range(20 + 17 * number)]
        kernel.kill()
        acknowledged += [int(line) for line in kernel.stdout.read().split("\n")[:-1]]
        kernel.wait(60)
        kernel.stdout.close()
        journal = Journal(path)
        seqs = [event.seq for event in events(journal, job_id)]
        assert seqs == list(range(1, len(seqs) + 1))
        assert set(acknowledged) <= set(seqs)
        assert journal.row(job_id).status == "crashed"
        assert isinstance(events(journal, job_id)[-1], Event)
        journal.close()
