from __future__ import annotations

import logging
import platform
import sys
import threading
from types import SimpleNamespace

import pytest

from aura_nb import monitor
from aura_nb.jobs.events import Event
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.process import Process
from aura_nb.jobs.queue import Queue
from aura_nb.monitor import Load, Monitor, PauseLog, level, measure
from tests.jobs.fakes import Gate, HandClock, watched


class Meter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, folder, now):
        self.count += 1
        return Load(now, 80.0, 95.0, 95, 100, 10.0, 90)


@pytest.fixture
def time():
    return HandClock()


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
def busy():
    return []


@pytest.fixture
def observed(tmp_path, time, meter, busy):
    return Monitor(tmp_path, busy=lambda: bool(busy), measure=meter, clock=time.clock, pause_log=PauseLog())


def test_an_hour_long_render_is_logged_at_most_once_a_minute_and_not_measured(observed, time, meter, busy, caplog):
    caplog.set_level(logging.INFO, logger="aura_nb.monitor")
    observed.look()
    busy.append("a film")
    for _ in range(3600 * 4):
        assert observed.look().paused
        time.pass_by(0.25)
    lines = [record for record in caplog.records if "paused" in record.message]
    assert 59 <= len(lines) <= 60
    assert meter.count == 1


def test_however_many_look_it_is_measured_every_two_seconds(observed, time, meter):
    for _ in range(100):
        observed.look()
        observed.look()
        time.pass_by(0.1)
    assert meter.count == 5


def test_figures_are_stale_after_eight_seconds_without_new_ones(observed, time, busy):
    assert observed.look().stale is False
    busy.append("a film")
    time.pass_by(7.9)
    assert observed.look().stale is False
    time.pass_by(0.2)
    assert observed.look().stale is True
    busy.clear()
    assert (observed.look().stale, observed.look().paused) == (False, False)


def test_before_the_first_figures_there_are_none(observed, busy):
    busy.append("a film")
    assert observed.look().wire() == {"load": None, "paused": True, "stale": True}


def test_the_wire_form_has_a_level_beside_each_percent(observed):
    load = observed.look().wire()["load"]
    assert load["levels"] == {"cpu": "yellow", "memory": "red", "disk": "green", "gpu": None}
    assert (load["memoryUsed"], load["diskFree"]) == (95, 90)


@pytest.mark.parametrize(
    ("percent", "colour"),
    [(0, "green"), (74.9, "green"), (75, "yellow"), (89.9, "yellow"), (90, "red"), (100, "red"), (None, None)],
)
def test_yellow_from_75_and_red_from_90(percent, colour):
    assert level(percent) == colour


def test_this_machine_can_be_measured(tmp_path):
    load = measure(tmp_path / "not" / "there", 1.0)
    assert 0 <= load.cpu <= 100
    assert 0 < load.memory_used < load.memory_total
    assert load.disk_free > 0
    assert load.gpu is None or 0 <= load.gpu <= 100


class NoDriver(Exception):
    """What NVIDIA's library raises."""


def cards(*loads: float, broken: str = "") -> SimpleNamespace:
    """NVIDIA's library on a machine with such cards, `broken` in one of its functions."""

    def works(name, answer):
        def call(*given):
            if name == broken:
                raise NoDriver(name)
            return answer(*given)

        return call

    functions = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: len(loads),
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetUtilizationRates": lambda handle: SimpleNamespace(gpu=loads[handle], memory=1),
    }
    return SimpleNamespace(NVMLError=NoDriver, **{name: works(name, of) for name, of in functions.items()})


@pytest.mark.parametrize(
    ("library", "percent"),
    [
        (cards(3, 81, 40), 81.0),
        (cards(), None),
        (cards(50, broken="nvmlInit"), None),
        (cards(50, broken="nvmlDeviceGetUtilizationRates"), None),
        (None, None),
    ],
    ids=["the busiest", "no card", "no driver", "a card that tells nothing", "no package"],
)
def test_the_gpu_is_told_by_nvidia_s_own_library(tmp_path, monkeypatch, library, percent):
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monitor._nvml.cache_clear()
    try:
        assert measure(tmp_path, 1.0).gpu == percent
    finally:
        monitor._nvml.cache_clear()


def test_a_busy_machine_is_told_as_such_in_every_thread(tmp_path):
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            pass

    loads: list[Load] = []
    busy = threading.Thread(target=work)
    busy.start()
    for _ in range(2):
        looker = threading.Thread(target=lambda: loads.append(measure(tmp_path, 1.0)))
        looker.start()
        looker.join()
    over.set()
    busy.join()
    assert all(load.cpu > 0 for load in loads)


def test_a_render_is_known_by_the_state_of_the_jobs(monkeypatch):
    queue = Queue()
    monkeypatch.setattr(monitor, "QUEUE", queue)
    seen = []

    def work(report, cancel):
        seen.append(monitor.rendering())
        raise RuntimeError("that is all")

    assert not monitor.rendering()
    job = Job("x", work, queue=queue).start()
    assert job.wait(5)
    assert seen == [True]
    assert not monitor.rendering()


def test_a_film_of_another_kernel_counts_and_its_end_does_not_end_our_pause(tmp_path, monkeypatch):
    queue = Queue()
    monkeypatch.setattr(monitor, "QUEUE", queue)
    journal = Journal(tmp_path / "journal.sqlite3")
    busy = monitor.rendering_anywhere(journal)
    assert not busy()
    # What another kernel runs is known by the journal alone, what ours runs without one by the queue alone.
    theirs, ours = Gate(), Gate()
    other = Job("x", theirs, journal=journal, queue=Queue()).start()
    assert theirs.begun.wait(5)
    assert busy()
    mine = Job("x", ours, queue=queue).start()
    assert ours.begun.wait(5)
    theirs.open.set()
    watched(other)
    assert journal.rendering() is False
    assert busy()
    ours.open.set()
    watched(mine)
    assert not busy()
    journal.close()


def test_a_kernel_that_died_does_not_pause_it_for_ever(tmp_path):
    gone = Journal(tmp_path / "journal.sqlite3", process=Process(platform.node(), 2**22 + 1, 1.0))
    event = Event(
        seq=1, type="job-status", job_id="a", correlation_id="", timestamp=1.0, status="running", percent=0
    )
    gone.record("a", title="x").append(event, event.encode(), wait=True)
    gone.close()
    journal = Journal(tmp_path / "journal.sqlite3")
    assert journal.rendering() is False
    journal.close()
