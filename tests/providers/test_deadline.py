from __future__ import annotations

import contextvars
import threading

import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled
from aura_nb.providers.deadline import within

LONG = 60.0


def test_what_is_in_time_is_handed_on():
    assert within(LONG, lambda: 42) == 42


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_what_is_raised_is_raised_here(error):
    def call():
        raise error

    with pytest.raises(type(error)) as caught:
        within(LONG, call)
    assert caught.value is error


def test_what_is_late_is_left_behind_and_its_outcome_dropped():
    held, ended = threading.Event(), threading.Event()

    def call():
        held.wait(LONG)
        ended.set()
        raise ValueError("too late")

    with pytest.raises(TimeoutError, match=r"within 0\.01 s"):
        within(0.01, call)
    held.set()
    assert ended.wait(LONG)


def test_a_cancel_does_not_wait_for_the_call():
    cancel, held = Cancel(), threading.Event()

    def call():
        cancel.set()
        held.wait(LONG)

    with pytest.raises(JobCancelled):
        within(LONG, call, cancel=cancel)
    held.set()


def test_nothing_begins_once_cancelled():
    cancel, called = Cancel(), threading.Event()
    cancel.set()
    with pytest.raises(JobCancelled):
        within(LONG, called.set, cancel=cancel)
    assert not called.is_set()


def test_the_call_sees_the_caller_s_context():
    # A notebook's output, for one, finds its cell by context variables.
    variable = contextvars.ContextVar("variable", default="elsewhere")
    variable.set("here")
    assert within(LONG, variable.get) == "here"
