"""The desk: all that is edited in a Studio and all that came of it, whoever looks at it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from aura_nb import api
from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, FieldIssue, InvalidBrief, JobCancelled, PreflightFailed
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import JobRow
from aura_nb.pipeline import flow
from aura_nb.pipeline import scene as rehearsal
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.cast import Cast
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.preflight import Preflight
from aura_nb.providers import validation
from aura_nb.providers.report import ProviderReport
from aura_nb.request import Request
from aura_nb.script import Scene, Script
from aura_nb.settings import Settings
from aura_nb.spec import Brief, Plan
from aura_nb.studio.editor import Editor, SceneForm
from aura_nb.studio.media import Medium, picture_of, said_by, voice_of
from aura_nb.studio.order import Order
from aura_nb.studio.works import Work, Works

UNDOS = 100
REST_SECONDS = 0.4
"""How long a text must rest before it is measured: whoever types is not done with it."""


class Desk:
    """What is asked for (`order`), the scenes (`editor`), the works, the jobs and films.

    Safe to use from any thread. Whoever shows it is told by `subscribe` when anything has changed.
    """

    def __init__(self, request: Request | None = None, *, output: str | Path | None = None) -> None:
        self.lock = threading.RLock()
        self.works = Works(self.tell)
        self.order = Order(request)
        self.editor = Editor()
        self.warnings: tuple[str, ...] = ()
        self.checks: Preflight | None = None
        self.reports: list[ProviderReport] = []
        self.rows: list[JobRow] = []
        self.jobs: list[Job] = []
        self.film: Film | None = None
        self.media: dict[str, Medium] = {}
        self.lengths: dict[str, float] = {}
        self._output = output
        self._written: tuple[Brief, Plan] | None = None
        self._past: list[tuple[str, Order, Editor]] = []
        self._watchers: list[Callable[[], None]] = []
        if request is not None:
            self._take(request)

    # -- who looks ------------------------------------------------------------------------------

    def subscribe(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Have `watcher` called after every change, from any thread; what is returned ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def tell(self) -> None:
        """Something has changed."""
        for watcher in tuple(self._watchers):
            watcher()

    @contextmanager
    def changing(self, what: str) -> Iterator[None]:
        """Around a change of the order or the scenes; `what` joins keystrokes of one field into one undo."""
        with self.lock:
            if not (self._past and self._past[-1][0] == what and what.startswith("edit ")):
                self._past = [*self._past[-UNDOS:], (what, self.order.copy(), self.editor.copy())]
            yield
            self.works.forget("write", "make", "measure")
        self._measure_soon()
        self.tell()

    # -- what is asked for ----------------------------------------------------------------------

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

    def take(self, request: Request) -> None:
        """Go on with what `request` asks for; what was here is one undo away."""
        with self.changing("take"):
            self._take(request)

    def _take(self, request: Request) -> None:
        self.order = Order(request)
        script = request.script
        self.editor = Editor(script.scenes, script.writer) if script else Editor()
        self._written, self.warnings = None, ()

    def undo(self) -> None:
        """Take the last change back; of what was typed into one field, all that was typed at a time."""
        with self.lock:
            if self._past:
                _, self.order, self.editor = self._past.pop()
        self._measure_soon()
        self.tell()

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past)

    @property
    def stale(self) -> bool:
        """Whether the brief or the plan has changed since the scenes were written from it."""
        if self._written is None or not len(self.editor):
            return False
        try:
            request = self.order.made()
        except InvalidBrief:
            return False
        return (request.brief, request.plan) != self._written

    def request(self, scenes: list[Scene] | None = None) -> Request:
        """All that is asked for: a script of `scenes`, by default of all there are; without any, the brief.

        Raises `InvalidBrief` naming every field that is wrong.
        """
        with self.lock:
            issues: list[FieldIssue] = []
            request: Request | None = None
            try:
                request = self.order.made()
            except InvalidBrief as error:
                issues.extend(error.issues)
            try:
                scenes = self.editor.made() if scenes is None else scenes
            except InvalidBrief as error:
                issues.extend(error.issues)
            if issues or request is None:
                self.order.touch_all()
                raise InvalidBrief(issues)
            if not scenes:
                return request
            script = Script(brief=request.brief, **request.parts, writer=self.editor.writer, scenes=scenes)
            return Request.ask(script)

    # -- what takes a while ---------------------------------------------------------------------

    def write(self) -> Work:
        """Begin to write the script. What scenes there are give way, one undo away."""
        return self.works.begin("write", "Writing the script …", self._write)

    def rewrite(self, id: str) -> Work:
        """Begin to have the writer write one scene anew."""
        return self.works.begin(f"rewrite:{id}", "Writing this scene anew …", lambda cancel: self._rewrite(id, cancel))

    def picture(self, id: str) -> Work:
        """Begin to draw the picture of a scene as the film will show it."""
        return self._preview("picture", id, "Drawing …", picture_of)

    def voice(self, id: str) -> Work:
        """Begin to speak a scene as the film will."""
        return self._preview("voice", id, "Speaking …", voice_of)

    def check(self) -> Work:
        """Begin to look whether this machine can make the film now."""
        return self.works.begin("check", "Checking this machine …", self._check)

    def make(self) -> Work:
        """Begin to make the film: the work is over as soon as its job is under way."""
        return self.works.begin("make", "Starting the film …", self._make)

    def ask_providers(self, *, live: bool) -> Work:
        """Begin to ask all providers how they are; without `live` only their configuration is looked at."""
        says = "Asking the providers …" if live else "Looking at the configuration …"
        return self.works.begin("providers", says, lambda cancel: self._ask_providers(live))

    def look_back(self) -> Work:
        """Begin to read which jobs there have been."""
        return self.works.begin("history", "Reading the journal …", lambda cancel: self._look_back())

    def show(self, job_id: str) -> Work:
        """Begin to show the film of a past job again."""
        return self.works.begin("show", "Opening the film …", lambda cancel: self._show(job_id))

    def go_on_from(self, job_id: str) -> Work:
        """Begin to take the brief or script of a past job."""
        return self.works.begin("open", "Opening …", lambda cancel: self._go_on_from(job_id))

    def _write(self, cancel: Cancel) -> None:
        with self.lock:
            self.order.touch_all()
            request = self.order.made()
        warnings: list[str] = []
        api.journal()
        script = flow.write(request, cache=_cache(), cancel=cancel, warn=warnings.append)
        with self.changing("write"):
            self.editor = Editor(script.scenes, script.writer)
            self._written, self.warnings = (request.brief, request.plan), tuple(warnings)

    def _rewrite(self, id: str, cancel: Cancel) -> None:
        with self.lock:
            request, place = self.request(), self.editor.place(id)
        scene = flow.rewrite(request, place, cache=_cache(), cancel=cancel)
        cancel.check()
        with self._still_there(id) as form, self.changing("rewrite"):
            form.take(scene)

    def _preview(
        self, kind: str, id: str, says: str, make: Callable[[Scene, Request, Context], Medium]
    ) -> Work:
        def preview(cancel: Cancel) -> None:
            with self.lock:
                scene = self.editor[id].made()
                request = self.request([scene])
            medium = make(scene, request, Context(_cache(), cancel))
            with self.lock:
                self.media[f"{kind}:{id}"] = medium

        return self.works.begin(f"{kind}:{id}", says, preview)

    def _check(self, cancel: Cancel) -> None:
        request = self.request()
        self.checks = api.preflight(request, output=self._output)

    def _make(self, cancel: Cancel) -> None:
        if not len(self.editor):
            self._write(cancel)
        request = self.request()
        cancel.check()
        try:
            job = api.start(request, output=self._output)
        except PreflightFailed:
            self._check(cancel)
            raise
        self.checks = None
        self.jobs.append(job)
        threading.Thread(target=self._until_ended, args=(job,), name=f"aura-studio-{job.id}", daemon=True).start()

    def _until_ended(self, job: Job) -> None:
        job.log.wait()
        if job.film is not None:
            self.film = job.film
        if self.rows:
            self.look_back()
        self.tell()

    def _ask_providers(self, live: bool) -> None:
        api.journal()
        self.reports = validation.validate_all(live=live)

    def _look_back(self) -> None:
        self.rows = api.journal().rows()

    def _show(self, job_id: str) -> None:
        row = api.journal().row(job_id)
        if row is None or row.film is None:
            raise AuraError("That job left no film.", remedy="Go on from its script, and make it.")
        self.film = Film.load(row.film)

    def _go_on_from(self, job_id: str) -> None:
        row = api.journal().row(job_id)
        asked = json.loads(row.spec) if row else {}
        if not asked:
            raise AuraError("What that job was asked for is not known.", remedy="Choose another one.")
        self.take(Request.parse(asked))

    # -- how long it lasts ----------------------------------------------------------------------

    def _measure_soon(self) -> None:
        if self._unmeasured() is not None:
            self.works.begin("measure", "Measuring how long it takes to say …", self._measure)

    def _measure(self, cancel: Cancel) -> None:
        while (found := self._unmeasured()) is not None:
            cancel.wait(REST_SECONDS)
            if cancel.is_set or found[0] != (self._unmeasured() or (None,))[0]:
                cancel.check()
                continue
            key, text, request = found
            length = rehearsal.seconds(text, request, Cast.of(request), Context(_cache(), cancel))
            self.lengths[key] = length
            self.tell()

    def _unmeasured(self) -> tuple[str, str, Request] | None:
        """The first scene whose length is not known: what it is known by, its text, and a request to speak it."""
        with self.lock:
            if not len(self.editor):
                return None
            try:
                request = self.order.made()
            except InvalidBrief:
                return None
            for scene in self.editor.scenes:
                if scene.text.strip() and (key := said_by(scene.text, request)) not in self.lengths:
                    return key, scene.text, replace(request, subject=_only(scene, request))
        return None

    @contextmanager
    def _still_there(self, id: str) -> Iterator[SceneForm]:
        with self.lock:
            try:
                form = self.editor[id]
            except KeyError:
                raise JobCancelled("The scene is gone.") from None
            yield form


def _only(scene: SceneForm, request: Request) -> Script:
    from aura_nb.script import QuoteCard

    words = Scene(heading="", text=scene.text, picture=QuoteCard(quote=""))
    return Script(brief=request.brief, scenes=[words])


def _cache() -> Cache:
    return Cache(Settings().cache_dir)
