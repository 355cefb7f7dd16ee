"""The desk: what is asked for and the scenes, as they are being edited, whoever looks at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.request import Request
from aura_nb.script import Scene, Script
from aura_nb.spec import Brief, Plan
from aura_nb.studio.editor import Editor, SceneForm
from aura_nb.studio.order import Order

UNDOS = 100


@dataclass(frozen=True, slots=True)
class _Past:
    """How a desk stood before a change."""

    order: Order
    editor: Editor
    written: tuple[Brief, Plan] | None
    warnings: tuple[str, ...]


class Desk:
    """What is asked for (`order`) and the scenes (`editor`); every change can be taken back.

    Safe to use from any thread, those that read several things at once under its `lock`. After every
    edit `edited` is called, and whoever has subscribed.
    """

    def __init__(self, request: Request | None = None, edited: Callable[[], None] = lambda: None) -> None:
        self.lock = threading.RLock()
        self.order = Order(request)
        self.editor = Editor()
        self.warnings: tuple[str, ...] = ()
        self._edited = edited
        self._written: tuple[Brief, Plan] | None = None
        self._past: list[tuple[str, _Past]] = []
        self._watchers: list[Callable[[], None]] = []
        if request is not None:
            self._take(request)

    # -- who looks ------------------------------------------------------------------------------

    def subscribe(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Have `watcher` called whenever something has changed, from any thread; what is returned ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def tell(self) -> None:
        """Something has changed."""
        for watcher in tuple(self._watchers):
            watcher()

    # -- what is edited -------------------------------------------------------------------------

    @contextmanager
    def changing(self, what: str) -> Iterator[None]:
        """Around a change of the order or the scenes: edits in a row of one field are taken back as one."""
        with self.lock:
            goes_on = what.startswith("edit ") and self._past and self._past[-1][0] == what
            past = () if goes_on else ((what, self._standing()),)
            yield
            # Not before: one that fails has changed nothing.
            self._past = [*self._past[-UNDOS:], *past]
        self._edited()
        self.tell()

    def _standing(self) -> _Past:
        return _Past(self.order.copy(), self.editor.copy(), self._written, self.warnings)

    def edit(self, key: str, shown: object) -> None:
        """`shown` stands in the control of a field of the order. KeyError for none such."""
        with self.changing(f"edit {key}"):
            self.order.edit(key, shown)

    def use_profile(self, name: str) -> None:
        """Take the provider chains of a named profile. KeyError for none such."""
        with self.changing("profile"):
            self.order.use_profile(name)

    def edit_scene(self, id: str, name: str, shown: object) -> None:
        """`shown` stands in a control of the scene `id`. KeyError for none such."""
        with self.changing(f"edit {id} {name}"):
            self.editor[id].edit(name, shown)

    def move(self, id: str, by: int) -> None:
        """Move a scene. KeyError when it is gone."""
        with self.changing("move"):
            self.editor.move(id, by)

    def add(self, after: str | None = None) -> None:
        """A new scene behind another, or at the end."""
        with self.changing("add"):
            self.editor.add(after)

    def remove(self, id: str) -> None:
        """Take a scene out. KeyError when it is gone."""
        with self.changing("remove"):
            self.editor.remove(id)

    def rewritten(self, id: str, scene: Scene) -> None:
        """The scene `id` says and shows what `scene` does. KeyError when it is gone."""
        with self.changing("rewrite"):
            self.editor[id].take(scene)

    def written(self, script: Script, request: Request, warnings: tuple[str, ...] = ()) -> None:
        """The scenes of `script` take the place of those there are; it was written from `request`."""
        with self.changing("write"):
            self.editor = Editor(script.scenes, script.writer)
            self._written, self.warnings = (request.brief, request.plan), warnings

    def take(self, request: Request) -> None:
        """Go on with what `request` asks for."""
        with self.changing("take"):
            self._take(request)

    def undo(self) -> None:
        """Take the last change back. Does nothing when there is none."""
        with self.lock:
            if self._past:
                _, past = self._past.pop()
                self.order, self.editor = past.order, past.editor
                self._written, self.warnings = past.written, past.warnings
        self._edited()
        self.tell()

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past)

    def _take(self, request: Request) -> None:
        self.order = Order(request)
        script = request.script
        self.editor = Editor(script.scenes, script.writer) if script else Editor()
        self._written, self.warnings = None, ()

    # -- what came of it ------------------------------------------------------------------------

    @property
    def stale(self) -> bool:
        """Whether the brief or the plan has changed since the scenes were written from it."""
        asked = self.asked() if self._written and len(self.editor) else None
        return asked is not None and (asked.brief, asked.plan) != self._written

    def asked(self) -> Request | None:
        """What is asked for without the scenes; None while something in it is wrong."""
        try:
            with self.lock:
                return self.order.made()
        except InvalidBrief:
            return None

    def issues(self, scene: SceneForm) -> dict[str, FieldIssue]:
        """What is wrong with a scene, by the control to mend: in itself, and as a scene of this film."""
        with self.lock:
            found, asked = scene.issues(), self.asked()
            if found or asked is None:
                return found
            script = Script(brief=asked.brief, voice=asked.voice, scenes=[scene.made()])
        try:
            script.check()
        except InvalidBrief as error:
            return {issue.field.removeprefix("scenes.0."): issue for issue in error.issues}
        return {}

    def request(self, scenes: list[Scene] | None = None) -> Request:
        """All that is asked for: a script of `scenes`, by default of all there are; without any, the brief.

        Raises `InvalidBrief` naming every field that is wrong, which from then on is told at the fields, too.
        """
        issues: list[FieldIssue] = []
        with self.lock:
            try:
                request = self.order.made()
            except InvalidBrief as error:
                self.order.touch_all()
                issues.extend(error.issues)
            try:
                scenes = self.editor.made() if scenes is None else scenes
            except InvalidBrief as error:
                issues.extend(error.issues)
            if issues:
                raise InvalidBrief(issues)
            if not scenes:
                return request
            script = Script(brief=request.brief, **request.parts, writer=self.editor.writer, scenes=scenes)
            return Request.ask(script)
