"""Jobs: everything that happens while a film is made, as events in one log that every watcher reads."""

from __future__ import annotations

import logging

from aura_nb.jobs.breakers import Breakers
from aura_nb.jobs.events import Clock, Event, EventType, Status
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import JobRow, Journal
from aura_nb.jobs.log import EventLog, Watcher
from aura_nb.jobs.queue import QUEUE, Queue
from aura_nb.jobs.reader import Reader
from aura_nb.jobs.run import Work
from aura_nb.jobs.snapshot import Failure, FilmView, LogLine, SceneView, Snapshot, StageView, fold, replay

logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = [
    "QUEUE",
    "Breakers",
    "Clock",
    "Event",
    "EventLog",
    "EventType",
    "Failure",
    "FilmView",
    "Job",
    "JobRow",
    "Journal",
    "LogLine",
    "Queue",
    "Reader",
    "SceneView",
    "Snapshot",
    "StageView",
    "Status",
    "Watcher",
    "Work",
    "fold",
    "replay",
]
