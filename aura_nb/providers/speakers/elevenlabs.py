"""`elevenlabs`: the voices of ElevenLabs, through the official client, words timed by the service.

Protocol: https://elevenlabs.io/docs/api-reference/text-to-speech/convert-with-timestamps.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from aura_nb.providers import checks, failures
from aura_nb.providers.config import Config, Field
from aura_nb.providers.remote import check_seconds
from aura_nb.providers.report import Probed
from aura_nb.providers.speakers.remote import HERTZ, PRICE, Offer, RemoteSpeaker, Sound, Utterance
from aura_nb.providers.wire import Wire

if TYPE_CHECKING:
    from elevenlabs.client import ElevenLabs as Client

OFFICIAL = "api.elevenlabs.io"
# Voices that every account has (https://elevenlabs.io/docs/capabilities/voices#default-voices).
PREMADE = {
    "George": "JBFqnCBsd6RMkjVDRZzb",
    "Alice": "Xb7hH8MSUJpSbSDYk0k2",
    "Aria": "9BWtsMINqrJLrRacOk9x",
    "Bill": "pqHfZKP75CvOlQylNhV4",
    "Brian": "nPczCjzI2devNBz1zQrb",
    "Callum": "N2lVS1w4EtoT3dr4eOWO",
    "Charlie": "IKne3meq5aSn9XLyUdCD",
    "Charlotte": "XB0fDUnXU5powFXDhCwa",
    "Chris": "iP95p4xoKVk53GoZ742B",
    "Daniel": "onwK4e9ZLuTAKqWW03F9",
    "Eric": "cjVigY5qzO86Huf0OWal",
    "Jessica": "cgSgspJ2msm6clMCkdW9",
    "Laura": "FGY2WhTYpPnrIDTdsKH5",
    "Liam": "TX3LPaxmHKxFdv7VOQHJ",
    "Lily": "pFZP5JQG7iQjIQuC4Bku",
    "Matilda": "XrExE9yKIg1WjnnlVkGX",
    "River": "SAz9YHcvj6GT2YYXdXww",
    "Roger": "CwhRBWXzGAHq8TQ4Fs17",
    "Sarah": "EXAVITQu4vr4xnSDxMaL",
    "Will": "bIHbv24MWmeRgasZH58o",
}
VOICE_ID = re.compile(r"[A-Za-z0-9]{20}")
# Of its models (https://elevenlabs.io/docs/overview/models); of others the service decides.
MULTILINGUAL = "ar bg cs da de el en es fi fil fr hi hr id it ja ko ms nl pl pt ro ru sk sv ta tl tr uk zh cmn"
LANGUAGES = {
    "eleven_multilingual_v2": MULTILINGUAL,
    "eleven_flash_v2_5": f"{MULTILINGUAL} hu no nb nn vi",
    "eleven_turbo_v2_5": f"{MULTILINGUAL} hu no nb nn vi",
    "eleven_flash_v2": "en",
    "eleven_turbo_v2": "en",
    "eleven_monolingual_v1": "en",
}
SEED = 1
"""So that the same words are spoken the same way again, as well as the service can."""
# What the service means by a reply whose status says something else (https://elevenlabs.io/docs/errors).
STATUS = {"quota_exceeded": 429, "voice_not_found": 404, "model_not_found": 404, "invalid_model_id": 404}
ONCE: Any = {"max_retries": 0}


class ElevenLabs(RemoteSpeaker):
    """Speaks with a voice of ElevenLabs: by its name, or by its id, as of a voice of one's own.

    The names of an account's own voices are known once it was asked for them, by a live validation.
    """

    name: ClassVar[str] = "elevenlabs"
    licence: ClassVar[str] = "proprietary service"
    summary: ClassVar[str] = "The voices of ElevenLabs, and your own."
    package: ClassVar[str] = "elevenlabs"
    extra: ClassVar[str] = "elevenlabs"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("api_key", required=True, secret=True, env=("ELEVENLABS_API_KEY",), help="Your key."),
        Field(
            "base_url",
            default=f"https://{OFFICIAL}",
            help="Another address of the service, e.g. of its region.",
            check=checks.url,
        ),
        Field("model", default="eleven_multilingual_v2", help="The model's name."),
        Field("timeout", default="120", help="Longest silence in seconds.", check=check_seconds),
        PRICE,
    )
    listed: ClassVar[dict[str, Mapping[str, str]]] = {}
    """What accounts were found to have, by the server's address: names and ids of voices."""

    def voices(self) -> tuple[str, ...]:
        """The voices every account has; with its own, and without those it lost, once it was asked."""
        account = self.listed.get(self.url(self.shown))
        if account is None:
            return tuple(PREMADE)
        held = set(account.values())
        premade = [name for name, known in PREMADE.items() if known in held]
        own = [name for name, known in account.items() if known not in PREMADE.values()]
        return (*premade, *own)

    def voice_id(self, config: Config, name: str | None) -> str | None:
        """The id of the voice `name`, which may be an id."""
        if name is None:
            return next(iter(PREMADE.values()))
        named = {**PREMADE, **self.listed.get(self.url(config), {})}
        known = {name.lower(): known for name, known in named.items()}
        return known.get(name.lower()) or (name if VOICE_ID.fullmatch(name) else None)

    def speaks(self, language: str) -> bool:
        """Whether it is among the languages of its model."""
        languages = LANGUAGES.get(self.model(self.shown))
        return languages is None or language.split("-")[0].lower() in languages.split()

    def rates(self, config: Config) -> tuple[float, float]:
        """As documented of the voice setting `speed`."""
        return 0.7, 1.2

    def say(self, config: Config, utterance: Utterance, line: Wire) -> Sound:
        """`/v1/text-to-speech/{voice}/with-timestamps`."""
        from elevenlabs.types import VoiceSettings

        primary = utterance.language.split("-")[0].lower()
        more: dict[str, Any] = {}
        if "multilingual" not in self.model(config) and len(primary) == 2:
            more["language_code"] = primary
        if utterance.speed != 1.0:
            more["voice_settings"] = VoiceSettings(speed=round(utterance.speed, 3))
        with self._client(config, line, self.seconds(config)) as client:
            reply = client.text_to_speech.convert_with_timestamps(
                utterance.voice,
                text=utterance.text,
                model_id=self.model(config),
                output_format=f"pcm_{HERTZ}",
                seed=SEED,
                # English is put into words already, wholly; of other languages only the numbers are.
                apply_text_normalization="off" if primary == "en" else "auto",
                request_options=ONCE,
                **more,
            )
        audio = getattr(reply, "audio_base_64", None)
        if not isinstance(audio, str):
            raise ValueError("no sound in the reply")
        return Sound(base64.b64decode(audio, validate=True), _times(reply.alignment, utterance.text))

    def offer(self, config: Config, line: Wire, *, seconds: float) -> Offer:
        """`/v1/models` and `/v1/voices`; the account's voices are known from then on."""
        with self._client(config, line, seconds / 2) as client:
            models = [model.model_id for model in client.models.list(request_options=ONCE)]
            voices = client.voices.get_all(request_options=ONCE).voices
        account = {voice.name or voice.voice_id: voice.voice_id for voice in voices}
        self.listed[self.url(config)] = account
        return Offer(models, account)

    def probe(self, *, timeout: float) -> Probed:
        """As of all; a key may be allowed to speak and not to list."""
        try:
            return super().probe(timeout=timeout)
        except failures.Unauthorized as error:
            if "permission" not in error.message:
                raise
            remedy = "Nothing, if it may speak; else allow it text to speech, and to read models and voices."
            return Probed("PartiallyValid", {"voices": list(self.voices())}, remedy, error.message)

    def status(self, error: Exception) -> tuple[int, str, str | None] | None:
        """Its HTTP status, or what the reply says it means. One below 300 is of a reply that is no JSON."""
        from elevenlabs.core.api_error import ApiError

        if not isinstance(error, ApiError) or (error.status_code or 500) < 300:
            return None
        detail = error.body.get("detail") if isinstance(error.body, dict) else error.body
        if isinstance(detail, dict):
            code = STATUS.get(str(detail.get("status") or detail.get("code")), error.status_code or 500)
            message = str(detail.get("message") or detail)
        elif isinstance(detail, list):
            code = error.status_code or 500
            message = "; ".join(str(one.get("msg", one)) if isinstance(one, dict) else str(one) for one in detail)
        else:
            code, message = error.status_code or 500, str(detail)
        return code, message, (error.headers or {}).get("retry-after")

    def mend_status(self, code: int) -> str:
        """As of all; a plan may not have a voice."""
        if code == 402:
            return "Choose a premade voice, or a plan of ElevenLabs that has this one."
        return super().mend_status(code)

    def mend_voice(self) -> str:
        """As of all; what an account has must be asked for."""
        return "Choose a voice your account has, by name or id: aura.validate('elevenlabs', live=True) lists them."

    @contextmanager
    def _client(self, config: Config, line: Wire, seconds: float) -> Iterator[Client]:
        import httpx
        from elevenlabs.client import ElevenLabs as Client

        url = self.url(config)
        with httpx.Client(**line.options(url, seconds)) as wire:
            # The client hands its timeout with each request, over that of ours: so it gets the same.
            yield Client(
                api_key=config.get("api_key"),
                base_url=url,
                httpx_client=wire,
                timeout=wire.timeout,  # type: ignore[arg-type]
            )


def _times(alignment: Any, text: str) -> Sequence[tuple[float, float]] | None:
    """When each character of `text` sounds, None where the service does not tell, or of another text."""
    letters = list(getattr(alignment, "characters", None) or ())
    starts = list(getattr(alignment, "character_start_times_seconds", None) or ())
    ends = list(getattr(alignment, "character_end_times_seconds", None) or ())
    if not len(letters) == len(starts) == len(ends) or "".join(letters) != text:
        return None
    return [(float(start), float(end)) for start, end in zip(starts, ends, strict=True)]
