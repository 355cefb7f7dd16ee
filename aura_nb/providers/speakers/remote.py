"""Speakers that ask a server: the flow they share, whoever speaks.

What is sent is the text as it is said, not as it is written: so all speakers of a chain say the same,
also what services read each in its own way or not at all (formulas, acronyms, Markdown), and times of
what was sent lead straight back to the written words.
"""

from __future__ import annotations

import threading
import unicodedata
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.providers import checks, failures
from aura_nb.providers.base import ProviderInfo, Socket, Speech, Word
from aura_nb.providers.config import Config, Field
from aura_nb.providers.remote import Remote
from aura_nb.providers.report import Probed
from aura_nb.providers.speakers import align, spoken, timing
from aura_nb.providers.wire import Wire
from aura_nb.spec import Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
HERTZ = 24_000
"""The rate that is asked for: what most services speak at."""
MOST_SECONDS = 300.0
"""No sentence takes longer, however slowly it trickles in."""
MARGIN_SECONDS = 0.02
# What a sentence takes at 160 words a minute: measured of kokoro and espeak, which are calibrated to
# it; over 15 English sentences of all lengths they are 6 % off (rms), 15 % at most.
START_SECONDS, CHARACTER_SECONDS = 0.16, 0.0645
WIDE = 3
"""As many characters an ideograph or a kana counts for."""
KNOWN_SECONDS = 20.0
"""How much speech that estimate is worth against what was really spoken."""
SHORTEST = 0.4
"""Speech shorter than this share of what is expected was cut off; voices differ by a quarter."""
CUT_SECONDS = 0.5
"""Sound that ends so long before the last word was cut off."""
PRICE = Field("price", help="What a million characters, as they are said, cost you, in USD.", check=checks.price)
"""Without a default: prices change, and differ from contract to contract."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One request: the text as it is said, the service's name of the voice, the language (BCP 47), and
    the speed against the voice's own.
    """

    text: str
    voice: str
    language: str
    speed: float


@dataclass(frozen=True, slots=True)
class Sound:
    """A reply: mono 16-bit little-endian PCM at `HERTZ`, and [start, end) in seconds of each character
    that was sent, None where the service does not tell.
    """

    pcm: bytes
    characters: Sequence[tuple[float, float]] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a service has for this key: its models, and its voices by name; empty where it does not tell."""

    models: Sequence[str] = ()
    voices: Mapping[str, str] = field(default_factory=dict)


class RemoteSpeaker(Remote):
    """A speaker behind a server: a vendor's class says how, by `say`, `offer` and its voices.

    At a rate of 1.0 a voice speaks as it comes, which is taken for 160 words a minute: services tell
    no more than that a thousand characters last about a minute, and that is the same.
    """

    socket: ClassVar[Socket] = "speaker"
    ignores: ClassVar[tuple[str, ...]] = ("pitch",)
    model_field: ClassVar[str] = "model"

    def __init__(self, config: Config | None = None, **seams: Any) -> None:
        super().__init__(config, **seams)
        self._paces: dict[tuple[str, str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    @property
    def info(self) -> ProviderInfo:
        """Who it is; another model or server is another version, and may speak at other rates."""
        info, config = super().info, self.shown
        versions = f"{VERSION}.{spoken.VERSION}.{align.VERSION}"
        version = f"{versions}/{info.version}"
        return replace(info, version=version, ignores=self.ignores, rates=self.rates(config))

    def speak(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> Speech:
        """Speak `text`; the sound is without the silence around it. Raises a `ProviderFailure`, JobCancelled."""
        config = self.config
        script, utterance = self._utterance(config, text, voice, language, rate)
        sound = self.ask(
            config, lambda line: self.say(config, utterance, line), cancel=cancel, timeout=MOST_SECONDS
        )
        speech = self._speech(script, utterance, sound, cancel)
        self._learn(config, utterance, speech.seconds)
        return speech

    def measure(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> float:
        """About how many seconds `speak` would give, by the characters and what this voice took so far.

        Asks nobody: that would cost what speaking does.
        """
        cancel.check()
        config = self.shown
        _, utterance = self._utterance(config, text, voice, language, rate)
        with self._lock:
            took, expected = self._paces.get(self._manner(config, utterance), (0.0, 0.0))
        pace = (KNOWN_SECONDS + took) / (KNOWN_SECONDS + expected)
        return natural_seconds(utterance.text) * pace / utterance.speed

    def accepts(self, name: str) -> bool:
        """Whether `name` is a voice, though `voices` may not list it."""
        return self.voice_id(self.shown, name) is not None

    def probe(self, *, timeout: float) -> Probed:
        """Whether the server answers, takes the key and has the model. Raises a `ProviderFailure`."""
        config = self.config
        offer = self.reach(config, lambda line: self.offer(config, line, seconds=timeout))
        model, server = self.model(config), urlsplit(self.url(config)).netloc
        details = {"model": model, "models": list(offer.models), "voices": list(self.voices())}
        if offer.models and model not in offer.models:
            return Probed("ModelMissing", details, self.mend_model(config), f"{server} has no model {model!r}.")
        default = self.voice_id(config, None)
        if offer.voices and default not in offer.voices.values():
            some = ", ".join(list(self.voices())[:6])
            remedy = f"Name a voice it has: Voice(name=…), e.g. {some}."
            return Probed("ModelMissing", details, remedy, f"{server} does not have the default voice.")
        return Probed("Valid", details, message=f"{model} answers at {server}.")

    @abstractmethod
    def say(self, config: Config, utterance: Utterance, line: Wire) -> Sound:
        """What the service speaks, by a client of its own that opens its sockets through `line`."""

    @abstractmethod
    def offer(self, config: Config, line: Wire, *, seconds: float) -> Offer:
        """What the service has: its cheapest requests that need the key, within about `seconds`."""

    @abstractmethod
    def voices(self) -> tuple[str, ...]:
        """The names `Voice.name` may take, as far as they are known without asking; the first is the default."""

    @abstractmethod
    def voice_id(self, config: Config, name: str | None) -> str | None:
        """What the service calls the voice `name` (None: the default one); None for one it cannot have."""

    @abstractmethod
    def speaks(self, language: str) -> bool:
        """Whether its model can speak `language`, a BCP 47 tag."""

    @abstractmethod
    def rates(self, config: Config) -> tuple[float, float]:
        """The slowest and the fastest speech of its model, against its own."""

    def model(self, config: Config) -> str:
        """The model that speaks."""
        return config.get(self.model_field) or ""

    def identity(self, config: Config) -> str:
        """The model that speaks, as exactly as can be said without asking."""
        return self.model(config)

    def lacking(self, config: Config, message: str) -> failures.ModelMissing | None:
        """The failure of a 404 that names the model or a voice."""
        if "voice" in message.lower():
            return failures.ModelMissing(self.name, f"{message.rstrip('.')}.", remedy=self.mend_voice())
        if self.model(config) in message:
            return failures.ModelMissing(self.name, f"{message.rstrip('.')}.", remedy=self.mend_model(config))
        return None

    def mend_model(self, config: Config) -> str:
        """What to do when the service does not have the model."""
        variable = self.field(self.model_field).variables(self.name)[0]
        return f"Choose a model it has with {variable}; this one is {self.model(config)!r}."

    def mend_voice(self) -> str:
        """What to do when the service does not have the voice."""
        return "Choose a voice it has: `aura-nb voices` lists them."

    def _utterance(
        self, config: Config, text: str, voice: Voice, language: str, rate: float
    ) -> tuple[spoken.Spoken, Utterance]:
        script = spoken.speak_out(text, language)
        if not script.text:
            raise ProviderError(self.name, f"there is nothing to say in {text!r}.", remedy="Write some words.")
        known = self.voice_id(config, voice.name)
        if known is None:
            raise failures.ModelMissing(self.name, f"has no voice {voice.name!r}.", remedy=self.mend_voice())
        slowest, fastest = self.rates(config)
        return script, Utterance(script.text, known, language, min(max(rate, slowest), fastest))

    def _speech(self, script: spoken.Spoken, utterance: Utterance, sound: Sound, cancel: Cancel) -> Speech:
        import numpy as np

        remedy = "Try again; if it stays so, the fault is the service's."
        if len(sound.pcm) % 2:
            raise failures.BadReply(self.name, "the sound ends within a sample.", remedy=remedy)
        audio = np.frombuffer(sound.pcm, "<i2").astype(np.float32) / np.float32(32768)
        first, last = timing.audible(audio)
        if not last:
            raise failures.BadReply(self.name, f"gave silence for {utterance.text[:80]!r}.", remedy=remedy)
        expected = natural_seconds(utterance.text) / max(1.0, utterance.speed)
        ends = sound.characters[-1][1] if sound.characters else 0.0
        seconds = len(audio) / HERTZ
        if (last - first) / HERTZ < SHORTEST * expected or seconds + CUT_SECONDS < ends:
            about = max(ends, expected)
            raise failures.BadReply(
                self.name, f"the sound breaks off: {seconds:.1f} s of about {about:.1f} s.", remedy=remedy
            )
        margin = round(MARGIN_SECONDS * HERTZ)
        begin = max(0, first - margin)
        audio = timing.faded(audio[begin : last + margin], margin)
        if sound.characters is None:
            return Speech(audio, HERTZ, align.words(script, audio, HERTZ, cancel=cancel), aligned=False)
        return Speech(audio, HERTZ, _words(script, sound.characters, begin / HERTZ, audio))

    def _learn(self, config: Config, utterance: Utterance, seconds: float) -> None:
        manner = self._manner(config, utterance)
        with self._lock:
            took, expected = self._paces.get(manner, (0.0, 0.0))
            expected += natural_seconds(utterance.text)
            self._paces[manner] = took + seconds * utterance.speed, expected

    def _manner(self, config: Config, utterance: Utterance) -> tuple[str, str, str]:
        return self.identity(config), utterance.voice, utterance.language


def natural_seconds(text: str) -> float:
    """About how long `text`, as it is said, takes at 160 words a minute."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return START_SECONDS + CHARACTER_SECONDS * (len(text) + (WIDE - 1) * wide)


def _words(
    script: spoken.Spoken, characters: Sequence[tuple[float, float]], begin: float, audio: NDArray[np.float32]
) -> tuple[Word, ...]:
    """The words by the times of the characters that were sent; the sound kept begins at `begin` seconds."""
    spans: list[tuple[float, float] | None] = [None] * len(script.said)
    offset = 0
    for index, said in enumerate(script.said):
        if not said:
            continue
        # The pause after a word counts as its mark's.
        letters = [offset + at for at, letter in enumerate(said) if letter.isalnum()]
        spans[index] = characters[letters[0]][0] - begin, characters[letters[-1]][1] - begin
        offset += len(said) + 1
    return timing.lay_words(script, spans, len(audio) / HERTZ)
