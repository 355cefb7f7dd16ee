"""No key is ever shown: one is planted in every provider, whose servers quote it back while jobs fail.

What is searched is all that outlives a call or reaches a reader: events, journal, manifest, film,
warnings, logs, exceptions with their traces, reprs, tables, reports and what a notebook displays.
"""

from __future__ import annotations

import copy
import json
import logging
import pickle
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import aura_nb as aura
from aura_nb.errors import AuraError
from aura_nb.providers import registry, remote
from aura_nb.providers.base import Socket
from aura_nb.providers.config import Field
from aura_nb.providers.guard import Guards
from aura_nb.settings import Settings

CANARY = "sk-canary-4711-quite-secret"
PLACES = ("base_url", "host", "url")


class Parrot(BaseHTTPRequestHandler):
    """Refuses every request, and quotes all that it was asked with, in its headers and its body."""

    status = 401

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = f"{self.path} {dict(self.headers)} {self.rfile.read(length).decode(errors='replace')}"
        said = {"error": {"message": f"Wrong key: {asked}"}, "errors": [asked], "detail": asked, "message": asked}
        body = json.dumps(said).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-You-Sent", CANARY)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(params=[401, *(pytest.param(status, marks=pytest.mark.slow) for status in (400, 500))])
def parrot(request) -> Iterator[str]:
    handler = type("Handler", (Parrot,), {"status": request.param})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def secretive() -> list[tuple[Socket, str, tuple[Field, ...]]]:
    """The providers that have a secret, each with its fields."""
    found = []
    for socket in registry.SOCKETS:
        for name in registry.names(socket):
            fields = registry.get(socket, name).info.fields
            if any(field.secret for field in fields):
                found.append((socket, name, fields))
    return found


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, parrot: str) -> None:
    """The canary in every secret field of every provider, and each provider's address the parrot's."""
    for _, name, fields in secretive():
        for field in fields:
            variable = field.variables(name)[0]
            if field.secret:
                monkeypatch.setenv(variable, CANARY)
            elif field.name in PLACES:
                monkeypatch.setenv(variable, parrot)
    # Breakers of this process must not know of the failures here.
    guards = Guards()
    monkeypatch.setattr(remote, "guard_of", guards.of)


def test_every_remote_provider_has_a_secret_and_an_address_to_plant():
    names = {name for _, name, _ in secretive()}
    remote = {
        name
        for socket in registry.SOCKETS
        for name in registry.names(socket)
        if not registry.get(socket, name).info.local
    }
    assert remote <= names
    for _, name, fields in secretive():
        assert any(field.name in PLACES for field in fields), name


@pytest.mark.parametrize(("socket", "name"), [(socket, name) for socket, name, _ in secretive()])
def test_neither_the_provider_nor_its_report_shows_it(socket: Socket, name: str, planted: None, capsys):
    provider = registry.get(socket, name)
    shown = [repr(provider), repr(provider.info), str(provider.missing())]
    config = getattr(provider, "config", None)
    if config is not None:
        shown += [repr(config), str(config), repr(pickle.dumps(config)), repr(copy.deepcopy(config))]
        shown.append(repr(vars(provider)))
    for live in (False, True):
        report = aura.validate(name, socket=socket, live=live, timeout=10)
        shown += [repr(report), json.dumps(report.wire())]
    shown += capsys.readouterr()
    assert CANARY not in "\n".join(shown)


def test_the_tables_do_not_show_it(planted: None):
    for live in (False, True):
        table = aura.providers(live=live)
        assert CANARY not in table.to_html() + table.to_string() + repr(table) + table.to_csv()


@pytest.mark.slow
@pytest.mark.parametrize("parrot", [401], indirect=True)
@pytest.mark.parametrize(("socket", "name"), [(socket, name) for socket, name, _ in secretive()])
def test_a_film_it_fails_in_does_not_show_it(
    socket: Socket, name: str, planted: None, tmp_path: Path, caplog, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="aura_nb")
    last = {"writer": "rulebased", "speaker": "espeak", "illustrator": "cards"}
    chain = {**{each: [local] for each, local in last.items()}, socket: [name, last[socket]]}
    brief = aura.Brief("Why the sky is blue", points=["Sunlight is a mix of all colours."])
    asked = {"plan": {"seconds": 10}, "render": {"height": 360}}
    job = aura.start(brief, profile=chain, **asked)
    film = job.result(120)
    assert name in ", ".join(film.timings["failed"])
    shown = [repr(job), job._repr_html_(), repr(film), film._repr_html_(), *film.warnings]
    shown += [film.timings.to_html(), film.manifest.read_text(encoding="utf-8")]
    shown += [event.encode().decode() for event in job.events()]
    shown.append(aura.jobs().to_html())
    alone = {**{each: [local] for each, local in last.items()}, socket: [name]}
    job = aura.start(brief, profile=alone, **asked)
    with pytest.raises(AuraError) as failed:
        job.result(120)
    shown += traceback.format_exception(failed.value)
    shown += [repr(failed.value), repr(vars(failed.value)), repr(job), job._repr_html_()]
    shown.append(caplog.text)
    assert CANARY not in "\n".join(shown)
    secret = CANARY.encode()
    for path in [*(tmp_path / "data").rglob("*"), *(tmp_path / "cache").rglob("*")]:
        assert not path.is_file() or secret not in path.read_bytes(), path
    assert secret not in Settings().journal.read_bytes()
