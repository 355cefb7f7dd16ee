from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.providers import failures
from aura_nb.providers.failures import (
    BadReply,
    CircuitOpen,
    ModelMissing,
    ProviderFailure,
    RateLimited,
    Refused,
    ServerFault,
    TimedOut,
    Unauthorized,
    Unreachable,
    Untrusted,
    counts,
    of_status,
    retry_after,
    transient,
)

VERDICTS = {
    Unreachable: (True, True),
    Untrusted: (False, True),
    TimedOut: (True, True),
    ServerFault: (True, True),
    RateLimited: (True, False),
    Unauthorized: (False, False),
    Refused: (False, False),
    ModelMissing: (False, False),
    BadReply: (False, False),
    CircuitOpen: (False, False),
}


@pytest.mark.parametrize("kind", VERDICTS)
def test_each_failure_says_whether_it_is_retried_and_counts(kind):
    failure = kind("ollama", "went wrong.")
    assert (transient(failure), counts(failure)) == VERDICTS[kind]
    assert isinstance(failure, ProviderError)


def test_every_failure_has_its_verdict_here():
    kinds = ProviderFailure.__subclasses__()
    assert set(VERDICTS) == {*kinds, *(finer for kind in kinds for finer in kind.__subclasses__())}


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError()])
def test_the_network_s_own_errors_count_and_are_retried(error):
    assert transient(error)
    assert counts(error)


@pytest.mark.parametrize("error", [KeyError("choices"), FileNotFoundError(), JobCancelled(), KeyboardInterrupt()])
def test_a_fault_of_ours_and_a_cancel_are_not_the_provider_s(error):
    assert not transient(error)
    assert not counts(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (307, Refused),
        (400, Refused),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Refused),
        (408, TimedOut),
        (422, Refused),
        (429, RateLimited),
        (499, Refused),
        (500, ServerFault),
        (503, ServerFault),
        (529, ServerFault),
    ],
)
def test_a_status_is_the_failure_it_stands_for(status, kind):
    failure = of_status("openai", status, "no.", remedy="Wait.", retry_after=3.0)
    assert type(failure) is kind
    assert (failure.provider, failure.remedy, failure.retry_after) == ("openai", "Wait.", 3.0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
        ("٣", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("9" * 400, 999_999_999.0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 29.0),
        ("Friday, 31-Dec-99 23:59:59 GMT", 29.0),
        ("Fri, 31 Dec 1999 23:59:59 -0000", 29.0),
        ("Fri, 31 Dec 1999 23:59:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert retry_after(header, now=datetime(1999, 12, 31, 23, 59, 30, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("kind", VERDICTS)
def test_a_failure_crosses_a_process_whole(kind):
    failure = kind("openai", "said no.", remedy="Wait.", retry_after=2.0)
    other = pickle.loads(pickle.dumps(failure))
    assert type(other) is kind
    assert (str(other), vars(other)) == (str(failure), vars(failure))
    assert str(other) == "openai: said no. Wait."


def test_the_table_in_the_docstring_names_them_all():
    assert all(kind.__name__ in (failures.__doc__ or "") for kind in VERDICTS)
