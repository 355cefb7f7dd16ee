"""The page of a Studio: it shows the desk's state ten times a second at most, and passes on what is asked."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

import traitlets

from aura_nb.jobs.job import Job
from aura_nb.widgets import marimo, views
from aura_nb.widgets.esm import joined
from aura_nb.widgets.film_pieces import Files, answer
from aura_nb.widgets.job_view import BEAT_SECONDS, TICK_SECONDS, JobView
from aura_nb.widgets.presence import Presence
from aura_nb.widgets.shared import Shared

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent / "studio"
STYLES = ("frame.css", "fields.css", "scenes.css", "film.css")
PAGES = 8
"""Pages whose messages are counted at once."""
JOBS = 3
"""The jobs that are shown, the newest of them."""

Act = Callable[[Mapping[str, Any]], None]
Media = Callable[[str], tuple[dict[str, Any], list[bytes]]]


class StudioView(Shared):
    """A widget with the Studio's form, script, film, providers and history. It holds nothing of its own.

    A page numbers what it asks and asks again until it is heard: ipykernel may lose messages after a
    reload. Each is done once, in order, in a thread that waits for them: the kernel is never held up.

    Parameters
    ----------
    fixed:
        What never changes: the controls there are.
    state:
        Gives what does, in the pieces named in `PIECES`.
    jobs:
        Gives the jobs that were begun here, oldest first.
    act, media:
        Do what a page asks, and give the bytes of what it wants to show.
    film:
        Gives the files of the film that a page plays, by its key.
    subscribe:
        Has a function called when the state may have changed; returns what ends that.
    shell:
        What `get_ipython()` gives, to know when a cell holds up the kernel.
    """

    PIECES = ("form", "script", "works", "media", "checks", "providers", "history", "film")

    _esm = joined(HERE / "studio.js")
    _css = "\n".join((HERE / name).read_text(encoding="utf-8") for name in (*STYLES, "../film_player.css"))

    _fixed: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    _form: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    _script: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    _works: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    _media: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    _checks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _providers: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    _history: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _film: traitlets.Dict[str, Any] = traitlets.Dict(allow_none=True).tag(sync=True)
    _jobs: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Of each job shown: its id and title, how it stands, and the name of its own view's model."""
    _tab = traitlets.Unicode("brief").tag(sync=True)
    """The part that was looked at last: a view that is opened begins there."""
    _heard: traitlets.Dict[str, int] = traitlets.Dict().tag(sync=True)
    """Of each page: the number of its last message that was heard."""
    _beat = traitlets.Int(0).tag(sync=True)
    """Changes while the kernel lives and a page may be there."""
    _taken_off = traitlets.Unicode("").tag(sync=True)
    """Why nothing but this is to be seen here any more, and what mends that."""

    def __init__(
        self,
        fixed: Mapping[str, Any],
        state: Callable[[], dict[str, Any]],
        *,
        jobs: Callable[[], Sequence[Job]],
        act: Act,
        media: Media,
        film: Callable[[str], Files | None],
        subscribe: Callable[[Callable[[], None]], Callable[[], None]],
        shell: Any = None,
    ) -> None:
        self._state, self._begun, self._act, self._bytes, self._film_files = state, jobs, act, media, film
        self._asked: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}
        self._heeding = threading.RLock()
        self._woken = threading.Event()
        self._closed = threading.Event()
        self._views: dict[str, JobView] = {}
        self._holding = threading.Lock()
        self._presence = Presence(shell)
        self._beaten = time.monotonic()
        self._unsubscribe = subscribe(self._woken.set)
        super().__init__(_fixed=dict(fixed), **self._pieces())
        self.on_msg(self._on_message)
        # As for the job view: what this thread sends belongs to the cell that made it.
        run = contextvars.copy_context().run
        marimo.thread()(target=run, args=(self._run,), name="aura-studio", daemon=True).start()

    @property
    def closed(self) -> bool:
        """Whether it is off the page for good."""
        return self._closed.is_set()

    def close(self) -> None:
        """Take the view off the page. What is edited stays, and jobs go on. Calling it again does nothing."""
        self._end()
        super().close()
        self.layout.close()

    def take_off(self, why: str) -> None:
        """Say on the page `why` there is nothing else of it any more, until `close`; hold nothing of the desk."""
        with self._heeding:
            self.heed()
            self._end()
            self.on_msg(self._on_message, remove=True)
            # First by itself: from then on a page draws nothing of what is taken away next.
            self._taken_off = why
            empty = {name: self.trait_defaults(f"_{name}") for name in self.PIECES}
            self._state, self._begun = lambda: empty, tuple
            self._act, self._bytes, self._film_files = lambda message: None, lambda key: ({}, []), lambda key: None
            with self.hold_sync():
                self._fixed, self._heard = {}, {}
                for name, value in self._pieces().items():
                    setattr(self, name, value)

    def _end(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        self._woken.set()
        self._unsubscribe()
        self._presence.close()
        with self._holding:
            held, self._views = [*self._views.values()], {}
        for view in held:
            views.let_go(view)

    def heed(self) -> None:
        """Do what pages have asked so far, in order."""
        with self._heeding:
            while self._asked:
                self._hear(self._asked.pop(0))

    def _on_message(self, _widget: object, content: object, _buffers: object) -> None:
        self._presence.heard()
        if isinstance(content, dict) and content.get("type") == "here":
            # With the next tick: a page that was hidden may have missed all beats since.
            self._beaten = float("-inf")
            self._woken.set()
            return
        if (piece := answer(content, self._film_files)) is not None:
            # At once: whoever waits for a film waits for hundreds of them.
            self.send(*piece)
            return
        if not _numbered(content):
            logger.debug("A message that no page of ours writes: %.200r", content)
            return
        self._asked.append(content)
        self._woken.set()

    def _run(self) -> None:
        while not self._closed.is_set():
            woken = self._woken.wait(BEAT_SECONDS)
            self._woken.clear()
            try:
                if woken:
                    self._tick()
                if self._presence.likely and time.monotonic() - self._beaten >= BEAT_SECONDS:
                    self._beaten = time.monotonic()
                    self._beat += 1
            except Exception:
                # A plug-in's nonsense must not leave all pages without an answer.
                logger.exception("The Studio's page was not brought up to date.")
            self._closed.wait(TICK_SECONDS)

    def _tick(self) -> None:
        """Do what was asked since the last tick, then send what has changed."""
        with self._heeding:
            self.heed()
            if self._closed.is_set():
                return
            pieces = self._pieces()
            with self.hold_sync():
                for name, value in pieces.items():
                    setattr(self, name, value)
                self._heard = dict(self._counts)

    def _hear(self, message: dict[str, Any]) -> None:
        page, number = message["page"], message["number"]
        # Of a page that is new, or was forgotten, all before the oldest that it still asks for was heard.
        heard = self._counts.pop(page, message["oldest"] - 1)
        due = number == heard + 1
        # Behind all others: those that were silent longest are forgotten.
        self._counts[page] = number if due else heard
        self._counts = dict([*self._counts.items()][-PAGES:])
        if not due:
            return
        try:
            if message.get("type") == "media":
                key = str(message.get("key"))
                told, buffers = self._bytes(key)
                self.send({"type": "media", "key": key, **told}, buffers)
            else:
                self._act(message)
        except Exception:
            # Nobody who calls `heed` has asked for this; and what else was asked is still to be done.
            logger.exception("A page's message came to nothing: %.200r", message)

    def _pieces(self) -> dict[str, Any]:
        state = self._state()
        return {**{f"_{name}": state[name] for name in self.PIECES}, "_jobs": self._shown_jobs()}

    def _shown_jobs(self) -> list[dict[str, Any]]:
        jobs = [*self._begun()][-JOBS:]
        with self._holding:
            if self._closed.is_set():
                # A last tick: what it held now nobody would let go of.
                return []
            for job_id in set(self._views) - {job.id for job in jobs}:
                views.let_go(self._views.pop(job_id))
            for job in jobs:
                if job.id not in self._views or self._views[job.id].closed:
                    self._views[job.id] = views.hold(job)
            return [
                {"id": job.id, "title": job.title, "status": job.status, "model": self._views[job.id].model_id}
                for job in reversed(jobs)
            ]


def _numbered(content: object) -> TypeGuard[dict[str, Any]]:
    """Whether `content` says which page sent it, its number there, and that of the oldest it still asks for."""
    if not isinstance(content, dict) or not isinstance(content.get("page"), str):
        return False
    return all(type(content.get(name)) is int for name in ("number", "oldest"))
