from __future__ import annotations

import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled


def test_set_stops_what_hangs_on_it_once_and_only_while_it_hangs():
    cancel, stops = Cancel(), []
    with cancel.stopping(lambda: stops.append("early")):
        cancel.check()
    with cancel.stopping(lambda: stops.append("now")):
        cancel.set()
        cancel.set()
    assert stops == ["now"]
    with pytest.raises(JobCancelled):
        cancel.check()
    with pytest.raises(JobCancelled), cancel.stopping(lambda: stops.append("late")):
        raise AssertionError("must not get here")
    assert stops == ["now"]


def test_wait_says_whether_it_was_set():
    cancel = Cancel()
    assert not cancel.wait(0.0)
    cancel.set()
    assert cancel.wait(10.0)


def test_a_stop_that_fails_keeps_none_of_the_others_from_being_called():
    cancel, stops = Cancel(), []

    def fail() -> None:
        raise OSError("gone already")

    with cancel.stopping(fail), cancel.stopping(lambda: stops.append("other")):
        cancel.set()
    assert stops == ["other"]
