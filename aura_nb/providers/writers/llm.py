"""Writers that ask a language model: the flow they share, whoever runs the model.

Ask; an unusable reply is sent back once with what is wrong in it; then the script is fitted to the
plan's seconds by one request more at most. What is still unusable is a `BadReply`, and the next
writer of the chain takes over. A reply that was cut at its length is unusable, whatever it parses to.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from aura_nb.cancel import Cancel
from aura_nb.providers import checks, failures
from aura_nb.providers.base import ProviderInfo, Socket, Usage, WriteRequest
from aura_nb.providers.config import Config, Field
from aura_nb.providers.remote import Remote
from aura_nb.providers.validation import Probed
from aura_nb.providers.wire import Wire
from aura_nb.providers.writers import prompt
from aura_nb.providers.writers.prompt import Turn
from aura_nb.providers.writers.reply import Unusable, read
from aura_nb.script import Scene, Script

CLOSE = 0.1
"""A film this near to the plan's seconds, as a share of them, is not asked for again."""
MOST_SECONDS = 1800.0
"""No reply takes longer, however slowly it trickles in."""
MOST_LETTERS = 400_000

Ending = Literal["", "whole", "cut", "refused"]

# How a server that cannot keep a reply to a schema says so.
_FORM = re.compile(
    r"response.?(format|schema)|json.?schema|output.?(config|format)|structured output", re.IGNORECASE
)


PRICES = (
    Field("price_in", help="What a million tokens it reads cost you, in USD.", check=checks.price),
    Field("price_out", help="What a million tokens it writes cost you, in USD.", check=checks.price),
)
"""Of a service one pays for. Without a default: prices change, and differ from contract to contract."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply as it streams in; one of the last says how it ended.

    `used` are the tokens counted since the piece before that told of some.
    """

    text: str = ""
    ending: Ending = ""
    used: Usage | None = None


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


class LanguageModel(Remote):
    """A writer that asks a language model: a vendor's class says how, by `stream` and `models`."""

    socket: ClassVar[Socket] = "writer"
    thought: ClassVar[int] = 16_384
    """Room, in tokens, for a model that thinks before it replies: servers count that as reply."""

    @property
    def info(self) -> ProviderInfo:
        """Who it is; another prompt, model or server is another version."""
        info = super().info
        return replace(info, version=f"{prompt.VERSION}/{info.version}")

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

    def rewrite(self, request: WriteRequest, script: Script, number: int) -> Scene:
        """Another scene for `number` of `script`, with the others before the model's eyes. Raises as `write`."""
        turns = (*prompt.conversation(request.brief, request.plan), *prompt.anew(script.scenes, number))
        draft = self._drafted(self.config, turns, request, _one_scene)
        request.progress(1.0)
        return draft.scenes[0]

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

    def identity(self, config: Config) -> str:
        """The model that will write, as exactly as can be said without asking."""
        return config.get("model") or ""

    def lacking(self, config: Config, message: str) -> failures.ModelMissing | None:
        """The failure of a 404 that names the model."""
        if (config.get("model") or "") not in message:
            return None
        return failures.ModelMissing(self.name, f"{message.rstrip('.')}.", remedy=self.mend_model(config))

    def mend_model(self, config: Config) -> str:
        """What to do when the server does not have the model."""
        variable = self.field("model").variables(self.name)[0]
        return f"Choose a model it has with {variable}; this one is {config.get('model')!r}."

    def _drafted(
        self,
        config: Config,
        turns: tuple[Turn, ...],
        request: WriteRequest,
        look: Callable[[_Draft], _Draft] = lambda draft: draft,
    ) -> _Draft:
        """A usable reply, sent back once if need be; `look` returns it, or raises `Unusable` for more faults."""
        reply, ending = self._reply(config, turns, request, 0.0, 0.6)
        try:
            return look(_draft(reply, ending, request))
        except Unusable as unusable:
            mended, ending = self._reply(config, (*turns, *prompt.mend(reply, unusable.faults)), request, 0.6, 0.8)
        try:
            return look(_draft(mended, ending, request))
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
                return self.reach(config, lambda line: self._heard(config, ask, line, told, request), cancel=stop)
            except failures.Refused as refused:
                if not _FORM.search(str(refused)):
                    raise
            free = replace(ask, schema=None)
            return self.reach(config, lambda line: self._heard(config, free, line, told, request), cancel=stop)

        with request.cancel.stopping(stop.set):
            try:
                return self.guarded(attempt, cancel=request.cancel, timeout=MOST_SECONDS)
            finally:
                # An attempt that was left behind as too late ends here.
                stop.set()

    def _heard(
        self, config: Config, ask: Ask, line: Wire, told: Callable[[int], None], request: WriteRequest
    ) -> tuple[str, Ending]:
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
            if piece.used is not None:
                request.used(piece.used)
            if letters > MOST_LETTERS:
                return "".join(pieces), "cut"
        if not ending:
            remedy = "Try again, or look into the server's log."
            raise failures.Unreachable(self.name, "the reply broke off.", remedy=remedy)
        return "".join(pieces), ending


def _draft(reply: str, ending: Ending, request: WriteRequest) -> _Draft:
    if ending == "cut":
        raise Unusable(["it is cut off at its greatest length; write shorter scenes"])
    if ending == "refused":
        raise Unusable(["it was withheld by the service's filter; keep to the brief"])
    scenes = read(reply, request.plan)
    return _Draft(reply, scenes, request.seconds_of([scene.text for scene in scenes]))


def _one_scene(draft: _Draft) -> _Draft:
    if len(draft.scenes) != 1:
        raise Unusable([f"scenes: there are {len(draft.scenes)}; send the one new scene only"])
    return draft
