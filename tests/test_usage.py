from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from aura_nb.cancel import Cancel
from aura_nb.providers import child
from aura_nb.usage import Metered, metering, resident_bytes

WORK = """
import sys, time
held = b"x" * {size}
while time.process_time() < {seconds}:
    pass
print(time.process_time())
"""


def start(size: int = 0, seconds: float = 0.0, then: str = "") -> Metered[str]:
    code = WORK.format(size=size, seconds=seconds) + then
    return Metered([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


def test_a_child_s_cpu_seconds_and_memory_go_to_the_task_that_started_it():
    with metering() as meter:
        told, _ = start(100_000_000, 0.2).communicate(timeout=60)
    assert float(told) <= meter.cpu_seconds < float(told) + 60
    assert meter.peak_bytes > 100_000_000


def test_a_child_s_own_children_count_when_it_waited_for_them():
    grandchild = (
        f"import subprocess; subprocess.run([sys.executable, '-S', '-c', {WORK.format(size=0, seconds=0.2)!r}])"
    )
    with metering() as meter:
        start(then=grandchild).wait(60)
    assert meter.cpu_seconds >= 0.2


def test_tasks_side_by_side_each_count_their_own():
    def task(seconds: float) -> float:
        with metering() as meter:
            start(seconds=seconds).wait(60)
        return meter.cpu_seconds

    with ThreadPoolExecutor(2) as pool:
        little, much = pool.map(task, (0.0, 1.0))
    assert little < 1.0 <= much


def test_a_child_outside_of_any_task_and_a_killed_one_are_reaped_as_ever():
    one = start()
    assert one.wait(60) == 0
    other = start(then="sys.stdin.read()")
    other.kill()
    assert other.wait(60) != 0
    assert not psutil.pid_exists(other.pid)
    with pytest.raises(subprocess.TimeoutExpired):
        (third := start(then="sys.stdin.read()")).wait(0.01)
    third.kill()
    third.wait(60)


def test_what_a_provider_asks_in_a_child_is_counted():
    with metering() as meter:
        child.ask("x", ["-S", "-c", WORK.format(size=0, seconds=0.2)], {}, Cancel(), remedy="")
    assert meter.cpu_seconds >= 0.2


def test_the_memory_of_running_children_and_theirs_is_in_the_sum():
    before = resident_bytes()
    inner = "held = b'x' * 100_000_000; print('ready', flush=True); import sys; sys.stdin.read()"
    run = f"import subprocess; subprocess.run([sys.executable, '-S', '-c', {inner!r}])"
    one = start(then=run)
    assert one.stdout is not None
    assert one.stdin is not None
    while "ready" not in one.stdout.readline():
        continue
    assert resident_bytes() > before + 90_000_000
    one.stdin.close()
    one.wait(60)
    assert resident_bytes() < before + 90_000_000
