"""The connection to a server: its limits, its failures, and a cut from another thread.

Closing a response does not wake a thread that waits in `recv` for it; shutting its socket down does
(shutdown(2)). The socket is learnt from the `trace` extension of httpx
(https://www.python-httpx.org/advanced/extensions/#trace), which `httpx2` keeps.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import socket
import ssl
import sys
import threading
from typing import Any
from urllib.parse import urlsplit

from aura_nb.providers.checks import forbidden
from aura_nb.providers.failures import BadReply, ProviderFailure, TimedOut, Unreachable, Untrusted

CONNECT_SECONDS = 5.0


class Wire:
    """The sockets one client opens. `cut` ends whatever waits on them, now and later; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def cut(self) -> None:
        """Shut every socket down; one that is opened later is shut down at once."""
        with self._lock:
            self._is_cut = True
            for opened in self._sockets:
                _shut(opened)

    def options(self, url: str, seconds: float | None = None) -> dict[str, Any]:
        """Arguments for a client of httpx (or httpx2) that asks `url`; `seconds` bound its silences.

        The environment's proxy is used, but never for this machine. Redirects are not followed: a
        key belongs to the server it was given for.
        """
        limits = {} if seconds is None else {"timeout": (min(seconds, CONNECT_SECONDS), *3 * [seconds])}
        return {
            **limits,
            "trust_env": not is_loopback(url),
            "follow_redirects": False,
            "verify": authorities(),
            "event_hooks": {"request": [self._watch]},
        }

    def _watch(self, request: Any) -> None:
        request.extensions = {**request.extensions, "trace": self._trace}

    def _trace(self, name: str, info: dict[str, Any]) -> None:
        # A TLS socket takes the plain one's place.
        if not name.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        opened = info["return_value"].get_extra_info("socket")
        peer = str(opened.getpeername()[0])
        if forbidden(peer):
            # A name may lead elsewhere than when it was looked at.
            _shut(opened)
            raise ConnectionRefusedError(f"it leads to {peer}, a link-local or metadata address")
        with self._lock:
            self._sockets.append(opened)
            if self._is_cut:
                _shut(opened)


@functools.cache
def authorities() -> ssl.SSLContext:
    """Whom to trust, as the clients themselves do; read once, as reading takes a tenth of a second."""
    try:
        import httpx2 as client
    except ImportError:
        import httpx as client  # type: ignore[no-redef]  # the same face; which is there depends on the extras
    return client.create_ssl_context()


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def failure(provider: str, error: Exception, url: str) -> ProviderFailure | None:
    """The failure of a connection to `url` that `error` stands for, None when it is another error.

    Clients let the errors of httpx (or httpx2) through once a stream has begun.
    """
    kinds = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
    server = urlsplit(url).netloc.rpartition("@")[2]
    if (distrust := _distrust(error)) is not None:
        why = getattr(distrust, "verify_message", "") or "no reason given"
        remedy = "Check the address; for a server of your own, let SSL_CERT_FILE name its authority's certificate."
        return Untrusted(provider, f"the certificate of {server} is not trusted ({why}).", remedy=remedy)
    if isinstance(error, tuple(kind.TimeoutException for kind in kinds)):
        remedy = "Try again later, or allow it more time with the field `timeout`."
        return TimedOut(provider, f"{server} did not answer in time.", remedy=remedy)
    if isinstance(error, (*(kind.DecodingError for kind in kinds), ValueError)):
        # ValueError: no JSON, no UTF-8, or JSON that is not what the protocol says (pydantic).
        return BadReply(
            provider, f"{server} does not speak its protocol.", remedy="Check the address: is it this service?"
        )
    if isinstance(error, (*(kind.TransportError for kind in kinds), ConnectionError, socket.gaierror)):
        why = f" ({error})" if str(error) else ""
        remedy = "Check the address, the network and that the server runs."
        return Unreachable(provider, f"{server} cannot be reached, or hung up{why}.", remedy=remedy)
    return None


def _distrust(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """The distrust of a certificate that `error` comes of. It is a ValueError, too, and yet no bad reply."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error


def _shut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
