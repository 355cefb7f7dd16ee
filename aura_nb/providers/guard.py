"""The guard around every remote call: a circuit breaker a provider, retries with jitter, a time limit.

    guard_of("openai").call(lambda: client.chat(…), cancel=request.cancel, timeout=120)

Calls have a kind. `work` is counted and may be refused; a `probe` (health, validation) goes round
breaker and retries: it neither counts nor is blocked.

The breaker is our own (`breaker.py`) as no library has its rules, and is proved against
interlock-cb where the two agree. Retries are tenacity's; stamina's face over it sleeps without a way
to be cancelled.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from aura_nb.cancel import Cancel
from aura_nb.providers.breaker import Breaker, Limits, Outcome, State
from aura_nb.providers.deadline import within
from aura_nb.providers.failures import CircuitOpen, ProviderFailure, TimedOut, Unreachable, counts, transient

if TYPE_CHECKING:
    from tenacity import RetryCallState

logger = logging.getLogger(__name__)

T = TypeVar("T")
Kind = Literal["work", "probe"]

STALE_SECONDS = 120.0
"""A kept state older than this says nothing any more."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how patiently a call that failed transiently is tried again.

    At most `attempts` in all. Before the n-th retry it waits a random time of at most
    `base` · 2ⁿ⁻¹ seconds, `most` at most (full jitter), or as long as the provider asked if that is
    longer. No retry begins later than `patience` seconds after the call did.
    """

    attempts: int = 3
    base: float = 0.5
    most: float = 8.0
    patience: float = 30.0


@dataclass(frozen=True, slots=True)
class Change:
    """A breaker moved from the state `was` to `now`; `message` tells a user why."""

    provider: str
    was: State
    now: State
    message: str


Listener = Callable[[Change], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A state as it was kept, and how many seconds ago it began."""

    state: State
    age: float


class Store(Protocol):
    """Where breakers' states outlive the process. Both may raise: a guard then goes on without."""

    def load(self, provider: str) -> Kept | None:
        """The state last kept of `provider`, None if there is none."""
        ...

    def save(self, provider: str, state: State) -> None:
        """Keep that `provider` is in `state` from now on."""
        ...


class Guard:
    """One provider's guard. Safe to use from any thread; no lock is held while anything is called.

    Parameters
    ----------
    clock:
        Seconds that never go back.
    sleep:
        Waits between attempts for so many seconds, or until the token is set.
    """

    def __init__(
        self,
        name: str,
        *,
        limits: Limits | None = None,
        retries: Retries | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[Cancel, float], object] = Cancel.wait,
    ) -> None:
        self.name = name
        self.limits = limits or Limits()
        self.retries = retries or Retries()
        self._clock = clock
        self._sleep = sleep
        self._breaker = Breaker(self.limits)
        self._lock = threading.Lock()
        self._untold: deque[Change] = deque()
        self._telling = threading.Lock()
        self._listeners: list[Listener] = []

    @property
    def state(self) -> State:
        """closed (calls pass), open (none does) or half-open (as many as `limits.trials` are tried)."""
        return self._step(self._breaker.look)

    @property
    def retry_after(self) -> float:
        """Seconds until an open breaker lets calls pass again; 0 in the other states."""
        return self._step(self._breaker.wait)

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` told of every change of state, in order, one at a time; call the result to stop that."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop

    def restore(self, kept: Kept) -> None:
        """Take up a state kept by another process, unless it is stale or this guard has seen calls."""

        with self._lock:
            fresh = 0.0 <= kept.age <= STALE_SECONDS
            if fresh and kept.state in ("open", "half-open") and self._breaker.untouched:
                self._breaker.restore(kept.state, self._clock() - kept.age)

    def call(
        self,
        call: Callable[[], T],
        *,
        kind: Kind = "work",
        cancel: Cancel | None = None,
        timeout: float | None = None,
    ) -> T:
        """What `call` returns, tried again when it fails transiently.

        `timeout` limits each attempt, in seconds; see `deadline.within` for what becomes of a late
        one. Raises what the last attempt raised (`TimedOut` and `Unreachable` for Python's own
        TimeoutError and ConnectionError), `CircuitOpen` without calling when the breaker lets
        nothing pass, and `JobCancelled` when `cancel` is set: at once with a `timeout` and between
        attempts, otherwise when `call` heeds it.
        """
        token = cancel or Cancel()

        def once() -> T:
            token.check()
            try:
                return call() if timeout is None else within(timeout, call, cancel=token)
            except TimeoutError as error:
                remedy = "Allow it more time, or try again when the machine and the network are less busy."
                raise TimedOut(self.name, f"did not answer in time ({error}).", remedy=remedy) from error
            except ConnectionError as error:
                remedy = "Check that it runs, and the connection to it."
                raise Unreachable(self.name, f"cannot be reached ({error}).", remedy=remedy) from error

        if kind == "probe":
            return once()

        def attempt() -> T:
            with self.attempt():
                return once()

        return self._retrying(attempt, token)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Guard one attempt made inside the `with` block; it may `await`. No retries, no time limit.

        Raises `CircuitOpen` when the breaker lets nothing pass. How the block ends is what counts:
        see `failures`; cancelling and interrupts are neutral.
        """
        era = self._step(self._breaker.admit)
        if era is None:
            raise self._refusal()
        outcome: Outcome = "neutral"
        try:
            yield
            outcome = "success"
        except Exception as error:
            outcome = "failure" if counts(error) else "neutral"
            raise
        finally:
            settled: Outcome = outcome
            self._step(lambda now: self._breaker.settle(era, settled, now))

    def _refusal(self) -> CircuitOpen:
        seconds = self.retry_after
        when = f"for another {seconds:.0f} s" if seconds else "until the calls that try it now are done"
        return CircuitOpen(
            self.name,
            f"failed too often and is left alone {when}.",
            remedy="Check that the service is up, then try again.",
            retry_after=seconds,
        )

    def _retrying(self, attempt: Callable[[], T], cancel: Cancel) -> T:
        from tenacity import Retrying, retry_if_exception, wait_random_exponential

        rules, began = self.retries, self._clock()
        jitter = wait_random_exponential(multiplier=rules.base, max=rules.most)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after if isinstance(error, ProviderFailure) else None
            return max(asked or 0.0, jitter(state))

        def stop(state: RetryCallState) -> bool:
            late = self._clock() - began + state.upcoming_sleep > rules.patience
            return state.attempt_number >= rules.attempts or late

        def sleep(seconds: float) -> None:
            self._sleep(cancel, seconds)

        def again(error: BaseException) -> bool:
            # An open breaker would refuse the next attempt, and hide what went wrong.
            return transient(error) and self.state != "open"

        return Retrying(retry=retry_if_exception(again), wait=wait, stop=stop, sleep=sleep, reraise=True)(attempt)

    def _step(self, step: Callable[[float], T]) -> T:
        """Do one thing to the breaker, then tell of it if its state changed."""
        with self._lock:
            was = self._breaker.state
            result = step(self._clock())
            now = self._breaker.state
            if now != was:
                self._untold.append(Change(self.name, was, now, self._why(was, now)))
        if self._untold:
            self._tell()
        return result

    def _why(self, was: State, now: State) -> str:
        match now:
            case "closed":
                return f"{self.name} works again."
            case "half-open":
                return f"{self.name} is tried again."
            case "open":
                failed = f"{self.limits.failures} calls failed" if was == "closed" else "it failed again"
                return f"{self.name} is left alone for {self.limits.cool_down:.0f} s: {failed}."

    def _tell(self) -> None:
        # One thread tells at a time, for the order; who finds another at it leaves its news to that one.
        while self._untold and self._telling.acquire(blocking=False):
            try:
                while self._untold:
                    change = self._untold.popleft()
                    for listener in tuple(self._listeners):
                        try:
                            listener(change)
                        except Exception:
                            logger.exception("A listener to the breaker of %s failed.", self.name)
            finally:
                self._telling.release()


class Guards:
    """The guards by provider, each made when first asked for; one such collection a process."""

    def __init__(self, make: Callable[[str], Guard] = Guard) -> None:
        self._make = make
        self._guards: dict[str, Guard] = {}
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    def of(self, provider: str) -> Guard:
        """The guard of `provider`, the same object at every call."""
        guard = self._guards.get(provider)
        if guard is not None:
            return guard
        made = self._make(provider)
        made.on_change(self._changed)
        with self._lock:
            guard, store = self._guards.setdefault(provider, made), self._store
        if guard is made:
            _restore(guard, store)
        return guard

    def keep(self, store: Store) -> None:
        """From now on keep every state in `store`, and begin with what lies there. Again: does nothing."""
        with self._lock:
            if store == self._store:
                return
            self._store, guards = store, tuple(self._guards.values())
        for guard in guards:
            _restore(guard, store)

    @contextmanager
    def watching(self, listener: Listener) -> Iterator[None]:
        """While inside, have `listener` told of every change of every guard."""
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def _changed(self, change: Change) -> None:
        store = self._store
        if store is not None:
            try:
                store.save(change.provider, change.now)
            except Exception as error:
                logger.warning("The breaker of %s is not kept: %s", change.provider, error)
        for listener in tuple(self._listeners):
            try:
                listener(change)
            except Exception:
                logger.exception("A listener to the breaker of %s failed.", change.provider)


def _restore(guard: Guard, store: Store | None) -> None:
    try:
        kept = store.load(guard.name) if store is not None else None
    except Exception as error:
        logger.warning("The breaker of %s is not known from before: %s", guard.name, error)
        return
    if kept is not None:
        guard.restore(kept)


default = Guards()
guard_of = default.of
