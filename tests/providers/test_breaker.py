"""The breaker against a model written another way, and against interlock-cb where the two agree."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import interlock
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aura_nb.errors import JobCancelled
from aura_nb.providers.breaker import Breaker, Limits
from aura_nb.providers.failures import (
    BadReply,
    CircuitOpen,
    RateLimited,
    Refused,
    ServerFault,
    TimedOut,
    Unreachable,
)
from aura_nb.providers.guard import STALE_SECONDS, Change, Guard, Kept, Retries

COOL_DOWN = 10.0
COUNTED = (Unreachable("x", "1"), TimedOut("x", "2"), ServerFault("x", "3"), ConnectionResetError())
NEUTRAL = (
    Refused("x", "4"),
    RateLimited("x", "5"),
    BadReply("x", "6"),
    KeyError("ours"),
    JobCancelled(),
    KeyboardInterrupt(),
    GeneratorExit(),
)
ENDINGS = st.one_of(st.none(), st.sampled_from(COUNTED), st.sampled_from(NEUTRAL))
STEPS = st.sampled_from(
    [0.5, COOL_DOWN - 0.5, COOL_DOWN, COOL_DOWN, COOL_DOWN + 0.5, STALE_SECONDS, STALE_SECONDS + 0.5]
)


def verdict(ending: BaseException | None) -> str:
    return "success" if ending is None else "failure" if ending in COUNTED else "neutral"


def caught(call: Callable[[], object]) -> object:
    """What `call` returns or raises."""
    try:
        return call()
    except BaseException as error:
        return error


def is_or_wraps(error: object, inner: BaseException) -> bool:
    return isinstance(error, BaseException) and inner in (error, error.__cause__)


@dataclass
class Spell:
    """A time in one state: since when, and what its calls did, in order."""

    state: str
    since: float
    begun: list[int] = field(default_factory=list)
    ended: dict[int, str] = field(default_factory=dict)

    def successor(self, limits: Limits) -> str | None:
        """The state that what its calls did leads to, None while it stays."""
        settled = [how for how in self.ended.values() if how != "neutral"]
        if self.state == "closed" and settled[-limits.window :].count("failure") >= limits.failures:
            return "open"
        if self.state == "half-open" and "failure" in settled:
            return "open"
        if self.state == "half-open" and len(settled) == limits.trials:
            return "closed"
        return None


@dataclass
class Model:
    """The rules read off a full history of (time, what, which call), replayed at every question."""

    limits: Limits
    history: list[tuple[float, str, int]] = field(default_factory=list)

    def spell(self, now: float) -> Spell:
        spell = Spell("closed", 0.0)
        for time, what, call in [*self.history, (now, "look", -1)]:
            if spell.state == "open" and time - spell.since >= self.limits.cool_down:
                spell = Spell("half-open", time)
            if what == "begin":
                spell.begun.append(call)
            elif what in ("open", "half-open"):
                spell = Spell(what, time)
            elif call in spell.begun:
                spell.ended[call] = what
            after = spell.successor(self.limits)
            if after is not None:
                spell = Spell(after, time)
        return spell

    def admits(self, now: float) -> bool:
        spell = self.spell(now)
        given_back = [how for how in spell.ended.values() if how == "neutral"]
        trying = len(spell.begun) - len(given_back)
        return spell.state == "closed" or (spell.state == "half-open" and trying < self.limits.trials)


class NotOurs:
    """To interlock-cb an ignored error is a success; a BaseException is what it is neutral to."""

    def is_failure(self, *, result: object, exception: Exception | None) -> bool:
        return exception is not None


class Oracle:
    """interlock-cb, made to keep Aura's rules from outside.

    It trips by rate: kept full of successes, its window reaches `failures / window` when ours has
    `failures`. It judges a half-open round when all trials are done: a failed one is ended at once
    by failing the rest, which is enough where `window >= failures * trials`.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.now = 0.0
        self.flying: dict[int, contextvars.Context] = {}
        self.trials: set[int] = set()
        self.breaker = interlock.CircuitBreaker(
            name="oracle",
            clock=self,
            classifier=NotOurs(),
            config=interlock.Config(
                failure_rate_threshold=limits.failures / limits.window,
                minimum_number_of_calls=1,
                slow_call_duration_threshold=1e9,
                window_size=limits.window,
                wait_duration_in_open=limits.cool_down,
                permitted_calls_in_half_open=limits.trials,
                max_concurrent_probes=limits.trials,
            ),
        )
        self.fill()

    def monotonic(self) -> float:
        return self.now

    @property
    def state(self) -> str:
        state = self.breaker.state.value.replace("_", "-")
        return "half-open" if state == "open" and self.admits() else state

    def admits(self) -> bool:
        """Whether a call passes; it is given back."""
        try:
            self.begin(-1)
        except interlock.CircuitOpenError:
            return False
        self.end(-1, "neutral")
        return True

    def begin(self, call: int) -> None:
        # A context of its own for each: a breaker's `with` blocks must be left in order within one.
        context = contextvars.copy_context()
        context.run(self.breaker.__enter__)
        self.flying[call] = context
        if self.breaker.state is interlock.State.HALF_OPEN:
            self.trials.add(call)

    def end(self, call: int, how: str) -> None:
        context = self.flying.pop(call, None)
        if context is None:
            return
        # A call from before this round is none of its trials.
        trial = call in self.trials
        self.leave(context, how)
        if trial and how == "failure" and self.breaker.state is interlock.State.HALF_OPEN:
            for other in list(self.flying):
                self.leave(self.flying.pop(other), "failure")
            while self.breaker.state is interlock.State.HALF_OPEN:
                self.begin(-1)
                self.leave(self.flying.pop(-1), "failure")
        if self.breaker.state is not interlock.State.HALF_OPEN:
            self.trials.clear()
        self.fill()

    def leave(self, context: contextvars.Context, how: str) -> None:
        error = {"success": None, "failure": ValueError(), "neutral": KeyboardInterrupt()}[how]
        context.run(self.breaker.__exit__, type(error) if error else None, error, None)

    def fill(self) -> None:
        while (
            self.breaker.state is interlock.State.CLOSED
            and self.breaker.snapshot().total_calls < self.limits.window
        ):
            self.breaker.call_sync(int)

    def restore(self, state: str, since: float, now: float) -> None:
        """It cannot begin open: relive how it got there."""
        if state != "closed":
            self.now = since if state == "open" else since - self.limits.cool_down
            for call in range(self.limits.failures):
                self.begin(call)
                self.end(call, "failure")
            self.now = since
            assert self.state == state
        self.now = now


class BreakerMachine(RuleBasedStateMachine):
    """Any sequence of calls (overlapping ones too), probes, clock steps, glances and new kernels."""

    calls = Bundle("calls")

    @initialize(
        failures=st.integers(1, 3),
        more=st.integers(0, 3),
        trials=st.integers(1, 3),
        at=st.sampled_from([0.0, 1e6]),
    )
    def begin(self, failures: int, more: int, trials: int, at: float) -> None:
        self.now = at
        self.limits = Limits(failures, failures * trials + more, COOL_DOWN, trials)
        self.number = 0
        self.new_kernel()

    def new_kernel(self) -> None:
        self.model, self.oracle = Model(self.limits), Oracle(self.limits)
        self.oracle.now = self.now
        self.changes: list[Change] = []
        self.kept: tuple[str, float] | None = None
        self.flying: dict[int, AbstractContextManager[None]] = {}
        self.guard = Guard("x", limits=self.limits, retries=Retries(attempts=1), clock=lambda: self.now)
        self.guard.on_change(self.heard)

    def heard(self, change: Change) -> None:
        self.changes.append(change)
        self.kept = (change.now, self.now)

    def enter(self) -> int | None:
        self.number += 1
        expected = self.model.admits(self.now)
        try:
            self.oracle.begin(self.number)
        except interlock.CircuitOpenError:
            assert not expected
        else:
            assert expected
        block = self.guard.attempt()
        if not expected:
            with pytest.raises(CircuitOpen) as refused:
                block.__enter__()
            assert refused.value.retry_after == self.guard.retry_after
            return None
        block.__enter__()
        self.model.history.append((self.now, "begin", self.number))
        self.flying[self.number] = block
        return self.number

    @rule(target=calls)
    def a_call_begins(self) -> object:
        number = self.enter()
        return multiple() if number is None else number

    @rule(number=consumes(calls), ending=ENDINGS)
    def a_call_ends(self, number: int, ending: BaseException | None) -> None:
        block = self.flying.pop(number, None)
        if block is None:
            return
        swallowed = block.__exit__(type(ending) if ending else None, ending, None)
        assert not swallowed
        self.settled(number, ending)

    def settled(self, number: int, ending: BaseException | None) -> None:
        self.model.history.append((self.now, verdict(ending), number))
        self.oracle.end(number, verdict(ending))

    @rule(ending=ENDINGS)
    def a_whole_call(self, ending: BaseException | None) -> None:
        self.number += 1
        called = []

        def call() -> str:
            called.append(self.number)
            self.model.history.append((self.now, "begin", self.number))
            if ending is not None:
                raise ending
            return "done"

        expected = self.model.admits(self.now)
        outcome = caught(lambda: self.guard.call(call))
        if expected:
            assert outcome == "done" if ending is None else is_or_wraps(outcome, ending)
        else:
            assert isinstance(outcome, CircuitOpen)
        assert bool(called) == expected == self.oracle.admits()
        if called:
            self.oracle.begin(self.number)
            self.settled(self.number, ending)

    @rule(ending=ENDINGS)
    def a_probe(self, ending: BaseException | None) -> None:
        before, changes = self.guard.state, len(self.changes)

        def probe() -> str:
            if ending is not None:
                raise ending
            return "healthy"

        outcome = caught(lambda: self.guard.call(probe, kind="probe"))
        assert outcome == "healthy" if ending is None else is_or_wraps(outcome, ending)
        assert (self.guard.state, len(self.changes)) == (before, changes)

    @rule(seconds=STEPS)
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.oracle.now = self.now

    @precondition(lambda self: self.kept and not self.flying)
    @rule(seconds=STEPS)
    def the_kernel_restarts(self, seconds: float) -> None:
        """What was kept is taken up, unless stale."""
        assert self.kept
        state, since = kept = self.kept
        self.now += seconds
        self.new_kernel()
        self.guard.restore(Kept(state, self.now - since))
        if state != "closed" and self.now - since <= STALE_SECONDS:
            self.model.history.append((since, state, -1))
            self.oracle.restore(state, since, self.now)
            self.kept = kept

    @rule()
    def somebody_looks(self) -> None:
        spell = self.model.spell(self.now)
        assert self.guard.state == spell.state
        wait = spell.since + COOL_DOWN - self.now if spell.state == "open" else 0.0
        assert self.guard.retry_after == pytest.approx(wait, abs=1e-6)

    @invariant()
    def all_three_agree(self) -> None:
        if not hasattr(self, "guard"):
            return
        admits = self.model.admits(self.now)
        assert self.oracle.admits() == admits
        assert self.oracle.state == self.model.spell(self.now).state

    @invariant()
    def every_change_follows_the_one_before(self) -> None:
        if not hasattr(self, "guard"):
            return
        for one, next_one in zip(self.changes, self.changes[1:], strict=False):
            assert one.now == next_one.was
        moves = {("closed", "open"), ("open", "half-open"), ("half-open", "open"), ("half-open", "closed")}
        assert {(change.was, change.now) for change in self.changes} <= moves


TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=50, stateful_step_count=40)


@pytest.mark.slow
def test_a_thousand_more_sequences() -> None:
    run_state_machine_as_test(BreakerMachine, settings=settings(max_examples=1000, stateful_step_count=60))


def test_aura_s_numbers() -> None:
    limits = Limits()
    assert (limits.failures, limits.cool_down, limits.trials) == (10, 60.0, 2)
    breaker = Breaker(limits)
    for _ in range(9):
        breaker.settle(breaker.admit(0.0), "failure", 0.0)
    assert breaker.state == "closed"
    breaker.settle(breaker.admit(0.0), "failure", 0.0)
    assert breaker.state == "open"
    assert breaker.admit(59.9) is None
    trials = [breaker.admit(60.0) for _ in range(5)]
    assert [trial is not None for trial in trials] == [True, True, False, False, False]
    for trial in trials[:2]:
        breaker.settle(trial, "success", 61.0)
    assert breaker.state == "closed"


def test_failures_that_left_the_window_are_forgotten() -> None:
    breaker = Breaker(Limits(failures=2, window=3))
    for outcome in ("failure", "success", "success", "failure", "success", "success", "failure"):
        breaker.settle(breaker.admit(0.0), outcome, 0.0)
    assert breaker.state == "closed"
    breaker.settle(breaker.admit(0.0), "failure", 0.0)
    assert breaker.state == "open"


@pytest.mark.parametrize("outcome", ["success", "failure", "neutral"])
def test_a_call_from_before_says_nothing_about_now(outcome) -> None:
    breaker = Breaker(Limits(failures=1, window=1, cool_down=COOL_DOWN, trials=1))
    before = breaker.admit(0.0)
    breaker.settle(breaker.admit(0.0), "failure", 0.0)
    trial = breaker.admit(COOL_DOWN)
    breaker.settle(before, outcome, COOL_DOWN)
    assert breaker.state == "half-open"
    assert breaker.admit(COOL_DOWN) is None
    breaker.settle(trial, "success", COOL_DOWN)
    breaker.settle(before, outcome, COOL_DOWN)
    assert breaker.state == "closed"


@pytest.mark.parametrize("wrong", [{"failures": 0}, {"failures": 21}, {"trials": 0}, {"cool_down": -1.0}])
def test_limits_that_make_no_sense_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="Not the limits"):
        Limits(**wrong)


def test_each_round_of_trials_begins_anew() -> None:
    breaker = Breaker(Limits(failures=1, window=1, cool_down=COOL_DOWN, trials=2))
    breaker.settle(breaker.admit(0.0), "failure", 0.0)
    for outcome in ("success", "failure"):
        breaker.settle(breaker.admit(COOL_DOWN), outcome, COOL_DOWN)
    breaker.settle(breaker.admit(2 * COOL_DOWN), "success", 2 * COOL_DOWN)
    assert breaker.state == "half-open"
    breaker.settle(breaker.admit(2 * COOL_DOWN), "success", 2 * COOL_DOWN)
    assert breaker.state == "closed"
