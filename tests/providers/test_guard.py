from __future__ import annotations

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise

import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled
from aura_nb.providers.breaker import Limits
from aura_nb.providers.failures import (
    BadReply,
    CircuitOpen,
    ModelMissing,
    RateLimited,
    Refused,
    ServerFault,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from aura_nb.providers.guard import STALE_SECONDS, Change, Guard, Guards, Kept, Retries, guard_of

LONG = 60.0
DOWN = ServerFault("ollama", "is down.")


class Time:
    """A clock moved by hand, and by sleeping on it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, cancel: Cancel, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Flaky:
    """Fails so often with what it is given, then answers."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "a script"


class Memory:
    """A store without a disk."""

    def __init__(self, **kept: Kept) -> None:
        self.kept = kept
        self.saved: list[tuple[str, str]] = []

    def load(self, provider: str) -> Kept | None:
        return self.kept.get(provider)

    def save(self, provider: str, state: str) -> None:
        self.saved.append((provider, state))


class Broken:
    def load(self, provider: str) -> Kept | None:
        raise OSError("no disk")

    def save(self, provider: str, state: str) -> None:
        raise OSError("no disk")


@pytest.fixture
def time() -> Time:
    return Time()


def guard(time: Time, *, retries: Retries | None = None, **limits: float) -> Guard:
    return Guard("ollama", limits=Limits(**limits), retries=retries, clock=time, sleep=time.sleep)


def fail(one: Guard, times: int, failure: BaseException = DOWN) -> None:
    for _ in range(times):
        with pytest.raises(type(failure)), one.attempt():
            raise failure


# -- retries ----------------------------------------------------------------------------------------


def test_a_transient_failure_is_tried_again(time):
    call = Flaky(Unreachable("ollama", "no."), RateLimited("ollama", "slow down."))
    assert guard(time).call(call) == "a script"
    assert call.calls == 3


def test_after_the_last_attempt_its_failure_is_raised(time):
    failures = [ServerFault("ollama", str(number)) for number in range(5)]
    call = Flaky(*failures)
    with pytest.raises(ServerFault) as caught:
        guard(time).call(call)
    assert (caught.value, call.calls) == (failures[2], 3)


@pytest.mark.parametrize("kind", [Unauthorized, Refused, ModelMissing, BadReply])
def test_a_lasting_failure_is_not_tried_again(time, kind):
    call = Flaky(kind("ollama", "no."))
    with pytest.raises(kind):
        guard(time).call(call)
    assert (call.calls, time.slept) == (1, [])


@pytest.mark.parametrize(
    "error", [KeyError("ours"), JobCancelled(), KeyboardInterrupt(), asyncio.CancelledError()]
)
def test_what_is_not_the_provider_s_is_neither_tried_again_nor_counted(time, error):
    one, call = guard(time, failures=1, window=1), Flaky(error)
    with pytest.raises(type(error)):
        one.call(call)
    assert (call.calls, one.state) == (1, "closed")


def test_waits_grow_and_are_jittered(time):
    retries = Retries(attempts=5, base=1.0, most=4.0, patience=1e9)
    for _ in range(20):
        with pytest.raises(ServerFault):
            guard(time, retries=retries).call(Flaky(*[DOWN] * 5))
    for wave in (0, 1, 2, 3):
        waits = time.slept[wave::4]
        assert all(0.0 <= seconds <= min(2.0**wave, 4.0) for seconds in waits)
        assert len(set(waits)) == 20
        assert max(waits) > min(2.0**wave, 4.0) / 2


def test_retry_after_is_honoured(time):
    call = Flaky(
        RateLimited("openai", "slow down.", retry_after=12.5), ServerFault("openai", "no.", retry_after=9.0)
    )
    assert guard(time).call(call) == "a script"
    assert time.slept == [12.5, 9.0]


def test_a_wait_beyond_patience_is_left_to_the_next_in_the_chain(time):
    call = Flaky(RateLimited("openai", "come back tomorrow.", retry_after=86_400.0))
    with pytest.raises(RateLimited):
        guard(time).call(call)
    assert (call.calls, time.slept) == (1, [])


def test_an_attempt_that_took_all_patience_is_the_last(time):
    def hangs() -> None:
        time.now += 31.0
        raise TimedOut("ollama", "hangs.")

    with pytest.raises(TimedOut):
        guard(time).call(hangs)
    assert time.now == 31.0


def test_a_cancel_ends_the_wait_at_once():
    cancel = Cancel()
    one = Guard("ollama", retries=Retries(base=LONG, patience=LONG * 10))
    call = Flaky(RateLimited("ollama", "slow down.", retry_after=LONG))

    def fails() -> str:
        threading.Timer(0.01, cancel.set).start()
        return call()

    with pytest.raises(JobCancelled):
        one.call(fails, cancel=cancel)
    assert call.calls == 1


def test_nothing_is_called_once_cancelled(time):
    cancel, call = Cancel(), Flaky()
    cancel.set()
    for kind in ("work", "probe"):
        with pytest.raises(JobCancelled):
            guard(time).call(call, kind=kind, cancel=cancel)
    assert call.calls == 0


def test_every_attempt_counts_and_opening_ends_the_retries_with_the_real_failure(time):
    one, call = guard(time, failures=2, window=2), Flaky(DOWN, DOWN, DOWN)
    with pytest.raises(ServerFault):
        one.call(call)
    assert (call.calls, one.state, len(time.slept)) == (2, "open", 1)


# -- time limit -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["work", "probe"])
def test_a_late_attempt_is_left_behind_and_says_so(time, kind):
    one, held = guard(time, failures=1, window=1), threading.Event()
    with pytest.raises(TimedOut, match=r"ollama: did not answer in time \(no answer within 0\.01 s\)\. Allow"):
        one.call(lambda: held.wait(LONG), kind=kind, timeout=0.01)
    held.set()
    assert one.state == ("open" if kind == "work" else "closed")


@pytest.mark.parametrize(
    ("raw", "kind"), [(TimeoutError("slow"), TimedOut), (ConnectionResetError("reset"), Unreachable)]
)
@pytest.mark.parametrize("timeout", [None, LONG])
def test_python_s_own_network_errors_become_failures_a_chain_understands(time, raw, kind, timeout):
    one = guard(time, retries=Retries(attempts=1), failures=1, window=1)
    with pytest.raises(kind, match="ollama: ") as caught:
        one.call(Flaky(raw), timeout=timeout)
    assert caught.value.__cause__ is raw
    assert one.state == "open"


def test_a_cancel_ends_a_limited_attempt_at_once_and_counts_for_nothing(time):
    one, cancel, held = guard(time, failures=1, window=1), Cancel(), threading.Event()

    def hangs() -> None:
        cancel.set()
        held.wait(LONG)

    with pytest.raises(JobCancelled):
        one.call(hangs, cancel=cancel, timeout=LONG)
    held.set()
    assert one.state == "closed"


# -- breaker ----------------------------------------------------------------------------------------


def test_an_open_breaker_calls_nothing_and_says_how_long(time):
    one, call = guard(time), Flaky()
    fail(one, 10)
    time.now += 18.0
    with pytest.raises(CircuitOpen, match="left alone for another 42 s") as refused:
        one.call(call)
    assert (call.calls, refused.value.retry_after, refused.value.provider) == (0, 42.0, "ollama")


def test_probes_pass_an_open_breaker_and_are_tried_once(time):
    one = guard(time)
    fail(one, 10)
    assert one.call(Flaky(), kind="probe") == "a script"
    call = Flaky(DOWN)
    with pytest.raises(ServerFault):
        one.call(call, kind="probe")
    assert (call.calls, one.state, time.slept) == (1, "open", [])


def test_probes_take_no_trial_at_half_open(time):
    one = guard(time)
    fail(one, 10)
    time.now += 60.0
    with pytest.raises(ServerFault):
        one.call(Flaky(DOWN), kind="probe")
    for _ in range(5):
        one.call(Flaky(), kind="probe")
    assert one.state == "half-open"
    with one.attempt(), one.attempt(), pytest.raises(CircuitOpen, match="until the calls that try it"):
        one.call(Flaky())


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), JobCancelled(), asyncio.CancelledError(), Refused("x", "4")]
)
def test_an_interrupted_trial_is_given_back(time, error):
    one = guard(time)
    fail(one, 10)
    time.now += 60.0
    for _ in range(5):
        with pytest.raises(type(error)):
            one.call(Flaky(error))
        assert one.state == "half-open"
    assert [one.call(Flaky()), one.call(Flaky()), one.state] == ["a script", "a script", "closed"]


def test_refused_requests_neither_count_nor_make_failures_forgotten(time):
    one = guard(time)
    fail(one, 9)
    fail(one, 40, Refused("ollama", "400"))
    assert one.state == "closed"
    fail(one, 1)
    assert one.state == "open"


def test_an_await_can_be_guarded(time):
    one = guard(time, failures=1, window=1)

    async def ask(seconds: float) -> str:
        with one.attempt():
            await asyncio.sleep(seconds)
            return "a script"

    async def cancelled() -> None:
        asking = asyncio.create_task(ask(LONG))
        await asyncio.sleep(0)
        asking.cancel()
        await asking

    assert asyncio.run(ask(0.0)) == "a script"
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert one.state == "closed"


# -- threads ----------------------------------------------------------------------------------------


def test_at_half_open_exactly_the_permitted_number_pass_however_many_ask(time):
    one = guard(time)
    fail(one, 10)
    time.now += 60.0
    crowd, inside, leave = threading.Barrier(16), threading.Semaphore(0), threading.Event()
    refused = threading.Semaphore(0)

    def call() -> None:
        inside.release()
        assert leave.wait(LONG)

    def ask() -> str:
        crowd.wait(LONG)
        try:
            one.call(call)
        except CircuitOpen:
            refused.release()
            return "refused"
        return "passed"

    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(ask) for _ in range(16)]
        assert all(inside.acquire(timeout=LONG) for _ in range(2))
        assert all(refused.acquire(timeout=LONG) for _ in range(14))
        leave.set()
        assert Counter(future.result(LONG) for future in asked) == {"passed": 2, "refused": 14}
    assert one.state == "closed"


def test_no_lock_is_held_while_calling_or_telling(time):
    one = guard(time, failures=1, window=1)

    def elsewhere(*_: object) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: (one.state, one.on_change(print)(), one.call(Flaky(), kind="probe"))).result(LONG)
        assert one.retry_after >= 0.0

    one.on_change(elsewhere)
    one.call(elsewhere)
    fail(one, 1)
    assert one.state == "open"


def test_steps_of_the_breaker_never_overlap():
    stepping, overlaps = threading.Lock(), []

    def clock() -> float:
        # Asked for within every step; lingers, so that another thread would come upon it.
        alone = stepping.acquire(blocking=False)
        threading.Event().wait(0.002)
        if alone:
            stepping.release()
        else:
            overlaps.append(threading.current_thread())
        return 0.0

    one, start = Guard("ollama", clock=clock), threading.Barrier(4)

    def work(_: int) -> None:
        start.wait(LONG)
        for _ in range(5):
            with one.attempt():
                pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert overlaps == []


def test_many_threads_tear_nothing(time):
    """Whatever they do: changes are told in order, one by one, and none is lost."""
    one = guard(time, retries=Retries(attempts=1), failures=3, window=6, cool_down=0.5, trials=2)
    changes: list[Change] = []
    telling = threading.Lock()
    met: list[str] = []

    def listen(change: Change) -> None:
        met.append("alone" if telling.acquire(blocking=False) else "two at once")
        changes.append(change)
        telling.release()

    one.on_change(listen)

    def work(seed: int) -> None:
        for number in range(150):
            time.now += 0.1
            failing = (seed * 7 + number * number) % 5 < 3
            with suppress(ServerFault, CircuitOpen):
                one.call(Flaky(DOWN) if failing else Flaky())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert set(met) == {"alone"}
    assert len(changes) > 10
    assert changes[0].was == "closed"
    assert all(change.now == after.was for change, after in pairwise(changes))
    assert one.state == changes[-1].now


# -- listeners --------------------------------------------------------------------------------------


def test_changes_are_told_in_order_and_in_words(time):
    one, changes = guard(time), []
    stop = one.on_change(changes.append)
    fail(one, 10)
    time.now += 60.0
    fail(one, 1)
    time.now += 60.0
    one.call(Flaky())
    one.call(Flaky())
    assert [(change.was, change.now) for change in changes] == [
        ("closed", "open"),
        ("open", "half-open"),
        ("half-open", "open"),
        ("open", "half-open"),
        ("half-open", "closed"),
    ]
    assert [change.message for change in changes[:3]] == [
        "ollama is left alone for 60 s: 10 calls failed.",
        "ollama is tried again.",
        "ollama is left alone for 60 s: it failed again.",
    ]
    assert changes[-1].message == "ollama works again."
    stop()
    stop()
    fail(one, 10)
    assert len(changes) == 5


def test_a_listener_that_fails_harms_neither_call_nor_other_listeners(time, caplog):
    one, changes = guard(time, failures=1, window=1), []
    one.on_change(lambda change: 1 / 0)
    one.on_change(changes.append)
    fail(one, 1)
    assert len(changes) == 1
    assert "listener to the breaker of ollama failed" in caplog.text


def test_a_listener_may_change_the_breaker_and_all_hear_it_in_order(time):
    one, changes = guard(time, failures=1, window=1, cool_down=0.0), []
    one.on_change(lambda change: change.now == "open" and one.call(Flaky()))
    one.on_change(changes.append)
    fail(one, 1)
    assert [change.now for change in changes] == ["open", "half-open"]


# -- all guards -------------------------------------------------------------------------------------


def test_there_is_one_guard_a_provider():
    both = threading.Barrier(2)

    def make(name: str) -> Guard:
        both.wait(LONG)
        return Guard(name)

    guards = Guards(make)
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(guards.of, ["ollama", "ollama"]))) == 1
    assert guard_of("ollama") is guard_of("ollama")
    assert guard_of("ollama") is not guard_of("openai")


def kept_guards(time: Time) -> Guards:
    return Guards(lambda name: Guard(name, clock=time, sleep=time.sleep))


@pytest.mark.parametrize("early", [True, False])
def test_a_kept_state_is_taken_up(time, early):
    guards, store = kept_guards(time), Memory(ollama=Kept("open", 15.0), openai=Kept("half-open", 100.0))
    if early:
        guards.of("ollama"), guards.of("openai")
    guards.keep(store)
    assert [guards.of(name).state for name in ("ollama", "openai", "gemini")] == ["open", "half-open", "closed"]
    assert guards.of("ollama").retry_after == 45.0
    assert store.saved == []


@pytest.mark.parametrize(
    ("age", "state"), [(STALE_SECONDS, "half-open"), (STALE_SECONDS + 0.1, "closed"), (-1.0, "closed")]
)
def test_a_state_older_than_two_minutes_is_stale_and_one_from_the_future_nothing(time, age, state):
    guards = kept_guards(time)
    guards.keep(Memory(ollama=Kept("open", age)))
    assert guards.of("ollama").state == state


def test_a_state_this_version_does_not_know_is_ignored(time):
    guards = kept_guards(time)
    guards.keep(Memory(ollama=Kept("isolated", 1.0)))
    assert guards.of("ollama").state == "closed"


@pytest.mark.parametrize("failures", [0, 1, 10])
def test_what_this_process_saw_counts_more_than_what_was_kept(time, failures):
    guards = kept_guards(time)
    guard = guards.of("ollama")
    fail(guard, failures)
    time.now += 60.0
    for _ in range(2):
        guard.call(Flaky())
    guards.keep(Memory(ollama=Kept("open", 1.0)))
    assert guard.state == "closed"


def test_keeping_in_the_same_store_again_does_nothing(time):
    guards, store = kept_guards(time), Memory()
    guards.keep(store)
    assert guards.of("ollama").state == "closed"
    store.kept["ollama"] = Kept("open", 1.0)
    guards.keep(store)
    assert guards.of("ollama").state == "closed"


def test_every_change_is_kept_and_told_while_watched(time):
    guards, store, changes = kept_guards(time), Memory(), []
    guards.keep(store)
    with guards.watching(lambda change: 1 / 0), guards.watching(changes.append):
        fail(guards.of("ollama"), 10)
    time.now += 60.0
    assert guards.of("ollama").state == "half-open"
    assert store.saved == [("ollama", "open"), ("ollama", "half-open")]
    assert [(change.provider, change.now) for change in changes] == [("ollama", "open")]


def test_a_store_that_fails_costs_a_warning_and_no_call(time, caplog):
    guards, changes = kept_guards(time), []
    guards.keep(Broken())
    with guards.watching(changes.append):
        fail(guards.of("ollama"), 10)
    assert guards.of("ollama").state == "open"
    assert len(changes) == 1
    assert [record.message for record in caplog.records] == [
        "The breaker of ollama is not known from before: no disk",
        "The breaker of ollama is not kept: no disk",
    ]
