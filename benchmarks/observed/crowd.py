"""A server in a process of its own, and its observers in this one: raw sockets that read all they can."""

from __future__ import annotations

import json
import re
import selectors
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LATENCIES = 50
"""On so many connections every event is timed; on the others they are counted."""
AT = re.compile(rb'"at":([0-9.]+)')
RESET = struct.pack("ii", 1, 0)


class Served:
    """A server process; `ask` has it do something, `begin` and `done` something that takes a while."""

    def __init__(self, kind: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = [sys.executable, str(Path(__file__).with_name("servers.py")), kind, str(self.port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        where = self.done()
        head = f"GET {where['path']} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {where['token']}\r\n\r\n"
        self._head = head.encode()

    def begin(self, what: str, *values: Any) -> None:
        self._process.stdin.write(json.dumps([what, *values]) + "\n")
        self._process.stdin.flush()

    def done(self) -> dict[str, Any]:
        return json.loads(self._process.stdout.readline())

    def ask(self, what: str, *values: Any) -> dict[str, Any]:
        self.begin(what, *values)
        return self.done()

    def connect(self) -> socket.socket:
        """An observer's connection, its request sent."""
        one = socket.create_connection(("127.0.0.1", self.port))
        one.sendall(self._head)
        return one

    def come_and_go(self, times: int) -> None:
        """Connect and leave so often: before the answer or within it, by FIN or by RST."""
        for number in range(times):
            one = self.connect()
            if number % 2:
                one.recv(4096)
            if number % 4 < 2:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            one.close()

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.kill()


class Observers:
    """`count` connections to a server, read from one thread."""

    def __init__(self, server: Served, count: int) -> None:
        self.events = [0] * count
        self.whole = 0
        self.latencies: list[float] = []
        self._tails = [b""] * count
        self._selector = selectors.DefaultSelector()
        for number in range(count):
            one = server.connect()
            one.setblocking(False)
            self._selector.register(one, selectors.EVENT_READ, number)

    def read(self, until: float, enough: int | None = None) -> None:
        """Read until the clock says `until`, all have `enough` events, or all are at their end."""
        while (left := until - time.monotonic()) > 0 and self._selector.get_map():
            for key, _ in self._selector.select(min(left, 0.2)):
                self._take(key.data, key.fileobj)
            if enough is not None and min(self.events) >= enough:
                return

    def _take(self, number: int, one: socket.socket) -> None:
        try:
            data = one.recv(1 << 18)
        except ConnectionError:
            data = b""
        if not data:
            self._selector.unregister(one)
            one.close()
            return
        now = time.monotonic()
        # sse-starlette ends its lines in CR LF.
        text = self._tails[number] + data.replace(b"\r", b"")
        self.whole += text.endswith(b"0\n\n")
        whole, _, self._tails[number] = text.rpartition(b"\n\n")
        self.events[number] += whole.count(b"event: job-log")
        if number < LATENCIES:
            self.latencies += [now - float(at) for at in AT.findall(whole)]

    def forget(self) -> None:
        """Begin to count anew."""
        self.events = [0] * len(self.events)
        self.latencies.clear()
