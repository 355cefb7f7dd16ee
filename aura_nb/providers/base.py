"""The three sockets (ScriptWriter, Speaker, Illustrator) and what a provider says of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from aura_nb.cancel import Cancel
from aura_nb.providers.config import Field
from aura_nb.script import Picture, Scene, Script
from aura_nb.spec import Brief, Plan, Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Socket = Literal["writer", "speaker", "illustrator"]


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What a provider says of itself.

    `version` goes into cache keys and the manifest: it must change whenever the same input may
    give another output. `fields` are its settings (none: nothing to configure); a class that has some
    takes `config: Config | None = None` when it is made. `ignores` are the fields of `Voice` it cannot
    honour, which the user is told when they set one; `rates` are the slowest and the fastest speech it
    can give, against 160 words a minute: what is asked beyond them is told, too, and comes out as the
    nearest. `measures_by_speaking` is said by a speaker whose `measure` is no cheaper than its `speak`:
    what it speaks to be measured is kept. `credits` is said by an illustrator whose pictures are the
    work of others, who are named in the film.
    """

    name: str
    socket: Socket
    local: bool
    licence: str
    version: str
    summary: str = ""
    fields: tuple[Field, ...] = ()
    ignores: tuple[str, ...] = ()
    rates: tuple[float, float] = (0.0, float("inf"))
    measures_by_speaking: bool = False
    credits: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written (captions show it) and when it is spoken: [start, end) in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken text: mono float32 samples in [-1, 1], their rate in Hz, and a Word a written word.

    `words` are the whitespace-separated tokens of the text that was asked for, in order.
    `aligned` is False when the times are estimates and not the engine's own.
    """

    audio: NDArray[np.float32]
    rate: int
    words: tuple[Word, ...]
    aligned: bool = True

    @property
    def seconds(self) -> float:
        """Length of the audio in seconds."""
        return len(self.audio) / self.rate


@dataclass(frozen=True, slots=True)
class Credit:
    """Whose work a picture shows, as its licence wants it told.

    `work` is what it is ("Photo"), `source` where it was found ("Unsplash"), `url` its own page there.
    """

    work: str
    author: str
    source: str
    url: str
    licence: str


@dataclass(frozen=True, slots=True)
class DrawRequest:
    """What an illustrator is handed: the picture, its `size` in pixels, and what the film is about.

    `theme` is a theme's name or folder, `language` a BCP 47 tag, `topic` the brief's.
    """

    picture: Picture
    size: tuple[int, int]
    theme: str
    language: str
    topic: str = ""
    cancel: Cancel = field(default_factory=Cancel)
    progress: Callable[[float], None] = lambda fraction: None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture drawn: the PNG's path, what the user should be told (missing glyphs …), whom to credit."""

    path: Path
    warnings: tuple[str, ...] = ()
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model read and wrote, in its own tokens, as its server counts and charges them."""

    tokens_in: int = 0
    tokens_out: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out)


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """What a writer is handed.

    `seconds_of` gives the length in seconds the whole film would have if its scenes said these
    texts, measured by the speaker that will speak them, pauses and transitions included. `warn` tells
    the user what the script falls short of. `used` is told what each reply of a language model took,
    by a writer whose server says so.
    """

    brief: Brief
    plan: Plan
    seconds_of: Callable[[Sequence[str]], float]
    cancel: Cancel = field(default_factory=Cancel)
    progress: Callable[[float], None] = lambda fraction: None
    warn: Callable[[str], None] = lambda message: None
    used: Callable[[Usage], None] = lambda usage: None


@runtime_checkable
class Provider(Protocol):
    """What all three sockets have in common."""

    @property
    def info(self) -> ProviderInfo: ...

    def missing(self) -> str | None:
        """None when it can work on this machine now; else the remedy (a command to run)."""
        ...


@runtime_checkable
class ScriptWriter(Provider, Protocol):
    """Turns a brief into scenes. Only `scenes` of what it returns is its own; the rest is copied."""

    def write(self, request: WriteRequest) -> Script: ...


@runtime_checkable
class Rewriting(Protocol):
    """What a writer may have beside its socket's methods: it can write one scene of a script anew."""

    def rewrite(self, request: WriteRequest, script: Script, number: int) -> Scene:
        """Another scene for number `number` of `script`, to be told in about the same time.

        Raises ProviderError, JobCancelled.
        """
        ...


@runtime_checkable
class Identified(Protocol):
    """What a provider may have beside its socket's methods: work whose author only the server knows."""

    def identify(self, cancel: Cancel) -> None:
        """Learn what exactly will do the work (a model's digest); from then on `info.version` says it.

        Raises ProviderError, JobCancelled.
        """
        ...


@runtime_checkable
class Speaker(Provider, Protocol):
    """Speaks text. The same call gives the same samples on the same machine and version."""

    def voices(self) -> tuple[str, ...]:
        """The names `Voice.name` may take; the first is the default."""
        ...

    def speaks(self, language: str) -> bool:
        """Whether it can speak `language`, a BCP 47 tag, at all. Cheap: loads no model."""
        ...

    def speak(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> Speech:
        """Speak `text`; `rate` is against 160 words a minute. Raises ProviderError, JobCancelled."""
        ...

    def measure(self, text: str, voice: Voice, *, language: str, rate: float, cancel: Cancel) -> float:
        """How many seconds `speak` would give, as cheaply as the engine allows.

        Exact, or an estimate where speaking costs money: it never asks a service.
        """
        ...


@runtime_checkable
class Accepting(Protocol):
    """What a speaker may have beside its socket's methods: it has voices that it does not list."""

    def accepts(self, name: str) -> bool:
        """Whether it has a voice `name`, as far as that is known without asking anybody."""
        ...


@runtime_checkable
class Illustrator(Provider, Protocol):
    """Draws a scene's picture."""

    def draw(self, request: DrawRequest, out: Path) -> Drawing:
        """Draw the picture at exactly its size as an opaque RGB PNG at `out`.

        Raises ProviderError, InvalidBrief for a picture nobody could draw, JobCancelled.
        """
        ...


@runtime_checkable
class Choosy(Protocol):
    """What an illustrator may have beside its socket's methods: it draws some pictures only."""

    def draws(self, picture: Picture) -> bool:
        """Whether `picture` is one for it. The others are for the next in the chain, which is no failure."""
        ...


@runtime_checkable
class Themed(Protocol):
    """What an illustrator may have beside its socket's methods: it knows what its pictures depend on."""

    def depends(self, request: DrawRequest) -> str:
        """All that counts beside the picture, its size, the language and `info.version`: a picture is
        drawn again when this changes. Without it, the theme's name and the topic do.
        """
        ...
