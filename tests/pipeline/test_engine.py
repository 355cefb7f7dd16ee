from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError, RenderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Fall, Report
from aura_nb.pipeline.engine import Engine, Outcome, Task
from aura_nb.pipeline.graph import film_works
from aura_nb.pipeline.progress import Rates, Work, remaining_seconds
from aura_nb.request import Request
from aura_nb.usage import Metered


class Recorder(list[Report]):
    def __call__(self, report: Report) -> None:
        self.append(report)

    def of(self, type: str) -> list[Report]:
        return [report for report in self if report.type == type]


def engine(tmp_path: Path, workers: int = 2, cancel: Cancel | None = None) -> tuple[Engine, Recorder]:
    reports = Recorder()
    made = Engine(cache=Cache(tmp_path), cancel=cancel or Cancel(), report=reports, rates=Rates(), workers=workers)
    return made, reports


def task(id: str, run, *, stage="compose", after=(), lane="") -> Task:
    return Task(Work(id, stage, 1.0, after=tuple(after), lane=lane), run)


def test_values_flow_along_the_graph(tmp_path):
    made, reports = engine(tmp_path)
    values = made.run(
        [
            task("a", lambda ctx, results: Outcome(2)),
            task("b", lambda ctx, results: Outcome(results["a"] * 3, cached=True), after=["a"]),
            task("c", lambda ctx, results: Outcome(results["a"] + results["b"]), stage="finish", after=["a", "b"]),
        ]
    )
    assert values == {"a": 2, "b": 6, "c": 8}
    done = {report.stage: report.data for report in reports.of("step-status") if report.data["state"] == "done"}
    assert done["compose"]["items"] == 2
    assert done["compose"]["cached"] == 1
    assert [report.data["state"] for report in reports.of("step-status")] == ["running", "done"] * 2
    assert [timing.stage for timing in made.timings()] == ["compose", "finish"]


def test_independent_tasks_run_together_and_a_lane_one_by_one(tmp_path):
    made, _ = engine(tmp_path, workers=3)
    both = threading.Barrier(2, timeout=10)
    inside = threading.Semaphore(1)

    def alone(ctx, results):
        assert inside.acquire(blocking=False), "two tasks of one lane at once"
        ctx.cancel.wait(0.02)
        inside.release()
        return Outcome(None)

    def meet(ctx, results):
        both.wait()
        return Outcome(None)

    lane = [task(f"n{i}", alone, stage="narrate", lane="narrate") for i in range(4)]
    made.run([*lane, task("x", meet), task("y", meet)])


def test_the_first_failure_stops_the_others_and_is_raised(tmp_path):
    made, _ = engine(tmp_path)
    stopped = threading.Event()

    def endless(ctx, results):
        with ctx.cancel.stopping(stopped.set):
            assert stopped.wait(10)
            ctx.cancel.check()

    def fail(ctx, results):
        raise RenderError("the encoder is gone.")

    with pytest.raises(RenderError, match="encoder is gone"):
        made.run([task("endless", endless), task("fail", fail), task("never", fail, after=["endless"])])
    assert stopped.is_set()
    assert not made.cancel.is_set


def test_cancel_stops_what_runs_and_starts_nothing_more(tmp_path):
    cancel = Cancel()
    made, _ = engine(tmp_path, workers=1, cancel=cancel)
    started = []

    def first(ctx, results):
        started.append("first")
        cancel.set()
        ctx.cancel.check()

    def second(ctx, results):
        started.append("second")
        return Outcome(None)

    with pytest.raises(JobCancelled):
        made.run([task("first", first), task("second", second)])
    assert started == ["first"]


def test_an_error_caused_by_the_cancel_counts_as_cancelled(tmp_path):
    cancel = Cancel()
    made, _ = engine(tmp_path, cancel=cancel)

    def killed(ctx, results):
        cancel.set()
        raise RenderError("ffmpeg ended with -9.")

    with pytest.raises(JobCancelled):
        made.run([task("killed", killed)])


def test_progress_comes_from_inside_a_task_and_stays_under_100(tmp_path):
    now = [0.0]
    reports = Recorder()
    made = Engine(
        cache=Cache(tmp_path),
        cancel=Cancel(),
        report=reports,
        rates=Rates(),
        workers=1,
        clock=lambda: now[0],
    )

    def work(ctx, results):
        for step in range(1, 11):
            now[0] += 1.0
            ctx.progress(step / 10)
        return Outcome(None)

    made.run([task("a", work), task("b", work, stage="finish", after=["a"])])
    percents = [report.percent for report in reports.of("step-progress")]
    assert len(percents) >= 20
    assert all(0 <= percent < 100 for percent in percents)
    assert {report.stage for report in reports.of("step-progress")} == {"compose", "finish"}


def test_who_failed_and_was_replaced_stands_in_the_stage_s_timing_and_its_last_event(tmp_path):
    made, seen = engine(tmp_path)

    def fall(ctx, _):
        ctx.fell(Fall("ollama", "rulebased", "Unreachable"))
        return Outcome(None, provider="rulebased")

    made.run([task(number, fall, stage="narrate") for number in "ab"])
    (timing,) = made.timings()
    assert (timing.provider, timing.failed) == ("rulebased", "ollama")
    assert [*made.falls] == [("narrate", Fall("ollama", "rulebased", "Unreachable"))]
    assert [said.data["failed"] for said in seen if said.data.get("state") == "done"] == ["ollama"]


def test_a_provider_benched_by_one_task_is_benched_for_all_of_the_job(tmp_path):
    made, _ = engine(tmp_path, workers=1)
    found = []

    def bench(ctx, _):
        found.append(dict(ctx.benched))
        ctx.benched["writer", "ollama"] = ProviderError("ollama", "is down.")
        return Outcome(None)

    made.run([task("a", bench), task("b", bench, after=("a",))])
    assert [len(known) for known in found] == [0, 1]


def test_a_warning_is_said_once_and_kept(tmp_path):
    made, reports = engine(tmp_path)

    def warn(ctx, results):
        ctx.warn("kokoro failed; espeak speaks instead")
        return Outcome(None)

    made.run([task("a", warn, stage="narrate"), task("b", warn, stage="narrate")])
    assert made.warnings == ["kokoro failed; espeak speaks instead"]
    assert len(reports.of("warning")) == 1


@pytest.mark.parametrize(
    ("stage", "kind", "provider"), [("write", "", "rulebased"), ("narrate", "kokoro", "kokoro")]
)
def test_what_a_task_took_is_what_the_next_one_is_expected_to_take(tmp_path, stage, kind, provider):
    now = [0.0]
    rates = Rates()
    made = Engine(
        cache=Cache(tmp_path),
        cancel=Cancel(),
        report=Recorder(),
        rates=rates,
        workers=1,
        clock=lambda: now[0],
    )
    work = Work("a", stage, 2.0, kind=kind)
    before = rates.seconds(work)

    def run(ctx, results):
        now[0] += 1000.0
        return Outcome(None, provider=provider)

    made.run([Task(work, run)])
    assert rates.seconds(work) > 100 * before


def test_a_task_that_says_nothing_is_spoken_for_as_long_as_it_is_in_its_time(tmp_path):
    told = threading.Event()

    class Listening(Recorder):
        def __call__(self, report: Report) -> None:
            super().__call__(report)
            if report.type == "step-progress":
                told.set()

    reports = Listening()
    made = Engine(cache=Cache(tmp_path), cancel=Cancel(), report=reports, rates=Rates(), workers=2)

    def silent(ctx, results):
        assert told.wait(30)
        return Outcome(None)

    overdue = replace(task("overdue", silent, stage="picture"), work=Work("overdue", "picture", 1e-9))
    long = replace(task("long", silent, stage="finish"), work=Work("long", "finish", 1e6), message="Joining")
    made.run([overdue, long])
    first = reports.of("step-progress")[0]
    assert (first.stage, first.message, first.current_item, first.total_items) == ("finish", "Joining", 1, 1)


def test_a_stage_costs_what_its_tasks_and_their_processes_took(tmp_path):
    made, reports = engine(tmp_path)

    def child(code: str):
        return lambda ctx, results: Outcome(Metered([sys.executable, "-S", "-c", code]).wait(60))

    busy = task("a", child("import time\nwhile time.process_time() < 0.3: pass"))
    # Gone before anybody looks at the memory.
    large = task("b", child("b'x' * 100_000_000"), stage="picture", after=["a"])
    last = task("c", lambda ctx, results: Outcome(1, cached=True), stage="finish", after=["b"])
    made.run([busy, large, last])
    # In the order of the flow, though composing began first.
    picture, compose, finish = made.timings()
    assert [one.stage for one in (picture, compose, finish)] == ["picture", "compose", "finish"]
    assert compose.cpu_seconds >= 0.3
    assert finish.cpu_seconds < 0.3
    assert picture.peak_mb > finish.peak_mb + 90
    told = {report.stage: report.data for report in reports.of("step-status") if report.data["state"] == "done"}
    assert told["compose"]["peak_mb"] == compose.peak_mb
    assert (told["compose"]["made"], told["finish"]["made"]) == (["a"], [])


@pytest.mark.parametrize(("outcome", "rate"), [(Outcome(None, fresh=0.25), 4.0), (Outcome(None, fresh=0.0), None)])
def test_only_the_share_that_was_really_done_is_learned_from(tmp_path, outcome, rate):
    now, rates = [0.0], Rates()
    made = Engine(
        cache=Cache(tmp_path),
        cancel=Cancel(),
        report=Recorder(),
        rates=rates,
        workers=1,
        clock=lambda: now[0],
    )
    work = Work("a", "narrate", 8.0)
    first = rates.seconds(replace(work, units=1.0))

    def run(ctx, results):
        now[0] += 8.0  # for two of the eight units
        return outcome

    for number in range(60):
        made.run([Task(replace(work, id=f"a{number}"), run)])
    assert rates.seconds(replace(work, units=1.0)) == pytest.approx(rate or first, rel=0.01)


def test_a_full_disk_is_an_error_with_a_remedy(tmp_path):
    made, _ = engine(tmp_path)

    def fail(ctx, results):
        raise OSError(28, "No space left on device")

    with pytest.raises(RenderError, match=r"the disk is full\. Free some space"):
        made.run([task("a", fail)])


def test_a_film_of_200_scenes_costs_the_engine_little(tmp_path):
    request = Request.ask("Why the sky is blue")
    works = film_works(request, [5.0] * 200, "espeak")
    rates = Rates()
    left = {work.id: rates.seconds(work) for work in works}
    looked = Counting(works)
    assert remaining_seconds(looked, left, 2) > 0
    assert looked.count == len(works)
    made, _ = engine(tmp_path)
    values = made.run([Task(work, lambda ctx, results: Outcome(1)) for work in works])
    assert len(values) == len(works)


class Counting(list[Work]):
    """Works that count how often they are gone through."""

    count = 0

    def __iter__(self):
        for work in super().__iter__():
            self.count += 1
            yield work


def test_a_task_brings_the_tasks_that_only_its_value_makes_known(tmp_path):
    made, reports = engine(tmp_path)
    more = [
        task("b", lambda ctx, results: Outcome(results["a"] * 3), after=["a"]),
        task("c", lambda ctx, results: Outcome(results["b"] + 1), after=["b"], stage="finish"),
    ]
    first = replace(task("a", lambda ctx, results: Outcome(2)), done=lambda value: more)
    likely = [Work("b", "compose", 50.0), Work("never", "caption", 50.0), Work("c", "finish", 1.0)]
    assert made.run([first], likely) == {"a": 2, "b": 6, "c": 7}
    # A stage has ended when nothing of it is expected any more, and once only.
    told = [(report.stage, report.data["state"]) for report in reports.of("step-status")]
    assert told == [("compose", "running"), ("compose", "done"), ("finish", "running"), ("finish", "done")]
    counts = [(r.stage, r.current_item, r.total_items) for r in reports.of("step-progress")]
    assert {(stage, total) for stage, _, total in counts} == {("compose", 2), ("finish", 1)}


def test_what_a_task_brings_is_done_where_it_was_likely_to_be(tmp_path):
    made, _ = engine(tmp_path, workers=1)
    order = []

    def noted(id: str, **of) -> Task:
        return task(id, lambda ctx, results: Outcome(order.append(id)), **of)

    more = [noted("last"), noted("soon"), noted("unforeseen")]
    first = replace(noted("first"), done=lambda value: more)
    likely = [Work(id, "compose", 1.0) for id in ("first", "soon", "early", "late", "last")]
    made.run([first, noted("early"), noted("late")], likely)
    assert order == ["first", "soon", "early", "late", "last", "unforeseen"]


def test_idle_threads_take_parts_of_a_task_but_never_before_a_task_of_their_own(tmp_path):
    made, _ = engine(tmp_path)
    begun, both = [], threading.Barrier(2, timeout=10)

    def other(ctx, results):
        begun.append("other")
        return Outcome(None)

    def shares(ctx, results):
        def part():
            begun.append("part")
            both.wait()

        # Two at once, as the other thread has nothing else to do by then.
        ctx.share([part, part])
        return Outcome(None)

    made.run([task("a", shares), task("b", other)])
    assert begun.count("part") == 2
    assert "other" in begun[:2]


def test_a_part_that_fails_elsewhere_fails_its_task(tmp_path):
    made, _ = engine(tmp_path)
    both = threading.Barrier(2, timeout=10)

    def part(fails):
        both.wait()
        if fails:
            raise RenderError("The second half is broken.")

    def shares(ctx, results):
        ctx.share([lambda: part(False), lambda: part(True)])
        return Outcome(None)

    with pytest.raises(RenderError, match="second half"):
        made.run([task("a", shares)])


def test_what_idle_threads_gave_does_not_teach_too_quick_a_rate(tmp_path):
    made, _ = engine(tmp_path)
    both = threading.Barrier(2, timeout=10)

    def part():
        both.wait()
        time.sleep(0.2)

    def shares(ctx, results):
        ctx.share([part, part])
        return Outcome(None)

    made.run([task("a", shares)])
    assert made.rates._sums["compose"][0] > 0.39  # seconds: one thread would have taken 0.4
