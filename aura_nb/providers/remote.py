"""What providers that ask a server have in common, whatever socket they fit and client they use.

A call goes through `guarded` (breaker, retries, a limit in time) and within it through `reach`, which
ends it with its line and turns whatever the client raises into a `ProviderFailure` without secrets.
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, TypeVar

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError
from aura_nb.providers import failures, wire
from aura_nb.providers.base import ProviderInfo, Socket
from aura_nb.providers.config import Config, Fault, Field
from aura_nb.providers.guard import Guard, guard_of
from aura_nb.providers.wire import Wire

T = TypeVar("T")


class Remote(ABC):
    """A provider behind a server. A vendor's class says who it is, where, and what its errors mean.

    Parameters
    ----------
    config:
        Its settings; None finds them in the environment and keyring at each use.
    guard:
        What its calls go through; None is the process's guard of this provider.
    """

    name: ClassVar[str]
    socket: ClassVar[Socket]
    local: ClassVar[bool] = False
    licence: ClassVar[str]
    summary: ClassVar[str]
    package: ClassVar[str]
    """What is imported of its client."""
    extra: ClassVar[str]
    """The extra of aura-nb that installs it."""
    fields: ClassVar[tuple[Field, ...]]

    def __init__(self, config: Config | None = None, *, guard: Guard | None = None) -> None:
        self._config = config
        self._guard = guard

    def __repr__(self) -> str:
        return f"<{self.socket} {self.name}>"

    @property
    def config(self) -> Config:
        """Its settings as they are now."""
        return self._config or Config.resolve(self.name, self.fields)

    @property
    def shown(self) -> Config:
        """Its settings without the secrets: a keyring may be slow to answer, or ask the user to unlock it."""
        plain = [field for field in self.fields if not field.secret]
        return self._config or Config.resolve(self.name, plain)

    @property
    def info(self) -> ProviderInfo:
        """Who it is; another model or server is another version."""
        return ProviderInfo(
            name=self.name,
            socket=self.socket,
            local=self.local,
            licence=self.licence,
            version=self.identity(self.shown),
            summary=self.summary,
            fields=self.fields,
        )

    def missing(self) -> str | None:
        """The command that installs its client, or what to set; None when there is nothing to mend."""
        if not _installed(self.package):
            return f"pip install 'aura-nb[{self.extra}]'"
        return self.config.missing()

    @abstractmethod
    def identity(self, config: Config) -> str:
        """What will do the work, as exactly as can be said without asking: a model, a version of our own."""

    def url(self, config: Config) -> str:
        """The address of the server."""
        return config.get("base_url") or ""

    @abstractmethod
    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """The HTTP status, message and Retry-After of an error of the client; None if it has none."""

    def reach(self, config: Config, call: Callable[[Wire], T], *, cancel: Cancel | None = None) -> T:
        """What `call` gives over a line that ends with it, or at once when `cancel` is set.

        Whatever the client raises becomes a `ProviderFailure` without secrets.
        """
        line, token = Wire(), cancel or Cancel()
        with token.stopping(line.cut):
            try:
                return call(line)
            except Exception as error:
                # What breaks when the line is cut is the cut.
                token.check()
                if isinstance(error, AuraError):
                    raise
                # From None: the client's error holds the request, and so the key.
                raise self.failed(config, error) from None

    def failed(self, config: Config, error: Exception) -> failures.ProviderFailure:
        """The failure that an error of the client stands for."""
        if (told := self.status(error)) is not None:
            code, message, after = told
            message = " ".join(config.redact(message).split())[:300] or "no reason given"
            if code == 404 and (lacking := self.lacking(config, message)) is not None:
                return lacking
            return failures.of_status(
                self.name,
                code,
                f"the server answered {code}: {message.rstrip('.')}.",
                remedy=self.mend_status(code),
                retry_after=failures.retry_after(after),
            )
        for raised in (error.__cause__, error.__context__, error):
            failure = wire.failure(self.name, raised, self.url(config)) if isinstance(raised, Exception) else None
            if failure is not None:
                return failure
        return failures.BadReply(
            self.name, f"its client failed ({type(error).__name__}).", remedy="Upgrade its client."
        )

    def lacking(self, config: Config, message: str) -> failures.ModelMissing | None:
        """The failure of a 404 that says so of the model or voice; None when it says it of something else."""
        return None

    def mend_status(self, code: int) -> str:
        """What to do about an HTTP status."""
        match code:
            case 401 | 403:
                key = self.field("api_key")
                return f"Check the key in {(key.env or key.variables(self.name))[0]}."
            case 429:
                return "Wait a while, or check the quota of your account."
            case _ if code >= 500:
                return "Try again later: the fault is the server's."
            case _:
                return "Check the model and the address in its settings."

    def seconds(self, config: Config) -> float:
        """The longest silence of the server that is borne."""
        return float(config.get("timeout") or 0) or 60.0

    def ask(self, config: Config, call: Callable[[Wire], T], *, cancel: Cancel, timeout: float) -> T:
        """`reach`, as work, through `guarded`; an attempt that was left behind as too late ends with it."""
        stop = Cancel()
        with cancel.stopping(stop.set):
            try:
                return self.guarded(lambda: self.reach(config, call, cancel=stop), cancel=cancel, timeout=timeout)
            finally:
                stop.set()

    def guarded(self, call: Callable[[], T], *, cancel: Cancel, timeout: float) -> T:
        """`call`, as work, through this provider's guard; each attempt takes `timeout` seconds at most."""
        guard = self._guard or guard_of(self.name)
        return guard.call(call, cancel=cancel, timeout=timeout)

    def field(self, name: str) -> Field:
        """The declaration of a field."""
        return next(field for field in self.fields if field.name == name)


def check_seconds(value: str, config: Config) -> Fault | None:
    """A `Field.check`: a number of seconds above 0."""
    try:
        good = 0 < float(value) < float("inf")
    except ValueError:
        good = False
    return None if good else Fault("INVALID_FORMAT", f"{value!r} is no time in seconds.", "Write 60, say.")


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        # google, of google.genai
        return False
