"""How a provider's call can fail, and what retry and breaker make of each way.

| failure | retried | counts in the breaker |
|---|---|---|
| `Unreachable`, `TimedOut`, `ServerFault` (5xx) | yes | yes |
| `Untrusted` | no | yes |
| `RateLimited` (429) | yes | no |
| `Unauthorized`, `Refused` (other 4xx), `ModelMissing`, `BadReply` | no | no |
| `CircuitOpen` | no | no |

What does not count is neutral: it neither adds to the failures nor makes them forgotten.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar

from aura_nb.errors import ProviderError


class ProviderFailure(ProviderError):
    """A call to a provider failed; each kind of failure is a class below.

    `transient` failures may be gone at once and are tried again; those that `count` speak against
    the provider's health. `retry_after` is what the provider asked for: seconds to wait, or None.
    """

    transient: ClassVar[bool] = False
    counts: ClassVar[bool] = False

    def __init__(self, provider: str, message: str, *, remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(provider, message, remedy=remedy)
        self.retry_after = retry_after
        self._said = message

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are pickled by their `args`, which are not what these are made of.
        state = {"remedy": self.remedy, "retry_after": self.retry_after}
        return (_rebuild, (type(self), self.provider, self._said, state))


def _rebuild(kind: type[ProviderFailure], provider: str, message: str, state: dict[str, object]) -> object:
    return kind(provider, message, **state)  # type: ignore[arg-type]


class Unreachable(ProviderFailure):
    """No connection, or one that broke before the reply was whole (DNS, refused, TLS, reset)."""

    transient = True
    counts = True


class Untrusted(Unreachable):
    """No connection was made, as nobody vouches for the server's certificate; nothing was sent."""

    transient = False


class TimedOut(ProviderFailure):
    """No reply, or not all of it, in time."""

    transient = True
    counts = True


class ServerFault(ProviderFailure):
    """The service says that it failed: HTTP 5xx."""

    transient = True
    counts = True


class RateLimited(ProviderFailure):
    """Too many requests, or the quota is used up: HTTP 429."""

    transient = True


class Unauthorized(ProviderFailure):
    """The key is missing, wrong or not allowed this: HTTP 401 and 403."""


class Refused(ProviderFailure):
    """The request itself was refused: any other HTTP 4xx."""


class ModelMissing(ProviderFailure):
    """The service is there, the model or voice asked for is not."""


class BadReply(ProviderFailure):
    """A whole reply came, and it cannot be used."""


class CircuitOpen(ProviderFailure):
    """The call was not made: the provider failed too often and is left alone for `retry_after` seconds."""


def counts(error: BaseException) -> bool:
    """Whether `error` speaks against the provider's health. An error of our own code does not."""
    return (
        error.counts if isinstance(error, ProviderFailure) else isinstance(error, ConnectionError | TimeoutError)
    )


def transient(error: BaseException) -> bool:
    """Whether the same call may succeed a moment later."""
    if isinstance(error, ProviderFailure):
        return error.transient
    return isinstance(error, ConnectionError | TimeoutError)


def of_status(
    provider: str, status: int, message: str, *, remedy: str = "", retry_after: float | None = None
) -> ProviderFailure:
    """The failure that the HTTP `status` of a reply stands for (RFC 9110 §15, RFC 6585 §4).

    A redirect is `Refused`: providers do not follow them.
    """
    kind: type[ProviderFailure]
    match status:
        case 401 | 403:
            kind = Unauthorized
        case 408:
            kind = TimedOut
        case 429:
            kind = RateLimited
        case _:
            kind = ServerFault if status >= 500 else Refused
    return kind(provider, message, remedy=remedy, retry_after=retry_after)


def retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, from a `Retry-After` header: a number of seconds or a date (RFC 9110 §10.2.3).

    None for a missing or unreadable one; a date that has passed is 0.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
