"""The workshop: what is made of the things on the desk, and what came of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aura_nb import api
from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, InvalidBrief, PreflightFailed
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import JobRow
from aura_nb.pipeline import author
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.preflight import Preflight
from aura_nb.providers import validation
from aura_nb.providers.report import ProviderReport
from aura_nb.request import Request
from aura_nb.script import Scene
from aura_nb.settings import Settings
from aura_nb.studio.desk import Desk
from aura_nb.studio.lengths import REST_SECONDS, Lengths
from aura_nb.studio.media import Medium, picture_of, voice_of
from aura_nb.studio.works import Work, Works

PREVIEWS = 100
"""The pictures and voices that are kept to be shown again, each up to half a megabyte."""
JOBS = 8
"""The jobs that are kept, the newest of them; the journal knows all."""

LOOKS = frozenset({"providers", "history", "show", "open"})
"""The works that look at other things than what is on the desk."""


class Workshop:
    """A desk, the works that are done for it, and their results: previews, checks, jobs, the film.

    Every method but `request` begins a work and returns it at once; a second call while it is under way
    begins none.
    """

    def __init__(
        self, request: Request | None = None, *, output: str | Path | None = None, rest: float = REST_SECONDS
    ) -> None:
        self.desk = Desk(request, self._edited)
        self.works = Works(self.desk.tell)
        self.lengths = Lengths(self.desk, _context, self.desk.tell, rest=rest)
        self.media: dict[str, Medium] = {}
        self.checks: Preflight | None = None
        self.reports: list[ProviderReport] = []
        self.rows: list[JobRow] = []
        self.jobs: list[Job] = []
        self._opened: Film | None = None
        self._output = output
        self._edited()

    @property
    def film(self) -> Film | None:
        """The film that was made or opened last."""
        return self._opened or next((job.film for job in reversed(self.jobs) if job.film), None)

    def write(self) -> Work:
        """Write the script. The scenes there are give way to it; undo brings them back."""
        return self.works.begin("write", "Writing the script …", self._write)

    def rewrite(self, id: str) -> Work:
        """Have the writer write one scene anew."""

        def rewrite(cancel: Cancel) -> None:
            _keep_breakers()
            with self.desk.lock:
                request, place = self.desk.request(), self.desk.editor.place(id)
            scene = author.rewrite(request, place, cache=_cache(), cancel=cancel)
            cancel.check()
            with suppress(KeyError):
                # Whoever took it out meanwhile waits for no other words of it.
                self.desk.rewritten(id, scene)

        return self.works.begin(f"rewrite:{id}", "Writing this scene anew …", rewrite)

    def picture(self, id: str) -> Work:
        """Draw the picture of a scene as the film will show it."""
        return self._preview("picture", id, "Drawing …", picture_of)

    def voice(self, id: str) -> Work:
        """Speak a scene as the film will."""
        return self._preview("voice", id, "Speaking …", voice_of)

    def check(self) -> Work:
        """Look whether this machine can make the film now."""
        return self.works.begin("check", "Checking this machine …", self._check)

    def make(self) -> Work:
        """Begin the film: the work is over as soon as its job is under way."""
        return self.works.begin("make", "Starting the film …", self._make)

    def ask_providers(self, *, live: bool) -> Work:
        """Ask all providers how they are; without `live` look at their configuration only."""

        def ask(cancel: Cancel) -> None:
            _keep_breakers()
            self.reports = validation.validate_all(live=live)

        says = "Asking the providers …" if live else "Looking at their configuration …"
        return self.works.begin("providers", says, ask)

    def look_back(self) -> Work:
        """Read which jobs there have been."""

        def look(cancel: Cancel) -> None:
            self.rows = api.journal().rows()

        return self.works.begin("history", "Reading the journal …", look)

    def show(self, job_id: str) -> Work:
        """Show the film of a past job again."""

        def show(cancel: Cancel) -> None:
            row = api.journal().row(job_id)
            if row is None or row.film is None:
                raise AuraError("That job left no film.", remedy="Edit its script, and make it.")
            self._opened = Film.load(row.film)

        return self.works.begin("show", "Opening the film …", show)

    def go_on_from(self, job_id: str) -> Work:
        """Put what a past job was asked for on the desk; undo brings back what was there."""

        def go_on(cancel: Cancel) -> None:
            row = api.journal().row(job_id)
            asked = json.loads(row.spec) if row else {}
            if not asked:
                raise AuraError("What that job was asked for is not known.", remedy="Choose another one.")
            self.desk.take(Request.parse(asked))

        return self.works.begin("open", "Opening …", go_on)

    def _edited(self) -> None:
        # What they complained of may be mended; else they will say so again.
        self.works.forget(*(name for name in self.works.now() if name.partition(":")[0] not in LOOKS))
        self._stop_for_gone()
        if not self.lengths.complete:
            self.works.begin("measure", "Measuring how long it takes to say …", self.lengths.measure)

    def _stop_for_gone(self) -> None:
        """Stop what is done for scenes that are there no more: nobody could."""
        there = {scene.id for scene in self.desk.editor.scenes}
        for name in self.works.now():
            _, _, id = name.partition(":")
            if id and id not in there:
                self.works.cancel(name)

    def _write(self, cancel: Cancel) -> None:
        with self.desk.lock:
            self.desk.order.touch_all()
            request = self.desk.order.made()
        warnings: list[str] = []
        _keep_breakers()
        script = author.write(request, cache=_cache(), cancel=cancel, warn=warnings.append)
        self.desk.written(script, request, tuple(warnings))

    def _preview(self, kind: str, id: str, says: str, make: Callable[[Scene, Request, Context], Medium]) -> Work:
        def preview(cancel: Cancel) -> None:
            with self.desk.lock:
                scene = self.desk.editor[id].made()
                request = self.desk.request([scene])
            medium = make(scene, request, _context(cancel))
            others = [(key, one) for key, one in self.media.items() if key != f"{kind}:{id}"]
            self.media = dict([*others[1 - PREVIEWS :], (f"{kind}:{id}", medium)])

        return self.works.begin(f"{kind}:{id}", says, preview)

    def _check(self, cancel: Cancel) -> None:
        self.checks = api.preflight(self.desk.request(), output=self._output)

    def _make(self, cancel: Cancel) -> None:
        if not len(self.desk.editor):
            self._write(cancel)
        request = self.desk.request()
        cancel.check()
        try:
            job = api.start(request, output=self._output)
        except (InvalidBrief, PreflightFailed):
            self._check(cancel)
            raise
        if cancel.is_set:
            # It came while the machine was checked.
            job.cancel()
        self.checks, self._opened = None, None
        self.jobs = [*self.jobs[1 - JOBS :], job]
        threading.Thread(target=self._follow, args=(job,), name=f"aura-studio-{job.id}", daemon=True).start()

    def _follow(self, job: Job) -> None:
        job.log.wait()
        if self.rows:
            self.look_back()
        self.desk.tell()


def _keep_breakers() -> None:
    """Have the journal keep the providers' circuit breakers, as whoever calls providers does."""
    api.journal()


def _context(cancel: Cancel) -> Context:
    return Context(_cache(), cancel)


def _cache() -> Cache:
    return Cache(Settings().cache_dir)
