"""`openai`: OpenAI's models, or any server that speaks its chat protocol, through the official client.

Protocol: https://platform.openai.com/docs/api-reference/chat, which vLLM, llama.cpp, LM Studio,
OpenRouter and many others speak too: set `base_url`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from aura_nb.providers.base import Usage
from aura_nb.providers.config import Config, Field
from aura_nb.providers.openai import API_KEY, BASE_URL, TIMEOUT, OpenAIService
from aura_nb.providers.wire import Wire
from aura_nb.providers.writers.llm import PRICES, Ask, Ending, LanguageModel, Models, Piece
from aura_nb.providers.writers.prompt import Turn, without

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam
    from openai.types.shared_params import ResponseFormatJSONSchema

# Strict mode refuses these (https://platform.openai.com/docs/guides/structured-outputs).
UNSUPPORTED = ("maxLength",)
ENDINGS: dict[str, Ending] = {"stop": "whole", "length": "cut", "content_filter": "refused"}


class OpenAI(OpenAIService, LanguageModel):
    """Asks a model by OpenAI's chat protocol."""

    summary: ClassVar[str] = "OpenAI's models, or any server that speaks their protocol."
    fields: ClassVar[tuple[Field, ...]] = (
        API_KEY,
        BASE_URL,
        Field("model", default="gpt-5.4-mini", help="The model's name, as the server lists it."),
        TIMEOUT,
        *PRICES,
    )

    def identity(self, config: Config) -> str:
        """The model, and the server unless it is OpenAI's own."""
        return self.at(config, super().identity(config))

    def models(self, config: Config, line: Wire, *, seconds: float) -> Models:
        """`/models`."""
        with self.client(config, line, seconds) as client:
            return Models(tuple(model.id for model in client.models.list()))

    def stream(self, config: Config, ask: Ask, line: Wire) -> Iterator[Piece]:
        """`/chat/completions`, streamed; `finish_reason` is how it ended."""
        from openai import omit

        # Others know only the older name of the room, which OpenAI's newer models refuse.
        official = self.is_official(config)
        with (
            self.client(config, line, self.seconds(config)) as client,
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
