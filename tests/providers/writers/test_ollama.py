from __future__ import annotations

import pytest

from aura_nb.cancel import Cancel
from aura_nb.providers import failures
from aura_nb.providers.base import Identified
from aura_nb.providers.config import Config
from aura_nb.providers.guard import Guard, Retries
from aura_nb.providers.writers.llm import Ask
from aura_nb.providers.writers.ollama import Ollama, _context, address
from aura_nb.providers.writers.prompt import Turn
from tests.providers.fakes import replies
from tests.providers.fakes.vendors import FakeOllama
from tests.providers.writers.test_llm import chain, writer_of, written


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("localhost", "http://localhost:11434"),
        ("http://localhost", "http://localhost:11434"),
        ("gpu.lab:8080", "http://gpu.lab:8080"),
        ("https://gpu.lab", "https://gpu.lab:443"),
        ("https://gpu.lab/ollama/", "https://gpu.lab:443/ollama"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("http://[::1]:9", "http://[::1]:9"),
    ],
)
def test_a_host_without_a_port_is_at_the_servers_own(host, url):
    assert address(host) == url


@pytest.mark.parametrize("host", ["169.254.169.254", "ftp://here", "http://user:word@here"])
def test_a_host_that_is_never_asked_is_refused(host):
    assert (
        Config.resolve("ollama", Ollama.fields, {"host": host}, environ={}).faults()["host"].code == "INVALID_URL"
    )


def test_the_environment_of_ollama_is_heeded():
    config = Config.resolve("ollama", Ollama.fields, environ={"OLLAMA_HOST": "gpu.lab"})
    assert Ollama(config).url(config) == "http://gpu.lab:11434"


def test_the_digest_of_the_model_is_in_its_version(tmp_path):
    with FakeOllama(replies.GOOD) as server:
        writer = writer_of("ollama", server)
        assert isinstance(writer, Identified)
        assert writer.info.version == "1/llama3.2"
        chain(tmp_path, writer)
        assert writer.info.version == f"1/llama3.2@{server.digest[:12]}"
        server.digest = "f" * 64
        assert not chain(tmp_path, writer)[0].cached
        assert writer.info.version == "1/llama3.2@ffffffffffff"


def test_identifying_a_dead_server_fails_as_its_work_does():
    with FakeOllama() as server:
        writer = writer_of("ollama", server)
    with pytest.raises(failures.Unreachable, match="no server answers"):
        writer.identify(Cancel())


def test_a_server_too_old_for_structured_output_is_told():
    with FakeOllama() as server:
        server.version = "0.4.7"
        probed = writer_of("ollama", server).probe(timeout=2)
    assert probed.status == "Invalid"
    assert "0.4.7 is too old" in probed.message
    assert "https://ollama.com/download" in probed.remedy


def test_a_server_without_models_is_told():
    with FakeOllama(models=()) as server:
        probed = writer_of("ollama", server).probe(timeout=2)
    assert (probed.status, probed.details["models"]) == ("ModelMissing", [])
    assert "ollama pull llama3.2" in probed.remedy


def test_another_service_at_the_address_is_told():
    with FakeOllama() as server:
        server.lists = lambda path: None
        with pytest.raises(failures.Refused, match="no Ollama server"):
            writer_of("ollama", server).probe(timeout=2)


@pytest.mark.parametrize(("given", "sent"), [("10m", "10m"), ("-1", -1), ("300", 300)])
def test_keep_alive_is_sent_as_ollama_reads_it(given, sent):
    with FakeOllama(replies.GOOD) as server:
        written(writer_of("ollama", server, keep_alive=given))
    assert server.asked[0]["keep_alive"] == sent


def test_long_notes_get_the_context_they_need():
    def context(length):
        return _context(Ask((Turn("user", "x" * length),), {}, 1000))

    assert [context(length) for length in (10, 30_000, 90_000, 10**6)] == [4096, 16384, 32768, 65536]


def test_the_environments_proxy_is_not_used_for_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with FakeOllama(replies.GOOD) as server:
        assert written(writer_of("ollama", server)).scenes


def test_the_breaker_counts_a_dead_server_and_not_a_bad_reply():
    with FakeOllama(replies.NO_JSON) as server:
        guard = Guard("ollama", retries=Retries(attempts=1))
        writer = Ollama(writer_of("ollama", server).config, guard=guard)
        for _ in range(12):
            with pytest.raises(failures.BadReply):
                written(writer)
        assert guard.state == "closed"
    for _ in range(10):
        with pytest.raises(failures.Unreachable):
            written(writer)
    assert guard.state == "open"
    with pytest.raises(failures.CircuitOpen):
        written(writer)
