"""The two speech protocols, as published; what they say is spoken by espeak, so that a film of it is real.

OpenAI: https://platform.openai.com/docs/api-reference/audio/createSpeech
ElevenLabs: https://elevenlabs.io/docs/api-reference/text-to-speech/convert-with-timestamps
"""

from __future__ import annotations

import base64
import functools
import json
from typing import ClassVar

import numpy as np

from aura_nb.cancel import Cancel
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.spec import Voice
from tests.providers.fakes.server import FakeServer, Say
from tests.providers.fakes.vendors import FakeOpenAI

HERTZ = 24_000
QUIET_SECONDS = 0.3
"""Services leave some silence around what they say."""


@functools.cache
def spoken(text: str, speed: float):
    """The samples of `text` as 16-bit PCM bytes, and (word, start, end) in seconds."""
    speech = Espeak().speak(text, Voice(), language="en", rate=speed, cancel=Cancel())
    at = np.arange(0, speech.seconds, 1 / HERTZ)
    audio = np.interp(at, np.arange(len(speech.audio)) / speech.rate, speech.audio)
    quiet = np.zeros(round(QUIET_SECONDS * HERTZ))
    pcm = np.round(np.concatenate([quiet, audio, quiet]) * 32767).astype("<i2").tobytes()
    return pcm, [(word.text, word.start + QUIET_SECONDS, word.end + QUIET_SECONDS) for word in speech.words]


def damaged(pcm: bytes, say: Say, kept: int) -> bytes:
    """`pcm` as `say` wants it; of a truncated one `kept` percent are left."""
    match say.fault:
        case "silence":
            return bytes(len(pcm))
        case "truncated":
            return pcm[: len(pcm) * kept // 200 * 2]
    return pcm


class FakeOpenAISpeech(FakeOpenAI):
    """The speech half of OpenAI's service."""

    models = ("gpt-4o-mini-tts", "tts-1")
    voices = ("alloy", "nova", "voice_1234")
    kind = "audio/pcm"

    def is_chat(self, method, path):
        return path == "/v1/audio/speech"

    def refusal(self, body):
        voice = body["voice"]["id"] if isinstance(body["voice"], dict) else body["voice"]
        if voice not in self.voices:
            return f"Invalid value: '{voice}'. Supported values are: {', '.join(self.voices)}."
        return None

    def error(self, status, message):
        error = super().error(status, message)
        error["error"]["param"] = "voice" if "Supported values" in message else None
        return error

    def _chat(self, handler, say):
        pcm, _ = spoken(handler.body["input"], handler.body.get("speed", 1.0))
        pcm = damaged(pcm, say, 20)
        if say.fault == "wrong-type":
            return handler.whole(200, b"\xff\xfb\x90\x00" * 30_000, "audio/mpeg")
        handler.begin(self.kind)
        pieces = [pcm[at : at + 4096] for at in range(0, len(pcm), 4096)]
        broken = say.fault in ("half", "stall")
        for piece in pieces[: len(pieces) // 2 if broken else None]:
            handler.chunk(piece)
        if broken:
            handler.close_connection = True
            if say.fault == "stall":
                self._wait(handler)
            return None
        handler.chunk(b"")
        return None


class FakeElevenLabs(FakeServer):
    """ElevenLabs' service; its account has two of the premade voices and one of its own."""

    models = ("eleven_multilingual_v2", "eleven_flash_v2_5")
    voices: ClassVar = {
        "JBFqnCBsd6RMkjVDRZzb": "George - Warm, Captivating Storyteller",
        "CwhRBWXzGAHq8TQ4Fs17": "Roger - Laid-Back, Casual, Resonant",
        "OwnVoice0123456789ab": "Ada",
    }
    pace = 1.0
    """How fast the voices are by nature."""

    def __init__(self, *says, **options):
        super().__init__(*says, **options)
        self.voiced = []
        self.spells = str
        """The text as the times tell of it; None for none."""
        self.forgets = 0
        """How many of the last times are left out."""

    def is_chat(self, method, path):
        return path.startswith("/v1/text-to-speech/") and path.endswith("/with-timestamps")

    def model_asked(self, path, body):
        return body["model_id"]

    def given_key(self, headers):
        return headers.get("xi-api-key", "")

    def lists(self, path):
        if path == "/v1/models":
            return [{"model_id": name, "name": name, "can_do_text_to_speech": True} for name in self.models]
        listed = [{"voice_id": id, "name": name, "category": "premade"} for id, name in self.voices.items()]
        return {"voices": listed} if path == "/v1/voices" else None

    def error(self, status, message):
        kinds = {401: "invalid_api_key", 404: "not_found", 429: "too_many_concurrent_requests"}
        kind = "quota_exceeded" if "quota" in message else kinds.get(status, "error")
        kind = "missing_permissions" if "permission" in message else kind
        return {"detail": {"status": kind, "message": message}}

    def _chat(self, handler, say):
        body, voice = handler.body, handler.path.split("/")[3]
        if voice not in self.voices:
            told = {"status": "voice_not_found", "message": f"A voice with voice_id '{voice}' was not found."}
            return handler.json(400, {"detail": told})
        speed = (body.get("voice_settings") or {}).get("speed", 1.0)
        self.voiced.append(voice)
        pcm, words = spoken(body["text"], speed * self.pace)
        reply = {"audio_base64": base64.b64encode(damaged(pcm, say, 70)).decode(), "alignment": None}
        if self.spells is not None:
            told = alignment(self.spells(body["text"]), words)
            ends = told["character_end_times_seconds"]
            reply["alignment"] = told | {"character_end_times_seconds": ends[: len(ends) - self.forgets]}
        if say.fault == "wrong-type":
            return handler.whole(200, b"\xff\xfb\x90\x00" * 30_000, "audio/mpeg")
        whole = json.dumps(reply).encode()
        if say.fault not in ("half", "stall"):
            return handler.whole(200, whole, "application/json")
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(whole)))
        handler.end_headers()
        handler.wfile.write(whole[: len(whole) // 2])
        handler.wfile.flush()
        handler.close_connection = True
        if say.fault == "stall":
            self._wait(handler)
        return None


def alignment(text: str, words):
    """When each character of `text` sounds: letters share their word's time, its marks last until the next."""
    starts, ends = [], []
    for word, start, end in words:
        if starts:
            starts.append(ends[-1])
            ends.append(start)
        letters = len(word.rstrip(",.;:!?"))
        step = (end - start) / letters
        starts += [start + step * at for at in range(letters)] + [end] * (len(word) - letters)
        ends += [start + step * (at + 1) for at in range(letters)] + [end + 0.01] * (len(word) - letters)
    return {
        "characters": list(text),
        "character_start_times_seconds": starts,
        "character_end_times_seconds": ends,
    }
