"""Writers that ask a language model: the flow they share, whoever runs the model.

Ask; an unusable reply is sent back once with what is wrong in it; then the script is fitted to the
plan's seconds by one request more at most. What is still unusable is a `BadReply`, and the next
writer of the chain takes over. A reply that was cut at its length is unusable, whatever it parses to.
"""

from __future__ import annotations

import importlib.util
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError
from aura_nb.providers import failures
from aura_nb.providers.base import ProviderInfo, WriteRequest
from aura_nb.providers.config import Config, Fault, Field
from aura_nb.providers.guard import Guard, guard_of
from aura_nb.providers.validation import Probed
from aura_nb.providers.writers import prompt, wire
from aura_nb.providers.writers.prompt import Turn
from aura_nb.providers.writers.reply import Unusable, read
from aura_nb.providers.writers.wire import Wire
from aura_nb.script import Scene, Script

CLOSE = 0.1
"""A film this near to the plan's seconds, as a share of them, is not asked for again."""
MOST_SECONDS = 1800.0
"""No reply takes longer, however slowly it trickles in."""
MOST_LETTERS = 400_000

Ending = Literal["", "whole", "cut", "refused"]

T = TypeVar("T")

# How a server that cannot keep a reply to a schema says so.
_FORM = re.compile(
    r"response.?(format|schema)|json.?schema|output.?(config|format)|structured output", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply as it streams in; the last one says how it ended."""

    text: str = ""
    ending: Ending = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to a model: the conversation, the form of the reply and its room in tokens.

    `schema` is None for a server that has refused it: the form is described in the words, too.
    """

    turns: tuple[Turn, ...]
    schema: dict[str, Any] | None
    room: int


@dataclass(frozen=True, slots=True)
class Models:
    """The models a server offers, by name."""

    names: tuple[str, ...]

    def have(self, name: str) -> bool:
        """Whether `name` is among them, or stands for one: its latest or a dated version."""
        dated = re.compile(re.escape(name) + r"(:latest|-\d{8}|-\d{4}-\d{2}-\d{2}|-\d{3})?")
        return any(dated.fullmatch(listed) for listed in self.names)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A usable reply: as it came, its scenes, and how long they take to say."""

    reply: str
    scenes: list[Scene]
    seconds: float


class LanguageModel(ABC):
    """A writer that asks a language model. A vendor's class says how: `stream`, `models`, `failure`.

    Parameters
    ----------
    config:
        Its settings; None finds them in the environment and keyring at each use.
    guard:
        What its calls go through; None is the process's guard of this provider.
    """

    name: ClassVar[str]
    local: ClassVar[bool] = False
    licence: ClassVar[str]
    summary: ClassVar[str]
    package: ClassVar[str]
    extra: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    thought: ClassVar[int] = 16_384
    """Room, in tokens, for a model that thinks before it replies: servers count that as reply."""

    def __init__(self, config: Config | None = None, *, guard: Guard | None = None) -> None:
        self._config = config
        self._guard = guard

    def __repr__(self) -> str:
        return f"<writer {self.name}>"

    @property
    def config(self) -> Config:
        """Its settings as they are now."""
        return self._config or Config.resolve(self.name, self.fields)

    @property
    def info(self) -> ProviderInfo:
        """Who it is; another prompt, model or server is another version."""
        # Without the secrets: a keyring may be slow to answer, or ask the user to unlock it.
        plain = [field for field in self.fields if not field.secret]
        shown = self._config or Config.resolve(self.name, plain)
        return ProviderInfo(
            name=self.name,
            socket="writer",
            local=self.local,
            licence=self.licence,
            version=f"{prompt.VERSION}/{self.identity(shown)}",
            summary=self.summary,
            fields=self.fields,
        )

    def missing(self) -> str | None:
        """The command that installs its client, or what to set; None when there is nothing to mend."""
        if not _installed(self.package):
            return f"pip install 'aura-nb[{self.extra}]'"
        return self.config.missing()

    def write(self, request: WriteRequest) -> Script:
        """The model's script of the brief, within 10 % of the plan's seconds where it manages.

        Raises a `ProviderFailure` (`BadReply` for a model that gives no usable script), `JobCancelled`.
        """
        config, plan = self.config, request.plan
        turns = prompt.conversation(request.brief, plan)
        draft = self._drafted(config, turns, request)
        if abs(draft.seconds - plan.seconds) > CLOSE * plan.seconds:
            draft = self._refitted(config, turns, draft, request)
        request.progress(1.0)
        return Script(brief=request.brief, plan=plan, writer=self.name, scenes=draft.scenes)

    def probe(self, *, timeout: float) -> Probed:
        """Whether the server answers, takes the key and has the model. Raises a `ProviderFailure`."""
        config = self.config
        found = self.reach(config, lambda line: self.models(config, line, seconds=timeout))
        details = {"models": list(found.names), "model": config.get("model")}
        if found.names and not found.have(config.get("model") or ""):
            listed = ", ".join(found.names[:12]) + (" …" if len(found.names) > 12 else "")
            message = f"The server has no model {config.get('model')!r}; it has {listed}."
            return Probed("ModelMissing", details, self.mend_model(config), message)
        return Probed(
            "Valid", details, message=f"{config.get('model')} answers at {urlsplit(self.url(config)).netloc}."
        )

    @abstractmethod
    def stream(self, config: Config, ask: Ask, line: Wire) -> Iterator[Piece]:
        """The reply as it comes, over a client of its own that opens its sockets through `line`."""

    @abstractmethod
    def models(self, config: Config, line: Wire, *, seconds: float) -> Models:
        """What the server offers: its cheapest request, within about `seconds`."""

    @abstractmethod
    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """The HTTP status, message and Retry-After of an error of the vendor's client; None if it has none."""

    @abstractmethod
    def url(self, config: Config) -> str:
        """The address of the server."""

    def identity(self, config: Config) -> str:
        """The model that will write, as exactly as can be said without asking."""
        return config.get("model") or ""

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
            if code == 404 and (config.get("model") or "") in message:
                return failures.ModelMissing(self.name, f"{message.rstrip('.')}.", remedy=self.mend_model(config))
            return failures.of_status(
                self.name,
                code,
                f"the server answered {code}: {message.rstrip('.')}.",
                remedy=self.mend_status(code),
                retry_after=failures.retry_after(after),
            )
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        for raised in (cause, error):
            if (failure := wire.failure(self.name, raised, self.url(config))) is not None:
                return failure
        return failures.BadReply(
            self.name, f"its client failed ({type(error).__name__}).", remedy="Upgrade its client."
        )

    def mend_model(self, config: Config) -> str:
        """What to do when the server does not have the model."""
        variable = self._field("model").variables(self.name)[0]
        return f"Choose a model it has with {variable}; this one is {config.get('model')!r}."

    def mend_status(self, code: int) -> str:
        """What to do about an HTTP status."""
        match code:
            case 401 | 403:
                key = self._field("api_key")
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

    def guarded(self, call: Callable[[], T], *, cancel: Cancel, timeout: float) -> T:
        """`call`, as work, through this provider's guard."""
        guard = self._guard or guard_of(self.name)
        return guard.call(call, cancel=cancel, timeout=timeout)

    def _field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def _drafted(self, config: Config, turns: tuple[Turn, ...], request: WriteRequest) -> _Draft:
        reply, ending = self._reply(config, turns, request, 0.0, 0.6)
        try:
            return _draft(reply, ending, request)
        except Unusable as unusable:
            mended, ending = self._reply(config, (*turns, *prompt.mend(reply, unusable.faults)), request, 0.6, 0.8)
        try:
            return _draft(mended, ending, request)
        except Unusable as unusable:
            raise failures.BadReply(
                self.name,
                f"gave no usable script, twice: {config.redact(str(unusable))}.",
                remedy="Use a larger model.",
            ) from None

    def _refitted(self, config: Config, turns: tuple[Turn, ...], draft: _Draft, request: WriteRequest) -> _Draft:
        turns = (*turns, *prompt.refit(draft.reply, draft.seconds, request.plan))
        try:
            other = _draft(*self._reply(config, turns, request, 0.8, 1.0), request)
        except (Unusable, failures.ProviderFailure):
            # There is a script already; how long it lasts is told by whoever asked for it.
            return draft
        return min(draft, other, key=lambda one: abs(one.seconds - request.plan.seconds))

    def _reply(
        self, config: Config, turns: tuple[Turn, ...], request: WriteRequest, begin: float, end: float
    ) -> tuple[str, Ending]:
        likely = prompt.likely_letters(request.plan)
        room = self.thought + 3 * likely // prompt.BYTES_PER_TOKEN
        ask = Ask(turns, prompt.reply_schema(request.plan), room)
        stop = Cancel()

        def told(letters: int) -> None:
            if not stop.is_set:
                request.progress(begin + (end - begin) * min(1.0, letters / likely))

        def attempt() -> tuple[str, Ending]:
            try:
                return self.reach(config, lambda line: self._heard(config, ask, line, told), cancel=stop)
            except failures.Refused as refused:
                if not _FORM.search(str(refused)):
                    raise
            free = replace(ask, schema=None)
            return self.reach(config, lambda line: self._heard(config, free, line, told), cancel=stop)

        with request.cancel.stopping(stop.set):
            try:
                return self.guarded(attempt, cancel=request.cancel, timeout=MOST_SECONDS)
            finally:
                # An attempt that was left behind as too late ends here.
                stop.set()

    def _heard(self, config: Config, ask: Ask, line: Wire, told: Callable[[int], None]) -> tuple[str, Ending]:
        pieces: list[str] = []
        letters = 0
        ending: Ending = ""
        for piece in self.stream(config, ask, line):
            pieces.append(piece.text)
            letters += len(piece.text)
            # What a filter held back stays so, however the stream then ends.
            ending = ending if ending == "refused" else piece.ending or ending
            if piece.text:
                told(letters)
            if letters > MOST_LETTERS:
                return "".join(pieces), "cut"
        if not ending:
            remedy = "Try again, or look into the server's log."
            raise failures.Unreachable(self.name, "the reply broke off.", remedy=remedy)
        return "".join(pieces), ending


def check_seconds(value: str, config: Config) -> Fault | None:
    """A `Field.check`: a number of seconds above 0."""
    try:
        good = 0 < float(value) < float("inf")
    except ValueError:
        good = False
    return None if good else Fault("INVALID_FORMAT", f"{value!r} is no time in seconds.", "Write 60, say.")


def _draft(reply: str, ending: Ending, request: WriteRequest) -> _Draft:
    if ending == "cut":
        raise Unusable(["it is cut off at its greatest length; write shorter scenes"])
    if ending == "refused":
        raise Unusable(["it was withheld by the service's filter; keep to the brief"])
    scenes = read(reply, request.plan)
    return _Draft(reply, scenes, request.seconds_of([scene.text for scene in scenes]))


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        # google, of google.genai
        return False
