from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.pipeline.context import Stage
from aura_nb.pipeline.progress import FIRST_RATES, Rates, Schedule, Work, remaining_seconds


def steady(stage: Stage) -> Rates:
    """Rates that have seen `stage` take a second a unit often enough to be sure."""
    rates = Rates()
    for _ in range(200):
        rates.observe(Work("x", stage, 1.0), 1.0)
    return rates


def seconds(works: list[Work], workers: int) -> float:
    return remaining_seconds(works, {work.id: work.units for work in works}, workers)


def test_two_workers_halve_what_is_independent():
    works = [Work(str(i), "compose", 3.0) for i in range(4)]
    assert seconds(works, 1) == 12
    assert seconds(works, 2) == 6


def test_a_lane_runs_one_at_a_time_while_others_go_on():
    lane = [Work(f"n{i}", "narrate", 2.0, lane="narrate") for i in range(3)]
    assert seconds(lane, 2) == 6
    assert seconds([*lane, Work("c", "compose", 6.0)], 2) == 6


def test_what_comes_after_waits():
    works = [
        Work("a", "narrate", 2.0),
        Work("b", "compose", 3.0, after=("a",)),
        Work("c", "finish", 1.0, after=("b",)),
    ]
    assert seconds(works, 4) == 6


@given(
    st.lists(
        st.tuples(st.floats(0.01, 10), st.sampled_from(["", "lane"]), st.booleans()), min_size=1, max_size=20
    ),
    st.integers(1, 4),
)
def test_the_simulation_is_between_perfect_sharing_and_one_worker(items, workers):
    works = []
    for number, (units, lane, chained) in enumerate(items):
        after = (str(number - 1),) if chained and number else ()
        works.append(Work(str(number), "compose", units, after=after, lane=lane))
    total = sum(work.units for work in works)
    assert total / workers - 1e-6 <= seconds(works, workers) <= total + 1e-6


def test_percent_is_the_share_of_time_when_the_rates_are_right():
    rates = steady("compose")
    schedule = Schedule(rates, workers=1)
    schedule.expect([Work("a", "compose", 4.0), Work("b", "compose", 6.0)])
    assert schedule.percent(0.0) == (0.0, 10.0)
    schedule.advance("a", 0.5, 2.0)
    assert schedule.percent(2.0) == (20.0, 8.0)
    schedule.done("a")
    assert schedule.percent(4.0) == (40.0, 6.0)
    schedule.refine("b", 12.0)
    assert schedule.percent(4.0) == (25.0, 12.0)
    schedule.done("b")
    assert schedule.percent(16.0) == (100.0, 0.0)


def test_rates_are_learned_by_stage_and_kind_and_kept(tmp_path: Path):
    path = tmp_path / "rates.json"
    rates = Rates(path)
    work = Work("n", "narrate", 10.0, kind="kokoro")
    assert rates.seconds(work) == 10 * FIRST_RATES["narrate/kokoro"]
    rates.observe(work, 20.0)
    between = rates.seconds(work)
    assert 10 * FIRST_RATES["narrate/kokoro"] < between < 20.0
    for _ in range(50):
        rates.observe(work, 20.0)
    rates.save()
    again = Rates(path)
    assert again.seconds(work) == pytest.approx(20.0, rel=1e-3)
    assert again.seconds(Work("n", "narrate", 10.0, kind="espeak")) == 10 * FIRST_RATES["narrate"]
    assert list(json.loads(path.read_text(encoding="utf-8"))) == ["narrate/kokoro"]


def test_a_damaged_table_is_ignored(tmp_path: Path):
    path = tmp_path / "rates.json"
    path.write_text("{half", encoding="utf-8")
    assert Rates(path).seconds(Work("p", "picture", 1.0)) == FIRST_RATES["picture"]


def test_a_step_that_says_nothing_counts_down_and_then_waits():
    rates = steady("narrate")
    schedule = Schedule(rates, workers=1)
    schedule.expect([Work("a", "narrate", 10.0)])
    schedule.advance("a", 0.0, 0.0)
    assert schedule.percent(4.0) == (40.0, 6.0)
    assert schedule.percent(9.0) == (90.0, 1.0)
    # Overdue: the end does not come nearer, so that the bar cannot reach it by waiting.
    assert schedule.remaining(30.0) == schedule.remaining(300.0) == 1.0


def test_a_task_never_goes_back_and_is_not_done_before_its_value_is_there():
    schedule = Schedule(Rates(), workers=1)
    schedule.expect([Work("a", "picture", 1.0)])
    schedule.advance("a", 1.0, 1.0)
    schedule.advance("a", 0.5, 2.0)
    assert schedule.fractions["a"] == 0.999


def test_a_task_is_in_its_time_until_three_times_what_it_needs():
    rates = Rates()
    work = Work("a", "finish", 100 / rates.seconds(Work("a", "finish", 1.0)))
    schedule = Schedule(rates, 1, {"a": work})
    schedule.advance("a", 0.0, 10.0)
    assert schedule.in_time("a", 10.0 + 299)
    assert not schedule.in_time("a", 10.0 + 301)
    schedule.advance("a", 0.5, 311.0)
    assert schedule.in_time("a", 311.0 + 149)
    assert not schedule.in_time("a", 311.0 + 151)
