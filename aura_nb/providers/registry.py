"""Providers by name: the built-in parts, and those other packages plug in.

A package plugs a part in through the entry-point group `aura_nb.providers`, under the name
`socket.name`, so that listing names imports nothing:

    [project.entry-points."aura_nb.providers"]
    "speaker.azure" = "aura_azure:Azure"
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, get_args, overload

from aura_nb.errors import ProviderError, UnknownProvider
from aura_nb.providers.base import Illustrator, Provider, ScriptWriter, Socket, Speaker
from aura_nb.providers.config import Config

GROUP = "aura_nb.providers"
SOCKETS: tuple[Socket, ...] = get_args(Socket)
BUILT_IN: Mapping[str, str] = {
    "writer.rulebased": "aura_nb.providers.writers.rulebased:RuleBased",
    "writer.ollama": "aura_nb.providers.writers.ollama:Ollama",
    "writer.openai": "aura_nb.providers.writers.openai:OpenAI",
    "writer.anthropic": "aura_nb.providers.writers.anthropic:Anthropic",
    "writer.gemini": "aura_nb.providers.writers.gemini:Gemini",
    "speaker.kokoro": "aura_nb.providers.speakers.kokoro:Kokoro",
    "speaker.piper": "aura_nb.providers.speakers.piper:Piper",
    "speaker.espeak": "aura_nb.providers.speakers.espeak:Espeak",
    "speaker.system": "aura_nb.providers.speakers.system:System",
    "speaker.elevenlabs": "aura_nb.providers.speakers.elevenlabs:ElevenLabs",
    "speaker.openai": "aura_nb.providers.speakers.openai:OpenAI",
    "illustrator.figures": "aura_nb.providers.illustrators.figures:Figures",
    "illustrator.cards": "aura_nb.providers.illustrators.cards:Cards",
    "illustrator.files": "aura_nb.providers.illustrators.files:Files",
    "illustrator.stable-diffusion": "aura_nb.providers.illustrators.stable_diffusion:StableDiffusion",
    "illustrator.pexels": "aura_nb.providers.illustrators.pexels:Pexels",
    "illustrator.unsplash": "aura_nb.providers.illustrators.unsplash:Unsplash",
}
PROTOCOLS: Mapping[Socket, type[Any]] = {
    "writer": ScriptWriter,
    "speaker": Speaker,
    "illustrator": Illustrator,
}


def installed() -> Iterable[EntryPoint]:
    """The built-in parts, then the plugged-in ones by name; a built-in name cannot be taken over."""
    yield from (EntryPoint(name, target, GROUP) for name, target in BUILT_IN.items())
    yield from sorted(entry_points(group=GROUP), key=lambda point: point.name)


class Registry:
    """One instance of every provider, made when first asked for; safe to use from any thread.

    Each is made under its own lock: one that takes long, or for ever, holds up nobody who asks for
    another.
    """

    def __init__(self, installed: Callable[[], Iterable[EntryPoint]] = installed) -> None:
        self._installed = installed
        self._points: dict[str, EntryPoint] | None = None
        self._made: dict[str, Provider] = {}
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}

    def names(self, socket: Socket) -> tuple[str, ...]:
        """The names that fit `socket`, built-in ones first. Imports none of them."""
        return tuple(key.removeprefix(f"{socket}.") for key in self._parts() if key.startswith(f"{socket}."))

    @overload
    def get(self, socket: Literal["writer"], name: str) -> ScriptWriter: ...
    @overload
    def get(self, socket: Literal["speaker"], name: str) -> Speaker: ...
    @overload
    def get(self, socket: Literal["illustrator"], name: str) -> Illustrator: ...
    @overload
    def get(self, socket: Socket, name: str) -> Provider: ...
    def get(self, socket: Socket, name: str) -> Provider:
        """The provider `name` of `socket`, the same object at every call.

        Raises `UnknownProvider` for an unknown name, `ProviderError` when the package that plugs it
        in cannot be imported or is not what the socket takes.
        """
        key = f"{socket}.{name}"
        point = self._point(socket, name)
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            if key not in self._made:
                self._made[key] = _make(point, socket, name)
            return self._made[key]

    def configured(self, socket: Socket, config: Config) -> Provider:
        """A new instance of the provider that `config` is of, with these settings. Raises as `get`."""
        return _make(self._point(socket, config.provider), socket, config.provider, config=config)

    @overload
    def chain(self, socket: Literal["writer"], names: Sequence[str]) -> list[ScriptWriter]: ...
    @overload
    def chain(self, socket: Literal["speaker"], names: Sequence[str]) -> list[Speaker]: ...
    @overload
    def chain(self, socket: Literal["illustrator"], names: Sequence[str]) -> list[Illustrator]: ...
    def chain(self, socket: Socket, names: Sequence[str]) -> Sequence[Provider]:
        """The providers `names` of `socket`, in the order they are to be tried."""
        return [self.get(socket, name) for name in names]

    def _point(self, socket: Socket, name: str) -> EntryPoint:
        point = self._parts().get(f"{socket}.{name}")
        if point is None:
            known = ", ".join(self.names(socket))
            raise UnknownProvider(f"There is no {socket} named {name!r}.", remedy=f"Choose one of: {known}.")
        return point

    def _parts(self) -> Mapping[str, EntryPoint]:
        with self._lock:
            if self._points is None:
                self._points = {}
                for point in self._installed():
                    self._points.setdefault(point.name, point)
            return self._points


def _make(point: EntryPoint, socket: Socket, name: str, **settings: Config) -> Provider:
    kind: Any = None
    provider: Provider | None = None
    broke = ""
    try:
        kind = point.load()
        provider = kind(**settings)
    except Exception as error:
        broke = _redacted(error, kind, settings.get("config"), name)
    if provider is None:
        # Raised out here: what it was made with, a key perhaps, is in the error's traceback.
        package = point.dist.name if point.dist else point.module.partition(".")[0]
        remedy = f"Reinstall {package}, or remove it."
        raise ProviderError(name, f"cannot be loaded ({broke}).", remedy=remedy)
    protocol = PROTOCOLS[socket]
    fits = isinstance(provider, protocol)
    if not fits:
        raise ProviderError(
            name, f"is no {protocol.__name__}.", remedy=f"Plug {point.value} into the socket it is made for."
        )
    return provider


def _redacted(error: Exception, kind: Any, config: Config | None, name: str) -> str:
    """What `error` says, without the secrets of the provider that `kind` was to make."""
    fields = getattr(getattr(kind, "info", None), "fields", ()) or getattr(kind, "fields", ())
    held = config or Config.resolve(name, fields if isinstance(fields, tuple) else ())
    return held.redact(" ".join(str(error).split()))[:300] or type(error).__name__


default = Registry()
names = default.names
get = default.get
chain = default.chain
