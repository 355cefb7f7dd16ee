"""Who may ask: a token, a Host that is ours, no write from a foreign page, and an id for every request.

Jupyter's proxy hands on the Host and Origin of the browser, which may be any. A name that is not known
gets an answer with the token only: a foreign name that was led to this machine (DNS rebinding) has none,
for cookies are kept by host, and the token is in no page of others.

Pure ASGI, so that nothing stands between a stream and its socket.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aura_nb.server.body import MOST_BYTES, Body, announced, too_large
from aura_nb.server.problem import Problem

logger = logging.getLogger(__name__)

OPEN = ("/health", "/ping")
"""What needs no token: it tells nothing but that the server runs."""
READS = ("GET", "HEAD", "OPTIONS")
PURE = ("/api/providers/validate", "/api/providers/validate-enhanced")
"""POSTs that change nothing."""
ID_PATTERN = "[A-Za-z0-9._~:-]{1,128}"
"""A correlation id."""
# RFC 9110 §7.2, without what no name of ours has: no user, no percent, no list.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{0,5})?")


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one server.

    `token` is what opens it; `hosts` are the names it answers to without one, beside this machine's own;
    without `control` it changes nothing.
    """

    token: str
    control: bool = False
    hosts: Collection[str] = ()

    @property
    def cookie(self) -> str:
        """The name under which a browser keeps the token: cookies know no ports, but servers differ in tokens."""
        return f"aura-nb-{hashlib.sha256(self.token.encode()).hexdigest()[:8]}"

    def known(self, token: str) -> bool:
        """Whether `token` is the one, in a time that tells nothing of it."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def problem(self, scope: Scope) -> Problem | None:
        """Why the request of `scope` is refused, None when it is not."""
        headers = Headers(scope=scope)
        opened = any(self.known(token) for token in self._tokens(scope, headers))
        host = headers.get("host", "")
        # What is no name at all is nobody's, a token or not.
        if not self._is_ours(host) and not (opened and _HOST.fullmatch(host)):
            return Problem(
                421, "UNKNOWN_HOST", "This server does not answer to that name.", remedy="Use the printed link."
            )
        if scope["path"] in OPEN:
            return None
        if not opened:
            return Problem(
                401,
                "TOKEN_REQUIRED",
                "The token is missing or wrong.",
                remedy="Open the link that the server printed last.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if scope["method"] in READS:
            return None
        if _is_foreign(headers):
            return Problem(403, "FOREIGN_ORIGIN", "Another site's page may not ask for this.")
        if not self.control and scope["path"] not in PURE:
            return Problem(
                403, "READ_ONLY", "Observers may look, not touch.", remedy="Start it by aura.serve(control=True)."
            )
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header names this machine: a page of another name led here must not read us."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = _name(found[1].strip("[]"))
        if name in map(_name, self.hosts) or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False

    def _tokens(self, scope: Scope, headers: Headers) -> list[str]:
        found: list[str] = []
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() in ("bearer", "token"):
            found.append(given.strip())
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            cookies = SimpleCookie()
        if self.cookie in cookies:
            found.append(cookies[self.cookie].value)
        # For EventSource and <video>, which send no headers of ours; never for a write.
        if scope["method"] in READS:
            found += parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        return found


def _name(host: str) -> str:
    """A host's name as names are compared: without case (RFC 4343), nor the dot of the root."""
    return host.removesuffix(".").lower()


def correlation_id(given: object, otherwise: str = "") -> str:
    """What joins a request with its answer and its job: the id `given` if it is one, else another.

    Whatever else is given is never repeated: it would be in logs, events and pages.
    """
    if isinstance(given, str) and re.fullmatch(ID_PATTERN, given):
        return given
    return otherwise or uuid.uuid4().hex


def _is_foreign(headers: Headers) -> bool:
    """Whether another site's page makes the browser ask.

    As Go's `net/http.CrossOriginProtection` and OWASP's cheat sheet on request forgery have it: the browser
    itself says so in Sec-Fetch-Site, which no page can set. Old ones, and those that take us for insecure,
    only name the page's Origin: it is to be the Host, or what a proxy says was the Host, a header that
    no page can send to another site. What says neither is no browser, and has the token.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    hosts = [headers.get("host", ""), *headers.get("x-forwarded-host", "").split(",")]
    named = {host.strip() for host in hosts} - {""}
    return origin is not None and origin.partition("://")[2] not in named


class Gate:
    """The ASGI middleware that keeps the rules, and gives every request and answer a correlation id.

    What goes wrong behind it and is told by nobody is a problem, too.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        correlation = correlation_id(headers.get("x-correlation-id"))
        scope.setdefault("state", {})["correlation_id"] = correlation
        size = announced(headers)
        body = None if size == 0 else Body(receive)
        answer = Answer(send, correlation, body)
        problem = self._access.problem(scope)
        if problem is None and body is not None:
            problem = (
                too_large() if scope["method"] not in READS and size is not None and size > MOST_BYTES else None
            )
        if problem is not None:
            await problem.send(scope, receive, answer)
            return
        try:
            await self._app(scope, body or receive, answer)
        except Exception as error:
            if answer.begun and not answer.over:
                # It cannot be taken back: uvicorn cuts it off, so that nobody takes it for whole.
                raise
            if not answer.begun:
                logger.error("A request for %s failed.", scope["path"], exc_info=error)
                await fault().send(scope, receive, answer)


class Answer:
    """`send` for one answer: what all of them carry, and how far it is."""

    __slots__ = ("_body", "_correlation", "_send", "begun", "over")

    def __init__(self, send: Send, correlation: str, body: Body | None) -> None:
        self._send, self._correlation, self._body = send, correlation, body
        self.begun = self.over = False

    async def __call__(self, message: Message) -> None:
        unread = self._body is not None and not self._body.whole
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            headers["x-correlation-id"] = self._correlation
            headers["x-content-type-options"] = "nosniff"
            headers["referrer-policy"] = "no-referrer"
            if unread:
                headers["connection"] = "close"
        elif not message.get("more_body", False):
            self.over = True
            if unread and self._body is not None:
                await self._send({**message, "more_body": True})
                await self._body.drain()
                message = {"type": "http.response.body", "body": b""}
        await self._send(message)


def fault() -> Problem:
    """What is told of a fault of ours: nothing but that."""
    return Problem(500, "FAULT", "This is a fault of aura_nb: its log says more.")
