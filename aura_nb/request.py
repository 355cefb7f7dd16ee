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
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.script import Script
from aura_nb.spec import Brief, Plan, Profile, Render, Spec, Voice

PARTS: dict[str, type[Spec]] = {"plan": Plan, "voice": Voice, "render": Render, "profile": Profile}


@dataclass(frozen=True, slots=True)
class Request:
    """A film asked for: a brief to write first, or a script as it stands."""

    subject: Brief | Script
    plan: Plan = field(default_factory=Plan)
    voice: Voice = field(default_factory=Voice)
    render: Render = field(default_factory=Render)
    profile: Profile = field(default_factory=Profile)

    @classmethod
    def of(cls, source: str) -> Self:
        """What `source` asks for: the file it names, else a film on that topic. Raises InvalidBrief."""
        path = Path(source)
        return cls.read(path) if path.suffix.lower() in PARSERS else cls(Brief(source))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a brief or script file; raise `InvalidBrief` naming every bad field in it."""
        data = _parse(path)
        if "scenes" in data:
            return cls.whole(Script(**data))
        issues: list[FieldIssue] = []

        def part(kind: type[Spec], fields: object, prefix: str) -> Any:
            try:
                if kind is Profile and isinstance(fields, str):
                    return Profile.named(fields)
                if not isinstance(fields, Mapping):
                    raise InvalidBrief([FieldIssue("(whole)", "not a table of fields", "Write a table here.")])
                return kind(**{str(name): value for name, value in fields.items()})
            except InvalidBrief as error:
                issues.extend(replace(issue, field=f"{prefix}{issue.field}") for issue in error.issues)

        parts = {name: part(kind, data.pop(name, {}), f"{name}.") for name, kind in PARTS.items()}
        brief = part(Brief, data, "")
        if issues:
            raise InvalidBrief(issues, subject=f"file {path}")
        return cls(brief, **parts)

    @classmethod
    def ask(
        cls, source: str | Brief | Script | Self, *, profile: Profile | str | None = None, **parts: Spec | None
    ) -> Self:
        """The request for `source` with the parts that are given: plan, voice, render, and a profile or its name.

        A script's and a request's own parts hold unless given anew. A script is checked. Raises
        `InvalidBrief` for it, and for a profile that does not exist.
        """
        if isinstance(source, str):
            request = cls.of(source)
        elif isinstance(source, Brief | Script):
            request = cls.whole(source)
        else:
            request = source
        parts["profile"] = Profile.named(profile) if isinstance(profile, str) else profile
        given: dict[str, Any] = {name: part for name, part in parts.items() if part is not None}
        request = replace(request, **given)
        if request.script is not None:
            request.script.check()
        return request

    @classmethod
    def whole(cls, subject: Brief | Script) -> Self:
        """The request for a brief, or for a script as it is now: later edits do not reach it."""
        if isinstance(subject, Brief):
            return cls(subject)
        script = subject.model_copy(deep=True)
        return cls(script, script.plan, script.voice, script.render, script.profile)

    @property
    def script(self) -> Script | None:
        """The script with the request's own parts, None when it is still to be written."""
        return self.subject.model_copy(update=self.parts) if isinstance(self.subject, Script) else None

    @property
    def brief(self) -> Brief:
        """The brief, or the script's."""
        return self.subject.brief if isinstance(self.subject, Script) else self.subject

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

        A field given as None stays as it is. Raises `InvalidBrief` for a bad value.
        """
        parts: dict[str, Any] = {}
        for name, fields in changes.items():
            given = {field: value for field, value in fields.items() if value is not None}
            parts[name] = PARTS[name](**{**getattr(self, name).model_dump(), **given})
        return replace(self, **parts)


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


PARSERS: dict[str, Callable[[str], Any]] = {
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yaml": _yaml,
    ".yml": _yaml,
}


def _parse(path: Path) -> dict[str, Any]:
    def refuse(message: str, remedy: str) -> InvalidBrief:
        return InvalidBrief([FieldIssue(str(path), message, remedy)], subject="file")

    parser = PARSERS.get(path.suffix.lower())
    if parser is None:
        raise refuse("of no known kind", f"Use one of {', '.join(PARSERS)}.")
    try:
        data = parser(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise refuse("no such file", "Check the path.") from None
    except (OSError, ValueError) as error:
        raise refuse(f"cannot be read ({error})", "Mend the file, or save it again as UTF-8.") from None
    if not isinstance(data, dict):
        raise refuse("not a table of fields", "Begin it with a field, e.g. topic.")
    return {str(name): value for name, value in data.items()}
