"""One JupyterLab and one Chromium for all browser tests; for each a page, and a server with jobs to watch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import aura_nb as aura
from aura_nb.film import Film
from aura_nb.jobs.journal import Journal
from aura_nb.server.serve import Server
from aura_nb.server.stream import Pace
from tests.browser.lab import Lab, chromium, jupyter_lab
from tests.server.played import Played

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright, chromium(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def lab_env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What kernels find in their environment."""
    folder = tmp_path_factory.mktemp("aura")
    return {
        "AURA_NB_DATA_DIR": str(folder / "aura-data"),
        "AURA_NB_CACHE_DIR": str(folder / "aura-cache"),
        # Kernels play jobs from tests.browser.actor.
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, lab_env: dict[str, str]) -> Iterator[Lab]:
    with jupyter_lab(tmp_path_factory.mktemp("lab"), lab_env) as lab:
        yield lab


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: AURA_NB_SCREENSHOTS, else the test's own folder."""
    folder = Path(os.environ.get("AURA_NB_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page(browser: Browser, shots: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(60_000)
    try:
        yield page
        page.screenshot(path=shots / f"{request.node.name}.png")
    finally:
        page.close()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A real film, small and quick."""
    path = tmp_path_factory.mktemp("film") / "sky.mp4"
    brief = aura.Brief("Why the sky is blue", points=["Sunlight is a mix of all colours."])
    return aura.start(
        brief,
        plan={"seconds": 10},
        render={"height": 360},
        profile={"writer": "rulebased", "speaker": "espeak"},
        output=path,
    ).result(120)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite3")
    yield journal
    journal.close()


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
def serve(journal: Journal) -> Iterator[Callable[..., Server]]:
    """Start a server of these jobs; all of them are stopped at the end."""
    servers: list[Server] = []

    def begin(fields, correlation_id):
        raise AssertionError("nobody begins anything here")

    def start(**settings) -> Server:
        settings = {"port": 0, "control": True, "pace": Pace(heartbeat=1.0), **settings}
        servers.append(Server(journal, begin, **settings).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def server(serve) -> Server:
    return serve()
