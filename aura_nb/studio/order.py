"""What is asked for, being filled in: the brief, plan, voice, render and profile as one form of forms."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Self, cast

from aura_nb.errors import AuraError, FieldIssue, InvalidBrief
from aura_nb.pipeline.cast import able_or_why_not, check_voice
from aura_nb.providers import registry
from aura_nb.providers.base import Socket, Speaker
from aura_nb.request import PARTS, Request
from aura_nb.spec import PROFILES, Brief, Voice
from aura_nb.studio.form import Form
from aura_nb.themes.theme import BUILT_IN, load
from aura_nb.validated import Spec

MODELS: Mapping[str, type[Spec]] = {"brief": Brief, **PARTS}
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ja", "zh", "hi", "ar")
"""Proposals only: any BCP 47 tag will do."""
VOICES_PROPOSED = 200


class Order:
    """The five parts of a request as they stand. A field is named by its part: `brief.topic`, `plan.seconds`.

    `touched` are the fields a user has been at: that others are required is not told yet, since nobody
    should be scolded for what they have not begun.
    """

    def __init__(self, request: Request | None = None, *, parts: registry.Registry = registry.default) -> None:
        self.forms: dict[str, Form[Spec]] = {name: Form(model) for name, model in MODELS.items()}
        self.touched: set[str] = set()
        self._parts = parts
        if request is not None:
            self.forms = {name: Form.of(part) for name, part in {"brief": request.brief, **request.parts}.items()}

    def copy(self) -> Self:
        """An order of its own, with the same in it."""
        other = copy.copy(self)
        other.forms = {name: form.copy() for name, form in self.forms.items()}
        other.touched = set(self.touched)
        return other

    def edit(self, key: str, shown: Any) -> None:
        """`shown` stands in the control of field `key`. KeyError for a field that is none."""
        part, _, name = key.partition(".")
        self.forms[part].edit(name, shown)
        self.touched.add(key)

    def use_profile(self, name: str) -> None:
        """Take the chains of the profile of this name. KeyError when there is none."""
        for socket, chain in PROFILES[name].items():
            self.edit(f"profile.{socket}", ", ".join(chain))

    def touch_all(self) -> None:
        """From now on everything that is wrong is told."""
        self.touched = {f"{part}.{control.name}" for part, form in self.forms.items() for control in form.controls}

    @property
    def shown(self) -> dict[str, Any]:
        """What stands in every control."""
        return {f"{part}.{name}": value for part, form in self.forms.items() for name, value in form.shown.items()}

    def issues(self) -> dict[str, FieldIssue]:
        """All that is wrong, by the field to mend: what the models say, and names that nobody has."""
        found = {f"{part}.{name}": one for part, form in self.forms.items() for name, one in form.issues().items()}
        looks = {"render.theme": self._theme_issue, "voice.name": self._voice_issue}
        looks |= {f"profile.{socket}": partial(self._chain_issue, socket) for socket in registry.SOCKETS}
        for key, look in looks.items():
            if key not in found and (issue := look()):
                found[key] = issue
        return found

    def told(self) -> dict[str, FieldIssue]:
        """Those of the issues that are to be shown by now."""
        return {
            key: issue for key, issue in self.issues().items() if key in self.touched or not self._required(key)
        }

    def made(self) -> Request:
        """The request. Raises one `InvalidBrief` that names every field that is wrong."""
        if issues := self.issues():
            raise InvalidBrief([replace(issue, field=key.removeprefix("brief.")) for key, issue in issues.items()])
        made: dict[str, Any] = {name: form.made() for name, form in self.forms.items()}
        return Request.ask(made.pop("brief"), **made)

    def proposals(self) -> dict[str, list[str]]:
        """What fields that take any name could be given, by field."""
        names = {f"profile.{socket}": list(self._parts.names(socket)) for socket in registry.SOCKETS}
        voices = dict.fromkeys(name for speaker in self._speakers() for name in speaker.voices())
        return {
            "voice.name": list(voices)[:VOICES_PROPOSED],
            "render.theme": list(BUILT_IN),
            "brief.language": list(LANGUAGES),
            **names,
        }

    def _required(self, key: str) -> bool:
        part, _, name = key.partition(".")
        return any(control.required for control in self.forms[part].controls if control.name == name)

    def _speakers(self) -> list[Speaker]:
        """Those of the profile that can speak the brief's language here."""
        chain, language = self._chain("speaker"), self.forms["brief"].values.get("language", "en")
        try:
            found = [able_or_why_not("speaker", name, str(language), self._parts) for name in chain]
        except AuraError:
            return []
        speakers = [cast("Speaker", one) for one in found if not isinstance(one, FieldIssue)]
        return [speaker for speaker in speakers if _tells_its_voices(speaker)]

    def _chain(self, socket: Socket) -> list[str]:
        default = self.forms["profile"].model.model_fields[socket].default
        return list(self.forms["profile"].values.get(socket, default))

    def _chain_issue(self, socket: Socket) -> FieldIssue | None:
        known = self._parts.names(socket)
        strange = [name for name in self._chain(socket) if name not in known]
        if not strange:
            return None
        what = f"there is no {socket} named {', '.join(map(repr, strange))}"
        return FieldIssue(socket, what, f"Choose among {', '.join(known)}.")

    def _voice_issue(self) -> FieldIssue | None:
        form = self.forms["voice"]
        if not form.values.get("name") or form.issues():
            return None
        try:
            check_voice(cast("Voice", form.made()), self._speakers())
        except InvalidBrief as error:
            return error.issues[0]
        return None

    def _theme_issue(self) -> FieldIssue | None:
        try:
            load(str(self.forms["render"].values.get("theme", BUILT_IN[0])))
        except InvalidBrief as error:
            return error.issues[0]
        return None


def _tells_its_voices(speaker: Speaker) -> bool:
    try:
        speaker.voices()
    except Exception:
        # A plug-in's fault is told where it is to work; the form goes on without its voices.
        return False
    return True
