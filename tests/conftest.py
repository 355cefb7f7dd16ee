"""The rules every test runs under: its own folders, no deadlines, and nothing left out in CI."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import hypothesis
import pytest

hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests, and the processes they start, out of the user's data and cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AURA_NB_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        patch.setenv("AURA_NB_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def interrupts_interrupt() -> None:
    """A shell starts what runs in the background with Ctrl-C ignored: the tests of interrupts need it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Playwright's event loop stays in the main thread once it runs: what needs one of its own goes before.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def left_out(config: pytest.Config) -> list[str]:
    """What was collected and not tested for real: skipped, or expected to fail."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    stats = reporter.stats if reporter else {}
    return [report.nodeid for key in ("skipped", "xfailed", "xpassed") for report in stats.get(key, ())]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("CI") and left_out(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if os.environ.get("CI") and (names := left_out(config)):
        terminalreporter.section("left out, which fails the run in CI", red=True)
        for name in names:
            terminalreporter.line(name)
