"""A child process answers, or ends: with its job, with its time, and with the interpreter that began it."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.providers import child

ECHO = "import sys; sys.stdout.write(sys.stdin.read())"
HANG = "import time; time.sleep(600)"


def test_what_it_writes_is_the_answer():
    assert child.ask("x", ["-c", ECHO], {"a": 1}, Cancel(), remedy="") == b'{"a": 1}'


def test_its_last_words_are_the_error_and_the_remedy_is_told():
    with pytest.raises(ProviderError, match=r"no voice.*Install one"):
        child.ask("x", ["-c", "import sys; sys.exit('no voice')"], {}, Cancel(), remedy="Install one.")


def test_one_that_hangs_is_ended():
    with pytest.raises(ProviderError, match="no answer within"):
        child.ask("x", ["-c", HANG], {}, Cancel(), remedy="", seconds=0.2)
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        child.ask("x", ["-c", HANG], {}, cancel, remedy="")


def test_one_that_a_thread_still_waits_for_ends_with_the_interpreter():
    """As a probe that was given up: `aura-nb providers` left a process that ran for ever."""
    code = f"""
import threading, time
from aura_nb.cancel import Cancel
from aura_nb.providers import child
ask = lambda: child.ask("x", ["-c", {HANG!r}], {{}}, Cancel(), remedy="")
threading.Thread(target=ask, daemon=True).start()
while not child._running:
    time.sleep(0.01)
print(next(iter(child._running)).pid)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    pid = int(done.stdout)
    until = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, "it runs on"
        time.sleep(0.02)
