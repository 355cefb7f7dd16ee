"""Is a provider set up, and does it work? One or all of them, each answer within its time.

Two depths, and a report says which it was: *configuration* looks at the fields and takes no time;
*live* asks the provider itself, by its `probe` where it has one. A probe goes round the breaker: it
neither counts nor is held up while the breaker is open.

A server's time begins when it is asked. What this machine does alone, importing and running what is
here, has a longer one of its own: a machine that is busy says nothing against a provider.
"""

from __future__ import annotations

import socket as network
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, urlsplit

from aura_nb.errors import AuraError, UnknownProvider
from aura_nb.providers import failures, registry
from aura_nb.providers.base import Provider, Socket, Speaker
from aura_nb.providers.checks import forbidden
from aura_nb.providers.config import Config, Fault, folded
from aura_nb.providers.guard import guard_of
from aura_nb.providers.report import FieldError, FieldStatus, Probe, Probed, ProviderReport, Status
from aura_nb.providers.together import together

__all__ = ["Probe", "Probed", "ProviderReport", "find", "validate", "validate_all"]

# Of a probe's time, how much is kept back so that its own, better answer comes before ours.
RESERVE = 0.1
PATIENCE = 60.0
"""Seconds this machine may take, however busy it is, to load a provider, and to run one that is here."""


def validate(
    name: str,
    configuration: Mapping[str, str] | None = None,
    *,
    socket: Socket | None = None,
    live: bool = False,
    partial: bool = False,
    timeout: float = 3.0,
    patience: float = PATIENCE,
    correlation_id: str | None = None,
    parts: registry.Registry = registry.default,
) -> ProviderReport:
    """Look at one provider, by its name in any case.

    Parameters
    ----------
    configuration:
        Its fields, in any spelling (`api_key`, `ApiKey`); what is not given comes from the
        environment and the keyring. A field it does not have is ignored, and the report says so.
    socket:
        Which one is meant where a name is in several; by default the first of writer, speaker and
        illustrator that has it.
    live:
        Ask the provider too, unless its fields are wrong already.
    partial:
        The user is still typing: required fields that are missing are no errors (`PartiallyValid`).
    timeout:
        Seconds after which a server that was asked is `Timeout`, whatever it does.
    patience:
        Seconds this machine has to load the provider, and to run one that asks no server.
    correlation_id:
        Comes back in the report; a new one without.

    Raises
    ------
    UnknownProvider
        When no provider has this name. Everything else that is wrong is in the report.
    """
    found = find(name, socket, parts)
    id = correlation_id or uuid.uuid4().hex
    return together([_Look(*found, configuration or {}, live, partial, timeout, patience, id, parts)])[0]


def validate_all(
    *,
    live: bool = True,
    timeout: float = 3.0,
    patience: float = PATIENCE,
    parts: registry.Registry = registry.default,
) -> list[ProviderReport]:
    """Look at all providers at once, in the registry's order, as `validate` does.

    One that has not answered in its time is `Timeout`; its thread is left behind and holds up nothing,
    not even the end of the process. While it hangs, the next look at it says so at once.
    """
    shared = uuid.uuid4().hex
    names = [(socket, name) for socket in registry.SOCKETS for name in parts.names(socket)]
    return together([_Look(*one, {}, live, False, timeout, patience, shared, parts) for one in names])


def find(name: str, socket: Socket | None, parts: registry.Registry) -> tuple[Socket, str]:
    """The socket and the registered name of what the user calls `name`. Raises UnknownProvider."""
    sockets = registry.SOCKETS if socket is None else (socket,)
    known = [(where, one) for where in sockets for one in parts.names(where)]
    for where, one in known:
        if folded(one) == folded(name):
            return where, one
    choice = ", ".join(dict.fromkeys(one for _, one in known))
    kind = socket or "provider"
    raise UnknownProvider(f"There is no {kind} named {name!r}.", remedy=f"Choose one of: {choice}.")


class _Look:
    """A look at one provider; `report` is the best that can be said at any moment.

    `ends` is when it is late by the monotonic clock: it moves once, when the provider is asked.
    """

    def __init__(
        self,
        socket: Socket,
        name: str,
        given: Mapping[str, str],
        live: bool,
        partial: bool,
        timeout: float,
        patience: float,
        correlation_id: str,
        parts: registry.Registry,
    ) -> None:
        self.given, self.partial, self.parts = given, partial, parts
        self.timeout, self.patience = timeout, patience
        self.what = (
            parts,
            socket,
            name,
            live,
            partial,
            frozenset((key, str(value)) for key, value in given.items()),
        )
        self.ends = time.monotonic() + patience
        self.config = Config(name, (), {})
        self.report = ProviderReport(
            provider=name,
            socket=socket,
            local=None,
            depth="live" if live else "configuration",
            status="Timeout",
            message=f"Not loaded within {patience:g} s.",
            remedy="Ask again, as only the first look loads it.",
            correlation_id=correlation_id,
        )

    def run(self) -> ProviderReport:
        """Look; whatever goes wrong is a report as well."""
        try:
            self._run()
        except Exception as error:
            self._say(*_failure(error))
        return self.report

    def _run(self) -> None:
        name, socket = self.report.provider, self.report.socket
        provider = self.parts.get(socket, name)
        info = provider.info
        self.report = replace(
            self.report, local=info.local, details={"licence": info.licence, "version": info.version}
        )
        known = {folded(field.name) for field in info.fields}
        ignored = [key for key in self.given if folded(key) not in known]
        given = {key: value for key, value in self.given.items() if folded(key) in known}
        self.config = Config.resolve(name, info.fields, given)
        if info.fields:
            provider = self.parts.configured(socket, self.config)
        faults = self._look_at_fields(ignored)
        if faults:
            mend = " ".join(dict.fromkeys(fault.remedy for fault in faults))
            self._say("Invalid", "The configuration is not complete or not right.", mend)
        elif "Missing" in self.report.field_status.values():
            self._say("PartiallyValid", "Right as far as it goes; required fields are still missing.")
        elif self.report.depth == "configuration":
            remedy = provider.missing()
            if info.local and not remedy:
                self._tell_of_voices(provider)
            self._say("Valid", "Configured." if info.fields else "Needs no configuration.", remedy)
        elif remedy := provider.missing():
            self._say("Unreachable", "Not ready on this machine.", remedy)
        else:
            self._ask(provider)

    def _look_at_fields(self, ignored: Sequence[str]) -> list[Fault]:
        """Report on every field; return what is wrong."""
        status: dict[str, FieldStatus] = {}
        errors: list[FieldError] = []
        wrong: list[Fault] = []
        faults = self.config.faults()
        for declared in self.config.fields:
            fault = faults.get(declared.name)
            if fault is None:
                status[declared.wire] = "NotSet" if self.config.get(declared.name) is None else "Valid"
                continue
            lacking = fault.code == "REQUIRED"
            status[declared.wire] = "Missing" if lacking else "Invalid"
            if not (lacking and self.partial):
                wrong.append(fault)
                message, remedy = self.config.redact(fault.message), self.config.redact(fault.remedy)
                errors.append(FieldError(declared.wire, fault.code, message, remedy))
        status.update(dict.fromkeys(ignored, "Unknown"))
        self.report = replace(self.report, field_errors=tuple(errors), field_status=status)
        return wrong

    def _ask(self, provider: Provider) -> None:
        """Report what the provider answers."""
        found = Probed("Valid", message="Works.")
        if isinstance(provider, Probe):
            served = not self.report.local or any(_addresses(self.config))
            seconds = self.timeout if served else self.patience
            mend = "Ask again; allow it more time; or see whether it runs."
            self._say("Timeout", f"No answer within {seconds:g} s.", mend)
            self.ends = time.monotonic() + seconds
            _check_where_it_leads(self.config)
            seconds = max(0.1, self.ends - time.monotonic() - seconds * RESERVE)
            began = time.perf_counter()
            try:
                guard = guard_of(self.report.provider)
                found = guard.call(lambda: provider.probe(timeout=seconds), kind="probe")
            finally:
                took = round((time.perf_counter() - began) * 1000, 1)
                self.report = replace(self.report, latency_ms=took)
        self._tell_of_voices(provider)
        self._tell(found.details)
        self._say(found.status, found.message, found.remedy)

    def _tell_of_voices(self, provider: Provider) -> None:
        if isinstance(provider, Speaker):
            self._tell({"voices": list(provider.voices())})

    def _tell(self, details: Mapping[str, Any]) -> None:
        self.report = replace(self.report, details={**self.report.details, **self._clean(details)})

    def _say(self, status: Status, message: str, remedy: str | None = None) -> None:
        message, remedy = self.config.redact(message), self.config.redact(remedy or "")
        self.report = replace(self.report, status=status, message=message, remedy=remedy)

    def _clean(self, value: Any) -> Any:
        """`value` without secrets: a server may quote the key it was asked with."""
        match value:
            case str():
                return self.config.redact(value)
            case Mapping():
                return {self.config.redact(str(key)): self._clean(one) for key, one in value.items()}
            case list() | tuple():
                return [self._clean(one) for one in value]
        return value


def _addresses(config: Config) -> Iterator[tuple[str, SplitResult]]:
    """The servers that the settings name: of each the field on the wire, and the address."""
    for declared in config.fields:
        value = config.get(declared.name) or ""
        if (
            not declared.secret
            and value.startswith(("http://", "https://"))
            and (address := urlsplit(value)).hostname
        ):
            yield declared.wire, address


def _check_where_it_leads(config: Config) -> None:
    """Raise AuraError when a name among the settings resolves to an address that is never asked."""
    for field, named in _addresses(config):
        try:
            found = network.getaddrinfo(named.hostname, named.port or 0, type=network.SOCK_STREAM)
        except OSError:
            continue
        if any(forbidden(str(address[4][0])) for address in found):
            message = f"{field} leads to a link-local or metadata address, which is never asked."
            raise AuraError(message, remedy="Give another address.")


def _failure(error: Exception) -> tuple[Status, str, str]:
    """What a probe that raised has found, its message and its remedy."""
    status: Status
    match error:
        case failures.TimedOut() | TimeoutError():
            status = "Timeout"
        case failures.Unauthorized():
            status = "Unauthorized"
        case failures.ModelMissing():
            status = "ModelMissing"
        case failures.RateLimited():
            # The key and the address are right, and yet it would not work now.
            status = "PartiallyValid"
        case failures.Unreachable() | failures.ServerFault() | failures.BadReply():
            status = "Unreachable"
        case AuraError():
            status = "Invalid"
        case _:
            return "Unreachable", f"{type(error).__name__}: {error}", ""
    if isinstance(error, AuraError):
        return status, error.message, error.remedy
    return status, str(error), ""
