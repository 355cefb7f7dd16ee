"""`anthropic`: Claude, through the official client.

Protocol: https://docs.anthropic.com/en/api/messages-streaming.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from aura_nb.providers import checks
from aura_nb.providers.base import Usage
from aura_nb.providers.config import Config, Field
from aura_nb.providers.remote import check_seconds
from aura_nb.providers.wire import Wire
from aura_nb.providers.writers.llm import PRICES, Ask, Ending, LanguageModel, Models, Piece
from aura_nb.providers.writers.prompt import Turn

if TYPE_CHECKING:
    from anthropic import Anthropic as Client
    from anthropic.types import MessageParam, OutputConfigParam

OFFICIAL = "api.anthropic.com"
ENDINGS: dict[str, Ending] = {
    "max_tokens": "cut",
    "model_context_window_exceeded": "cut",
    "refusal": "refused",
}
# What an error event within a stream says (https://docs.anthropic.com/en/api/errors): its reply has status 200.
STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}


class Anthropic(LanguageModel):
    """Asks Claude."""

    name: ClassVar[str] = "anthropic"
    licence: ClassVar[str] = "proprietary service"
    summary: ClassVar[str] = "Claude, by Anthropic."
    package: ClassVar[str] = "anthropic"
    extra: ClassVar[str] = "anthropic"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("api_key", required=True, secret=True, env=("ANTHROPIC_API_KEY",), help="Your key."),
        Field(
            "base_url",
            env=("ANTHROPIC_BASE_URL",),
            default=f"https://{OFFICIAL}",
            help="Another address of the service, e.g. a gateway's.",
            check=checks.url,
        ),
        Field("model", default="claude-haiku-4-5", help="The model's name."),
        Field("timeout", default="120", help="Longest silence in seconds.", check=check_seconds),
        *PRICES,
    )

    def models(self, config: Config, line: Wire, *, seconds: float) -> Models:
        """`/v1/models`."""
        with self._client(config, line, seconds) as client:
            return Models(tuple(model.id for model in client.models.list(limit=1000)))

    def stream(self, config: Config, ask: Ask, line: Wire) -> Iterator[Piece]:
        """`/v1/messages`, streamed; `stop_reason` is how it ended."""
        from anthropic import omit

        with (
            self._client(config, line, self.seconds(config)) as client,
            client.messages.create(
                model=config.get("model") or "",
                max_tokens=ask.room,
                system="\n".join(turn.text for turn in ask.turns if turn.role == "system"),
                messages=[_message(turn) for turn in ask.turns if turn.role != "system"],
                stream=True,
                output_config=_form(ask.schema) if ask.schema is not None else omit,
            ) as events,
        ):
            for event in events:
                if event.type == "message_start":
                    yield Piece(used=Usage(tokens_in=event.message.usage.input_tokens))
                elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                    yield Piece(event.delta.text)
                elif event.type == "message_delta" and event.delta.stop_reason:
                    # Of the whole reply: the count is cumulative, and this event is its last.
                    used = Usage(tokens_out=event.usage.output_tokens)
                    yield Piece(ending=ENDINGS.get(event.delta.stop_reason, "whole"), used=used)

    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """Its HTTP status, or that of the error event within a stream."""
        from anthropic import APIStatusError

        if not isinstance(error, APIStatusError):
            return None
        told = error.body.get("error") if isinstance(error.body, dict) else None
        told = told if isinstance(told, dict) else {}
        code = error.status_code
        if code < 300:
            code = STATUS.get(str(told.get("type")), 500)
        return code, str(told.get("message") or error.message), error.response.headers.get("retry-after")

    def _client(self, config: Config, line: Wire, seconds: float) -> Client:
        from anthropic import Anthropic as Client
        from anthropic import DefaultHttpxClient

        url = self.url(config)
        http = DefaultHttpxClient(**line.options(url, seconds))
        return Client(api_key=config.get("api_key"), base_url=url, max_retries=0, http_client=http)


def _message(turn: Turn) -> MessageParam:
    if turn.role == "assistant":
        return {"role": "assistant", "content": turn.text}
    return {"role": "user", "content": turn.text}


def _form(schema: dict[str, Any]) -> OutputConfigParam:
    from anthropic import transform_schema

    return {"format": {"type": "json_schema", "schema": transform_schema(schema)}}
