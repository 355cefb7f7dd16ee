"""Errors as `application/problem+json` (RFC 9457), each with the correlation id of its request."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from aura_nb.errors import FieldIssue


class Problem(Exception):
    """What is answered instead: `status` (HTTP), a stable `code`, what is wrong, and what to do."""

    def __init__(
        self, status: int, code: str, detail: str, *, remedy: str = "", issues: Sequence[FieldIssue] = ()
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.remedy, self.issues = status, code, detail, remedy, issues

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The problem as JSON-plain data."""
        fields = [
            {"fieldName": one.field, "errorMessage": one.message, "suggestedFix": one.remedy}
            for one in self.issues
        ]
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "errorCode": self.code,
            "correlationId": correlation_id,
            **({"suggestedFix": self.remedy} if self.remedy else {}),
            **({"fieldErrors": fields} if fields else {}),
        }

    def response(self, correlation_id: str) -> JSONResponse:
        """The answer."""
        headers = {"Cache-Control": "no-store", **({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})}
        body = self.body(correlation_id)
        return JSONResponse(body, self.status, headers, media_type="application/problem+json")

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request of `scope` with it."""
        await self.response(scope.get("state", {}).get("correlation_id", ""))(scope, receive, send)
