"""Errors as `application/problem+json` (RFC 9457), each with the correlation id of its request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from http import HTTPStatus
from typing import NotRequired

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import TypedDict

from aura_nb.errors import FieldIssue


class FieldProblem(TypedDict):
    """One field of the request that is wrong."""

    fieldName: str
    errorMessage: str
    suggestedFix: str


class ProblemBody(TypedDict):
    """What went wrong (RFC 9457); `errorCode` is stable, `correlationId` that of the request."""

    type: str
    title: str
    status: int
    detail: str
    errorCode: str
    correlationId: str
    suggestedFix: NotRequired[str]
    fieldErrors: NotRequired[list[FieldProblem]]


class Problem(Exception):
    """What is answered instead: `status` (HTTP), a stable `code`, what is wrong, and what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        remedy: str = "",
        issues: Sequence[FieldIssue] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.remedy, self.issues = status, code, detail, remedy, issues
        self.headers = headers or {}

    def body(self, correlation_id: str) -> ProblemBody:
        """The problem as JSON-plain data."""
        body: ProblemBody = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "errorCode": self.code,
            "correlationId": correlation_id,
        }
        if self.remedy:
            body["suggestedFix"] = self.remedy
        if self.issues:
            body["fieldErrors"] = [
                {"fieldName": one.field, "errorMessage": one.message, "suggestedFix": one.remedy}
                for one in self.issues
            ]
        return body

    def response(self, correlation_id: str) -> JSONResponse:
        """The answer."""
        body, headers = self.body(correlation_id), {"Cache-Control": "no-store", **self.headers}
        return JSONResponse(body, self.status, headers, media_type="application/problem+json")

    def page(self) -> HTMLResponse:
        """The answer to somebody who opened a link in a browser."""
        style = (
            '<meta name="color-scheme" content="light dark"><meta name="viewport" content="width=device-width">'
        )
        words = f"<h1>{escape(self.detail)}</h1><p>{escape(self.remedy)}</p>"
        head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(self.detail)}</title>{style}'
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'"}
        return HTMLResponse(f"{head}<main>{words}</main></html>", self.status, headers)

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request of `scope` with it, in words where a browser was led to it."""
        reads = "text/html" in Headers(scope=scope).get("accept", "")
        correlation_id = scope.get("state", {}).get("correlation_id", "")
        await (self.page() if reads else self.response(correlation_id))(scope, receive, send)
