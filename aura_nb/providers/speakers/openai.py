"""`openai`: OpenAI's voices, or any server that speaks its speech protocol, through the official client.

Protocol: https://platform.openai.com/docs/api-reference/audio/createSpeech, which LocalAI, Kokoro-FastAPI,
Speaches and others speak too: set `base_url`. OpenAI itself means to shut its speech models down on
2027-01-06 (https://developers.openai.com/api/docs/deprecations).
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from aura_nb.providers import failures
from aura_nb.providers.config import Config, Field
from aura_nb.providers.openai import API_KEY, BASE_URL, TIMEOUT, OpenAIService
from aura_nb.providers.speakers.remote import HERTZ, PRICE, Offer, RemoteSpeaker, Sound, Utterance
from aura_nb.providers.wire import Wire

VOICES = ("alloy", "ash", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer")
NEWER_VOICES = ("ballad", "verse", "marin", "cedar")
"""Voices that the models before `gpt-4o-mini-tts` do not have."""
OLDER = re.compile(r"tts-1(-hd)?(-\d+)?")
UNPACED = re.compile(r"gpt-.*")
"""Models that a `speed` does not work with: they are told by words how to speak."""
OTHERS = ("text/", "application/json", "audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav")
"""Content types that are no raw samples."""
CUSTOM = re.compile(r"voice_\w+")
MOST_BYTES = 600 * 2 * HERTZ
"""Ten minutes: no sentence is that long."""
# Of the service (https://platform.openai.com/docs/guides/text-to-speech#supported-languages).
LANGUAGES = (
    "af ar az be bg bs ca cs cy da de el en es et fa fi fil fr gl he hi hr hu hy id is it ja kk kn ko lt lv mi mk "
    "mr ms nb ne nl nn no pl pt ro ru sk sl sr sv sw ta th tl tr uk ur vi zh cmn"
)


class OpenAI(OpenAIService, RemoteSpeaker):
    """Speaks by OpenAI's speech protocol. Word times are estimates: the protocol has none.

    A server that is not OpenAI's is taken to have whatever voice and language is asked for.
    """

    summary: ClassVar[str] = "OpenAI's voices, or any server that speaks their protocol."
    model_field: ClassVar[str] = "speech_model"
    fields: ClassVar[tuple[Field, ...]] = (
        API_KEY,
        BASE_URL,
        Field("speech_model", default="gpt-4o-mini-tts", help="The speech model's name, as the server lists it."),
        TIMEOUT,
        PRICE,
    )

    def identity(self, config: Config) -> str:
        """The model, and the server unless it is OpenAI's own."""
        return self.at(config, self.model(config))

    def voices(self) -> tuple[str, ...]:
        """The built-in voices of its model."""
        return VOICES if OLDER.fullmatch(self.model(self.shown)) else (*VOICES, *NEWER_VOICES)

    def voice_id(self, config: Config, name: str | None) -> str | None:
        """The name itself, in the service's spelling; `voice_…` is a voice of one's own."""
        if name is None:
            return VOICES[0]
        known = {voice.lower(): voice for voice in self.voices()}
        if name.lower() in known:
            return known[name.lower()]
        return name if CUSTOM.fullmatch(name) or not self.is_official(config) else None

    def speaks(self, language: str) -> bool:
        """Whether it is among those OpenAI tells."""
        return language.split("-")[0].lower() in LANGUAGES.split() or not self.is_official(self.shown)

    def rates(self, config: Config) -> tuple[float, float]:
        """As documented, for the models that heed it."""
        return (1.0, 1.0) if UNPACED.fullmatch(self.model(config)) else (0.25, 4.0)

    def say(self, config: Config, utterance: Utterance, line: Wire) -> Sound:
        """`/audio/speech`, streamed."""
        from openai import omit

        voice = utterance.voice
        with (
            self.client(config, line, self.seconds(config)) as client,
            client.audio.speech.with_streaming_response.create(
                model=self.model(config),
                voice={"id": voice} if CUSTOM.fullmatch(voice) else voice,
                input=utterance.text,
                response_format="pcm",
                speed=utterance.speed if utterance.speed != 1.0 else omit,
            ) as reply,
        ):
            kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
            pcm = bytearray()
            for piece in reply.iter_bytes():
                pcm += piece
                if len(pcm) > MOST_BYTES:
                    break
        if not _is_pcm(kind, pcm):
            raise failures.BadReply(
                self.name,
                f"gave {kind or 'another form'} where raw samples (pcm) were asked for.",
                remedy="Check the address; a compatible server must know the response format pcm.",
            )
        return Sound(bytes(pcm))

    def offer(self, config: Config, line: Wire, *, seconds: float) -> Offer:
        """`/models`; voices are not listed."""
        with self.client(config, line, seconds) as client:
            return Offer([model.id for model in client.models.list()])

    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """As of all; a voice it does not have is a 400 that names the parameter."""
        told = super().status(error)
        lacks: Any = getattr(error, "param", None) == "voice" and told is not None and told[0] == 400
        return (404, *told[1:]) if lacks and told else told


def _is_pcm(kind: str, data: bytes | bytearray) -> bool:
    """Whether a reply of the content type `kind` can be raw samples: nothing in them says so."""
    if data[:4] in (b"RIFF", b"OggS", b"fLaC") or data[:3] == b"ID3":
        return False
    # As servers call it: audio/pcm, audio/L16, application/octet-stream …
    return not kind.startswith(
        ("text/", "application/json", "audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav")
    )
