from __future__ import annotations

import subprocess
import sys
import threading

import psutil
import pytest

from aura_nb.jobs import Queue
from aura_nb.jobs.queue import stop

SCRIPT = """
import subprocess, sys
from concurrent.futures import ThreadPoolExecutor
from aura_nb.jobs import Job

def encode(cancel):
    cancel.check()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"], stdout=subprocess.DEVNULL)
    try:
        with cancel.stopping(child.kill):
            # In one piece: both threads tell theirs at once.
            print(f"{child.pid}\\n", end="", flush=True)
            child.wait()
    finally:
        child.kill()

def work(report, cancel):
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(encode, cancel) for _ in range(6)]:
            future.result()

running = Job("Sky", work).start()
waiting = Job("Sky", work).start()
sys.stdin.readline()
"""


class Turn:
    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.did: list[str] = []

    def launch(self) -> None:
        self.did.append("launch")

    def cancel(self) -> None:
        self.did.append("cancel")
        self.queue.leave(self)

    def join(self, timeout: float) -> None:
        self.did.append("join")


def test_a_few_at_once_in_order_and_each_once():
    queue = Queue(limit=2)
    turns = [Turn(queue) for _ in range(5)]
    for turn in turns:
        queue.add(turn)
    assert [turn.did for turn in turns] == [["launch"], ["launch"], [], [], []]
    queue.leave(turns[1])
    queue.leave(turns[1])
    queue.leave(turns[3])
    assert [turn.did for turn in turns] == [["launch"], ["launch"], ["launch"], [], []]
    queue.leave(turns[0])
    assert turns[4].did == ["launch"]
    assert turns[3].did == []
    assert queue.jobs == (turns[2], turns[4])


def test_many_threads_never_exceed_the_limit():
    queue = Queue(limit=3)
    lock, most, now = threading.Lock(), [0], [0]

    class Counted(Turn):
        def launch(self) -> None:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            threading.Thread(target=self.end).start()

        def end(self) -> None:
            with lock:
                now[0] -= 1
            self.queue.leave(self)
            ended.release()

    ended = threading.Semaphore(0)
    adders = [threading.Thread(target=lambda: [queue.add(Counted(queue)) for _ in range(20)]) for _ in range(4)]
    for adder in adders:
        adder.start()
    assert all(ended.acquire(timeout=30) for _ in range(80))
    assert most[0] <= 3
    assert queue.jobs == ()


def test_stop_cancels_all_and_waits_for_their_threads():
    queue = Queue()
    turns = [Turn(queue) for _ in range(2)]
    for turn in turns:
        queue.add(turn)
    stop(reversed(queue.jobs))
    assert [turn.did for turn in turns] == [["launch", "cancel", "join"], ["cancel", "join"]]


@pytest.mark.slow
def test_no_child_survives_the_end_of_the_interpreter():
    kernel = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    children = [psutil.Process(int(kernel.stdout.readline())) for _ in range(2)]
    told, _ = kernel.communicate("\n", timeout=60)
    assert told == ""  # nothing new was begun: neither the four that waited in the pool, nor the second job
    assert not any(child.is_running() for child in children)
    assert kernel.returncode == 0
