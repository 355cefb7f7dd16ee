"""One stream for all jobs: browsers allow six connections a host, and a page shows more jobs than that.

An event's id names every job's cursor, `job:seq,job:seq`, so that one `Last-Event-ID` resumes them all.
A heartbeat is an event here, and the first thing that comes: a page sees no comments, and it must notice a
stream that was opened but is held back on its way, and one that died without a word.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from aura_nb.jobs.reader import Entry, newest_progress
from aura_nb.server.bell import Bell
from aura_nb.server.feed import Feed, portion
from aura_nb.server.hub import Hub
from aura_nb.server.lag import Lag
from aura_nb.server.problem import Problem
from aura_nb.server.stream import HEADERS, RETRY, body

CURSOR = "[0-9a-f]{1,32}:[0-9]{1,15}"
MOST_CURSORS = 64
"""How many jobs an id names, and so how many are told of at once: headers and links have their limits."""


def cursors(text: str) -> dict[str, int]:
    """The cursors that an event's id names; {} for an empty one. Raises ValueError."""
    parts = text.split(",") if text else []
    if len(parts) > MOST_CURSORS or not all(re.fullmatch(CURSOR, part) for part in parts):
        raise ValueError(text)
    return {job: int(seq) for job, _, seq in (part.partition(":") for part in parts)}


def joined(known: Mapping[str, int]) -> str:
    """The inverse of `cursors`, of the first jobs as many as an id may name."""
    return ",".join(f"{job}:{seq}" for job, seq in [*known.items()][:MOST_CURSORS])


class AllEvents:
    """Answers one observer with the events of all jobs that run, behind the cursors it has.

    A job that is not among them is told from its first event on. An id names the jobs that run or have
    just ended, so that it stays small; where more run than it can name, the oldest are told of, and the
    others in their turn. ASGI application for a GET.
    """

    def __init__(self, hub: Hub, known: Mapping[str, int]) -> None:
        self._hub = hub
        self._known = dict(known)
        self._feeds: dict[str, Feed] = {}
        self._gone = False
        self._bell = Bell()
        self._lag = Lag()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._hub.streaming():
            await self._stream(receive, send)

    async def _stream(self, receive: Receive, send: Send) -> None:
        hub, loop = self._hub, asyncio.get_running_loop()
        began = told = loop.time()
        hub.attach(self._bell)
        leaving = loop.create_task(self._wait_for_leaving(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            await send(body(RETRY + self._heartbeat()))
            for job_id in [*self._known]:
                await self._follow(job_id)
            while not (self._gone or hub.stopping or loop.time() - began >= hub.pace.life):
                await self._look()
                spoke = False
                for job_id in [*self._feeds]:
                    if data := await self._new(job_id):
                        spoke, told = True, loop.time()
                        await self._lag.over(send(body(data)))
                if spoke:
                    continue
                self._lag.caught_up()
                if loop.time() - told >= hub.pace.heartbeat:
                    told = loop.time()
                    await send(body(self._heartbeat()))
                await self._bell.wait()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            hub.detach(self._bell)
            for feed in self._feeds.values():
                feed.detach(self._bell)
            with contextlib.suppress(asyncio.CancelledError):
                await leaving

    async def _look(self) -> None:
        """Follow the jobs that run, forget those that ended a while ago."""
        running = await self._hub.running()
        for job_id in self._known.keys() - {*running} - self._feeds.keys():
            del self._known[job_id]
        for job_id in running:
            if job_id not in self._known and len(self._known) < MOST_CURSORS:
                await self._follow(job_id)

    async def _follow(self, job_id: str) -> None:
        try:
            feed = await self._hub.feed(job_id)
        except Problem:
            # An id of whoever asks may name what is no job: it is forgotten when we next look.
            return
        if feed.ended(self._known.setdefault(job_id, 0)):
            return
        feed.attach(self._bell)
        self._feeds[job_id] = feed

    async def _new(self, job_id: str) -> bytes:
        feed, seq = self._feeds[job_id], self._known[job_id]
        entries = await feed.entries(seq)
        if not entries:
            if feed.ended(seq):
                del self._feeds[job_id]
                feed.detach(self._bell)
            return b""
        some = portion(newest_progress(entries) if self._lag.spared else entries)
        return b"".join([self._frame(job_id, entry) for entry in some])

    def _frame(self, job_id: str, entry: Entry) -> bytes:
        self._known[job_id] = entry.event.seq
        head = f"id: {joined(self._known)}\nevent: {entry.event.type}\ndata: "
        return head.encode() + entry.body + b"\n\n"

    def _heartbeat(self) -> bytes:
        return f'id: {joined(self._known)}\nevent: heartbeat\ndata: {{"type":"heartbeat"}}\n\n'.encode()

    async def _wait_for_leaving(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._bell.ring()
