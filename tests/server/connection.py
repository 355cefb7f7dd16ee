"""A connection to a server on which anything may be said, at any pace."""

from __future__ import annotations

import json
import socket


class Connection:
    """A connection on which everything may be said, at any pace."""

    def __init__(self, server) -> None:
        self.server = server
        self.socket = socket.create_connection((server.host, server.port), timeout=10)

    def say(self, text: str | bytes) -> None:
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def ask(self, first: str, *headers: str, host: str | None = "localhost", token: bool = True) -> None:
        """Ask, by default with the token; `host` None: without a Host."""
        given = [] if host is None else [f"Host: {host}"]
        given += [f"Authorization: Bearer {self.server.token}"] if token else []
        self.say("\r\n".join([first, *given, *headers, "", ""]))

    def post(self, path: str, *headers: str, **asked) -> None:
        self.ask(f"POST {path} HTTP/1.1", "Content-Type: application/json", *headers, **asked)

    def told(self) -> tuple[int, dict, bool]:
        """The status, the headers and problem, and whether the connection was closed behind it."""
        seen = b""
        while b"\r\n\r\n" not in seen:
            data = self.socket.recv(65536)
            assert data, f"closed after {seen!r}"
            seen += data
        head, _, rest = seen.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines[1:])}
        while len(rest) < int(headers["content-length"]):
            rest += self.socket.recv(65536)
        problem = json.loads(rest) if rest else {}
        if int(lines[0].split()[1]) >= 400:
            assert headers["content-type"] == "application/problem+json"
            assert problem["correlationId"] == headers["x-correlation-id"]
        return int(lines[0].split()[1]), problem, headers.get("connection") == "close" and self.ended()

    def ended(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
