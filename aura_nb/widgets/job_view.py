"""The live view of a job: it reads the log's state eight times a second at most, and tells the page."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import traitlets

from aura_nb.errors import RenderError
from aura_nb.jobs.events import ENDED
from aura_nb.jobs.job import Job
from aura_nb.jobs.snapshot import Piece, SceneView
from aura_nb.jobs.summary import STAGE_NAMES
from aura_nb.manifest import companion
from aura_nb.pipeline.cache import Cache
from aura_nb.settings import Settings
from aura_nb.widgets.esm import joined
from aura_nb.widgets.film_pieces import Files, answer
from aura_nb.widgets.shared import Shared

TICK_SECONDS = 0.125
"""Eight messages a second: with what a Studio beside it says, no more than ten reach the page."""
BEAT_SECONDS = 2.0
"""The page hears from a living kernel at least this often; after 8 s without it says 'kernel gone'."""
SEEN_SECONDS = 3.0
"""How long a page that has been heard may need to show the end and say so."""
GLANCE_SECONDS = 0.3
"""How long the end is left to a page that was not heard: while a cell blocks the kernel, none can be."""
WATCHING_SECONDS = 10.0
"""A page that plays the film says so every second: after this it counts as gone."""

HERE = Path(__file__).parent


class JobView(Shared):
    """A widget that shows one job while it runs: stages, bar, ETA, scenes, log, and a Cancel button.

    It holds nothing of its own: deleting it changes no film. One model serves any number of views.
    Once the end state is sent it lets go of the job, and is a picture of that state until it is closed.

    Parameters
    ----------
    job:
        What to show. Its events only wake the view, which then sends the state of that moment.
    cache:
        Where the job keeps what it makes, to be watched; by default that of the settings.
    rest:
        `rest(seconds)` sleeps between two ticks and says whether to stop (None: until `close`).
    """

    # As text: for the sake of hot reload anywidget ties every widget to a file it is given, for good.
    _esm = joined(HERE / "job_view.js")
    _css = "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("job_view.css", "film_player.css"))

    _snapshot: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """`Snapshot.wire()` without its scenes, pieces and log, with a label a stage."""
    _log: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    """The newest lines of the log: seconds and text."""
    _beat = traitlets.Int(0).tag(sync=True)
    """Changes while the kernel lives."""

    def __init__(
        self, job: Job, *, cache: Cache | None = None, rest: Callable[[float], bool] | None = None
    ) -> None:
        self.job_id = job.id
        self._job: Job | None = job
        self._scenes: tuple[SceneView, ...] = ()
        self._sent: tuple[SceneView, ...] = ()
        self._asked = False
        self._pieces: tuple[Piece, ...] = ()
        self._film: Path | None = None
        self._cache = cache
        self._watched = float("-inf")
        self._left = threading.Event()
        self._woken = threading.Event()
        self._closed = threading.Event()
        self._rest = rest or self._closed.wait
        self._heard = False
        self._seen = threading.Event()
        unsubscribe = job.log.subscribe(self._woken.set)
        super().__init__(**_state(job))
        self.on_msg(self._on_message)
        # ipykernel ties a comm's messages to the cell whose context the thread runs in; without it,
        # version 7.4 loses the page's answers after a reload.
        context = contextvars.copy_context()
        self._pump = threading.Thread(
            target=context.run, args=(self._run, job, unsubscribe), name=f"aura-view-{job.id}", daemon=True
        )
        self._pump.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the end state is sent, `timeout` seconds at most; say whether it is."""
        self._pump.join(timeout)
        return not self._pump.is_alive()

    def wait_until_seen(self) -> None:
        """Wait until the end state was on a page for a moment, as far as can be told; seconds at most.

        Whoever watches the film there by then is waited for.
        """
        self.wait()
        self._seen.wait(SEEN_SECONDS if self._heard else GLANCE_SECONDS)
        while (rest := self._watched + WATCHING_SECONDS - time.monotonic()) > 0:
            self._left.wait(rest)

    @property
    def closed(self) -> bool:
        """Whether it is off the page for good."""
        return self._closed.is_set()

    def close(self) -> None:
        """Take the view off the page. The job goes on."""
        self._closed.set()
        self._woken.set()
        self._leave()
        super().close()
        # A model of its own, which `ipywidgets` leaves open.
        self.layout.close()

    def _run(self, job: Job, unsubscribe: Callable[[], None]) -> None:
        try:
            while not self._closed.is_set():
                # Asked before the state is read: an end that comes in between gets its own tick.
                ended = job.ended
                self._woken.clear()
                self._tick(job)
                if new := self._new_scenes():
                    # Each message has its tick: no more than eight a second reach the page.
                    self._rest(TICK_SECONDS)
                    self._send_scenes(new)
                if ended or self._rest(TICK_SECONDS):
                    return
                self._woken.wait(BEAT_SECONDS)
        finally:
            unsubscribe()
            self._job = None
            if self._asked:
                self._send_scenes(self._sent)

    def _tick(self, job: Job) -> None:
        with self.hold_sync():
            for name, value in _state(job).items():
                setattr(self, name, value)
            self._beat += 1
        now = job.log.snapshot
        self._scenes, self._pieces = now.scenes, now.pieces
        self._film = Path(now.film.path).absolute() if now.film is not None else None

    def _new_scenes(self) -> Sequence[SceneView]:
        """Those that were not sent, or all when a page has asked for them."""
        had, self._asked = () if self._asked else self._sent, False
        self._sent = self._scenes
        return [scene for scene in self._sent if scene not in had]

    def _on_message(self, _widget: object, content: object, _buffers: object) -> None:
        self._heard = True
        if (piece := answer(content, self._film_files)) is not None:
            self.send(*piece)
            return
        match content:
            case {"type": "cancel"} if (job := self._job) is not None:
                job.cancel()
            case {"type": "scenes"} if self._job is not None:
                # With the next tick: what answers a page counts as the rest does.
                self._asked = True
                self._woken.set()
            case {"type": "scenes"}:
                self._send_scenes(self._sent)
            case {"type": "seen"}:
                self._seen.set()
            case {"type": "watching"}:
                self._left.clear()
                self._watched = time.monotonic()
            case {"type": "watched"}:
                self._leave()
            case {"type": "preview", "id": str(id), "name": str(name)}:
                self._send_preview(id, name)

    def _film_files(self, job_id: str) -> Files | None:
        if self._film is None or job_id != self.job_id:
            return None
        return {"film": self._film, "captions": companion(self._film, "vtt")}

    def _leave(self) -> None:
        self._watched = float("-inf")
        self._left.set()

    def _send_preview(self, id: str, name: str) -> None:
        """A file of what can be watched, as a message: it is in no trait, and so in no saved notebook."""
        from aura_nb.jobs.preview import Preview

        # Done at once, by the thread that was asked: it copies packets, which takes a few milliseconds.
        self._cache = self._cache or Cache(Settings().cache_dir)
        ended = self._snapshot["status"] in ENDED
        try:
            file = Preview(self._pieces, ended=ended, cache=self._cache).file(name)
        except RenderError:
            file = None
        answer = {"type": "preview", "id": id, "found": file is not None}
        self.send(answer, [file.body] if file is not None else [])

    def _send_scenes(self, scenes: Sequence[SceneView]) -> None:
        if scenes:
            sent = [{"scene": s.scene, "heading": s.heading, "thumbnail": s.thumbnail} for s in scenes]
            self.send({"type": "scenes", "scenes": sent})


def _state(job: Job) -> dict[str, Any]:
    wire = job.snapshot().wire()
    for name in ("scenes", "pieces"):
        del wire[name]
    lines = wire.pop("log")
    if wire["film"] is not None:
        # A notebook that keeps the state of its widgets is to name no folder of the machine.
        wire["film"]["path"] = Path(wire["film"]["path"]).name
    for stage in wire["stages"]:
        stage["label"] = STAGE_NAMES.get(stage["name"], stage["name"])
    return {"_snapshot": wire, "_log": lines}
