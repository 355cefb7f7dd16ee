"""Works: one of a name at a time, stoppable, and whatever goes wrong is told and never raised at the page."""

from __future__ import annotations

import contextvars
import subprocess
import sys
import threading

import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, JobCancelled, RenderError
from aura_nb.studio.works import Works, follow

WHERE: contextvars.ContextVar[str] = contextvars.ContextVar("WHERE", default="nowhere")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def works(told: list[str]) -> Works:
    return Works(lambda: told.append("changed"))


def until_cancelled(cancel: Cancel) -> None:
    assert cancel.wait(10)
    cancel.check()


def test_a_second_of_the_same_name_is_the_first(works: Works):
    begun: list[int] = []
    go = threading.Event()

    def do(cancel: Cancel) -> None:
        begun.append(1)
        assert go.wait(10)

    first = works.begin("write", "Writing …", do)
    assert works.begin("write", "Writing …", do) is first
    other = works.begin("check", "Checking …", lambda cancel: None)
    follow(other)
    go.set()
    follow(first)
    assert begun == [1]


def test_a_work_that_is_done_leaves_nothing_and_both_its_ends_are_told(works: Works, told: list[str]):
    go = threading.Event()

    def do(cancel: Cancel) -> None:
        assert go.wait(10)

    work = works.begin("write", "Writing …", do)
    assert told == ["changed"]
    assert works.now() == {"write": work}
    go.set()
    follow(work)
    assert works.now() == {}
    # The last word comes after the work has ended.
    for thread in threading.enumerate():
        if thread.name == "aura-write":
            thread.join(10)
    assert told == ["changed", "changed"]


def test_an_error_stays_until_it_is_mended_or_tried_again(works: Works):
    def fail(cancel: Cancel) -> None:
        raise RenderError("The encoder stopped.", remedy="Free some disk space.")

    work = works.begin("write", "Writing …", fail)
    with pytest.raises(RenderError):
        follow(work)
    assert works.now()["write"].error is work.error
    works.forget("write")
    assert works.now() == {}


def test_what_is_a_fault_of_ours_is_an_error_with_a_remedy_too(works: Works, caplog: pytest.LogCaptureFixture):
    def break_(cancel: Cancel) -> None:
        raise ZeroDivisionError("by zero")

    with pytest.raises(AuraError, match="ZeroDivisionError: by zero") as told:
        follow(works.begin("write", "Writing …", break_))
    assert told.value.remedy
    assert "Writing" in caplog.text


def test_a_cancelled_work_is_no_error_to_show_and_one_to_whoever_waits(works: Works):
    work = works.begin("write", "Writing …", until_cancelled)
    works.cancel("write")
    works.cancel("nothing of that name")
    with pytest.raises(JobCancelled):
        follow(work)
    assert works.now() == {}


def test_a_work_belongs_to_the_cell_it_was_asked_in(works: Works):
    seen: list[str] = []
    WHERE.set("this cell")
    follow(works.begin("write", "Writing …", lambda cancel: seen.append(WHERE.get())))
    assert seen == ["this cell"]


def test_an_error_of_a_work_under_way_is_not_forgotten_with_it(works: Works):
    work = works.begin("write", "Writing …", until_cancelled)
    works.forget("write")
    assert works.now() == {"write": work}
    works.cancel("write")


def test_a_work_is_ended_before_the_interpreter_is(tmp_path):
    said = tmp_path / "said.txt"
    code = (
        "from pathlib import Path\n"
        "from aura_nb.studio.works import Works\n"
        f"def do(cancel):\n    cancel.wait(60)\n    Path({str(said)!r}).write_text('ended')\n"
        "Works(lambda: None).begin('write', 'Writing …', do)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
    assert said.read_text(encoding="utf-8") == "ended"
