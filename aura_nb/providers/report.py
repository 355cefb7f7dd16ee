"""What was found out about a provider: the probe's finding, and the report with its wire form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from typing_extensions import TypedDict

from aura_nb.providers.base import Socket

Status = Literal["Valid", "Invalid", "PartiallyValid", "Unreachable", "Unauthorized", "Timeout", "ModelMissing"]
Depth = Literal["configuration", "live"]
FieldStatus = Literal["Valid", "Invalid", "Missing", "NotSet", "Unknown"]


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe found. `details` is JSON-plain: `models` (names), `version` …; never a secret."""

    status: Status
    details: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""
    message: str = ""


@runtime_checkable
class Probe(Protocol):
    """What a provider may have beside its socket's methods."""

    def probe(self, *, timeout: float) -> Probed:
        """Ask the provider, within `timeout` seconds, whether it would work now, without doing work.

        May raise what its other methods raise: that is a finding too.
        """
        ...


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that is wrong: its name on the wire, a stable code, why, and what to do."""

    field: str
    code: str
    message: str
    remedy: str


class FieldErrorWire(TypedDict):
    """A `FieldError` on the wire."""

    fieldName: str
    errorCode: str
    errorMessage: str
    suggestedFix: str


class ReportWire(TypedDict):
    """A `ProviderReport` on the wire; `details`: socket, local, depth, latencyMs, what the provider tells."""

    isValid: bool
    status: Status
    provider: str
    fieldErrors: list[FieldErrorWire]
    fieldValidationStatus: dict[str, FieldStatus]
    overallMessage: str
    correlationId: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class ProviderReport:
    """What was found out about one provider.

    `local` is None when the provider could not even be loaded. `latency_ms` is how long its probe
    took, None without one. `remedy` is what to do, empty when nothing is.
    """

    provider: str
    socket: Socket
    local: bool | None
    depth: Depth
    status: Status
    message: str
    remedy: str = ""
    field_errors: tuple[FieldError, ...] = ()
    field_status: Mapping[str, FieldStatus] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    latency_ms: float | None = None
    correlation_id: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether nothing was found wrong, at the depth that was looked at."""
        return self.status == "Valid"

    def wire(self) -> ReportWire:
        """The answer of `/api/providers/validate-enhanced`, JSON-plain."""
        return {
            "isValid": self.is_valid,
            "status": self.status,
            "provider": self.provider,
            "fieldErrors": [
                {
                    "fieldName": error.field,
                    "errorCode": error.code,
                    "errorMessage": error.message,
                    "suggestedFix": error.remedy,
                }
                for error in self.field_errors
            ],
            "fieldValidationStatus": dict(self.field_status),
            "overallMessage": " ".join(filter(None, (self.message, self.remedy))),
            "correlationId": self.correlation_id,
            "details": {
                **self.details,
                "socket": self.socket,
                "local": self.local,
                "depth": self.depth,
                "latencyMs": self.latency_ms,
            },
        }

    def __repr__(self) -> str:
        lines = [f"{self.provider} ({self.socket}): {self.status} ({self.depth}). {self.message}".rstrip()]
        lines += [f"  - {error.field}: {error.message} {error.remedy}".rstrip() for error in self.field_errors]
        if self.remedy and not self.field_errors:
            lines.append(f"  -> {self.remedy}")
        return "\n".join(lines)
