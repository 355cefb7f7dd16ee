from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from aura_nb.server.link import Jupyter, Link, jupyter, proxied


def under(prefix: str) -> Jupyter:
    return Jupyter(f"http://ada-laptop:8888{prefix}", prefix)


@pytest.mark.parametrize(
    ("environ", "link"),
    [
        ({}, None),
        (
            {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"},
            Link("/user/ada/proxy/8765/", "/user/ada/proxy/8765/"),
        ),
        (
            {
                "JUPYTERHUB_SERVICE_PREFIX": "/user/ada/",
                "JUPYTERHUB_PUBLIC_URL": "https://hub.org/user/ada/",
            },
            Link("/user/ada/proxy/8765/", "https://hub.org/user/ada/proxy/8765/"),
        ),
        (
            {"AURA_NB_PROXY_LINK": "https://hub.org/{JUPYTERHUB_USER}/p/{port}", "JUPYTERHUB_USER": "ada"},
            Link("https://hub.org/ada/p/8765/", "https://hub.org/ada/p/8765/"),
        ),
        (
            {"AURA_NB_PROXY_LINK": "/p/{port}/", "JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"},
            Link("/p/8765/", "/p/8765/"),
        ),
        ({"AURA_NB_PROXY_LINK": "", "JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"}, None),
        ({"AURA_NB_PROXY_LINK": " Off ", "JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"}, None),
        ({"AURA_NB_PROXY_LINK": "/p/{unknown}/"}, None),
        ({"AURA_NB_PROXY_LINK": "/p/{port"}, None),
    ],
)
def test_the_environment_says_how_the_browser_comes_here(environ, link):
    assert proxied(8765, environ, lambda: None) == link


class Answering(ThreadingHTTPServer):
    """A Jupyter server as far as one question goes; `asked` are the paths and headers it was asked with."""

    def __init__(self, status: int) -> None:
        asked: list[tuple[str, dict]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_) -> None: ...

        self.asked = asked
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def jupyter(self) -> Jupyter:
        return Jupyter(f"http://127.0.0.1:{self.server_port}/lab/", "/lab/")

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.shutdown()
        self.server_close()


@pytest.mark.parametrize(("status", "there"), [(200, True), (302, True), (403, True), (421, True), (404, False)])
def test_a_jupyter_server_is_asked_whether_it_has_the_proxy(status, there):
    with Answering(status) as server:
        link = proxied(8765, {}, lambda: server.jupyter)
    assert link == (Link("/lab/proxy/8765/", f"{server.jupyter.url}proxy/8765/") if there else None)
    [(path, headers)] = server.asked
    assert path == "/lab/proxy/8765/ping"
    assert not {"authorization", "cookie"} & set(headers)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http+unix://%2Ftmp%2Fjupyter.sock/", "", "http://["])
def test_one_that_cannot_be_asked_is_taken_to_have_none(url):
    assert proxied(8765, {}, lambda: Jupyter(url, "/")) is None


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """The runtime file of a Jupyter server that began this process."""
    file = tmp_path / f"jpserver-{os.getppid()}.json"
    file.write_text(json.dumps({"url": "http://localhost:8888/lab/", "base_url": "/lab/", "token": "secret"}))
    return file


def test_the_jupyter_server_of_this_process_is_found_among_its_ancestors(ours: Path):
    (ours.parent / "jpserver-1234567.json").write_text("{}")
    assert jupyter(ours.parent) == Jupyter("http://localhost:8888/lab/", "/lab/")


def test_a_file_of_an_earlier_server_of_the_same_process_id_is_not_believed(ours: Path):
    before = psutil.Process(os.getppid()).create_time() - 60
    os.utime(ours, (before, before))
    assert jupyter(ours.parent) is None


@pytest.mark.parametrize("text", ["", "{", "{}"])
def test_a_file_that_says_nothing_is_no_server(ours: Path, text: str):
    ours.write_text(text)
    assert jupyter(ours.parent) is None


def test_without_such_a_file_there_is_no_jupyter(tmp_path: Path):
    assert jupyter(tmp_path) is None
    assert jupyter(tmp_path / "nowhere") is None
