"""A server in a thread of its own: it starts with its port open, and stops with every stream ended."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import errno
import logging
import secrets
import socket
import sys
import threading
import weakref
from collections.abc import Collection
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from aura_nb.errors import AuraError, InvalidRequest
from aura_nb.jobs.journal import Journal
from aura_nb.monitor import Monitor, rendering_anywhere
from aura_nb.pipeline.cache import Cache
from aura_nb.server.access import Access
from aura_nb.server.app import application
from aura_nb.server.hub import Hub
from aura_nb.server.jobs_api import Begin
from aura_nb.server.link import Link, proxied
from aura_nb.server.stream import Pace
from aura_nb.settings import Settings

if TYPE_CHECKING:
    import uvicorn

logger = logging.getLogger(__name__)

PORTS_TRIED = 50
START_SECONDS = 10.0
STREAMS_END_SECONDS = 0.15
"""How long open streams have for their last bytes before they are cut: those that do not read never end.

uvicorn looks every tenth of a second whether it is to stop, and then whether all have gone: within half a
second all is over.
"""
STOP_SECONDS = 5.0
TOKEN = secrets.token_urlsafe(32)


class Server:
    """The observers' server of this process: `url` is what to open, `stop()` ends it.

    Parameters
    ----------
    journal:
        The jobs to show beside those of this kernel.
    begin:
        Begins a job that a request asks for.
    host, port:
        Where it listens; a port that is taken is passed over for the next free one, 0 is any.
    token:
        What opens it; by default one of 256 bits, the same for all servers of this process: a page that
        was open finds a server that was started again.
    control:
        Whether requests may begin, cancel and repeat jobs.
    hosts:
        Names it answers to without a token, beside this machine's own.
    cache:
        Where the jobs keep what they make; by default that of the settings.
    """

    def __init__(
        self,
        journal: Journal,
        begin: Begin,
        *,
        host: str = "127.0.0.1",
        port: int = 8765,
        token: str | None = None,
        control: bool = False,
        hosts: Collection[str] = (),
        cache: Cache | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.token = token or TOKEN
        self.hub = Hub(journal, pace=pace)
        self._socket = _listen(host, port, self.hub.pace.vanished)
        self.host, self.port = self._socket.getsockname()[:2]
        self.taken = port if port not in (0, self.port) else None
        if self.taken is not None:
            logger.info("Port %s is taken: the server listens at %s.", self.taken, self.port)
        self._control = control
        access = Access(self.token, control, frozenset({host, *hosts}))
        cache = cache or Cache(Settings().cache_dir)
        monitor = Monitor(journal.path.parent, busy=rendering_anywhere(journal))
        self._app = application(self.hub, access, begin, monitor, cache)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._started = threading.Event()
        self._stopping = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="aura-serve", daemon=True)

    @property
    def base_url(self) -> str:
        """Its address as a program on this machine asks it, without the token."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    @property
    def url(self) -> str:
        """The link to open in the browser, with the token; through Jupyter's proxy where there is one."""
        return f"{self._link.address}?token={self.token}"

    @cached_property
    def _link(self) -> Link:
        # Only a server that runs can be asked for through the proxy, and once is enough.
        return proxied(self.port) or Link(self.base_url, self.base_url)

    @property
    def running(self) -> bool:
        """Whether it answers."""
        return self._thread.is_alive() and self._started.is_set()

    def start(self) -> Server:
        """Begin to answer; it does when this returns. Raises AuraError when it cannot."""
        self._thread.start()
        if not self._started.wait(START_SECONDS):
            raise AuraError("The server did not start.", remedy="Look at the log of this process.")
        _servers.add(self)
        return self

    def stop(self) -> None:
        """End every stream, then the server; within half a second. Again: does nothing."""
        with self._stopping:
            loop = self._loop
            if loop is not None and self._thread.is_alive():
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(lambda: loop.create_task(self._end()))
                self._thread.join(STOP_SECONDS)
            self._socket.close()
            _servers.discard(self)

    def __enter__(self) -> Server:
        return self if self.running else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<aura_nb server, {'running' if self.running else 'stopped'}>"

    def _repr_html_(self) -> str:
        """The link, to be clicked; it carries the token, and is dead when the kernel is."""
        if not self.running:
            return "<p>The server is stopped.</p>"
        link = self._link
        what = "may watch, begin and cancel" if self._control else "may watch"
        notes = [f"Who has this link {what} all jobs."]
        if link.href == self.base_url:
            notes.append("It works in a browser on this machine; with jupyter-server-proxy, beyond it.")
        if self.taken is not None:
            notes.append(f"Port {self.taken} is taken: this is {self.port}.")
        href = escape(f"{link.href}?token={self.token}")
        anchor = f'<a href="{href}" target="_blank" rel="noopener"><b>Films in the making</b></a>'
        return f"<p>{anchor}<br>{' '.join(notes)}</p>"

    def _run(self) -> None:
        import uvicorn

        from aura_nb.server.protocol import HEAD_BYTES, Protocol

        config = uvicorn.Config(
            self._app,
            http=Protocol,
            h11_max_incomplete_event_size=HEAD_BYTES,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
        )
        self._uvicorn = uvicorn.Server(config)
        asyncio.run(self._serve(self._uvicorn))

    async def _serve(self, server: uvicorn.Server) -> None:
        self._loop = asyncio.get_running_loop()
        clock = self._loop.create_task(self.hub.keep_time())
        # uvicorn says that it has started by a flag alone.
        watch = self._loop.create_task(self._announce(server))
        try:
            await server.serve(sockets=[self._socket])
        finally:
            for task in (clock, watch):
                task.cancel()
            await asyncio.gather(clock, watch, return_exceptions=True)

    async def _announce(self, server: uvicorn.Server) -> None:
        while not server.started:
            await asyncio.sleep(0.005)
        self._started.set()

    async def _end(self) -> None:
        assert self._uvicorn is not None
        self.hub.stop()
        # It takes no new connections, and closes those that are open once they have their answer.
        self._uvicorn.should_exit = True
        loop, open_ones = asyncio.get_running_loop(), self._uvicorn.server_state.connections
        until = loop.time() + STREAMS_END_SECONDS
        while open_ones and loop.time() < until:
            await asyncio.sleep(0.01)
        # It would wait for ever for those that never read all, or never send all.
        for connection in [*open_ones]:
            connection.transport.abort()


_servers: weakref.WeakSet[Server] = weakref.WeakSet()


def _stop_all() -> None:
    for server in tuple(_servers):
        server.stop()


atexit.register(_stop_all)


def _listen(host: str, port: int, vanished: float) -> socket.socket:
    """A listening socket at `port`, or at the first free one after it.

    Raises AuraError, InvalidRequest for a `host` that is no address of this machine.

    What it accepts is cut where the peer takes nothing for `vanished` seconds, on systems that can.
    """
    last: OSError | None = None
    for number in range(port, min(port + PORTS_TRIED, 65536)) if port else (0,):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            if sys.platform != "win32":
                # There it would let two servers share a port; elsewhere it allows to start again at once.
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            patience: Any = getattr(socket, "TCP_USER_TIMEOUT", None)
            if patience is not None:
                listening.setsockopt(socket.IPPROTO_TCP, patience, round(1000 * vanished))
            listening.bind((host, number))
            listening.listen(2048)
        except OSError as error:
            listening.close()
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise InvalidRequest(
                    f"No server can listen at {host}: it is no address of this machine.",
                    remedy="Give one that is, or 127.0.0.1 for this machine only.",
                ) from None
            last = error
            continue
        return listening
    raise AuraError(
        f"No server can listen at {host}, port {port} ({last}).",
        remedy="Give another port, or 0 for any free one.",
    )
