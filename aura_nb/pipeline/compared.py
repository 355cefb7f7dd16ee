"""What comes of a comparison: a writer's draft, a speaker's take, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aura_nb.pipeline.entrants import Entrant
from aura_nb.providers.base import Usage
from aura_nb.script import Script


@dataclass(frozen=True, slots=True)
class Draft:
    """What came of a writer. `seconds` it worked, whenever that was; `cost` in USD, None if unknown."""

    entrant: Entrant
    local: bool | None = None
    model: str = ""
    script: Script | None = None
    film_seconds: float | None = None
    used: Usage | None = None
    cost: float | None = None
    seconds: float | None = None
    cached: bool | None = None
    failure: str = ""
    remedy: str = ""

    @property
    def scenes(self) -> int | None:
        """How many scenes the script has."""
        return len(self.script.scenes) if self.script else None

    @property
    def words(self) -> int | None:
        """How many words the script has."""
        return sum(len(scene.text.split()) for scene in self.script.scenes) if self.script else None

    @property
    def off_percent(self) -> float | None:
        """How far the film's length is from the plan's, in percent of that."""
        if self.script is None or self.film_seconds is None:
            return None
        return 100 * (self.film_seconds / self.script.plan.seconds - 1)


@dataclass(frozen=True, slots=True)
class Take:
    """What came of a speaker. `seconds` it worked, whenever that was; `cost` in USD, None if unknown.

    `audio_seconds` is the length of its speech, pauses included; `loudness` in LUFS and `peak` in dBTP
    are those of the narration; `recognised` is a share, 0–1.
    """

    entrant: Entrant
    local: bool | None = None
    voice: str = ""
    audio_seconds: float | None = None
    words_per_minute: float | None = None
    loudness: float | None = None
    peak: float | None = None
    recognised: float | None = None
    characters: int | None = None
    aligned: bool | None = None
    cost: float | None = None
    seconds: float | None = None
    cached: bool | None = None
    sample: Path | None = None
    failure: str = ""
    remedy: str = ""

    @property
    def realtime(self) -> float | None:
        """Seconds of speech for each second of work."""
        return self.audio_seconds / self.seconds if self.audio_seconds and self.seconds else None


@dataclass(frozen=True, slots=True)
class Compared:
    """All that came of it. `passage` is what the speakers said; `notes` are what else a reader should know."""

    drafts: tuple[Draft, ...]
    takes: tuple[Take, ...]
    passage: str = ""
    notes: tuple[str, ...] = ()
