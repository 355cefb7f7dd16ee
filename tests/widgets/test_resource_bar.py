from __future__ import annotations

import threading

import pytest

import aura_nb as aura
from aura_nb.monitor import Load, Monitor
from aura_nb.widgets import resource_bar
from aura_nb.widgets.resource_bar import ResourceBar
from aura_nb.widgets.shared import LOADER


def fixed(folder, now):
    return Load(now, 12.0, 80.0, 80, 100, 95.0, 5)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(resource_bar, "POLL_SECONDS", 0.01)


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
