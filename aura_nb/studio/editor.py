"""The script being edited, scene by scene: what stands in its controls, right or wrong."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Self, get_args

from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.script import Part, Picture, QuoteCard, Scene, TitleCard
from aura_nb.studio.controls import controls
from aura_nb.studio.form import Form

CARDS: Mapping[str, type[Part]] = {
    card.model_fields["kind"].default: card for card in get_args(get_args(Picture)[0])
}
"""The kinds of picture by name, from the script's own union of them."""

_ids = itertools.count(1)
"""Names for scenes that hold while they are moved; none is given twice in a kernel."""


class SceneForm:
    """One scene as it stands: heading, text, and a card of one kind. `id` names it wherever it moves.

    A new one shows its heading as a title, which needs nothing more.
    """

    def __init__(self, scene: Scene | None = None) -> None:
        self.id = f"s{next(_ids)}"
        self._words: Form[Scene] = Form(Scene, {"heading": "", "text": ""} if scene is None else _words(scene))
        card: Part = TitleCard(title="") if scene is None else scene.picture
        self.kind = _kind(card)
        # A card of another kind is kept, should it be wanted again.
        self._cards: dict[str, Form[Part]] = {self.kind: Form.of(card)}

    @property
    def card(self) -> Form[Part]:
        """The picture's form."""
        return self._cards[self.kind]

    @property
    def shown(self) -> dict[str, Any]:
        """What stands in the controls: `heading`, `text`, and the picture's as `picture.title` …"""
        return {**self._words.shown, **{f"picture.{name}": value for name, value in self.card.shown.items()}}

    @property
    def text(self) -> str:
        """What is spoken, as it stands."""
        return str(self._words.shown["text"])

    def edit(self, name: str, shown: Any) -> None:
        """`shown` stands in the control `name`; `kind` chooses another kind of picture. KeyError for none such."""
        inner = name.removeprefix("picture.")
        if name == "kind":
            self._choose(str(shown))
        elif inner != name:
            self.card.edit(inner, shown)
        else:
            titled = self.kind == "title" and self.card.shown["title"] == self._words.shown["heading"]
            self._words.edit(name, shown)
            if titled and name == "heading":
                # The picture says what the chapter is called, until it is given words of its own.
                self.card.edit("title", shown)

    def take(self, scene: Scene) -> None:
        """Say and show what `scene` does."""
        self._words = Form(Scene, _words(scene))
        self.kind = _kind(scene.picture)
        self._cards[self.kind] = Form.of(scene.picture)

    def made(self) -> Scene:
        """The scene. Raises `InvalidBrief`."""
        if issues := self.issues():
            raise InvalidBrief([replace(issue, field=name) for name, issue in issues.items()], subject="scene")
        return self._words.made(picture=self.card.made())

    def issues(self) -> dict[str, FieldIssue]:
        """What is wrong, by the control to mend."""
        # Any card will do to look at the words.
        words = self._words.issues(picture=QuoteCard(quote=""))
        return {**words, **{f"picture.{name}": issue for name, issue in self.card.issues().items()}}

    def _choose(self, kind: str) -> None:
        model = CARDS[kind]
        if kind not in self._cards:
            words = {"title": self._words.shown["heading"], "quote": self._words.shown["heading"]}
            alike = {**words, "heading": self._words.shown["heading"], **self.card.shown}
            named = {control.name for control in controls(model) if control.kind == "text"}
            self._cards[kind] = Form(model, {name: alike[name] for name in named if name in alike})
        self.kind = kind


class Editor:
    """The scenes in order, and who wrote them ("user" when a person did)."""

    def __init__(self, scenes: Iterable[Scene] = (), writer: str = "user") -> None:
        self.scenes = [SceneForm(scene) for scene in scenes]
        self.writer = writer

    def copy(self) -> Self:
        """An editor of its own, with the same in it and the scenes by the same ids."""
        return copy.deepcopy(self)

    def __len__(self) -> int:
        return len(self.scenes)

    def place(self, id: str) -> int:
        """Where the scene `id` is, from 0. KeyError when it is gone."""
        for number, scene in enumerate(self.scenes):
            if scene.id == id:
                return number
        raise KeyError(id)

    def __getitem__(self, id: str) -> SceneForm:
        return self.scenes[self.place(id)]

    def move(self, id: str, by: int) -> None:
        """Move the scene `id` by so many places, to the end at most."""
        place = self.place(id)
        scene = self.scenes.pop(place)
        self.scenes.insert(max(0, min(len(self.scenes), place + by)), scene)

    def add(self, after: str | None = None) -> SceneForm:
        """A new scene behind the scene `after`, or at the end."""
        scene = SceneForm()
        self.scenes.insert(len(self.scenes) if after is None else self.place(after) + 1, scene)
        return scene

    def remove(self, id: str) -> None:
        """Take the scene `id` out."""
        del self.scenes[self.place(id)]

    def made(self) -> list[Scene]:
        """The scenes. Raises one `InvalidBrief` that names every field of every scene that is wrong."""
        issues = [
            replace(issue, field=f"scenes.{number}.{name}")
            for number, scene in enumerate(self.scenes)
            for name, issue in scene.issues().items()
        ]
        if issues:
            raise InvalidBrief(issues, subject="script")
        return [scene.made() for scene in self.scenes]


def _words(scene: Scene) -> dict[str, str]:
    return {"heading": scene.heading, "text": scene.text}


def _kind(card: Part) -> str:
    return str(type(card).model_fields["kind"].default)
