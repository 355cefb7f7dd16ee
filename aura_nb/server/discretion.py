"""What observers are told of a job: all that happened, but no folder of this machine, and no fault's own words.

An exception that is none of `aura_nb` says what it likes: a path, or an address with a key in it. Its words
are for whoever owns the kernel, in its log and in the job's own views; an observer gets its kind, and the
correlation id to ask by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from aura_nb.jobs.events import Event
from aura_nb.jobs.reader import Entry
from aura_nb.jobs.run import FAULT
from aura_nb.jobs.snapshot import Snapshot
from aura_nb.server.feed import Log

# From the root to the last separator, with spaces in it; not what follows the host in an address.
_FOLDERS = re.compile(r"""(?<![\w:/\\.~])(?:~|[A-Za-z]:)?[\\/][^\s"'“”:;,][^"'“”:;,\n]*[\\/]""")
_KINDS = frozenset({"warning", "job-completed", "job-failed", "gap"})


class Discreet:
    """A log as observers may read it."""

    def __init__(self, log: Log) -> None:
        self._log = log

    @property
    def seq(self) -> int:
        """Number of the newest event."""
        return self._log.seq

    @property
    def ended(self) -> bool:
        """Whether the last event is there."""
        return self._log.ended

    def recent(self, seq: int) -> list[Entry] | None:
        """What follows `seq` if it is all in memory, else None."""
        entries = self._log.recent(seq)
        return None if entries is None else _told(entries)

    def after(self, seq: int, timeout: float | None) -> list[Entry]:
        """The entries behind `seq`."""
        return _told(self._log.after(seq, timeout))

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after new events; return what ends that."""
        return self._log.subscribe(listener)


def told(snapshot: Snapshot) -> Snapshot:
    """The state as the events that observers are told give it."""
    error, film, message = snapshot.error, snapshot.film, snapshot.message
    log = tuple(replace(line, text=nowhere(line.text)) if line.warning else line for line in snapshot.log)
    if error is not None:
        said = error.message
        message = _failure(said, error.type, error.code, snapshot.correlation_id)
        log = tuple(replace(line, text=message) if line.text == said else line for line in log)
        error = replace(error, message=message, remedy=nowhere(error.remedy))
    return replace(
        snapshot,
        message=message,
        error=error,
        log=log,
        warnings=tuple(map(nowhere, snapshot.warnings)),
        film=film and replace(film, path=_name(film.path)),
    )


def nowhere(text: str) -> str:
    """`text` with files by their names alone: `/home/ada/films/sky.mp4` is `sky.mp4`."""
    return _FOLDERS.sub("", text)


def _told(entries: Sequence[Entry]) -> list[Entry]:
    return [_entry(one.event) if one.event.type in _KINDS else one for one in entries]


def _entry(event: Event) -> Entry:
    message, data = nowhere(event.message), dict[str, Any](event.data)
    match event.type:
        case "job-completed" if "film" in data:
            data["film"] = _name(data["film"])
        case "job-failed":
            message = _failure(event.message, data.get("error", ""), data.get("code", ""), event.correlation_id)
            data["remedy"] = nowhere(data.get("remedy", ""))
        case "gap":
            data["state"] = told(Snapshot.from_wire(data["state"])).wire()
    event = replace(event, message=message, data=data)
    return Entry(event, event.encode())


def _name(path: str) -> str:
    """The last part of a path of any system: a journal may be another one's."""
    return re.split(r"[\\/]", path)[-1]


def _failure(message: str, kind: str, code: str, correlation_id: str) -> str:
    if code == FAULT:
        return f"The job stopped with {kind} (correlation id {correlation_id})."
    return nowhere(message)
