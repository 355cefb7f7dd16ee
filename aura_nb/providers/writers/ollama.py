"""`ollama`: a model on your own machine or in your own network, through Ollama's official client.

Protocol: https://github.com/ollama/ollama/blob/main/docs/api.md (structured output since 0.5).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from aura_nb.cancel import Cancel
from aura_nb.providers import checks, failures
from aura_nb.providers.base import Usage
from aura_nb.providers.config import Config, Fault, Field
from aura_nb.providers.remote import check_seconds
from aura_nb.providers.validation import Probed
from aura_nb.providers.wire import CONNECT_SECONDS, Wire
from aura_nb.providers.writers import prompt
from aura_nb.providers.writers.llm import Ask, LanguageModel, Models, Piece

if TYPE_CHECKING:
    from ollama import Client

PORT = 11434
OLDEST = (0, 5)
"""Ollama before this ignores the schema of a reply."""
LEAST_CONTEXT, MOST_CONTEXT = 4096, 65536


def address(host: str) -> str:
    """The URL that OLLAMA_HOST stands for: a host without a port is at 11434, as for the server itself.

    The official client takes port 80 for `http://host`; 0.0.0.0, which a server listens at, is this machine.
    """
    parts = urlsplit(host if "://" in host else f"http://{host}")
    name = parts.hostname or "127.0.0.1"
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)
    name = f"[{name}]" if ":" in name else name
    port = parts.port or (443 if parts.scheme == "https" else PORT)
    return urlunsplit((parts.scheme, f"{name}:{port}", parts.path.rstrip("/"), "", ""))


def _check_host(value: str, config: Config) -> Fault | None:
    url = value if "://" in value else f"http://{value}"
    return checks.url_fault(url)


class Ollama(LanguageModel):
    """Asks a model that Ollama runs. The model's digest is in `info.version` once `identify` was called."""

    name: ClassVar[str] = "ollama"
    local: ClassVar[bool] = True
    licence: ClassVar[str] = "MIT (Ollama); the model's own"
    summary: ClassVar[str] = "A language model on your own machine, run by Ollama."
    package: ClassVar[str] = "ollama"
    extra: ClassVar[str] = "ollama"
    thought: ClassVar[int] = 2048
    fields: ClassVar[tuple[Field, ...]] = (
        Field("host", env=("OLLAMA_HOST",), default="127.0.0.1:11434", help="The server.", check=_check_host),
        Field("model", default="llama3.2", help="A model that was pulled, as `ollama list` names it."),
        Field("api_key", secret=True, env=("OLLAMA_API_KEY",), help="For a server that asks for one."),
        Field("keep_alive", default="10m", help="How long the model stays in memory: 10m, -1 (for ever)."),
        Field(
            "timeout", default="300", help="Longest silence in seconds; loading takes long.", check=check_seconds
        ),
    )

    def __init__(self, config: Config | None = None, **seams: Any) -> None:
        super().__init__(config, **seams)
        self._digests: dict[tuple[str, str], str] = {}

    def url(self, config: Config) -> str:
        """The address of the server."""
        return address(config.get("host") or "")

    def identity(self, config: Config) -> str:
        """The model's name, and the digest the server last gave it."""
        model = config.get("model") or ""
        digest = self._digests.get((self.url(config), model))
        return f"{model}@{digest[:12]}" if digest else model

    def identify(self, cancel: Cancel) -> None:
        """Ask the server which model goes by the name now. Raises ProviderError, JobCancelled."""
        config = self.config
        self.ask(
            config,
            lambda line: self.models(config, line, seconds=CONNECT_SECONDS),
            cancel=cancel,
            timeout=2 * CONNECT_SECONDS,
        )

    def models(self, config: Config, line: Wire, *, seconds: float) -> Models:
        """What was pulled (`/api/tags`), and the server's version."""
        with self._client(config, line, seconds) as client:
            listed = [model for model in client.list().models if model.model]
        wanted = config.get("model") or ""
        for model in listed:
            if model.model in (wanted, f"{wanted}:latest") and model.digest:
                self._digests[self.url(config), wanted] = model.digest.removeprefix("sha256:")
        return Models(tuple(str(model.model) for model in listed))

    def probe(self, *, timeout: float) -> Probed:
        """Whether the server runs, is new enough and has the model."""
        config = self.config
        version = self.reach(config, lambda line: self._version(config, line, timeout / 2))
        numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
        if numbers and numbers < OLDEST:
            return Probed(
                "Invalid",
                {"version": version},
                "Update Ollama from https://ollama.com/download.",
                f"Ollama {version} is too old: replies in a given form came with 0.5.",
            )
        found = super().probe(timeout=timeout / 2)
        if not found.details["models"]:
            return Probed("ModelMissing", found.details, self.mend_model(config), "No model was pulled yet.")
        return Probed(found.status, {**found.details, "version": version}, found.remedy, found.message)

    def stream(self, config: Config, ask: Ask, line: Wire) -> Iterator[Piece]:
        """`/api/chat`, streamed; `done_reason` is how it ended."""
        keep = config.get("keep_alive") or ""
        with self._client(config, line, self.seconds(config)) as client:
            # Closed when this generator is: the client's own stream is lazy and outlives an error here.
            replies = client.chat(
                model=config.get("model") or "",
                messages=[{"role": turn.role, "content": turn.text} for turn in ask.turns],
                stream=True,
                format=ask.schema,
                options={"num_predict": ask.room, "num_ctx": _context(ask)},
                keep_alive=float(keep) if re.fullmatch(r"-?\d+", keep) else keep,
            )
            with contextlib.closing(replies):
                for reply in replies:
                    ending = {"length": "cut"}.get(reply.done_reason or "", "whole") if reply.done else ""
                    used = Usage(reply.prompt_eval_count or 0, reply.eval_count or 0) if reply.eval_count else None
                    yield Piece(reply.message.content or "", ending, used)  # type: ignore[arg-type]

    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """An error within a stream has the status −1: the server's."""
        from ollama import RequestError, ResponseError

        if isinstance(error, ResponseError):
            return (error.status_code if error.status_code > 0 else 500), error.error, None
        return (400, error.error, None) if isinstance(error, RequestError) else None

    def failed(self, config: Config, error: Exception) -> failures.ProviderFailure:
        """As of all, with the command that starts the server when there is none."""
        failure = super().failed(config, error)
        if isinstance(failure, failures.Unreachable) and not isinstance(failure, failures.Untrusted):
            server = urlsplit(self.url(config)).netloc
            remedy = "Start it with `ollama serve` (https://ollama.com/download), or set OLLAMA_HOST."
            return failures.Unreachable(self.name, f"no server answers at {server}.", remedy=remedy)
        return failure

    def mend_model(self, config: Config) -> str:
        """The command that pulls it."""
        return f"Run `ollama pull {config.get('model')}`, or choose another with AURA_NB_OLLAMA_MODEL."

    def _client(self, config: Config, line: Wire, seconds: float) -> Client:
        from ollama import Client

        url, key = self.url(config), config.get("api_key")
        headers = {"Authorization": f"Bearer {key}"} if key else None
        return Client(url, headers=headers, **line.options(url, seconds))

    def _version(self, config: Config, line: Wire, seconds: float) -> str:
        # The official client has no call for it.
        import httpx

        url, key = self.url(config), config.get("api_key")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with httpx.Client(headers=headers, **line.options(url, seconds)) as client:
            answer = client.get(f"{url}/api/version")
            if answer.status_code != 200:
                raise failures.of_status(
                    self.name,
                    answer.status_code,
                    f"{urlsplit(url).netloc} answered {answer.status_code} and is no Ollama server.",
                    remedy="Check the address in OLLAMA_HOST.",
                )
            told = answer.json()
        if not isinstance(told, dict) or not isinstance(told.get("version"), str):
            raise ValueError("no version")
        version: str = told["version"]
        return version


def _context(ask: Ask) -> int:
    """Room for the conversation and the reply, by powers of two so that the model is seldom reloaded.

    The server's own default (2048 to 4096 tokens) would drop the beginning of long notes without a word.
    """
    needed, size = prompt.tokens(ask.turns) + ask.room, LEAST_CONTEXT
    while size < min(needed, MOST_CONTEXT):
        size *= 2
    return size
