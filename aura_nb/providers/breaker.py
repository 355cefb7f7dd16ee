"""A circuit breaker as pure state: no lock, no clock, no call; `guard.py` adds those.

The states and rules are resilience4j's with a count-based window (https://resilience4j.readme.io/docs/circuitbreaker),
but for two of Aura's numbers being counts and not rates: so many failures open it, and one failure
at half-open opens it again without waiting for the other trial calls.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "open", "half-open"]
Outcome = Literal["success", "failure", "neutral"]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a breaker moves.

    It opens when `failures` of the last `window` calls failed, lets nothing pass for `cool_down`
    seconds, then lets `trials` calls pass at half-open: when all succeed it closes, at the first
    that fails it opens again.
    """

    failures: int = 10
    window: int = 20
    cool_down: float = 60.0
    trials: int = 2

    def __post_init__(self) -> None:
        if not (1 <= self.failures <= self.window and self.trials >= 1 and self.cool_down >= 0.0):
            raise ValueError(f"Not the limits of a breaker: {self}")


class Breaker:
    """The state machine. Every call asks `admit`, and says with `settle` how it went, once.

    Times are seconds of one clock that never goes back. What `admit` returns is the era, which each
    change of state ends: a call that began in an earlier one has nothing to say about this one.
    Neutral outcomes change nothing, and give a trial at half-open back.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.state: State = "closed"
        self.era = 0
        self._since = 0.0
        self._outcomes: deque[bool] = deque(maxlen=limits.window)
        self._admitted = 0
        self._succeeded = 0

    @property
    def untouched(self) -> bool:
        """Whether nothing has been settled or changed yet."""
        return self.era == 0 and not self._outcomes

    def restore(self, state: State, since: float) -> None:
        """Take up the state that another breaker had since then."""
        self._move(state, since)

    def wait(self, now: float) -> float:
        """Seconds until a call may pass again, as far as time alone decides."""
        return max(0.0, self._since + self.limits.cool_down - now) if self.state == "open" else 0.0

    def look(self, now: float) -> State:
        """The state now: an open breaker whose cool-down is over becomes half-open."""
        if self.state == "open" and now - self._since >= self.limits.cool_down:
            self._move("half-open", now)
        return self.state

    def admit(self, now: float) -> int | None:
        """The era a call may begin in, None when it may not."""
        state = self.look(now)
        if state == "open":
            return None
        if state == "half-open":
            if self._admitted == self.limits.trials:
                return None
            self._admitted += 1
        return self.era

    def settle(self, era: int, outcome: Outcome, now: float) -> None:
        """A call that was admitted in `era` has ended."""
        if era != self.era:
            return
        if self.state == "half-open":
            self._settle_trial(outcome, now)
        elif outcome != "neutral":
            self._outcomes.append(outcome == "failure")
            if self._outcomes.count(True) >= self.limits.failures:
                self._move("open", now)

    def _settle_trial(self, outcome: Outcome, now: float) -> None:
        match outcome:
            case "neutral":
                self._admitted -= 1
            case "failure":
                self._move("open", now)
            case "success":
                self._succeeded += 1
                if self._succeeded == self.limits.trials:
                    self._move("closed", now)

    def _move(self, state: State, since: float) -> None:
        self.state = state
        self.era += 1
        self._since = since
        self._outcomes.clear()
        self._admitted = self._succeeded = 0
