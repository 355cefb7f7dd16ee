"""The four protocols, as published.

Ollama: https://github.com/ollama/ollama/blob/main/docs/api.md
OpenAI: https://platform.openai.com/docs/api-reference/chat-streaming
Anthropic: https://docs.anthropic.com/en/api/messages-streaming
Gemini: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.providers.fakes.server import FakeServer, sse


class FakeOllama(FakeServer):
    models = ("llama3.2:latest", "tiny:latest")
    content_type = "application/x-ndjson"
    version = "0.9.1"
    digest = "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72"

    def is_chat(self, method, path):
        return path == "/api/chat"

    def model_asked(self, path, body):
        return body["model"] if ":" in body["model"] else body["model"] + ":latest"

    def lists(self, path) -> Any:
        models = [{"name": name, "model": name, "digest": self.digest, "size": 1} for name in self.models]
        return {"/api/tags": {"models": models}, "/api/version": {"version": self.version}}.get(path)

    def stream(self, pieces, ending) -> Iterator[bytes]:
        head = {"model": "llama3.2", "created_at": "2026-01-01T00:00:00Z"}
        for piece in pieces:
            yield self._line(head | {"message": {"role": "assistant", "content": piece}, "done": False})
        reason = {"whole": "stop", "cut": "length", "refused": "stop"}.get(ending)
        last = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": reason}
        last |= {"prompt_eval_count": 700, "eval_count": 300}
        yield self._line(head | last)

    def _line(self, data) -> bytes:
        return json.dumps(data).encode() + b"\n"

    def error(self, status, message):
        return {"error": message}

    def error_event(self, message):
        return self._line({"error": message})


HEAD = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5.4-mini"}
USAGE = {"prompt_tokens": 700, "completion_tokens": 300, "total_tokens": 1000}


class FakeOpenAI(FakeServer):
    models = ("gpt-5.4-mini-2026-03-17", "gpt-5.4-mini")
    takes_schema = True
    # As servers that do without `stream_options` have it, or not.
    tells_usage = True

    def is_chat(self, method, path):
        return path == "/v1/chat/completions"

    def lists(self, path) -> Any:
        data = [{"id": name, "object": "model", "created": 1, "owned_by": "fake"} for name in self.models]
        return {"object": "list", "data": data} if path == "/v1/models" else None

    def refusal(self, body):
        if "response_format" in body and not self.takes_schema:
            return "This response_format type is unavailable now"
        return None

    def stream(self, pieces, ending) -> Iterator[bytes]:
        for piece in ["", *pieces]:
            yield self._chunk({"role": "assistant", "content": piece}, None)
        if ending == "refused":
            yield self._chunk({"refusal": "I cannot help with that."}, None)
        yield self._chunk({}, {"cut": "length"}.get(ending, "stop"))
        if self.tells_usage:
            yield sse(HEAD | {"choices": [], "usage": USAGE})
        yield b"data: [DONE]\n\n"

    def _chunk(self, delta, reason) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return sse(HEAD | {"choices": [choice]})

    def error(self, status, message):
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}

    def error_event(self, message):
        return sse({"error": {"message": message, "type": "server_error", "code": "server_error"}})


class FakeAnthropic(FakeServer):
    models = ("claude-haiku-4-5-20251001", "claude-haiku-4-5")

    def is_chat(self, method, path):
        return path == "/v1/messages"

    def given_key(self, headers):
        # The client of 2026 sends it as a bearer token; before, as x-api-key.
        return headers.get("x-api-key") or super().given_key(headers)

    def lists(self, path) -> Any:
        made = {"type": "model", "created_at": "2026-01-01T00:00:00Z"}
        data = [made | {"id": name, "display_name": name} for name in self.models]
        page = {"data": data, "has_more": False, "first_id": None, "last_id": None}
        return page if path == "/v1/models" else None

    def stream(self, pieces, ending) -> Iterator[bytes]:
        usage = {"input_tokens": 700, "output_tokens": 1}
        message = {"id": "m1", "type": "message", "role": "assistant", "content": [], "model": "claude-haiku-4-5"}
        message |= {"stop_reason": None, "stop_sequence": None, "usage": usage}
        yield self._event({"type": "message_start", "message": message})
        block = {"type": "text", "text": ""}
        yield self._event({"type": "content_block_start", "index": 0, "content_block": block})
        yield self._event({"type": "ping"})
        for piece in pieces:
            delta = {"type": "text_delta", "text": piece}
            yield self._event({"type": "content_block_delta", "index": 0, "delta": delta})
        yield self._event({"type": "content_block_stop", "index": 0})
        reason = {"cut": "max_tokens", "refused": "refusal"}.get(ending, "end_turn")
        delta = {"stop_reason": reason, "stop_sequence": None}
        yield self._event({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 300}})
        yield self._event({"type": "message_stop"})

    def _event(self, data) -> bytes:
        return sse(data, data["type"])

    def error(self, status, message):
        return {"type": "error", "error": {"type": "api_error", "message": message}}

    def error_event(self, message):
        return sse({"type": "error", "error": {"type": "overloaded_error", "message": message}}, "error")


class FakeGemini(FakeServer):
    models = ("gemini-3.8-flash",)

    def is_chat(self, method, path):
        return path.endswith(":streamGenerateContent")

    def model_asked(self, path, body):
        return path.rpartition("/")[2].partition(":")[0]

    def given_key(self, headers):
        return headers.get("x-goog-api-key", "")

    def lists(self, path) -> Any:
        models = [{"name": f"models/{name}", "version": "1"} for name in self.models]
        return {"models": models} if path in ("/v1beta/models", "/v1/models") else None

    def stream(self, pieces, ending) -> Iterator[bytes]:
        for count, piece in enumerate(pieces):
            yield self._chunk({"content": {"role": "model", "parts": [{"text": piece}]}, "index": 0}, count)
        reason = {"cut": "MAX_TOKENS", "refused": "SAFETY"}.get(ending, "STOP")
        yield self._chunk({"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": reason}, 200)

    def _chunk(self, candidate, count) -> bytes:
        # Of all so far, with every chunk.
        usage = {"promptTokenCount": 700, "candidatesTokenCount": count, "thoughtsTokenCount": 100}
        told = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-3.8-flash"}
        return sse(told)

    def error(self, status, message):
        names = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
        return {"error": {"code": status, "message": message, "status": names.get(status, "INTERNAL")}}

    def error_event(self, message):
        return sse(self.error(503, message))
