"""No encoder takes the machine from everybody else."""

import os
import subprocess
import sys
import threading

import pytest

from aura_nb.media.priority import kept_priority

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these policies")

ENCODED = """
import os, sys
from pathlib import Path
import numpy as np
from aura_nb.media.encode import encode

def policies():
    return {os.sched_getscheduler(int(thread)) for thread in os.listdir("/proc/self/task")}

def frames():
    half = np.full((90, 160), 110, np.uint8)
    for number in range(40):
        yield np.full((180, 320), 16 + number, np.uint8), half, half
        print(*policies())

encode(Path(sys.argv[1]), frames(), size=(320, 180), fps=30, crf=30, encoder=sys.argv[2])
print(*policies())
"""


@pytest.mark.parametrize("encoder", ["libsvtav1", "libx265", "libx264"])
def test_every_thread_gets_the_processor_as_before_while_it_encodes_and_after(encoder, tmp_path):
    """Run by root, SVT-AV1 would leave the process SCHED_FIFO 99, and every child it ever starts."""
    command = [sys.executable, "-c", ENCODED, str(tmp_path / "film.mp4"), encoder]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    told = [line for line in done.stdout.splitlines() if line.replace(" ", "").isdigit()]
    assert len(told) == 41
    assert set(told) == {str(os.SCHED_OTHER)}


def test_threads_that_were_there_before_are_left_alone():
    changed, end = threading.Event(), threading.Event()

    def batch() -> None:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        changed.set()
        end.wait(10)

    thread = threading.Thread(target=batch)
    thread.start()
    changed.wait(10)
    with kept_priority():
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    assert os.sched_getscheduler(thread.native_id) == os.SCHED_BATCH
    end.set()
    thread.join()
