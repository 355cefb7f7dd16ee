"""Looks at providers, all at once: none is waited for beyond its time, none repeated while it still hangs."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from aura_nb.providers.report import ProviderReport

GLANCE_SECONDS = 0.1
"""How soon it is seen that the end of a look has moved."""


class Look(Protocol):
    """A look at one provider."""

    @property
    def what(self) -> Hashable:
        """Alike for looks that would see the same."""
        ...

    @property
    def report(self) -> ProviderReport:
        """The best that can be said at this moment."""
        ...

    @property
    def ends(self) -> float:
        """When it is late, by the monotonic clock, as far as is known at this moment."""
        ...

    def run(self) -> ProviderReport:
        """Look; whatever goes wrong is a report as well."""
        ...


@dataclass(frozen=True, slots=True)
class _Late:
    """A look that was left behind: what still runs of it, since when, and what it has found."""

    thread: threading.Thread
    began: float
    look: Look


_late: dict[Hashable, _Late] = {}
_lock = threading.Lock()


def together(looks: Sequence[Look]) -> list[ProviderReport]:
    """Each look's report; all of them run at once, and those that are late are waited for only with others.

    A look that is late goes on in its daemon thread, and the same one is not begun again before that
    has ended: its report then says at once since when. Another environment makes it another look.
    """
    ended: queue.SimpleQueue[tuple[int, ProviderReport]] = queue.SimpleQueue()

    def run(number: int, look: Look) -> None:
        ended.put((number, look.run()))

    environment = hash(frozenset(os.environ.items()))
    began = time.monotonic()
    reports: dict[int, ProviderReport] = {}
    threads: dict[int, threading.Thread] = {}
    for number, look in enumerate(looks):
        with _lock:
            late = _late.get((look.what, environment))
        if late is not None and late.thread.is_alive():
            reports[number] = _still(late, look.report, began)
            continue
        # Daemons, unlike a pool's threads: a provider that never answers must not keep the process alive.
        name = f"aura-nb validate {look.report.provider}"
        threads[number] = threading.Thread(target=run, args=(number, look), name=name, daemon=True)
        threads[number].start()
    try:
        while awaited := threads.keys() - reports.keys():
            rest = max(looks[number].ends for number in awaited) - time.monotonic()
            if rest <= 0:
                break
            with suppress(queue.Empty):
                number, report = ended.get(timeout=min(rest, GLANCE_SECONDS))
                reports[number] = report
    finally:
        with _lock:
            for key in [key for key, late in _late.items() if not late.thread.is_alive()]:
                del _late[key]
            for number in threads.keys() - reports.keys():
                _late[looks[number].what, environment] = _Late(threads[number], began, looks[number])
    return [reports.get(number, look.report) for number, look in enumerate(looks)]


def left_behind() -> bool:
    """Whether a look that nobody waits for still runs, in some library perhaps."""
    with _lock:
        return any(late.thread.is_alive() for late in _late.values())


def _still(late: _Late, asked: ProviderReport, now: float) -> ProviderReport:
    """What to say of a look that hangs since an earlier one."""
    message = f"Asked {now - late.began:.0f} s ago, and has not answered yet."
    return replace(late.look.report, status="Timeout", message=message, correlation_id=asked.correlation_id)
