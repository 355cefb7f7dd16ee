"""Loopback servers that speak a vendor's published protocol and misbehave as they are told to."""

from __future__ import annotations

import functools
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import trustme

Fault = Literal["", "hang", "half", "garbage", "error-in-stream", "stall", "silence", "truncated", "wrong-type"]


@dataclass(frozen=True)
class Say:
    """An answer to one chat request.

    `ending` is whole, cut or refused. With `status` it is an error instead. `fault`: `hang` sends nothing
    at all, `stall` stops after the first pieces and waits, `half` hangs up in the middle, `garbage` is
    another protocol, `error-in-stream` is the vendor's error event. Of speech: `silence` is whole and
    still, `truncated` a whole reply whose sound ends too early, `wrong-type` sound in another form.
    """

    text: str = ""
    ending: Literal["whole", "cut", "refused"] = "whole"
    status: int = 200
    message: str = "told to fail"
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault = ""


class FakeServer:
    """One vendor's server: answers chats with `says` in order (the last again and again).

    With `tls` it speaks https with a certificate that nobody trusts.
    """

    key = ""
    models: tuple[str, ...] = ()

    def __init__(
        self, *says: Say | str, models: tuple[str, ...] | None = None, key: str = "", tls: bool = False
    ) -> None:
        self.says = [Say(say) if isinstance(say, str) else say for say in says]
        self.models = self.models if models is None else models
        self.key = key
        self.listing = Say()
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.left = threading.Event()
        self.stalled = threading.Event()
        self._closing = threading.Event()
        handler = type("Handler", (_Handler,), {"fake": self})
        self._http = _Server(("127.0.0.1", 0), handler)
        self.scheme = "https" if tls else "http"
        if tls:
            self.authority, context = _untrusted()
            self._http.socket = context.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()

    # What a vendor's fake says of its protocol.
    content_type = "text/event-stream"

    def is_chat(self, method: str, path: str) -> bool:
        raise NotImplementedError

    def lists(self, path: str) -> Any:
        """The answer to a GET, None for an unknown path."""
        raise NotImplementedError

    def model_asked(self, path: str, body: dict[str, Any]) -> str:
        return body["model"]

    def given_key(self, headers: dict[str, str]) -> str:
        return headers.get("authorization", "").removeprefix("Bearer ")

    def stream(self, pieces: list[str], ending: str) -> Iterator[bytes]:
        raise NotImplementedError

    def error(self, status: int, message: str) -> Any:
        raise NotImplementedError

    def error_event(self, message: str) -> bytes:
        raise NotImplementedError

    def refusal(self, body: dict[str, Any]) -> str | None:
        """Why this request is a 400, if it is."""
        return None

    # How it behaves.
    def answer(self, handler: _Handler, body: dict[str, Any] | None) -> None:
        path = handler.path.partition("?")[0]
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.headers.append(headers)
        if self.key and self.given_key(headers) != self.key:
            # As vendors do, it quotes what it was given.
            return handler.json(401, self.error(401, f"Incorrect API key provided: {self.given_key(headers)}"))
        if body is None:
            return self._play(handler, self.listing, lambda: self._listed(handler, path))
        if not self.is_chat(handler.command, path):
            return handler.json(404, self.error(404, f"no such path {path}"))
        model = self.model_asked(path, body)
        if model not in self.models:
            return handler.json(404, self.error(404, f"model '{model}' not found"))
        if why := self.refusal(body):
            return handler.json(400, self.error(400, why))
        self.asked.append(body)
        say = self.says[min(len(self.asked), len(self.says)) - 1]
        return self._play(handler, say, lambda: self._chat(handler, say))

    def _listed(self, handler: _Handler, path: str) -> None:
        found = self.lists(path)
        if found is None:
            handler.json(404, self.error(404, f"no such path {path}"))
        else:
            handler.json(200, found)

    def _play(self, handler: _Handler, say: Say, well) -> None:
        if say.status != 200:
            return handler.json(say.status, self.error(say.status, say.message), say.headers)
        match say.fault:
            case "hang":
                return self._wait(handler)
            case "garbage":
                return handler.whole(200, b"<html>It works!</html>\n\n", "text/html")
        return well()

    def _chat(self, handler: _Handler, say: Say) -> None:
        pieces = [say.text[at : at + 24] for at in range(0, len(say.text), 24)]
        handler.begin(self.content_type)
        if say.fault:
            frames = list(self.stream(pieces, ""))
            for frame in frames[: max(3, len(frames) // 2)]:
                handler.chunk(frame)
            if say.fault == "error-in-stream":
                handler.chunk(self.error_event(say.message))
                handler.chunk(b"")
            elif say.fault == "stall":
                self.stalled.set()
                self._wait(handler)
            handler.close_connection = True
            return
        for frame in self.stream(pieces, say.ending):
            handler.chunk(frame)
        handler.chunk(b"")

    def _wait(self, handler: _Handler) -> None:
        """Say nothing until the client goes."""
        self.stalled.set()
        handler.connection.settimeout(0.05)
        handler.close_connection = True
        while not self._closing.is_set():
            try:
                if handler.connection.recv(1) == b"":
                    self.left.set()
                    return
            except TimeoutError:
                continue
            except OSError:
                self.left.set()
                return


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up, or refuses the certificate, is what the test wants."""


@functools.cache
def _untrusted() -> tuple[trustme.CA, ssl.SSLContext]:
    """An authority nobody knows, and a server it vouches for."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return authority, context


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeServer
    body: dict[str, Any]
    """What was posted."""

    def do_GET(self) -> None:
        self.fake.answer(self, None)

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        self.fake.answer(self, self.body)

    def json(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self.whole(status, json.dumps(body).encode(), "application/json", headers)

    def whole(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, *_: object) -> None: ...


def sse(data: Any, event: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()
