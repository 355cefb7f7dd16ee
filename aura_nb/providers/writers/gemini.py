"""`gemini`: Google's models, through the official client `google-genai`.

Protocol: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from aura_nb.providers import checks
from aura_nb.providers.base import Usage
from aura_nb.providers.config import Config, Field
from aura_nb.providers.remote import check_seconds
from aura_nb.providers.wire import Wire, authorities
from aura_nb.providers.writers.llm import PRICES, Ask, Ending, LanguageModel, Models, Piece
from aura_nb.providers.writers.prompt import without

if TYPE_CHECKING:
    from google.genai import Client

OFFICIAL = "generativelanguage.googleapis.com"
# Not among what the service knows (https://ai.google.dev/gemini-api/docs/structured-output).
UNSUPPORTED = ("maxLength",)
ENDINGS: dict[str, Ending] = {"STOP": "whole", "MAX_TOKENS": "cut"}


class Gemini(LanguageModel):
    """Asks Gemini."""

    name: ClassVar[str] = "gemini"
    licence: ClassVar[str] = "proprietary service"
    summary: ClassVar[str] = "Gemini, by Google."
    package: ClassVar[str] = "google.genai"
    extra: ClassVar[str] = "gemini"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("api_key", required=True, secret=True, env=("GEMINI_API_KEY", "GOOGLE_API_KEY"), help="Your key."),
        Field("base_url", default=f"https://{OFFICIAL}", help="Another address of the service.", check=checks.url),
        Field("model", default="gemini-3.8-flash", help="The model's name."),
        Field("timeout", default="120", help="Longest silence in seconds.", check=check_seconds),
        *PRICES,
    )

    def models(self, config: Config, line: Wire, *, seconds: float) -> Models:
        """`models`."""
        with self._client(config, line, seconds) as client:
            listed = client.models.list(config={"page_size": 1000})
            return Models(tuple((model.name or "").removeprefix("models/") for model in listed))

    def stream(self, config: Config, ask: Ask, line: Wire) -> Iterator[Piece]:
        """`streamGenerateContent`; `finishReason` is how it ended."""
        from google.genai import types

        form = types.GenerateContentConfig(
            system_instruction="\n".join(turn.text for turn in ask.turns if turn.role == "system"),
            max_output_tokens=ask.room,
        )
        if ask.schema is not None:
            form.response_mime_type = "application/json"
            form.response_json_schema = without(ask.schema, *UNSUPPORTED)
        contents = [
            types.Content(role="model" if turn.role == "assistant" else "user", parts=[types.Part(text=turn.text)])
            for turn in ask.turns
            if turn.role != "system"
        ]
        with self._client(config, line, self.seconds(config)) as client:
            counted = None
            for chunk in client.models.generate_content_stream(
                model=config.get("model") or "", contents=list(contents), config=form
            ):
                counted = chunk.usage_metadata or counted
                if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
                    yield Piece(ending="refused")
                for candidate in (chunk.candidates or [])[:1]:
                    parts = (candidate.content.parts if candidate.content else None) or []
                    text = "".join(part.text or "" for part in parts if not part.thought)
                    reason = candidate.finish_reason
                    yield Piece(text, ENDINGS.get(reason.value, "refused") if reason else "")
            if counted is not None:
                # Thoughts are charged as what is written.
                written = (counted.candidates_token_count or 0) + (counted.thoughts_token_count or 0)
                yield Piece(used=Usage(counted.prompt_token_count or 0, written))

    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """Its HTTP status; a wrong key is a 400 that says so."""
        from google.genai.errors import APIError

        if not isinstance(error, APIError):
            return None
        message = error.message or error.status or ""
        headers = getattr(error.response, "headers", None) or {}
        code = 401 if "API key not valid" in message else error.code or 500
        return code, message, headers.get("retry-after")

    def _client(self, config: Config, line: Wire, seconds: float) -> Client:
        from google.genai import Client, types

        url = self.url(config)
        return Client(
            api_key=config.get("api_key"),
            http_options=types.HttpOptions(
                base_url=url,
                timeout=round(seconds * 1000),
                client_args=line.options(url),
                # The client makes an asynchronous twin of itself, which is never used.
                async_client_args={"verify": authorities()},
                retry_options=types.HttpRetryOptions(attempts=1),
            ),
        )
