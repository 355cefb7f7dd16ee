"""Watching a job of another process: its events over HTTP, picked up again wherever they broke off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx
from httpx_sse import SSEError, connect_sse

from aura_nb.errors import AuraError, InvalidRequest
from aura_nb.jobs.events import Event
from aura_nb.jobs.snapshot import Snapshot
from aura_nb.server.access import Access

SILENCE_SECONDS = 15.0
"""A stream without even a heartbeat for this long is taken for dead: three are missing."""
RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Remote:
    """A server of `aura.serve()`, by the link it prints: its address and token.

    Where the link leads through Jupyter's proxy, `jupyter_token` is what opens Jupyter itself.
    """

    base: str
    token: str
    job_id: str = ""
    jupyter_token: str = ""

    @classmethod
    def of(cls, link: str, jupyter_token: str = "") -> Remote:
        """The server of a link, and the job where it names one. Raises InvalidRequest for what is no link."""
        try:
            parts = urlsplit(link)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port or an address in brackets that is none
            sound = False
        if not sound:
            raise InvalidRequest(
                f"{link!r} is no link to a server.", remedy="Give the link that aura.serve() printed."
            )
        token = "".join(parse_qs(parts.query).get("token", [""])[:1])
        before, _, after = parts.path.partition("api/jobs/")
        path = before if before.endswith("/") else f"{before}/"
        base = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        return cls(base, token, after.partition("/")[0], jupyter_token)

    def jobs(self, client: httpx.Client) -> list[Snapshot]:
        """Its jobs, newest first. Raises AuraError."""
        listed = self._get(client, "api/jobs")
        return [Snapshot.from_wire(job) for job in listed["jobs"]]

    def newest(self, client: httpx.Client) -> str:
        """The job to watch: the newest that runs, else the newest. Raises AuraError."""
        jobs = self.jobs(client)
        if not jobs:
            raise AuraError("There is no job to watch.", remedy="Start one, then watch again.")
        return next((job for job in jobs if not job.ended), jobs[0]).job_id

    def client(self) -> httpx.Client:
        """A client that carries the token, which never follows a redirect with it."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if self.jupyter_token:
            # Jupyter takes this header for its own, and hands the cookie on.
            cookie = f"{Access(self.token).cookie}={self.token}"
            headers = {"Authorization": f"token {self.jupyter_token}", "Cookie": cookie}
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=5.0)
        return httpx.Client(base_url=self.base, headers=headers, timeout=timeout)

    def events(
        self, client: httpx.Client, job_id: str, *, sleep: Callable[[float], object] = time.sleep
    ) -> Iterator[Event]:
        """Every event of the job to its last, each once, over as many connections as it takes.

        Raises AuraError when the server refuses, or cannot be reached five times in a row.
        """
        seq, failed = 0, 0
        while True:
            headers = {"Last-Event-ID": str(seq)} if seq else {}
            try:
                with connect_sse(client, "GET", f"api/jobs/{job_id}/events", headers=headers) as source:
                    if source.response.status_code == 204:
                        return
                    _check(source.response)
                    for said in source.iter_sse():
                        event, failed = Event.decode(said.data.encode()), 0
                        if event.seq > seq:
                            seq = event.seq
                            yield event
                        if event.last:
                            return
                continue
            except (httpx.TransportError, SSEError) as error:
                if failed == len(RETRY_SECONDS):
                    raise AuraError(
                        f"{urlsplit(self.base).netloc} cannot be reached ({error}).",
                        remedy="Check that its kernel still runs.",
                    ) from None
            sleep(RETRY_SECONDS[failed])
            failed += 1

    def _get(self, client: httpx.Client, path: str) -> Any:
        try:
            answer = client.get(path)
            _check(answer)
        except httpx.TransportError as error:
            raise AuraError(
                f"{urlsplit(self.base).netloc} cannot be reached ({error}).",
                remedy="Check that its kernel still runs.",
            ) from None
        return answer.json()


def _check(answer: httpx.Response) -> None:
    """Raise AuraError for what the server refused, with what it says of it; InvalidRequest for 4xx.

    What a proxy answers instead of it carries no id: a TransportError when it cannot reach the server.
    """
    if answer.is_success:
        return
    if "x-correlation-id" not in answer.headers:
        if answer.is_server_error:
            raise httpx.RemoteProtocolError(f"a proxy answered {answer.status_code}")
        if answer.is_redirect or answer.status_code in (401, 403):
            raise InvalidRequest(
                "Jupyter stands before the server, and lets nobody through without its own token.",
                remedy="Give it by --jupyter-token or in AURA_NB_JUPYTER_TOKEN; `jupyter server list` tells it.",
            )
    try:
        answer.read()
        told = answer.json()
        detail, remedy = str(told["detail"]), str(told.get("suggestedFix", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        detail, remedy = (
            f"The server answered {answer.status_code}.",
            "Is this the link that aura.serve() printed?",
        )
    raise (InvalidRequest if answer.is_client_error else AuraError)(detail, remedy=remedy)
