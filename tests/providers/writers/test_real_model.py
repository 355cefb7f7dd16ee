from __future__ import annotations

import json
import re

import pytest

from aura_nb.cancel import Cancel
from aura_nb.providers.wire import Wire
from aura_nb.providers.writers.llm import Ask
from aura_nb.providers.writers.prompt import Turn, reply_schema
from aura_nb.spec import Plan
from tests.providers.writers.test_llm import writer_of

SCHEMA = {
    "type": "object",
    "properties": {"heading": {"type": "string", "maxLength": 12}, "kind": {"type": "string", "enum": ["title"]}},
    "required": ["heading", "kind"],
    "additionalProperties": False,
}
TURNS = (Turn("system", "Reply in JSON."), Turn("user", "A heading for a film about the sky."))


@pytest.mark.slow
def test_a_real_model_speaks_through_the_official_client(tmp_path):
    from tests.providers.fakes.real import RealOllama

    with RealOllama(tmp_path) as server:
        writer = writer_of("ollama", server, model="gemma3-270m", timeout="120")
        assert writer.probe(timeout=10).status == "Valid"
        writer.identify(Cancel())
        assert writer.info.version == f"1/gemma3-270m@{server.digest[:12]}"

        whole = list(writer.stream(writer.config, Ask(TURNS, SCHEMA, 60), Wire()))
        assert whole[-1].ending == "whole"
        assert len(whole) > 3
        reply = json.loads("".join(piece.text for piece in whole))
        assert reply["kind"] == "title"
        assert len(reply["heading"]) <= 12

        cut = list(writer.stream(writer.config, Ask(TURNS, None, 5), Wire()))
        assert cut[-1].ending == "cut"

        # The whole form of a script is a grammar the decoder takes.
        begun = list(writer.stream(writer.config, Ask(TURNS, reply_schema(Plan(seconds=1800)), 16), Wire()))
        assert begun[-1].ending == "cut"
        assert re.match(r'\{\s*"scenes"\s*:\s*\[', "".join(piece.text for piece in begun))
