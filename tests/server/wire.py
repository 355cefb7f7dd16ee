"""An observer that is but a socket: it sees every chunk, and its connection breaks where the test says."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import NamedTuple


class Told(NamedTuple):
    """An event as it came."""

    id: str
    type: str
    data: str


@dataclass(frozen=True)
class Address:
    """Where a server is, whichever process it is in."""

    port: int
    token: str


class Wire:
    """One GET of a stream. Raises OSError where there is no server, EOFError where the answer breaks off.

    `whole` tells whether the answer came to its proper end; `chunks` holds the decoded chunks.
    """

    def __init__(self, at: Address, target: str, *headers: str, timeout: float = 10) -> None:
        self.socket = socket.create_connection(("127.0.0.1", at.port), timeout=timeout)
        lines = [f"GET /{target} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {at.token}", *headers]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.head = b""
        self.chunks: list[bytes] = []
        self.whole = False
        self.bytes = 0
        self._raw = b""
        self._text = b""

    @property
    def status(self) -> int:
        """The answer's status, once its head is there; 0 before."""
        return int(self.head.split(b" ", 2)[1]) if self.head else 0

    def take(self, most: int = 65536) -> list[Told]:
        """What came whole with the next bytes; none at the answer's end."""
        data = self.socket.recv(most)
        if not data:
            raise EOFError(self._raw)
        self.bytes += len(data)
        self._raw += data
        if not self.head:
            head, end, rest = self._raw.partition(b"\r\n\r\n")
            if not end:
                return []
            self.head, self._raw = head, rest
        if b"transfer-encoding: chunked" not in self.head.lower():
            self.whole = True
            return []
        while (chunk := self._chunk()) is not None:
            self.chunks.append(chunk)
            self._text += chunk
        *blocks, self._text = self._text.split(b"\n\n")
        return [told for block in blocks if (told := _event(block)) is not None]

    def _chunk(self) -> bytes | None:
        size, end, rest = self._raw.partition(b"\r\n")
        if not end or len(rest) < int(size, 16) + 2:
            return None
        length = int(size, 16)
        self._raw = rest[length + 2 :]
        if not length:
            self.whole = True
            return None
        return rest[:length]

    def reset(self) -> None:
        """Break the connection at once (RST)."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        """End the connection (FIN, where all that came was read)."""
        self.socket.close()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def _event(block: bytes) -> Told | None:
    """The event in `block`, None for what tells of nothing: comments, and the heartbeats of all jobs' stream."""
    lines = [line for line in block.decode().split("\n") if line and not line.startswith(":")]
    fields = dict(line.split(": ", 1) for line in lines)
    tells = "data" in fields and fields["event"] != "heartbeat"
    return Told(fields["id"], fields["event"], fields["data"]) if tells else None
