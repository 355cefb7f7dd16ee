"""In a real kernel: shut down or started again, it leaves its observers with clean ends, and its port free."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from tests.jobs.test_kernel import run
from tests.server.test_stream import Raw

SERVE = """
import aura_nb as aura
from aura_nb.jobs import Job
from aura_nb.jobs.journal import Journal
from aura_nb.settings import Settings

def work(report, cancel):
    cancel.wait(600)
    cancel.check()

srv = aura.serve(port={port})
job = Job("Sky", work, journal=Journal(Settings().journal)).start()
print(srv.port, srv.token, job.id)
"""


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """What the kernel prints to its terminal."""
    return tmp_path / "terminal.txt"


@pytest.fixture
def kernel(
    tmp_path: Path, said: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    with said.open("w") as terminal:
        manager, client = start_new_kernel(startup_timeout=60, stdout=terminal, stderr=terminal)
        yield manager, client
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def serve(client: BlockingKernelClient, port: int = 0) -> tuple[SimpleNamespace, str]:
    """A server in the kernel with a job that runs: how it is reached, and the path of the job's stream."""
    given, token, job = run(client, SERVE.format(port=port)).split()
    return SimpleNamespace(host="127.0.0.1", port=int(given), token=token), f"api/jobs/{job}/events"


@pytest.mark.slow
@pytest.mark.parametrize("restart", [False, True], ids=["shutdown", "restart"])
def test_all_streams_come_to_a_clean_end_and_the_port_is_free(kernel, said: Path, restart: bool):
    manager, client = kernel
    server, path = serve(client)
    observers = [Raw(server, path) for _ in range(100)]
    for observer in observers:
        observer.until(b"id: 1\n")
    ends: list[bytes] = []
    # The ends are awaited while the kernel goes, as observers do: none is to be found in a buffer later.
    readers = [
        threading.Thread(target=lambda one=one: ends.append(one.until(b"\r\n0\r\n\r\n"))) for one in observers
    ]
    for reader in readers:
        reader.start()
    manager.restart_kernel() if restart else manager.shutdown_kernel()
    for reader in readers:
        reader.join(10)
    assert len(ends) == 100
    for observer in observers:
        observer.socket.close()
    if restart:
        client.wait_for_ready(60)
        again, path = serve(client, server.port)
        assert again.port == server.port
        with Raw(again, path) as observer:
            observer.until(b"id: 1\n")
    assert "Traceback" not in said.read_text()
