"""What observers cost: our stream beside sse-starlette and Starlette's StreamingResponse, in one run.

Each server is a process of its own, the observers another: raw sockets that read all they can. Events
are about 200 bytes and carry the moment they were published (CLOCK_MONOTONIC, one clock for all
processes). `µs an event` is the server's CPU time over events delivered, `KiB` its growth an observer.

    python benchmarks/observers.py                # 1,000 × 100/s and 100 × 100/s
    python benchmarks/observers.py 200 50 5       # observers, events a second, seconds
"""

from __future__ import annotations

import asyncio
import json
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

TEXT = "x" * 60
SERVERS = ("ours", "sse-starlette", "StreamingResponse")
LATENCIES = 50
"""On so many connections every event is timed; on the others they are counted."""
AT = re.compile(rb'"at":([0-9.]+)')


def ours(port: int) -> tuple[str, str, Callable[[int], None]]:
    """Our server: path, token, and what publishes event `number`."""
    from aura_nb.jobs.job import Job
    from aura_nb.jobs.journal import Journal
    from aura_nb.server.serve import Server

    journal = Journal(Path(tempfile.mkdtemp()) / "journal.sqlite3")
    ended = threading.Event()

    def work(report, cancel):
        ended.wait()
        raise RuntimeError("over")

    job = Job("benchmark", work, journal=journal).start()
    server = Server(journal, lambda *_: job, port=port).start()

    def publish(number: int) -> None:
        job.log.append("job-log", f"{TEXT}{number}", data={"at": time.monotonic()})

    return f"/api/jobs/{job.id}/events", server.token, publish


def queues(port: int, kind: str) -> tuple[str, str, Callable[[int], None]]:
    """A server with a queue an observer, as the documents of both libraries do it."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    subscribers: set[asyncio.Queue[str]] = set()

    async def stream(request):
        queue: asyncio.Queue[str] = asyncio.Queue()
        subscribers.add(queue)

        async def events():
            number = 0
            try:
                while True:
                    data = await queue.get()
                    number += 1
                    if kind == "sse-starlette":
                        yield {"id": str(number), "event": "job-log", "data": data}
                    else:
                        yield f"id: {number}\nevent: job-log\ndata: {data}\n\n"
            finally:
                subscribers.discard(queue)

        if kind == "sse-starlette":
            from sse_starlette.sse import EventSourceResponse

            return EventSourceResponse(events())
        return StreamingResponse(events(), media_type="text/event-stream")

    loops: list[asyncio.AbstractEventLoop] = []
    config = uvicorn.Config(
        Starlette(routes=[Route("/events", stream)]), port=port, log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)

    async def serve():
        loops.append(asyncio.get_running_loop())
        await server.serve()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    while not server.started:
        time.sleep(0.01)

    def publish(number: int) -> None:
        body = {"seq": number, "type": "job-log", "message": f"{TEXT}{number}", "data": {"at": time.monotonic()}}
        data = json.dumps(body, separators=(",", ":"))
        loops[0].call_soon_threadsafe(lambda: [queue.put_nowait(data) for queue in subscribers])

    return "/events", "", publish


def serve(kind: str, port: int, rate: float, seconds: float) -> None:
    """Be one server: say where, publish when told, then say what it cost."""
    path, token, publish = ours(port) if kind == "ours" else queues(port, kind)
    process = psutil.Process()
    idle = process.memory_info().rss
    print(json.dumps({"path": path, "token": token}), flush=True)
    sys.stdin.readline()
    grown = process.memory_info().rss - idle
    cpu, began = time.process_time(), time.monotonic()
    for number in range(int(rate * seconds)):
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        publish(number)
    sys.stdin.readline()
    print(json.dumps({"cpu": time.process_time() - cpu, "grown": grown}), flush=True)


class Observers:
    """Sockets that read all they can, in this process."""

    def __init__(self, port: int, path: str, token: str, count: int) -> None:
        self.count = count
        self.events = [0] * count
        self.latencies: list[float] = []
        self._tails = [b""] * count
        self._selector = selectors.DefaultSelector()
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        for number in range(count):
            one = socket.create_connection(("127.0.0.1", port))
            one.sendall(head)
            one.setblocking(False)
            self._selector.register(one, selectors.EVENT_READ, number)

    def read(self, until: float, enough: int | None = None) -> None:
        """Read until the clock says `until`, or all have `enough` events."""
        while (left := until - time.monotonic()) > 0:
            for key, _ in self._selector.select(min(left, 0.2)):
                self._take(key.data, key.fileobj.recv(1 << 18))
            if enough is not None and min(self.events) >= enough:
                return

    def _take(self, number: int, data: bytes) -> None:
        now = time.monotonic()
        # sse-starlette ends its lines in CR LF.
        text = self._tails[number] + data.replace(b"\r", b"")
        whole, _, self._tails[number] = text.rpartition(b"\n\n")
        self.events[number] += whole.count(b"event: job-log")
        if number < LATENCIES:
            self.latencies += [now - float(at) for at in AT.findall(whole)]

    def forget(self) -> None:
        """Begin to count anew."""
        self.events = [0] * self.count
        self.latencies.clear()


def measure(kind: str, observers: int, rate: float, seconds: float) -> dict[str, float]:
    """One server with its observers, from start to end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, __file__, "--serve", kind, str(port), str(rate), str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        told = json.loads(server.stdout.readline())
        watching = Observers(port, told["path"], told["token"], observers)
        watching.read(time.monotonic() + 2.0)
        watching.forget()
        server.stdin.write("go\n")
        server.stdin.flush()
        sent = int(rate * seconds)
        watching.read(time.monotonic() + seconds + 3.0, enough=sent)
        server.stdin.write("stop\n")
        server.stdin.flush()
        cost = json.loads(server.stdout.readline())
        server.kill()
    delivered = sum(watching.events)
    late = sorted(watching.latencies) or [float("nan")]
    return {
        "delivered %": 100 * delivered / (sent * observers),
        "p50 ms": 1000 * late[len(late) // 2],
        "p99 ms": 1000 * late[min(len(late) - 1, int(len(late) * 0.99))],
        "µs an event": 1e6 * cost["cpu"] / max(1, delivered),
        "KiB an observer": cost["grown"] / observers / 1024,
    }


def main(loads: list[tuple[int, float, float]]) -> None:
    """Print a table a load, ours first, and how much more work the others make."""
    import pandas as pd

    for observers, rate, seconds in loads:
        rows = {kind: measure(kind, observers, rate, seconds) for kind in SERVERS}
        table = pd.DataFrame.from_dict(rows, orient="index")
        table["× our work"] = table["µs an event"] / table.loc["ours", "µs an event"]
        print(f"\n{observers:,} observers × {rate:g} events/s for {seconds:g} s")
        print(table.round(2).to_string())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
    elif len(sys.argv) == 4:
        main([(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))])
    else:
        main([(1000, 100, 10), (100, 100, 10), (1, 100, 5)])
