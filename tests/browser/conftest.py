"""One JupyterLab and one Chromium for all browser tests; a page, and a place for screenshots, for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from aura_nb.jobs.journal import Journal
from tests.browser.lab import Lab, chromium, jupyter_lab

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
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.sqlite3")
    yield journal
    journal.close()


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
