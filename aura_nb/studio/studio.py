"""`aura.Studio()`: from a brief to a film in one place, to click at and to call."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aura_nb.errors import AuraError
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.pipeline.preflight import Preflight
from aura_nb.request import Request
from aura_nb.script import Script
from aura_nb.spec import Brief, Plan, Profile, Render, Voice
from aura_nb.studio import page, wire
from aura_nb.studio.desk import Desk
from aura_nb.studio.form import Form
from aura_nb.studio.works import follow

if TYPE_CHECKING:
    from aura_nb.widgets.studio_view import StudioView

Fields = Mapping[str, Any]


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
        source = Brief("(none yet)") if subject is None else subject
        request = Request.ask(source, plan=plan, voice=voice, render=render, profile=profile)
        self._desk = Desk(request, output=output)
        if subject is None:
            self._desk.order.forms["brief"] = Form(Brief)
        self._view: StudioView | None = None

    # -- what there is --------------------------------------------------------------------------

    @property
    def brief(self) -> Brief:
        """The brief as it is edited now; set it to go on from another. Raises InvalidBrief while it is wrong."""
        return self._desk.order.made().brief

    @brief.setter
    def brief(self, brief: Brief) -> None:
        with self._desk.changing("brief"):
            self._desk.order.forms["brief"] = Form.of(brief)

    @property
    def script(self) -> Script | None:
        """The script as it is edited now, with the plan, voice, render and profile chosen; None before there is one.

        It is a copy: set it to go on from another. Raises InvalidBrief naming the scenes that are wrong.
        """
        return self._desk.request().script

    @script.setter
    def script(self, script: Script) -> None:
        self._desk.take(Request.ask(script))

    @property
    def job(self) -> Job | None:
        """The job that was started last."""
        return self._desk.jobs[-1] if self._desk.jobs else None

    @property
    def film(self) -> Film | None:
        """The film that was made or opened last."""
        return self._desk.film

    # -- what one does with it ------------------------------------------------------------------

    def write(self) -> Script:
        """Write the script of the brief, and return it. Raises what `aura.write` does."""
        follow(self._desk.write())
        return cast("Script", self.script)

    def preflight(self) -> Preflight:
        """Look whether this machine can make the film now: a table of Pass, Warn and Fail."""
        follow(self._desk.check())
        return cast("Preflight", self._desk.checks)

    def start(self) -> Job:
        """Begin the film, writing its script first when there is none. Raises what `aura.start` does."""
        follow(self._desk.make())
        if self.job is None:
            raise AuraError("No film was begun.", remedy="Call start() again.")
        return self.job

    def make(self) -> Film:
        """Make the film and return it; the Studio shows its progress. Raises what `aura.make` does."""
        return self.start().result()

    def close(self) -> None:
        """Take the Studio off the page. What was edited stays, and jobs go on."""
        if self._view is not None:
            self._view.close()
            self._view = None

    # -- how it shows itself --------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"Studio({', '.join(self._facts())})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from aura_nb.widgets.display import has_kernel

        saved = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if not has_kernel():
            return saved
        if self._view is None:
            self._view = self._opened()
        live, *_ = self._view._repr_mimebundle_() or ({},)
        return {**live, **saved}

    def _repr_html_(self) -> str:
        """What a notebook shows of it that is read without its kernel: the script, as far as there is one."""
        title, *facts = self._facts() or ["an empty form"]
        scenes = "".join(
            f"<li><b>{escape(scene.shown['heading'])}</b><br>{escape(scene.text)}</li>"
            for scene in self._desk.editor.scenes
        )
        return (
            '<div style="max-width:720px;font-family:system-ui,sans-serif;line-height:1.45">'
            f"<p><b>Studio</b> · {escape(' · '.join([title.strip(chr(39)), *facts]))}</p>"
            f"{f'<ol>{scenes}</ol>' if scenes else ''}"
            "<p>Run the cell to work in it.</p></div>"
        )

    def _facts(self) -> list[str]:
        topic = str(self._desk.order.shown["brief.topic"]).strip()
        count = len(self._desk.editor)
        scenes = [f"{count} scene{'' if count == 1 else 's'}"] if count else []
        return [*([repr(topic)] if topic else []), *scenes]

    def _opened(self) -> StudioView:
        from aura_nb.widgets.studio_view import StudioView

        desk = self._desk
        return StudioView(
            wire.fixed(desk),
            lambda: wire.state(desk),
            jobs=lambda: desk.jobs,
            act=lambda message: page.act(desk, message),
            media=lambda key: page.media(desk, key),
            subscribe=desk.subscribe,
        )


