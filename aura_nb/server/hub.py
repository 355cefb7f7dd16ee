"""All the feeds of one server, and the clock that rings them when nothing else does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import JobRow, Journal
from aura_nb.jobs.queue import QUEUE
from aura_nb.jobs.snapshot import Snapshot
from aura_nb.server.bell import Bell
from aura_nb.server.discretion import Discreet, told
from aura_nb.server.feed import Feed
from aura_nb.server.kept import KeptLog
from aura_nb.server.problem import Problem
from aura_nb.server.stream import EventStream, Pace

LATELY = 10.0
"""A job that was over between two looks is still told of for this long, in seconds."""
KEPT = 8
"""So many states of jobs that only the journal has are remembered, for as long as nothing happens there."""


class Hub:
    """The jobs of this kernel and of its journal, for the observers of one server.

    Used in the server's loop only. `live` gives the jobs that run or wait in this kernel.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        live: Callable[[], Iterable[object]] = lambda: QUEUE.jobs,
        pace: Pace | None = None,
    ) -> None:
        self.journal = journal
        self.pace = pace or Pace()
        self.stopping = False
        self._live = live
        self.streams = 0
        self._feeds: dict[str, Feed] = {}
        self._kept: dict[str, Snapshot] = {}
        self._bells: set[Bell] = set()
        self._looked: asyncio.Future[list[str]] | None = None

    def job(self, job_id: str) -> Job | None:
        """The job of this kernel by its id, None when it has ended, or is another kernel's."""
        return next((job for job in self._live() if isinstance(job, Job) and job.id == job_id), None)

    async def row(self, job_id: str) -> JobRow:
        """What the journal has of a job in short. Raises Problem when there is none of this id."""
        row = await asyncio.to_thread(self.journal.row, job_id)
        # The journal takes the beginning of an id for it, as a shell should; a link is whole.
        if row is None or row.id != job_id:
            raise Problem(
                404, "UNKNOWN_JOB", f"There is no job {job_id[:40]!r}.", remedy="GET api/jobs lists them."
            )
        return row

    async def snapshot(self, job_id: str) -> Snapshot:
        """The state of a job as observers are told it, replayed only when something has happened since.

        Raises Problem as `row` does.
        """
        job = self.job(job_id)
        if job is not None:
            return told(job.snapshot())
        row, kept = await self.row(job_id), self._kept.get(job_id)
        if kept is None or kept.seq != row.seq:
            kept = told(await asyncio.to_thread(self.journal.snapshot, job_id))
        self._kept.pop(job_id, None)
        self._kept[job_id] = kept
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return kept

    async def feed(self, job_id: str) -> Feed:
        """The feed of a job. Raises Problem as `row` does."""
        feed = self._feeds.get(job_id)
        if feed is not None:
            return feed
        job = self.job(job_id)
        if job is None:
            await self.row(job_id)
        log = job.log if job is not None else await asyncio.to_thread(KeptLog, self.journal, job_id)
        # Two may have waited for the journal at the same time.
        return self._feeds.setdefault(job_id, Feed(Discreet(log), asyncio.get_running_loop()))

    def stream(self, feed: Feed, after: int) -> EventStream:
        """The answer to an observer of `feed` who has all up to event number `after`."""
        return EventStream(feed, after, self)

    async def running(self) -> list[str]:
        """The ids of the jobs that run in this kernel and in others, oldest first; one may be over already.

        The journal is asked once a tick, however many want to know.
        """
        if self._looked is None:
            self._looked = asyncio.ensure_future(asyncio.to_thread(partial(self.journal.running, lately=LATELY)))
        return await asyncio.shield(self._looked)

    def runs(self, row: JobRow) -> bool:
        """Whether the job is one of those that `running` names."""
        return row.ended is None or row.ended > self.journal.clock.now() - LATELY

    def attach(self, bell: Bell) -> None:
        """Ring `bell` at every tick: a job may have begun."""
        self._bells.add(bell)

    def detach(self, bell: Bell) -> None:
        """Ring it no more."""
        self._bells.discard(bell)

    async def keep_time(self) -> None:
        """Ring all feeds now and then, for heartbeats and ends of life; forget those nobody observes."""
        while not self.stopping:
            await asyncio.sleep(self.pace.heartbeat / 10)
            self._tick()
            for job_id, feed in [*self._feeds.items()]:
                feed.tick()
                if not feed.observers:
                    del self._feeds[job_id]

    def _tick(self) -> None:
        self._looked = None
        for bell in self._bells:
            bell.ring()

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """Around a stream: `streams` counts those that are open."""
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    def stop(self) -> None:
        """Let every stream come to its end."""
        self.stopping = True
        self._tick()
        for feed in self._feeds.values():
            feed.ring()
