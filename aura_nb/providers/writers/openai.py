"""`openai`: OpenAI's models, or any server that speaks its chat protocol, through the official client.

Protocol: https://platform.openai.com/docs/api-reference/chat, which vLLM, llama.cpp, LM Studio,
OpenRouter and many others speak too: set `base_url`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from aura_nb.providers import checks
from aura_nb.providers.base import Usage
from aura_nb.providers.config import Config, Field
from aura_nb.providers.remote import check_seconds
from aura_nb.providers.wire import CONNECT_SECONDS, Wire
from aura_nb.providers.writers.llm import PRICES, Ask, Ending, LanguageModel, Models, Piece
from aura_nb.providers.writers.prompt import Turn, without

if TYPE_CHECKING:
    from openai import OpenAI as Client
    from openai.types.chat import ChatCompletionMessageParam
    from openai.types.shared_params import ResponseFormatJSONSchema

OFFICIAL = "api.openai.com"
# Strict mode refuses these (https://platform.openai.com/docs/guides/structured-outputs).
UNSUPPORTED = ("maxLength",)
ENDINGS: dict[str, Ending] = {"stop": "whole", "length": "cut", "content_filter": "refused"}


class OpenAI(LanguageModel):
    """Asks a model by OpenAI's chat protocol."""

    name: ClassVar[str] = "openai"
    licence: ClassVar[str] = "proprietary service; a compatible server's own"
    summary: ClassVar[str] = "OpenAI's models, or any server that speaks their protocol."
    package: ClassVar[str] = "openai"
    extra: ClassVar[str] = "openai"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "api_key",
            required=True,
            secret=True,
            env=("OPENAI_API_KEY",),
            help="Your key; any word for a server that asks for none.",
            check=checks.Key("sk-", host=OFFICIAL),
        ),
        Field(
            "base_url",
            env=("OPENAI_BASE_URL",),
            default=f"https://{OFFICIAL}/v1",
            help="Where the protocol is spoken.",
            check=checks.url,
        ),
        Field("model", default="gpt-5.4-mini", help="The model's name, as the server lists it."),
        Field("timeout", default="120", help="Longest silence in seconds.", check=check_seconds),
        *PRICES,
    )

    def url(self, config: Config) -> str:
        """The address of the server."""
        return config.get("base_url") or ""

    def identity(self, config: Config) -> str:
        """The model, and the server unless it is OpenAI's own."""
        server = urlsplit(self.url(config)).netloc
        model = config.get("model") or ""
        return model if server == OFFICIAL else f"{model}@{server}"

    def models(self, config: Config, line: Wire, *, seconds: float) -> Models:
        """`/models`."""
        with self._client(config, line, seconds) as client:
            return Models(tuple(model.id for model in client.models.list()))

    def stream(self, config: Config, ask: Ask, line: Wire) -> Iterator[Piece]:
        """`/chat/completions`, streamed; `finish_reason` is how it ended."""
        from openai import omit

        # Others know only the older name of the room, which OpenAI's newer models refuse.
        official = urlsplit(self.url(config)).hostname == OFFICIAL
        with (
            self._client(config, line, self.seconds(config)) as client,
            client.chat.completions.create(
                model=config.get("model") or "",
                messages=[_message(turn) for turn in ask.turns],
                stream=True,
                # Some compatible servers refuse the wish, and tell without being asked.
                stream_options={"include_usage": True} if official else omit,
                response_format=_form(ask.schema) if ask.schema is not None else omit,
                max_completion_tokens=ask.room if official else omit,
                max_tokens=omit if official else ask.room,
            ) as chunks,
        ):
            usage = None
            for chunk in chunks:
                # Some servers tell with every chunk, of all so far.
                usage = chunk.usage or usage
                for choice in chunk.choices[:1]:
                    ending: Ending = ENDINGS.get(choice.finish_reason, "whole") if choice.finish_reason else ""
                    yield Piece(choice.delta.content or "", "refused" if choice.delta.refusal else ending)
            if usage is not None:
                yield Piece(used=Usage(usage.prompt_tokens, usage.completion_tokens))

    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """An error event within a stream has no status: the server's."""
        from openai import APIConnectionError, APIError, APIResponseValidationError, APIStatusError

        match error:
            case APIStatusError():
                return error.status_code, _said(error), error.response.headers.get("retry-after")
            case APIConnectionError() | APIResponseValidationError():
                return None
            case APIError():
                return 500, error.message, None
        return None

    def _client(self, config: Config, line: Wire, seconds: float) -> Client:
        from openai import DefaultHttpxClient, Timeout
        from openai import OpenAI as Client

        url = self.url(config)
        timeout = Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        return Client(
            api_key=config.get("api_key"),
            base_url=url,
            timeout=timeout,
            max_retries=0,
            http_client=DefaultHttpxClient(timeout=timeout, **line.options(url)),
        )


def _message(turn: Turn) -> ChatCompletionMessageParam:
    match turn.role:
        case "system":
            return {"role": "system", "content": turn.text}
        case "assistant":
            return {"role": "assistant", "content": turn.text}
        case "user":
            return {"role": "user", "content": turn.text}


def _form(schema: dict[str, Any]) -> ResponseFormatJSONSchema:
    strict: dict[str, object] = without(schema, *UNSUPPORTED)
    return {"type": "json_schema", "json_schema": {"name": "script", "strict": True, "schema": strict}}


def _said(error: Any) -> str:
    body = error.body
    return str(body.get("message")) if isinstance(body, dict) and body.get("message") else str(error.message)
