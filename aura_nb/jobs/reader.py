"""Reading a log at one's own pace: a cursor that costs nothing, however slow its owner is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from aura_nb.jobs.events import Event

LAGGING = 64
"""A reader that had all, and has more events than this waiting, gets the newest `step-progress` of each stage."""


class Entry(NamedTuple):
    """An event beside its one encoding."""

    event: Event
    body: bytes


class Readable(Protocol):
    """A log, as far as its readers are concerned."""

    @property
    def seq(self) -> int: ...

    @property
    def ended(self) -> bool: ...

    def after(self, seq: int, timeout: float | None) -> list[Entry]: ...


class Reader:
    """One reader's place in a log. It holds a number, no events: a slow one costs nothing.

    What was there before it had all is told whole: it asked for that.
    """

    def __init__(self, log: Readable, after: int = 0, *, lagging: float = LAGGING) -> None:
        self._log = log
        self._lagging = lagging
        self.seq = after
        self._had_all = after >= log.seq

    @property
    def done(self) -> bool:
        """Whether the job has ended and all of it was read."""
        return self._log.ended and self.seq >= self._log.seq

    def entries(self, timeout: float | None = 0) -> list[Entry]:
        """What is new since the last call, waiting up to `timeout` seconds for it (None: for ever)."""
        entries = self._log.after(self.seq, timeout)
        if entries:
            self.seq = entries[-1].event.seq
        spared = self._had_all and len(entries) > self._lagging
        self._had_all = self._had_all or self.seq >= self._log.seq
        return newest_progress(entries) if spared else entries

    def read(self, timeout: float | None = 0) -> list[Event]:
        """The events of `entries`."""
        return [entry.event for entry in self.entries(timeout)]

    def __iter__(self) -> Iterator[Event]:
        """Every event to the last, waiting for each."""
        while not self.done:
            # Waiting without end cannot be interrupted on Windows.
            yield from self.read(timeout=0.5)


def newest_progress(entries: Sequence[Entry]) -> list[Entry]:
    """`entries` without each `step-progress` that a later one of the same stage's run supersedes.

    The last stays: nothing supersedes it.
    """
    kept: list[Entry] = []
    told: set[str | None] = set()
    for entry in reversed(entries):
        event = entry.event
        if event.type == "step-progress":
            if event.stage in told:
                continue
            told.add(event.stage)
        elif event.type == "step-status":
            told.discard(event.stage)
        kept.append(entry)
    return kept[::-1]
