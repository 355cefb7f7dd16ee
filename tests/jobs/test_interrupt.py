"""Ctrl-C and the Stop button: the job is cancelled, and the cell says so in one line."""

from __future__ import annotations

import _thread
import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import start_new_kernel

from aura_nb.api import follow, start
from aura_nb.errors import JobCancelled
from aura_nb.jobs import Job, Queue
from aura_nb.jobs.interrupt import in_one_line, interruptible
from aura_nb.jobs.journal import Journal
from aura_nb.settings import Settings
from tests.jobs.fakes import until_cancelled

LINE = "“Sky” was interrupted and is cancelled. Make it again: what was finished is in the cache."
START = """
from aura_nb import api
from aura_nb.jobs import Job

def work(report, cancel):
    print("begun", flush=True)
    cancel.wait(60)
    cancel.check()

job = Job("Sky", work).start()
"""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (KeyboardInterrupt(), f"KeyboardInterrupt: {LINE}"),
        (asyncio.CancelledError(), f"CancelledError: {LINE}"),
        (JobCancelled(), "JobCancelled: The job was cancelled."),
    ],
)
def test_ipython_shows_one_line(error: BaseException, line: str, monkeypatch: pytest.MonkeyPatch):
    if not isinstance(error, JobCancelled):
        in_one_line(error, "Sky", "cancelled")
    shown: list[list[str]] = []
    shell = InteractiveShell.instance()
    monkeypatch.setattr(shell, "_showtraceback", lambda kind, value, lines: shown.append(lines))
    shell.showtraceback((type(error), error, error.__traceback__))
    InteractiveShell.clear_instance()
    assert shown == [[line]]


def test_an_interrupt_that_came_too_late_says_so():
    interrupt = KeyboardInterrupt()
    in_one_line(interrupt, "Sky", "completed")
    assert str(interrupt) == "“Sky” was interrupted too late: it is completed."


def test_a_timeout_around_an_awaited_job_is_still_a_timeout():
    one = Job("Sky", until_cancelled, queue=Queue()).start()

    async def main():
        async with asyncio.timeout(0.05):
            await one

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert one.status == "cancelled"


def test_an_interrupt_before_the_wait_began_cancels_too(monkeypatch: pytest.MonkeyPatch):
    def interrupted(shell: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("aura_nb.widgets.mode", interrupted)
    one = Job("Sky", until_cancelled, queue=Queue()).start()
    with pytest.raises(KeyboardInterrupt, match="is cancelled"):
        follow(one)
    assert one.wait(30)
    assert one.status == "cancelled"


def test_an_interrupt_while_a_job_begins_cancels_it(monkeypatch: pytest.MonkeyPatch):
    class Late(Job):
        def start(self) -> Job:
            super().start()
            raise KeyboardInterrupt

    one = Late("Sky", until_cancelled, queue=Queue())
    monkeypatch.setattr("aura_nb.api._job", lambda request, output: one)
    with pytest.raises(KeyboardInterrupt, match="is cancelled"):
        start("Why the sky is blue")
    assert one.wait(30)
    assert one.status == "cancelled"


@pytest.mark.slow
@pytest.mark.parametrize("wait", ["job.result()", "await job", "api.follow(job)"])
def test_a_cell_that_is_interrupted_ends_in_one_line(wait: str):
    manager, client = start_new_kernel(startup_timeout=60)
    errors: list[dict[str, Any]] = []
    printed: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "error":
            errors.append(content)
        elif message["msg_type"] == "stream":
            printed.append(content["text"])
            if "begun" in content["text"]:
                # The work has begun in its thread; the cell waits for it a moment later at most.
                time.sleep(0.3)
                manager.interrupt_kernel()

    try:
        client.execute_interactive(START + wait, output_hook=hear, timeout=60)
        client.execute_interactive("print(job.status)", output_hook=hear, timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "".join(printed).split() == ["begun", "cancelled"]
    (error,) = errors
    assert error["evalue"] == LINE
    assert error["traceback"] == [f"{error['ename']}: {LINE}"]


FILM = """
import aura_nb as aura
aura.make("Why the sky is blue", plan={"seconds": 60}, profile={"writer": "rulebased", "speaker": "espeak"})
"""


@pytest.mark.slow
def test_a_real_film_that_is_interrupted_is_cancelled_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    manager, client = start_new_kernel(startup_timeout=60)
    journal = Journal(Settings().journal)
    try:
        kernel = psutil.Process(manager.provisioner.pid)
        begun: list[psutil.Process] = []
        made = client.execute(FILM)

        def under_way() -> bool:
            # Not what its pre-flight starts, which is over before there is a job.
            running = any(row.status == "running" for row in journal.rows())
            begun[:] = kernel.children(recursive=True)
            return running and bool(begun)

        until(under_way, 60)
        manager.interrupt_kernel()
        answer = client.get_shell_msg(timeout=60)
        assert answer["parent_header"]["msg_id"] == made
        assert answer["content"]["ename"] == "KeyboardInterrupt"
        assert answer["content"]["evalue"] == LINE.replace("Sky", "Why the sky is blue")
        # What works in C unwinds for a moment.
        until(lambda: [row.status for row in journal.rows()] == ["cancelled"], 30)
        assert psutil.wait_procs([*begun, *kernel.children(recursive=True)], timeout=10)[1] == []
    finally:
        journal.close()
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_can_be_interrupted_gives_what_its_work_gives_or_raises():
    assert interruptible(lambda cancel: 7, "Sky") == 7

    def fail(cancel):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        interruptible(fail, "Sky")


@pytest.mark.parametrize("heeds", [True, False])
def test_an_interrupt_ends_the_wait_though_the_work_may_hang(heeds: bool):
    release, cancelled = threading.Event(), threading.Event()

    def work(cancel):
        # As the Stop button and Ctrl-C do, from a thread that is not the one that waits.
        _thread.interrupt_main()
        cancel.wait(60)
        cancelled.set()
        if not heeds:
            release.wait(60)

    with pytest.raises(KeyboardInterrupt, match="“Sky” was interrupted and is cancelled"):
        interruptible(work, "Sky", grace=0.05)
    release.set()
    assert cancelled.wait(30)
