"""One of the servers to be observed, as a process: it does what it is told a line at a time, in JSON.

python benchmarks/observed/servers.py ours|sse-starlette|StreamingResponse PORT
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

PATIENCE = 5.0
"""How long a server has to stop before it counts as one that does not."""


class Ours:
    """`aura_nb`: a job's log, its journal and all."""

    def __init__(self, port: int) -> None:
        from aura_nb.jobs.job import Job
        from aura_nb.jobs.journal import Journal
        from aura_nb.server.serve import Server

        journal = Journal(Path(tempfile.mkdtemp()) / "journal.sqlite3")
        self._job = Job("benchmark", lambda report, cancel: cancel.wait(3600), journal=journal).start()
        self._server = Server(journal, lambda *_: self._job, port=port).start()
        self.path, self.token = f"/api/jobs/{self._job.id}/events", self._server.token

    @property
    def subscribers(self) -> int:
        return self._server.hub.streams

    def publish(self, text: str) -> None:
        self._job.log.append("job-log", text, data={"at": time.monotonic()})

    def stop(self) -> None:
        self._server.stop()


class Queues:
    """A server with a queue an observer, as the documents of both libraries do it, and no dearer.

    sse-starlette's own `examples/02_message_broadcasting.py` also asks before each event whether the client
    is gone, and waits for it with a time limit; uvicorn takes httptools and uvloop where they are installed.
    """

    def __init__(self, port: int, kind: str) -> None:
        import uvicorn
        from starlette.applications import Starlette
        from starlette.routing import Route

        self.path, self.token = "/events", ""
        self._kind = kind
        self._number = 0
        self._queues: set[asyncio.Queue[str]] = set()
        self._loop = asyncio.new_event_loop()
        app = Starlette(routes=[Route("/events", self._stream)])
        self._server = uvicorn.Server(
            uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off", backlog=2048)
        )
        self._thread = threading.Thread(
            target=lambda: self._loop.run_until_complete(self._server.serve()), daemon=True
        )
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    @property
    def subscribers(self) -> int:
        return len(self._queues)

    async def _stream(self, request):
        from sse_starlette.sse import EventSourceResponse
        from starlette.responses import StreamingResponse

        if self._kind == "sse-starlette":
            return EventSourceResponse(self._events())
        return StreamingResponse(self._events(), media_type="text/event-stream")

    async def _events(self):
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._queues.add(queue)
        number = 0
        try:
            while True:
                data = await queue.get()
                number += 1
                if self._kind == "sse-starlette":
                    yield {"id": str(number), "event": "job-log", "data": data}
                else:
                    yield f"id: {number}\nevent: job-log\ndata: {data}\n\n"
        finally:
            self._queues.discard(queue)

    def publish(self, text: str) -> None:
        self._number += 1
        body = {"seq": self._number, "type": "job-log", "message": text, "data": {"at": time.monotonic()}}
        data = json.dumps(body, separators=(",", ":"))
        self._loop.call_soon_threadsafe(lambda: [queue.put_nowait(data) for queue in self._queues])

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)


class Told:
    """What a server is asked to do, each a method that answers with figures."""

    def __init__(self, kind: str, port: int) -> None:
        self._server = Ours(port) if kind == "ours" else Queues(port, kind)
        self._process = psutil.Process()

    def where(self) -> dict:
        return {"path": self._server.path, "token": self._server.token}

    def publish(self, rate: float, seconds: float, size: int) -> dict:
        """So many events a second for so long, of about `size` bytes; the most memory meanwhile."""
        text, most, began = "x" * (size - 140), 0, time.monotonic()
        for number in range(int(rate * seconds)):
            if (wait := began + number / rate - time.monotonic()) > 0:
                time.sleep(wait)
            self._server.publish(f"{text}{number}")
            if number % 50 == 0:
                most = max(most, self._process.memory_info().rss)
        return {"most": max(most, self._process.memory_info().rss)}

    def cost(self) -> dict:
        """What it has taken so far."""
        return {
            "cpu": time.process_time(),
            "rss": self._process.memory_info().rss,
            "subscribers": self._server.subscribers,
            "descriptors": self._process.num_fds(),
            "threads": threading.active_count(),
        }

    def stop(self) -> dict:
        began = time.monotonic()
        self._server.stop()
        return {"seconds": time.monotonic() - began}


def main(kind: str, port: str) -> None:
    told = Told(kind, int(port))
    print(json.dumps(told.where()), flush=True)
    for line in sys.stdin:
        what, *values = json.loads(line)
        print(json.dumps(getattr(told, what)(*values)), flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(*sys.argv[1:])
    else:
        print(__doc__)
