from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

import aura_nb as aura
from aura_nb.monitor import Load, Monitor
from aura_nb.widgets import resource_bar
from aura_nb.widgets.resource_bar import OPEN, ResourceBar
from aura_nb.widgets.shared import LOADER


def fixed(folder, now):
    return Load(now, 12.0, 80.0, 80, 100, 95.0, 5)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(resource_bar, "POLL_SECONDS", 0.01)


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "aura-resources"}


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_shows_figures_at_once(tmp_path):
    bar = ResourceBar(Monitor(tmp_path, busy=lambda: False, measure=fixed))
    try:
        assert bar._reading["load"]["levels"] == {"cpu": "green", "memory": "yellow", "disk": "red", "gpu": None}
    finally:
        bar.close()


def test_it_follows_the_machine_until_it_is_closed(tmp_path, quick):
    busy = threading.Event()
    bar = ResourceBar(Monitor(tmp_path, busy=busy.is_set, measure=fixed))
    changed = threading.Event()
    bar.observe(lambda change: changed.set() if change["new"]["paused"] else None, "_reading")
    busy.set()
    assert changed.wait(5)
    threads = [thread for thread in threading.enumerate() if thread.name == "aura-resources"]
    bar.close()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def test_the_bars_shown_last_go_on_and_no_others(tmp_path, quick, monkeypatch):
    """A cell that is run again and again leaves no thread and no open journal for each time."""
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path))
    before = threads()
    bars = [ResourceBar() for _ in range(OPEN + 2)]
    try:
        until(lambda: len(threads() - before) == OPEN)
        # Shown again, the first goes on in place of the third.
        bars[0]._go_on()
        bars[0]._reading = {}
        until(lambda: bool(bars[0]._reading))
        until(lambda: len(threads() - before) == OPEN)
        assert [bar._ended.is_set() for bar in bars] == [False, True, True, *[False] * (OPEN - 1)]
    finally:
        for bar in bars:
            bar.close()
    until(lambda: threads() == before)


def test_its_text_is_the_same_every_time(tmp_path):
    bar = aura.ResourceBar(Monitor(tmp_path, busy=lambda: False, measure=fixed))
    try:
        assert bar._repr_mimebundle_()[0]["text/plain"] == "ResourceBar()"
    finally:
        bar.close()


def test_its_front_end_is_in_no_state_of_its_own(tmp_path):
    bar = ResourceBar(Monitor(tmp_path, busy=lambda: False, measure=fixed))
    try:
        assert (bar.get_state()["_esm"], bar.get_state()["_css"]) == (LOADER, "")
    finally:
        bar.close()
