"""What a file asks for: a brief with its plan, voice, render and profile, or a script.

A brief file holds the brief's fields, and those of the other parts in tables of their names; it is
TOML, YAML or JSON by its suffix. A file with `scenes` is a script (`Script.save` writes such JSON).

    topic = "Why the sky is blue"
    points = ["Sunlight is a mix of all colours."]
    profile = "free-only"

    [plan]
    seconds = 30
"""

from __future__ import annotations

import json
import os
import re
import reprlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from aura_nb.errors import WHOLE, Faults, FieldIssue, InvalidBrief, refused
from aura_nb.platforms import PLATFORMS
from aura_nb.script import Script
from aura_nb.spec import Brief, Plan, Profile, Render, Voice
from aura_nb.validated import Spec, reported

PARTS: dict[str, type[Spec]] = {"plan": Plan, "voice": Voice, "render": Render, "profile": Profile}
_STAND_IN = Brief("What was asked for wrongly")


@dataclass(frozen=True, slots=True)
class Request:
    """A film asked for: a brief to write first, or a script as it stands."""

    subject: Brief | Script
    plan: Plan = field(default_factory=Plan)
    voice: Voice = field(default_factory=Voice)
    render: Render = field(default_factory=Render)
    profile: Profile = field(default_factory=Profile)

    @classmethod
    def ask(
        cls,
        source: str | Path | Brief | Script | Mapping[str, Any] | Self,
        *,
        changes: Mapping[str, Mapping[str, Any]] | None = None,
        **parts: Any,
    ) -> Self:
        """The request for `source`: a topic, a brief or script file, a brief, a script or their fields, a request.

        `parts` (plan, voice, render, profile) are taken where given, as models or as their fields in a
        dict; a script's and a request's own hold otherwise. `changes` of fields come last, as `changed` takes
        them. Later edits of `source`, and later changes of the working directory, do not reach the request.
        Raises one `InvalidBrief` for all of it.
        """
        faults = Faults()
        # What else was given is looked at all the same, against the defaults.
        request = cls(_STAND_IN)
        with faults.within():
            request = cls._from(source)
        given: dict[str, Any] = {}
        for name, value in parts.items():
            with faults.within(name):
                given |= {} if value is None else {name: _part(name, value)}
        request = replace(request, **given)
        with faults.within():
            request = request.changed(**changes or {})
        faults.tell()
        if (theme := _folder(request.render.theme)) is not None:
            render = request.render.model_copy(update={"theme": str(theme.absolute())})
            request = replace(request, render=render)
        return request

    @classmethod
    def _from(cls, source: object) -> Self:
        if isinstance(source, cls):
            return source
        if isinstance(source, str):
            return cls.of(source)
        if isinstance(source, Path):
            return cls.read(source)
        if isinstance(source, Brief):
            return cls(source)
        if isinstance(source, Script):
            script = source.settled()
            return cls(script, script.plan, script.voice, script.render, script.profile)
        if isinstance(source, Mapping):
            return cls.parse(source)
        remedy = "Give a topic, a file's path, a Brief, a Script, a Request, or their fields in a dict."
        issue = FieldIssue("subject", f"no film can be made of {reprlib.repr(source)}", remedy)
        raise InvalidBrief([issue], subject="request")

    @classmethod
    def of(cls, source: str) -> Self:
        """What `source` asks for: the file it names, else a film on that topic. Raises InvalidBrief.

        A file or folder that is there is meant, unless it is called by one plain word, as topics are.
        """
        path = Path(source)
        # Path.exists raises of a topic too long for a path.
        there = os.path.exists(source)  # noqa: PTH110
        written = path.suffix.lower() in PARSERS and not any(map(str.isspace, source))
        named = written or (there and (path.suffix != "" or len(path.parts) > 1))
        return cls.read(path) if named else cls(Brief(source))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a brief or script file; raise `InvalidBrief` naming every bad field in it.

        The images it names lie relative to it.
        """
        return cls.parse(_parse(path), f"file {path}", path.parent)

    @classmethod
    def written(cls, text: str, where: str = "cell") -> Self:
        """The request that `text` writes out, in YAML or TOML as a file would; plain words are a topic.

        The images it names lie relative to where we are. Raises `InvalidBrief` naming every bad field of `where`.
        """
        data = _table(text, _toml if TOML.match(text) else _yaml, where)
        return cls(Brief(data)) if isinstance(data, str) else cls.parse(data, where)

    @classmethod
    def parse(cls, data: Mapping[str, Any], where: str = "request", folder: Path | None = None) -> Self:
        """The request that plain `data` stands for: a brief's fields, a script's, or what `plain` gives.

        The images it names lie relative to `folder`, by default to where we are. Raises `InvalidBrief`
        naming every bad field of `where`.
        """
        data = {str(name): value for name, value in data.items()}
        subject = data.pop("subject", None)
        if isinstance(subject, Mapping):
            data = {**subject, **data}
        if "scenes" in data:
            with reported(Script, where):
                return cls.ask(Script(**data).settled(folder))
        faults = Faults()
        parts: dict[str, Any] = {}
        for name in PARTS:
            with faults.within(name):
                parts[name] = _part(name, data.pop(name, {}))
        brief = _STAND_IN
        with faults.within():
            brief = Brief(**data)
        faults.tell(where)
        return cls(brief, **parts)

    def check(self) -> Self:
        """Raise `InvalidBrief` naming every scene of the script that cannot be made; else return the request."""
        if self.script is not None:
            self.script.check()
        return self

    def plain(self) -> dict[str, Any]:
        """All that is asked for, as JSON-plain data; `subject` is the brief or the script."""
        parts = {name: part.model_dump(mode="json") for name, part in self.parts.items()}
        return {"subject": self.subject.model_dump(mode="json"), **parts}

    @property
    def script(self) -> Script | None:
        """The script with the request's own parts, None when it is still to be written."""
        if not isinstance(self.subject, Script):
            return None
        return self.subject.model_copy(update={**self.parts, "brief": self.brief})

    @property
    def brief(self) -> Brief:
        """The brief, or the script's; where the film is for a platform, in that one's aspect."""
        brief = self.subject.brief if isinstance(self.subject, Script) else self.subject
        if self.render.platform is None:
            return brief
        return brief.model_copy(update={"aspect": PLATFORMS[self.render.platform].aspect})

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the film in pixels."""
        return self.render.size(self.brief.aspect)

    @property
    def rate(self) -> float:
        """Speaking rate against 160 words a minute."""
        return self.plan.rate * self.voice.rate

    @property
    def parts(self) -> dict[str, Any]:
        """The plan, voice, render and profile, by name."""
        return {name: getattr(self, name) for name in PARTS}

    def changed(self, **changes: Mapping[str, Any]) -> Self:
        """A request with fields of its parts changed: `changed(plan={"seconds": 20})`.

        A field given as None stays as it is. Raises one `InvalidBrief` for all bad values.
        """
        faults = Faults()
        parts: dict[str, Any] = {}
        for name, fields in changes.items():
            given = {field: value for field, value in fields.items() if value is not None}
            # What was never given is left to follow from what is given now.
            before = getattr(self, name).model_dump(exclude_unset=True)
            if "quality" in given:
                before.pop("crf", None)
            with faults.within(name):
                parts[name] = PARTS[name](**{**before, **given})
        faults.tell()
        return replace(self, **parts)


def _folder(theme: str) -> Path | None:
    """The folder that `theme` names, if it does; what is no path at all does not."""
    try:
        path = Path(theme).expanduser()
        return path if path.is_dir() else None
    except (OSError, RuntimeError):
        return None


def _part(name: str, value: object) -> Spec:
    kind = PARTS[name]
    if isinstance(value, kind):
        return value
    if kind is Profile and isinstance(value, str):
        return Profile.named(value)
    if isinstance(value, Mapping):
        return kind(**{str(field): given for field, given in value.items()})
    remedy = f"Give its fields: {', '.join(kind.model_fields)}."
    issue = FieldIssue(WHOLE, f"{value!r} is no table of fields", remedy)
    raise InvalidBrief([issue], subject=name)


def _yaml(text: str) -> Any:
    from aura_nb import yaml12

    return yaml12.load(text)


def _toml(text: str) -> Any:
    return tomllib.loads(text)


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """These fields, none of which may be given twice: the earlier value would be lost."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise ValueError(f"there is a second `{name}`")
        fields[name] = value
    return fields


TOML = re.compile(r"(?:[^\S\n]*(?:#.*)?\n)*[^\S\n]*(?:\[|[\w.\"'-]+[ \t]*=)")
"""What is TOML and not YAML begins so: the first line that says something begins a table, or sets a key."""

PARSERS: dict[str, Callable[[str], Any]] = {
    ".toml": _toml,
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
}


def _parse(path: Path) -> dict[str, Any]:
    where = f"file {path}"
    parser = PARSERS.get(path.suffix.lower())
    if parser is None:
        raise _refused(where, "of no known kind", f"Use one of {', '.join(PARSERS)}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _refused(where, *refused(error)) from None
    except UnicodeError:
        raise _refused(where, "it is not UTF-8", "Save it again as UTF-8.") from None
    data = _table(text, parser, where)
    if isinstance(data, str):
        raise _no_table(where)
    return data


def _table(text: str, parser: Callable[[str], Any], where: str) -> dict[str, Any] | str:
    """The fields that `text` holds, or the one line of words it is. Raises `InvalidBrief`."""
    try:
        data = parser(text)
    except ValueError as error:
        remedy = next((mend for start, mend in _MENDS.items() if str(error).startswith(start)), _MEND)
        raise _refused(where, f"cannot be read: {error}", remedy) from None
    if isinstance(data, str):
        return data
    if not isinstance(data, dict):
        raise _no_table(where)
    return {str(name): value for name, value in data.items()}


_MEND = "Mend what is told here."
_ONE = "Keep one of the two."
_QUOTED = "Put the text in quotes."
_VALUE = 'Give a value: a text in quotes, e.g. topic = "Why the sky is blue".'
_MENDS = {
    "there is a second": _ONE,
    "mapping values are not allowed": 'Put a text with ": " in it in quotes, and begin all fields in one column.',
    "found character '\\t'": "Indent with spaces, not with tabs.",
    "found character": _QUOTED,
    "found undefined alias": _QUOTED,
    "expected alphabetic or numeric character": _QUOTED,
    "expected <block end>": "Put the whole text in quotes, and begin all fields in one column.",
    "Invalid value": _VALUE,
    "Expected newline or end of document after a statement": _VALUE,
    "Cannot overwrite": _ONE,
    "Cannot declare": _ONE,
}
"""What mends a text that cannot be read, by how the parser's words about it begin."""


def _no_table(where: str) -> InvalidBrief:
    return _refused(where, "not a table of fields", "Begin it with a field, e.g. topic.")


def _refused(where: str, message: str, remedy: str) -> InvalidBrief:
    return InvalidBrief([FieldIssue(where, message, remedy)], subject="request")
