"""A real server on loopback, with a journal of its own and jobs that do as they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.server.serve import Server
from aura_nb.server.stream import Pace
from tests.jobs import fakes
from tests.server.played import Played


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite3")
    yield journal
    journal.close()


@pytest.fixture
def begun() -> list[dict]:
    """What the server was asked to begin."""
    return []


@pytest.fixture
def play(journal: Journal) -> Iterator[Callable[..., Played]]:
    """Begin a job that does as it is told."""
    jobs: list[Played] = []

    def begin(title: str = "Tides", **made) -> Played:
        jobs.append(Played(title, journal=journal, **made))
        return jobs[-1]

    yield begin
    for job in jobs:
        job.end()


@pytest.fixture
def serve(journal: Journal, begun: list[dict], play) -> Iterator[Callable[..., Server]]:
    """Start a server; all of them are stopped at the end."""
    servers: list[Server] = []

    def start(**settings) -> Server:
        def begin(fields, correlation_id):
            begun.append({**fields, "correlation_id": correlation_id})
            return play(fields.get("topic", "Tides"), correlation_id=correlation_id).job

        settings = {"port": 0, "pace": Pace(heartbeat=0.2), **settings}
        servers.append(Server(journal, begin, **settings).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def server(serve) -> Server:
    return serve()


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with open_client(server) as client:
        yield client


class Standing:
    """A server that many tests ask, each of which ends the jobs it plays."""

    def __init__(self, folder: Path, *, control: bool) -> None:
        self.journal = Journal(folder / "journal.sqlite3")
        self.server = Server(self.journal, self._begin, port=0, control=control, pace=Pace(heartbeat=0.2)).start()
        self.client = open_client(self.server)

    def play(self, title: str = "Tides", **made) -> Played:
        """Begin a job that does as it is told."""
        return Played(title, journal=self.journal, **made)

    def _begin(self, fields, correlation_id):
        return Job("Tides", lambda report, cancel: fakes.film(), journal=self.journal).start()

    def close(self) -> None:
        self.client.close()
        self.server.stop()
        self.journal.close()


@pytest.fixture(scope="module")
def observed(tmp_path_factory) -> Iterator[Standing]:
    """One server for all tests of a module; it only shows."""
    with closing(Standing(tmp_path_factory.mktemp("observed"), control=False)) as standing:
        yield standing


@pytest.fixture(scope="module")
def controlled(tmp_path_factory) -> Iterator[Standing]:
    """One server for all tests of a module, which begins jobs that end at once."""
    with closing(Standing(tmp_path_factory.mktemp("controlled"), control=True)) as standing:
        yield standing


def open_client(server: Server, **settings) -> httpx.Client:
    """A client that has the token. Without TLS it need not read whom to trust, which takes a while."""
    headers = {"Authorization": f"Bearer {server.token}"}
    return httpx.Client(base_url=server.base_url, headers=headers, timeout=10, verify=False, **settings)


@pytest.fixture
def film():
    """A film that was not made."""
    return fakes.film()
