from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aura_nb.jobs.watchdog import Watchdog


def test_a_stall_is_told_every_two_minutes_until_something_moves():
    dog = Watchdog()
    looks = [0, 60, 119, 120, 121, 239, 240, 5, 119, 120]
    verdicts = [dog.look(idle, alive=True) for idle in looks]
    assert [idle for idle, verdict in zip(looks, verdicts, strict=True) if verdict == "stalled"] == [120, 240, 120]


def test_a_dead_worker_fails_after_three_minutes():
    dog = Watchdog()
    assert [dog.look(idle, alive=False) for idle in (1, 120, 179, 180)] == ["fine", "stalled", "fine", "dead"]


@given(st.lists(st.floats(0, 1e6)))
def test_the_living_are_never_declared_dead(idles):
    dog = Watchdog()
    assert "dead" not in [dog.look(idle, alive=True) for idle in idles]
