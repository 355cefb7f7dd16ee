"""The promises of the public functions, held by real films with the draft voice."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

import aura_nb as aura
from aura_nb.jobs import Breakers
from aura_nb.jobs.events import Event
from aura_nb.jobs.journal import Journal
from aura_nb.providers.failures import ServerFault
from aura_nb.providers.guard import guard_of

CANARY = "sk-canary-0123456789"
DRAFT = {"render": aura.Render(height=360), "profile": aura.Profile(speaker=["espeak"])}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AURA_NB_PROGRESS", "off")
    return tmp_path


def test_bad_input_is_one_error_before_any_work(own: Path):
    with pytest.raises(aura.InvalidBrief, match="topic"):
        aura.start("x")
    with pytest.raises(aura.InvalidBrief, match=r"\.mp4"):
        aura.start("Why the sky is blue", output=own / "film.avi", **DRAFT)
    assert aura.jobs().empty
    assert not (own / "cache").exists()


def test_preflight_is_a_table_of_pass_warn_and_fail(own: Path):
    table = aura.preflight("Why the sky is blue", output=own / "film.mp4", **DRAFT)
    assert table.ok
    assert {check.status for check in table} <= {"Pass", "Warn"}
    assert "ffmpeg" in repr(table)


def test_write_gives_an_editable_script_fitted_to_its_length_as_spoken(own: Path):
    script = aura.write("Why the sky is blue", plan=aura.Plan(seconds=20), **DRAFT)
    assert script.scenes
    script.scenes[0].text = "Another beginning."
    assert script.scenes[0].text == "Another beginning."


def test_breakers_are_kept_in_the_journal_of_whoever_writes(own: Path):
    aura.write("Why the sky is blue", **DRAFT)
    guard = guard_of("test-api-down")
    for _ in range(guard.limits.failures):
        with pytest.raises(ServerFault), guard.attempt():
            raise ServerFault("test-api-down", "is down.")
    kept = Breakers(Journal(own / "data" / "journal.sqlite3")).load("test-api-down")
    assert kept is not None
    assert kept.state == "open"


@pytest.fixture
def quoting(monkeypatch: pytest.MonkeyPatch):
    """A server that refuses every key, and quotes it; where `openai` is asked from now on."""

    class Quote(BaseHTTPRequestHandler):
        def do_GET(self):
            said = json.dumps({"error": {"message": f"Incorrect API key: {self.headers['Authorization']}"}})
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *args): ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Quote) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OPENAI_API_KEY", CANARY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        yield
        server.shutdown()


def test_providers_is_a_table_of_them_all_and_without_asking_always_the_same(own: Path, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    table = aura.providers(live=False, timeout=30)
    assert table.index.name == "provider"
    assert {"rulebased", "ollama", "openai", "kokoro", "espeak", "cards"} <= set(table.index)
    assert table.loc["rulebased", "status"] == "Valid"
    assert table.loc["anthropic", ["status", "remedy"]].to_list() == ["Invalid", "Set ANTHROPIC_API_KEY."]
    assert table["latency_ms"].isna().all()
    again = aura.providers(live=False, timeout=30)
    assert repr(again) == repr(table)
    assert again._repr_html_() == table._repr_html_()


@pytest.mark.slow
def test_asking_takes_time_that_the_table_tells_and_the_columns_stay(own: Path, quoting):
    table = aura.providers(timeout=30)
    assert list(table.columns) == list(aura.providers(live=False, timeout=30).columns)
    assert table.loc["espeak", "status"] == "Valid"
    assert table.loc["espeak", "latency_ms"] > 0
    # It writes and it speaks, and is a row for each.
    assert set(table.loc["openai", "status"]) == {"Unauthorized"}


@pytest.mark.slow
def test_a_key_is_in_no_table_report_or_log(own: Path, quoting, caplog):
    with caplog.at_level(logging.DEBUG):
        table = aura.providers(timeout=30)
        report = aura.validate("openai", live=True, timeout=30)
        other = aura.validate("openai", api_key=f"{CANARY}-2", live=True, timeout=30)
    assert report.status == other.status == "Unauthorized"
    shown = [repr(table), table._repr_html_(), table.reset_index().to_json(), caplog.text]
    for one in (report, other):
        shown += [repr(one), str(one.details), json.dumps(one.wire())]
    shown += [file.read_bytes().decode("latin-1") for file in (own / "data").rglob("*") if file.is_file()]
    assert not [text for text in shown if CANARY in text]


def test_a_key_that_is_set_later_counts_at_once(own: Path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert aura.validate("openai").status == "Invalid"
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    assert aura.validate("OpenAI").status == "Valid"


def test_validate_takes_settings_by_name_and_refuses_those_there_are_not():
    report = aura.validate("openai", api_key="pk-1", base_url="nonsense", timeout=30)
    assert [(error.field, error.code) for error in report.field_errors] == [("BaseUrl", "INVALID_URL")]
    assert [error.code for error in aura.validate("openai", {"ApiKey": "pk-1", "BaseUrl": ""}).field_errors] == [
        "INVALID_FORMAT"
    ]
    with pytest.raises(aura.AuraError, match=r"ollama has no setting hots\. Choose from Host"):
        aura.validate("ollama", hots="http://localhost:11434")
    with pytest.raises(aura.UnknownProvider, match="rulebased"):
        aura.validate("nobody")


def test_the_table_is_there_whatever_was_imported_before():
    code = (
        "from aura_nb.providers import registry; import aura_nb.providers.config; import aura_nb as aura;"
        "assert aura.providers.__module__ == 'aura_nb.api', aura.providers;"
        "from aura_nb.providers.report import ProviderReport; assert callable(aura.providers)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_start_returns_at_once_and_the_job_tells_the_truth_to_its_end(own: Path):
    job = aura.start("Why the sky is blue", plan=aura.Plan(seconds=12), output=own / "sky.mp4", **DRAFT)
    assert not job.ended
    film = job.result(timeout=120)
    assert film.path == own / "sky.mp4"
    assert abs(film.seconds - 12) <= 1.2
    events = job.events()
    percents = [event.percent for event in events if event.percent is not None]
    assert percents == sorted(percents)
    assert [event.type for event in events if event.percent == 100] == ["job-completed"]
    assert events[-1].type == "job-completed"
    assert len({int(percent) for percent in percents}) >= 5
    table = aura.jobs()
    assert list(table["status"]) == ["completed"]
    kept = Journal(own / "data" / "journal.sqlite3").bodies(job.id)
    assert [Event.decode(body) for body in kept] == events
    assert {"narrate", "compose", "finish"} <= set(film.timings.index)


@pytest.mark.slow
def test_a_killed_kernel_leaves_no_half_film_and_the_next_run_goes_on_from_there(own: Path):
    program = f"""
        import psutil
        import aura_nb as aura
        class Killer:
            def on_event(self, event):
                if "segment" in event.data:
                    psutil.Process().kill()
        draft = dict(render=aura.Render(height=360), profile=aura.Profile(speaker=["espeak"]))
        output = {str(own / "sky.mp4")!r}
        job = aura.start("Why the sky is blue", plan=aura.Plan(seconds=20), output=output, **draft)
        job.watch(Killer())
        job.wait()
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=os.environ, timeout=120, check=False
    )
    assert ended.returncode != 0
    assert not (own / "sky.mp4").exists()
    assert list(aura.jobs()["status"]) == ["crashed"]
    film = aura.make("Why the sky is blue", plan=aura.Plan(seconds=20), output=own / "sky.mp4", **DRAFT)
    assert film.timings.loc["compose", "cached"] >= 1
    assert film.timings.loc["narrate", "cached"] >= 1
    manifest = json.loads(film.manifest.read_text(encoding="utf-8"))
    assert manifest["title"] == "Why the sky is blue"


def test_every_public_name_is_there_and_the_typed_and_the_lazy_lists_agree():
    assert all(getattr(aura, name) for name in aura.__all__)
    assert set(aura.__all__) <= set(dir(aura))
    assert not [name for name in aura.__all__ if isinstance(getattr(aura, name), ModuleType)]
    with pytest.raises(AttributeError, match="no attribute 'mke'"):
        aura.mke  # noqa: B018  # the attribute access is the test
