from __future__ import annotations

import pickle
import re
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from aura_nb import tables
from aura_nb.errors import AuraError, RenderError
from aura_nb.jobs import Job, Journal, Queue
from aura_nb.providers.failures import ServerFault
from aura_nb.providers.guard import guard_of
from aura_nb.providers.report import ProviderReport
from tests.jobs.fakes import done_at_once, film, small


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal.sqlite3")


def ended(work, journal=None, title="Why the sky is blue") -> Job:
    one = Job(title, work, journal=journal, queue=Queue()).start()
    one.wait(30)
    return one


def failing(report, cancel):
    raise RenderError("No space.", remedy="Free 2 GB.")


def test_all_jobs_of_all_kernels_newest_first(journal, tmp_path):
    first = ended(done_at_once, journal)
    second = ended(failing, journal, "Tides")
    third = second.retry()
    third.wait(30)
    table = tables.jobs(Journal(journal.path))
    assert table.index.name == "job"
    assert list(table.index) == [third.id[:8], second.id[:8], first.id[:8]]
    assert list(table["status"]) == ["failed", "failed", "completed"]
    assert list(table["title"]) == ["Tides", "Tides", "Why the sky is blue"]
    assert list(table["retry_of"]) == [second.id[:8], "", ""]
    assert table.loc[first.id[:8], "film"] == str(film().path)
    assert table.loc[first.id[:8], "film_seconds"] == 12.0
    assert table.loc[second.id[:8], "error"] == "No space."
    assert isinstance(table["created"].dtype, pd.DatetimeTZDtype)


def test_no_jobs_are_an_empty_table_with_the_same_columns(journal, tmp_path):
    empty = tables.jobs(journal)
    ended(done_at_once, full := Journal(tmp_path / "full.sqlite3"))
    assert len(empty) == 0
    assert list(empty.columns) == list(tables.jobs(full).columns)
    assert dict(empty.dtypes).keys() == dict(tables.jobs(full).dtypes).keys()


def test_timings_of_a_job_and_of_its_film_agree():
    one = ended(done_at_once)
    table = tables.timings(one)
    pd.testing.assert_frame_equal(table, one.film.timings)
    pd.testing.assert_frame_equal(table, tables.timings(one.film))
    assert list(table.index) == ["narrate", "compose"]
    assert table.loc["compose"].to_dict() == {
        "seconds": 6.0,
        "cpu_seconds": 11.0,
        "peak_mb": 480.0,
        "items": 5,
        "cached": 0,
        "realtime": 2.0,
        "provider": "",
        "failed": "",
    }


def test_timings_of_a_failed_job_show_what_it_did():
    def half(report, cancel):
        small(report, cancel)
        raise RenderError("No space.")

    table = tables.timings(ended(half))
    made = tables.timings(ended(done_at_once).film)
    pd.testing.assert_series_equal(table.dtypes, made.dtypes)
    pd.testing.assert_index_equal(table.index, made.index[:1])
    assert table.loc["narrate", ["items", "cached"]].to_list() == [3, 1]
    assert list(table.index) == ["narrate"]
    assert table.loc["narrate", "seconds"] == 1.5
    assert table["realtime"].isna().all()


def test_compare_puts_jobs_side_by_side_by_title():
    table = tables.compare([ended(done_at_once), ended(done_at_once), ended(failing, title="Tides")])
    assert list(table.columns.get_level_values(0).unique()) == [
        "Why the sky is blue",
        "Why the sky is blue (2)",
        "Tides",
    ]
    assert list(table.index) == ["narrate", "compose", "total"]
    sky = table["Why the sky is blue"]
    assert list(sky.columns) == [*("seconds", "realtime", "items", "cached", "cpu_seconds", "peak_mb", "provider")]
    assert sky.loc["total", "cpu_seconds"] == pytest.approx(12.2)
    assert sky.loc["total", ["items", "cached", "peak_mb"]].to_list() == [8, 1, 480.0]
    assert sky.loc["narrate", "provider"] == "espeak"
    assert table.loc["compose", ("Tides", "seconds")] is pd.NA
    assert len(tables.compare([])) == 0


def test_compare_knows_the_jobs_of_past_kernels_by_their_ids(journal):
    job = ended(done_at_once, journal)
    now = tables.compare(job)
    past = tables.compare([job.id, job.id[:8]], journal=Journal(journal.path))
    pd.testing.assert_frame_equal(past["Why the sky is blue"], now["Why the sky is blue"])
    pd.testing.assert_frame_equal(past["Why the sky is blue (2)"], now["Why the sky is blue"])
    for wrong in ("", "no such id"):
        with pytest.raises(AuraError, match=re.escape("aura.jobs() lists them")):
            tables.compare([wrong], journal=journal)


def test_a_film_knows_how_long_its_making_took_and_a_loaded_one_does_not():
    made = replace(ended(done_at_once).film, took=6.0)
    assert tables.compare(made)["Why the sky is blue"].loc["total", ["seconds", "realtime"]].to_list() == [
        6.0,
        2.0,
    ]
    loaded = replace(made, took=0.0, stages=())
    table = tables.compare([made, loaded])["Why the sky is blue (2)"]
    assert table.loc[["narrate", "compose"]].isna().all(axis=None)
    assert table.loc["total", ["seconds", "realtime"]].isna().all()


def report(name="ollama", **more) -> ProviderReport:
    usual = {"socket": "writer", "local": True, "depth": "live", "status": "Valid", "message": "Works."}
    return ProviderReport(provider=name, **{**usual, **more})


REMEDY = "Start it with `ollama serve`, or say with OLLAMA_HOST where another one runs, and look once more."
FOUND = [
    report(details={"models": ["small", "large"], "licence": "MIT"}, latency_ms=12.5),
    report("espeak", socket="speaker", details={"voices": list("abcd")}, status="Timeout", remedy=REMEDY),
    report("broken", local=None, status="Invalid"),
]


def test_providers_are_a_row_each_in_the_order_they_come():
    table = tables.providers(FOUND)
    assert table.index.name == "provider"
    assert list(table.index) == ["ollama", "espeak", "broken"]
    assert table.loc["ollama"].to_dict() == {
        "socket": "writer",
        "local": True,
        "status": "Valid",
        "latency_ms": 12.5,
        "offers": "small, large",
        "breaker": "closed",
        "licence": "MIT",
        "remedy": "",
    }
    assert table.loc["espeak", "offers"] == "a, b, c, … (4)"
    assert table.loc["espeak", "remedy"] == REMEDY
    assert table.loc["espeak", "latency_ms"] is pd.NA
    assert table.loc["broken", "local"] is pd.NA
    assert table.columns.name == "live"
    # What mends it beside what is wrong.
    assert [*table.columns][2:4] == ["status", "remedy"]


def test_an_open_breaker_shows():
    guard = guard_of("test-tables-down")
    for _ in range(guard.limits.failures):
        with pytest.raises(ServerFault), guard.attempt():
            raise ServerFault("down", "HTTP 500.")
    assert tables.providers([report("test-tables-down")]).loc["test-tables-down", "breaker"] == "open"


def test_no_providers_are_an_empty_table_of_the_same_columns():
    empty, full = tables.providers([]), tables.providers(FOUND)
    assert list(empty.columns) == list(full.columns)
    assert dict(empty.dtypes) == dict(full.dtypes)


def test_a_table_of_providers_shows_every_column_and_every_remedy_whole():
    table = tables.providers(FOUND)
    for shown in (table, table[["status", "remedy"]], table[table["status"] == "Timeout"]):
        for text in (repr(shown), shown._repr_html_()):
            assert REMEDY in text
            assert "..." not in text
    assert all(column in repr(table) for column in table.columns)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(table)), table)
    assert pd.get_option("display.max_colwidth") == 50


def test_pandas_is_imported_only_when_a_table_is_asked_for():
    code = "import sys, aura_nb.tables; assert 'pandas' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
