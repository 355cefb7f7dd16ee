"""What both parts of `openai` share: the settings, the errors, and the official client over our wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from aura_nb.providers import checks
from aura_nb.providers.config import Config, Field
from aura_nb.providers.remote import Remote, check_seconds
from aura_nb.providers.wire import Wire

if TYPE_CHECKING:
    from openai import OpenAI as Client

OFFICIAL = "api.openai.com"
API_KEY = Field(
    "api_key",
    required=True,
    secret=True,
    env=("OPENAI_API_KEY",),
    help="Your key; any word for a server that asks for none.",
    check=checks.Key("sk-", host=OFFICIAL),
)
BASE_URL = Field(
    "base_url",
    env=("OPENAI_BASE_URL",),
    default=f"https://{OFFICIAL}/v1",
    help="Where the protocol is spoken.",
    check=checks.url,
)
TIMEOUT = Field("timeout", default="120", help="Longest silence in seconds.", check=check_seconds)


class OpenAIService(Remote):
    """OpenAI's own service, or a server that speaks its protocol."""

    name: ClassVar[str] = "openai"
    licence: ClassVar[str] = "proprietary service; a compatible server's own"
    package: ClassVar[str] = "openai"
    extra: ClassVar[str] = "openai"

    def is_official(self, config: Config) -> bool:
        """Whether it is OpenAI's own."""
        return urlsplit(self.url(config)).hostname == OFFICIAL

    def at(self, config: Config, model: str) -> str:
        """`model`, and the server unless it is OpenAI's own."""
        return model if self.is_official(config) else f"{model}@{urlsplit(self.url(config)).netloc}"

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

    def client(self, config: Config, line: Wire, seconds: float) -> Client:
        """The official client; `seconds` is the longest silence it bears."""
        from openai import DefaultHttpxClient
        from openai import OpenAI as Client

        url = self.url(config)
        http = DefaultHttpxClient(**line.options(url, seconds))
        return Client(api_key=config.get("api_key"), base_url=url, max_retries=0, http_client=http)


def _said(error: Any) -> str:
    body = error.body
    return str(body.get("message")) if isinstance(body, dict) and body.get("message") else str(error.message)
