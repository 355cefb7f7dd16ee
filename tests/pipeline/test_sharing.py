from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.pipeline.sharing import Sharing
from aura_nb.usage import Metered, metering


@given(st.integers(0, 30), st.integers(0, 3), st.sets(st.integers(0, 29), max_size=3))
def test_every_part_is_done_once_or_the_first_that_failed_is_raised(count, helpers, failing):
    sharing, done, lock = Sharing(), [], threading.Lock()

    def part(number):
        with lock:
            done.append(number)
        if number in failing:
            raise ValueError(number)

    with ThreadPoolExecutor(max(1, helpers)) as pool:
        for _ in range(helpers * 5):
            pool.submit(sharing.help)
        failed = failing & set(range(count))
        if failed:
            with pytest.raises(ValueError, match=r"\d+") as raised:
                sharing.run([partial(part, number) for number in range(count)])
            assert raised.value.args[0] in failed
        else:
            sharing.run([partial(part, number) for number in range(count)])
            assert sorted(done) == list(range(count))
    assert len(done) == len(set(done))
    assert not sharing.wanted


def help_with_one(sharing):
    while not sharing.wanted:
        time.sleep(0.001)
    sharing.help()


def test_nobody_is_at_work_any_more_when_it_returns():
    sharing, both, ended = Sharing(), threading.Barrier(2, timeout=10), []

    def slow():
        both.wait()
        time.sleep(0.05)
        ended.append("slow")

    def failing():
        both.wait()
        raise ValueError("broken")

    with ThreadPoolExecutor(1) as pool:
        helping = pool.submit(help_with_one, sharing)
        with pytest.raises(ValueError, match="broken"):
            sharing.run([failing, slow])
        assert ended == ["slow"]
        helping.result(timeout=10)


def test_what_a_helper_spends_is_counted_before_the_task_goes_on(monkeypatch):
    sharing, both, lent = Sharing(), threading.Barrier(2, timeout=10), []

    def lend(seconds):
        if seconds > 0:
            time.sleep(0.05)  # the helper is held up here
        lent.append(seconds)

    with metering() as meter, ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(meter, "lend", lend)
        pool.submit(help_with_one, sharing)
        sharing.run([both.wait, both.wait])
        assert any(seconds > 0 for seconds in lent)


def test_what_a_helper_spends_is_counted_with_the_task():
    """Its own CPU seconds, those of its child, and the wall seconds that it gave."""
    sharing, both = Sharing(), threading.Barrier(2, timeout=10)

    def part():
        both.wait()
        until = time.thread_time() + 0.1
        while time.thread_time() < until:
            pass
        code = "import time\nwhile time.process_time() < 0.2: pass"
        Metered([sys.executable, "-S", "-c", code], stdin=subprocess.DEVNULL).wait(60)

    with metering() as meter, ThreadPoolExecutor(1) as pool:
        helping = pool.submit(help_with_one, sharing)
        sharing.run([part, part])
        helping.result(timeout=10)
    # Two children, and the helper's thread: the task's own is counted by whoever runs it.
    assert meter.cpu_seconds >= 0.2 + 0.2 + 0.1
    assert meter.lent_seconds > 0
