from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time

import httpx
import psutil
import pytest

from aura_nb import monitor
from aura_nb.errors import AuraError
from aura_nb.server.serve import Server
from aura_nb.widgets.resource_bar import ResourceBar
from tests.jobs.fakes import HandClock
from tests.server.conftest import open_client
from tests.server.test_stream import Raw, path


def test_a_port_that_is_taken_is_passed_over(serve):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = serve(port=port)
        assert server.port > port
        assert f"Port {port} is taken: this is {server.port}." in server._repr_html_()
        assert httpx.get(f"{server.base_url}ping").status_code == 200


def test_an_address_that_is_none_of_this_machine_is_one_clear_error(journal):
    with pytest.raises(AuraError, match=r"No server can listen at 203\.0\.113\.1"):
        Server(journal, lambda *_: None, host="203.0.113.1", port=0)


def test_the_link_opens_it_and_is_in_no_repr(serve, monkeypatch):
    monkeypatch.setenv("AURA_NB_PROXY_LINK", "off")
    server = serve()
    assert server.url == f"{server.base_url}?token={server.token}"
    assert repr(server) == "<aura_nb server, running>"
    assert f'href="{server.url}"' in server._repr_html_()
    assert "on this machine" in server._repr_html_()
    assert server.running
    server.stop()
    server.stop()
    assert not server.running
    assert "stopped" in server._repr_html_()
    assert server.token not in server._repr_html_()


def test_behind_jupyter_a_notebook_s_link_names_no_host_and_who_may_do_what(serve, monkeypatch):
    monkeypatch.delenv("AURA_NB_PROXY_LINK", raising=False)
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    server = serve(control=True)
    shown = server._repr_html_()
    assert f'href="/user/ada/proxy/{server.port}/?token={server.token}"' in shown
    assert "begin and cancel" in shown
    assert "on this machine" not in shown


def test_it_stops_with_many_streams_open_some_unread_and_starts_again_at_its_port(serve, play):
    server, job = serve(), play()
    observers = [Raw(server, path(job.job)) for _ in range(100)]
    for observer in observers[:50]:
        observer.until(b"id: 1\n")
    began = time.monotonic()
    server.stop()
    took = time.monotonic() - began
    # Half a second is what is promised (measured 0.3 s); the rest is for a machine that is busy with other tests.
    assert took < 1
    for observer in observers[:50]:
        observer.until(b"0\r\n\r\n")
        observer.socket.close()
    again = serve(port=server.port)
    assert again.port == server.port
    with Raw(again, path(job.job)) as observer:
        observer.until(b"id: 1\n")


@pytest.mark.slow
def test_servers_that_come_and_go_leave_nothing_behind(journal, play):
    job, process = play(), psutil.Process()

    def cycle() -> None:
        with Server(journal, lambda *_: None, port=0) as server, Raw(server, path(job.job)) as observer:
            observer.until(b"id: 1\n")

    cycle()
    descriptors = process.num_fds() if os.name == "posix" else process.num_handles()
    threads = threading.active_count()
    for _ in range(20):
        cycle()
    assert threading.active_count() <= threads + 1
    assert (process.num_fds() if os.name == "posix" else process.num_handles()) <= descriptors + 2


@pytest.mark.slow
def test_a_server_and_the_bars_of_a_notebook_say_once_a_minute_that_they_are_paused(
    serve, play, tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.INFO, logger="aura_nb.monitor")
    time = HandClock()
    monkeypatch.setattr(monitor, "Clock", lambda: time.clock)
    monkeypatch.setattr(monitor, "PAUSE_LOG", monitor.PauseLog())
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path))
    server, job = serve(), play()
    assert job.job.events()[0].status == "queued"
    bars = [ResourceBar(), ResourceBar()]
    with open_client(server) as client:
        while job.job.status != "running":
            pass
        for _ in range(180):
            assert client.get("api/metrics/system").json()["paused"]
            assert all(bar._monitor.look().paused for bar in bars)
            time.pass_by(20)
    for bar in bars:
        bar.close()
    lines = [record for record in caplog.records if "paused" in record.message]
    assert 59 <= len(lines) <= 61


def test_in_a_shell_a_taken_port_is_told_beside_the_link(tmp_path):
    env = {**os.environ, "AURA_NB_DATA_DIR": str(tmp_path), "AURA_NB_PROXY_LINK": "off", "PYTHONUNBUFFERED": "1"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "aura_nb", "serve", "--port", str(port)]
        with subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as shell:
            link, told = shell.stdout.readline(), shell.stderr.readline()
            shell.terminate()
    found = re.match(r"http://127\.0\.0\.1:(\d+)/\?token=.", link)
    assert found
    assert told == f"Port {port} is taken: this is {found[1]}.\n"
