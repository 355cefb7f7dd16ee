"""Every vendor with every case, without paying for all of them in the fast suite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest


def matrix(vendors: Iterable[str], cases: Iterable[object], fast: Sequence[str]) -> list[object]:
    """The parameters (vendor, case): of each case one of the `fast` vendors is fast, in turn; all else is slow."""
    return [
        pytest.param(name, case, marks=() if name == fast[number % len(fast)] else pytest.mark.slow)
        for number, case in enumerate(cases)
        for name in vendors
    ]


def only(fast: Sequence[str], vendors: Iterable[str]) -> list[object]:
    """The vendors as parameters; all but the `fast` ones are slow."""
    return [name if name in fast else pytest.param(name, marks=pytest.mark.slow) for name in vendors]
