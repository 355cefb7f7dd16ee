"""A film spoken by a service, from its script to its manifest, when the service fails on the way."""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path

import pytest

import aura_nb as aura
from tests.providers.fakes.server import Say
from tests.providers.fakes.speech import FakeElevenLabs

pytestmark = pytest.mark.slow

LINES = (
    ("Sunlight holds every colour.", "Air scatters its blue the most."),
    ("So blue light reaches us from all sides.", "The red goes straight on."),
    ("At sunset the way is longer.", "Most of the blue is lost."),
)
SENTENCES = [line for lines in LINES for line in lines]


class Dying(FakeElevenLabs):
    """A server that is gone for good after it has spoken `lives` sentences."""

    lives = 2

    def _chat(self, handler, say):
        if len(self.voiced) < self.lives:
            return super()._chat(handler, say)
        self._http.shutdown()
        self._http.server_close()
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)
        return None


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AURA_NB_PROGRESS", "off")
    monkeypatch.setenv("ELEVENLABS_API_KEY", "canary-5a1d")
    monkeypatch.setenv("AURA_NB_WORKERS", "1")
    return tmp_path


@pytest.fixture
def script() -> aura.Script:
    scenes = [
        aura.Scene(heading=first, text=f"{first} {second}", picture=aura.QuoteCard(quote=first))
        for first, second in LINES
    ]
    look = aura.Render(height=360, fps=24)
    return aura.Script(brief=aura.Brief("Why the sky is blue"), render=look, scenes=scenes)


def served(server: FakeElevenLabs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_NB_ELEVENLABS_BASE_URL", server.origin)


def paid(server: FakeElevenLabs) -> list[str]:
    return [body["text"] for body, say in zip(server.asked, server.says, strict=False) if say.status == 200]


def test_a_service_that_dies_in_the_middle_is_replaced_and_that_is_told_everywhere(own, script, monkeypatch):
    chain = aura.Profile(speaker=("elevenlabs", "espeak"))
    with Dying(Say(), key="canary-5a1d") as server:
        served(server, monkeypatch)
        job = aura.start(script, profile=chain, output=own / "sky.mp4")
        film = job.result(timeout=200)
    assert server.voiced
    assert film.path.stat().st_size > 10_000
    told = [event.message for event in job.events() if event.type == "warning"]
    assert [line for line in told if "elevenlabs" in line and "espeak speaks instead" in line]
    assert film.timings.loc["narrate", "failed"] == "elevenlabs"
    assert "espeak" in film.timings.loc["narrate", "provider"]
    manifest = json.loads(film.manifest.read_text(encoding="utf-8"))
    falls = [fall for fall in manifest["falls"] if fall["failed"] == "elevenlabs"]
    assert {fall["why"] for fall in falls} <= {"Unreachable"}
    assert falls
    shown = [path for path in own.rglob("*") if path.is_file() and b"canary-5a1d" in path.read_bytes()]
    assert shown == []


def test_a_hanging_service_does_not_hold_up_a_cancel(own, script, monkeypatch):
    with FakeElevenLabs(Say(), Say(), Say(fault="hang"), key="canary-5a1d") as server:
        served(server, monkeypatch)
        job = aura.start(script, profile=aura.Profile(speaker=("elevenlabs",)), output=own / "sky.mp4")
        assert server.stalled.wait(60)
        job.cancel()
        # The service itself would be waited for 120 s.
        assert job.wait(20)
        assert server.left.wait(20)
    assert job.status == "cancelled"
    assert not (own / "sky.mp4").exists()


def test_a_retried_job_pays_for_no_sentence_again(own, script, monkeypatch):
    refused = [Say(), Say(), Say(status=403), Say()]
    with FakeElevenLabs(*refused, key="canary-5a1d") as server:
        served(server, monkeypatch)
        job = aura.start(script, profile=aura.Profile(speaker=("elevenlabs",)), output=own / "sky.mp4")
        with pytest.raises(aura.AuraError):
            job.result(timeout=200)
        film = job.retry().result(timeout=200)
        again = aura.make(script, profile=aura.Profile(speaker=("elevenlabs",)), output=own / "again.mp4")
    server.says += [Say()] * len(server.asked)
    assert sorted(paid(server)) == sorted(SENTENCES)
    assert film.seconds == again.seconds
    assert film.timings.loc["narrate", "provider"] == "elevenlabs"
    manifest = json.loads(film.manifest.read_text(encoding="utf-8"))
    (version,) = [one["version"] for one in manifest["providers"] if one["name"] == "elevenlabs"]
    assert version.endswith("/eleven_multilingual_v2")
