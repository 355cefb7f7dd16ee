"""Remake: a film is derived anew from its manifest, and compared with what it was stage by stage.

Nothing is taken from the cache, so that a stage which gives other bytes today, for the same inputs or
because a tool has changed, is found out, and named before those that only follow from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from aura_nb.cancel import Cancel
from aura_nb.codecs import ENCODERS
from aura_nb.errors import RenderError
from aura_nb.figures import kind_of
from aura_nb.film import Film
from aura_nb.manifest import Manifest, ProviderEntry
from aura_nb.pipeline.cache import Cache, file_digest
from aura_nb.pipeline.cast import Parts
from aura_nb.pipeline.context import Reporter
from aura_nb.pipeline.flow import make_film
from aura_nb.pipeline.progress import Rates
from aura_nb.pipeline.verify import Check
from aura_nb.providers import registry
from aura_nb.providers.base import Identified, Provider, ProviderInfo, Socket, WriteRequest
from aura_nb.request import Request
from aura_nb.script import Script
from aura_nb.settings import Settings
from aura_nb.themes.theme import BUILT_IN

SAME = "the same"
DRIVERS = {name for name, encoder in ENCODERS.items() if not encoder.deterministic}


@dataclass(frozen=True, slots=True)
class Change:
    """A tool, encoder or provider that is not the one the film was made with: its versions then and now."""

    name: str
    then: str
    now: str


def remake(
    film: Path,
    work: Path,
    *,
    inputs: Path | None = None,
    workers: int,
    cancel: Cancel,
    report: Reporter,
    parts: Parts = registry.default,
) -> Film:
    """Make the film that `film` is of once more in the empty folder `work`, from its manifest alone.

    The images and the theme it names are looked for in `inputs`, by default beside the film. A script by
    a writer that would not say the same twice (a model) is taken as it is. Raises `RenderError` when an
    input is missing, or a picture or voice came from a service: asking it again would cost money and
    prove nothing.
    """
    told = Manifest.of(film)
    script = _script(told, inputs or film.absolute().parent)
    # Where the writer took part the film began with the brief, else with a script as it stands.
    written = any(entry.socket == "writer" for entry in told.providers)
    request = Request.ask(script)
    if written:
        request = replace(request, subject=script.brief)
    return make_film(
        request,
        work / "film.mp4",
        cache=Cache(work / "cache"),
        rates=Rates(),
        workers=workers,
        cancel=cancel,
        report=report,
        parts=_Then(told, script, parts),
    )


def compare(film: Path, again: Path) -> list[Check]:
    """What differs between `film` and the remade `again`, a check a stage in the order of the flow.

    The first that fails is where the difference began; a detail names the scene.
    """
    told, now = Manifest.of(film), Manifest.of(again)
    scenes = [f"scene {number + 1}" for number in range(len(told.scenes))]
    return [
        _written(told, now),
        _items("narrate", scenes, told, now),
        _items("picture", scenes, told, now),
        _items("caption", scenes, told, now),
        _items("compose", list(_segments(told)), told, now),
        _sound(told, now),
        _file(film, again, told, now),
    ]


def changes(film: Path, again: Path) -> list[Change]:
    """The versions of tools, the encoder and providers that are not what they were when `film` was made."""
    told, now = _versions(Manifest.of(film)), _versions(Manifest.of(again))
    return [
        Change(name, told.get(name, "none"), now.get(name, "none"))
        for name in dict.fromkeys([*told, *now])
        if told.get(name) != now.get(name)
    ]


def _versions(manifest: Manifest) -> dict[str, str]:
    providers = {f"{entry.name} ({entry.socket})": entry.version for entry in manifest.providers}
    # One that stood in has another name, and counts as a change like any other.
    encoder = {f"{manifest.encoder.name} (encoder)": manifest.encoder.version or "not recorded"}
    return {"aura_nb": manifest.aura_nb, **manifest.tools, **encoder, **providers}


class _Then:
    """The providers of a film as they were: services are not asked, and a model's script is kept."""

    def __init__(self, told: Manifest, script: Script, parts: Parts) -> None:
        self._told = told
        self._script = script
        self._parts = parts

    def get(self, socket: Socket, name: str) -> Any:
        provider = self._parts.get(socket, name)
        entries = [entry for entry in self._told.providers if (entry.socket, entry.name) == (socket, name)]
        if _repeats(provider):
            return provider
        if not entries:
            return _Absent(provider)
        if socket == "writer":
            return _Recalled(entries[0], self._script)
        does = {"speaker": "voice", "illustrator": "picture"}[socket]
        raise RenderError(
            f"{name} made a {does} of this film: a service that is not asked again.",
            remedy="Only films made on this machine alone can be derived anew; verify it without that.",
        )


def _repeats(provider: Provider) -> bool:
    """Whether the same may be expected of `provider` twice: no service, and no model behind a server."""
    return provider.info.local and not isinstance(provider, Identified)


class _Absent:
    """Stands in for a provider that took no part: it is passed over."""

    def __init__(self, provider: Provider) -> None:
        self.info = provider.info

    def missing(self) -> str:
        return "it took no part in this film"


class _Recalled:
    """Stands in for a writer that would not write the same again: it gives the script as it was."""

    def __init__(self, entry: ProviderEntry, script: Script) -> None:
        self.info = ProviderInfo(entry.name, "writer", True, entry.licence, entry.version)
        self._script = script

    def missing(self) -> None:
        return None

    def write(self, request: WriteRequest) -> Script:
        return self._script


def _script(told: Manifest, inputs: Path) -> Script:
    """The film's script, its images and its theme where they lie on this machine."""
    plain = {**told.script, "scenes": [{**scene} for scene in told.script["scenes"]]}
    wanted: list[Path] = []
    theme = plain["render"]["theme"]
    if theme not in BUILT_IN:
        wanted.append(inputs / theme)
        plain["render"] = {**plain["render"], "theme": str(wanted[-1])}
    for scene in plain["scenes"]:
        if scene["picture"]["kind"] == "figure":
            image = Path(scene["picture"]["image"])
            # Figures of matplotlib and plotly are kept by what they look like.
            wanted.append((Settings().figures if kind_of(image) else inputs) / image.name)
            scene["picture"] = {**scene["picture"], "image": str(wanted[-1])}
    if lost := [path for path in wanted if not path.exists()]:
        raise RenderError(
            f"The film was made of {', '.join(path.name for path in lost)}, which is not in {lost[0].parent}.",
            remedy="Name the folder that holds its images and its theme: inputs=… (--inputs).",
        )
    return Script(**plain)


def _written(told: Manifest, now: Manifest) -> Check:
    writers = [entry for entry in told.providers if entry.socket == "writer"]
    if not writers:
        return Check("write", True, "a script given as it stands")
    differ = [
        number
        for number, (one, other) in enumerate(zip_longest(told.script["scenes"], now.script["scenes"]), 1)
        if one != other
    ]
    if not differ:
        return Check("write", True, SAME)
    return Check("write", False, f"scene {differ[0]} says or shows something else{_more(differ)}")


def _items(stage: str, names: Sequence[str], told: Manifest, now: Manifest) -> Check:
    """Compare what came of each item of `stage`, and where it differs say whether its inputs did."""
    then, today = told.outcomes.get(stage, ()), now.outcomes.get(stage, ())
    if not then and today:
        return Check(stage, True, "not recorded in this film")
    differ = [number for number, (one, other) in enumerate(zip_longest(then, today)) if one != other]
    if not differ:
        return Check(stage, True, SAME)
    first = differ[0]
    name = names[first] if first < len(names) else "the end"
    keys = list(zip_longest(told.keys.get(stage, ()), now.keys.get(stage, ())))
    if first >= len(keys):
        why = "differs"
    elif keys[first][0] != keys[first][1]:
        why = "differs, as what went into it does"
    elif stage == "compose" and told.encoder.name in DRIVERS:
        why = f"differs, as what {told.encoder.name} makes may from run to run"
    else:
        why = "differs, though all that went into it is the same"
    return Check(stage, False, f"{name} {why}{_more(differ)}")


def _sound(told: Manifest, now: Manifest) -> Check:
    same = told.streams.get("audio") == now.streams.get("audio")
    return Check("sound", same, SAME if same else "the sound track differs")


def _file(film: Path, again: Path, told: Manifest, now: Manifest) -> Check:
    if file_digest(film) == file_digest(again):
        return Check("finish", True, "the same, byte for byte")
    one, other = told.model_dump(exclude={"files"}), now.model_dump(exclude={"files"})
    fields = [name for name in one if one[name] != other[name]]
    if told.streams != now.streams:
        return Check("finish", False, "the film differs, as its streams do")
    what = f"the manifest does ({', '.join(fields)})" if fields else "the file was changed"
    return Check("finish", False, f"its streams are the same, but {what}")


def _segments(told: Manifest) -> Iterator[str]:
    """What each segment shows, in playing order: bodies, and fades between them where there are any."""
    count = len(told.outcomes.get("compose", ()))
    scenes = len(told.scenes)
    fades = round(told.script["render"]["transition"] * told.fps) > 0
    for number in range(count):
        shown, fade = divmod(number, 2) if fades else (number, 0)
        name = f"scene {shown + 1}" if shown < scenes else "the credits"
        yield f"the fade from {name}" if fade else name


def _more(differ: Sequence[int]) -> str:
    return f" (and {len(differ) - 1} more)" if len(differ) > 1 else ""
