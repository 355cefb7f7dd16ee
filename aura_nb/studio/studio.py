"""`aura.Studio()`: from a brief to a film in one place, to click at and to call."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aura_nb import api, saved
from aura_nb.errors import AuraError
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.pipeline.preflight import Preflight
from aura_nb.request import Request
from aura_nb.script import Script
from aura_nb.spec import Brief, Plan, Profile, Render, Voice
from aura_nb.studio import page, wire
from aura_nb.studio.form import Form
from aura_nb.studio.works import follow
from aura_nb.studio.workshop import Workshop

if TYPE_CHECKING:
    from aura_nb.widgets.studio_view import StudioView

Fields = Mapping[str, Any]
OPEN = 8
"""The Studios that have a view, those shown last: a cell that is run again makes another, and none is told
that the one before has left the page."""
_open: list[Studio] = []
VIEWS = 4
"""The views of one Studio in marimo, those shown last: none is told that its cell was run again."""
TAKEN_OFF = (
    f"This Studio is closed here: {OPEN} others were shown after it, and no more than that stay open in a kernel. "
    "Run the cell again for a new one. What was edited in this one is kept: its name in a cell shows it again."
)
TOLD = 16
_told: deque[StudioView] = deque()
"""The views that were taken off last, and say so in their places."""


class Studio:
    """A brief, its script and its film in one place: as the last value of a cell, a form to work with.

    What is edited is kept here, in the kernel: a reloaded page finds it, a second display shows the
    same, and code goes on from it: `studio.brief`, `studio.script`, `studio.job`, `studio.film`.

    Parameters
    ----------
    subject:
        What to begin with, as `aura.start` takes it: a topic, a file, a `Brief`, a `Script` …; None
        for an empty form.
    plan, voice, render, profile:
        As `aura.start` takes them.
    output:
        Where the MP4 goes; by default the films folder of the settings.

    Raises
    ------
    InvalidBrief
        Naming every bad field of what is handed in.
    """

    def __init__(
        self,
        subject: str | Path | Brief | Script | Request | None = None,
        *,
        plan: Plan | Fields | None = None,
        voice: Voice | Fields | None = None,
        render: Render | Fields | None = None,
        profile: Profile | Fields | str | None = None,
        output: str | Path | None = None,
    ) -> None:
        # The parts are looked at beside a brief; an empty form only has none yet.
        source = Brief("None yet") if subject is None else subject
        request = Request.ask(source, plan=plan, voice=voice, render=render, profile=profile)
        self._shop = Workshop(request, output=output)
        if subject is None:
            self._shop.desk.order.forms["brief"] = Form(Brief)
        self._views: list[StudioView] = []

    # -- what there is --------------------------------------------------------------------------

    @property
    def brief(self) -> Brief:
        """The brief as it is edited now; set it to go on from another. Raises InvalidBrief while it is wrong."""
        return self._now.desk.order.made().brief

    @brief.setter
    def brief(self, brief: Brief) -> None:
        desk = self._now.desk
        with desk.changing("brief"):
            desk.order.forms["brief"] = Form.of(brief)

    @property
    def script(self) -> Script | None:
        """The script as it is edited now, and to be made as chosen beside it; None before there is one.

        It is a copy: set it to go on from another. Raises InvalidBrief naming the scenes that are wrong.
        """
        return self._now.desk.request().script

    @script.setter
    def script(self, script: Script) -> None:
        self._now.desk.take(Request.ask(script))

    @property
    def job(self) -> Job | None:
        """The job that was started last."""
        return self._now.jobs[-1] if self._now.jobs else None

    @property
    def film(self) -> Film | None:
        """The film that was made or opened last."""
        return self._now.film

    # -- what one does with it ------------------------------------------------------------------

    def write(self) -> Script:
        """Write the script of the brief, and return it. Raises what `aura.write` does."""
        follow(self._now.write())
        return cast("Script", self.script)

    def preflight(self) -> Preflight:
        """Look whether this machine can make the film now: a table of Pass, Warn and Fail."""
        follow(self._now.check())
        return cast("Preflight", self._now.checks)

    def start(self) -> Job:
        """Begin the film, writing its script first when there is none. Raises what `aura.start` does."""
        follow(self._now.make())
        if self.job is None:
            raise AuraError("No film was begun.", remedy="Call start() again.")
        return self.job

    def make(self) -> Film:
        """Make the film and return it; its progress shows here and in the Studio. Raises what `aura.make` does."""
        return api.follow(self.start())

    def close(self) -> None:
        """Take the Studio off the page. What was edited stays, and jobs go on."""
        for view in self._views:
            view.close()
        self._views = []
        if self in _open:
            _open.remove(self)

    # -- how it shows itself --------------------------------------------------------------------

    def __repr__(self) -> str:
        facts = [repr(self._topic)] if self._topic else []
        return f"Studio({', '.join([*facts, *self._count])})"

    def _ipython_display_(self) -> None:
        from IPython import get_ipython

        from aura_nb.widgets import live
        from aura_nb.widgets.display import has_kernel

        if not has_kernel(get_ipython()):
            # IPython goes on to its text and HTML.
            raise NotImplementedError
        live.show({"text/plain": repr(self), "text/html": self._repr_html_()}, self._opened())

    def _display_(self) -> object:
        """What marimo shows. Each output has a view of its own: marimo takes that away with the output."""
        return self._opened(another=True)

    def _repr_html_(self) -> str:
        """What a notebook shows of it that is read without its kernel: the script, as far as there is one.

        It takes at most 20 kB of a saved notebook: what is long is cut, and the scenes that remain are counted.
        """
        scenes = [(scene.shown["heading"], scene.text) for scene in self._shop.desk.editor.scenes]
        facts = ["Studio", self._topic or "an empty form", *self._count]
        return saved.page(facts, scenes, below="Run the cell to work in it.")

    @property
    def _topic(self) -> str:
        return str(self._shop.desk.order.shown["brief.topic"]).strip()

    @property
    def _count(self) -> list[str]:
        """How many scenes there are, in words, where there are any."""
        count = len(self._shop.desk.editor)
        return [f"{count} scene{'' if count == 1 else 's'}"] if count else []

    @property
    def _now(self) -> Workshop:
        """The workshop, with all done that was asked on a page before this was called."""
        for view in self._views:
            view.heed()
        return self._shop

    def _opened(self, *, another: bool = False) -> StudioView:
        """The view, made anew where it was closed; of all the Studios of a kernel the last ones have theirs.

        `another` is one beside those there are.
        """
        from IPython import get_ipython

        from aura_nb.widgets.studio_view import StudioView

        shop = self._shop
        # By `Widget.close_all()`, say.
        self._views = [view for view in self._views if not view.closed]
        if another or not self._views:
            view = StudioView(
                wire.fixed(shop),
                lambda: wire.state(shop),
                jobs=lambda: shop.jobs,
                act=lambda message: page.act(shop, message),
                media=lambda key: page.media(shop, key),
                film=lambda key: page.film_files(shop, key),
                subscribe=shop.desk.subscribe,
                shell=get_ipython(),
            )
            for old in self._views[: 1 - VIEWS]:
                old.close()
            self._views = [*self._views[1 - VIEWS :], view]
        if self in _open:
            _open.remove(self)
        _open.append(self)
        for other in _open[:-OPEN]:
            other._give_way()
        return self._views[-1]

    def _give_way(self) -> None:
        """Leave the page to Studios that were shown later, and say so there."""
        _open.remove(self)
        for view in self._views:
            view.take_off(TAKEN_OFF)
            _told.append(view)
        self._views = []
        while len(_told) > TOLD:
            _told.popleft().close()
