"""The terminal's view of a job: a live bar over its stages, or plain lines where there is no terminal."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from aura_nb.jobs.events import Clock, Event
from aura_nb.jobs.snapshot import Snapshot, StageView, fold
from aura_nb.jobs.summary import STAGE_NAMES, progress

REFRESH_HZ = 8
STEP_PERCENT = 10
BAR_WIDTH = 44
MARKS = {
    "pending": ("·", ".", "dim"),
    "running": ("●", ">", "blue"),
    "done": ("✓", "+", "green"),
    "skipped": ("–", "-", "dim"),
    "stopped": ("✗", "x", "red"),
}
"""A stage's mark, the same in ASCII, and its style."""


class Terminal:
    """A watcher (`job.watch(Terminal())`) that writes to standard error, or to `console`.

    On a terminal it draws one view and keeps it up to date. Elsewhere, a CI log say, it writes a line
    a stage change and at most one every 10 %. It does not say why a job failed: the exception does.
    """

    def __init__(self, console: Console | None = None, *, clock: Clock | None = None) -> None:
        self.console = console or Console(stderr=True, force_jupyter=False)
        self._clock = clock or Clock()
        self._snapshot = Snapshot("")
        self._told = 0
        self._heard = self._clock.monotonic()
        self._live: Live | None = None
        if self.console.is_terminal:
            self._live = Live(
                console=self.console, get_renderable=self._draw, refresh_per_second=REFRESH_HZ, transient=False
            )

    def on_event(self, event: Event) -> None:
        """Show what happened."""
        before, self._snapshot = self._snapshot, fold(self._snapshot, event)
        self._heard = self._clock.monotonic()
        if self._live is not None and not self._live.is_started:
            self._live.start()
        for warning in self._snapshot.warnings:
            if warning not in before.warnings:
                self._say(f"Warning: {warning}", "yellow")
        if self._live is None:
            self._tell(before)
        if event.last:
            if self._live is not None:
                self._live.stop()
            self._say(*_ending(self._snapshot))

    def _say(self, line: str, style: str = "") -> None:
        self.console.print(Text(line, style=style), soft_wrap=True)

    def _tell(self, before: Snapshot) -> None:
        now = self._snapshot
        known = {stage.name: stage.state for stage in before.stages}
        for stage in now.stages:
            if stage.state in ("running", "done") and known.get(stage.name) != stage.state:
                spent = f" in {stage.seconds:.1f} s" if stage.state == "done" and stage.seconds else ""
                self._say(f"{self._percent()}  {_name(stage)}: {progress(stage)}{spent}")
                self._told = max(self._told, int(now.percent) // STEP_PERCENT)
        if int(now.percent) // STEP_PERCENT > self._told and not now.ended:
            self._told = int(now.percent) // STEP_PERCENT
            left = f", {clock(now.eta_seconds)} left" if now.eta_seconds is not None else ""
            self._say(f"{self._percent()}  {now.message or STAGE_NAMES.get(now.stage or '', '')}{left}")

    def _percent(self) -> str:
        return f"{int(self._snapshot.percent):3d} %"

    def _draw(self) -> RenderableType:
        now = self._snapshot
        since = 0.0 if now.ended or now.status == "queued" else self._clock.monotonic() - self._heard
        times = clock(now.elapsed_seconds + since)
        if now.eta_seconds is not None and not now.ended:
            times += f" · {clock(max(0.0, now.eta_seconds - since))} left"
        head = Table.grid(padding=(0, 2))
        head.add_row(ProgressBar(total=100, completed=now.percent, width=BAR_WIDTH), self._percent(), times)
        rows = Table.grid(padding=(0, 1))
        for stage in now.stages:
            mark, plain, style = MARKS[stage.state]
            detail = progress(stage) if stage.state != "pending" else ""
            rows.add_row(
                Text(plain if self.console.options.ascii_only else mark, style),
                Text(_name(stage), "dim" if stage.state in ("pending", "skipped") else ""),
                Text(detail, "dim"),
            )
        return Group(Text(now.title, "bold", overflow="ellipsis", no_wrap=True), head, rows)


def clock(seconds: float) -> str:
    """Seconds as a clock shows them: `0:07`, `12:30`, `1:02:03`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _name(stage: StageView) -> str:
    return STAGE_NAMES.get(stage.name, stage.name)


def _ending(snapshot: Snapshot) -> tuple[str, str]:
    after = clock(snapshot.elapsed_seconds)
    if snapshot.status == "completed":
        return f"Done in {after}.", "green"
    stopped = [_name(stage) for stage in snapshot.stages if stage.state == "stopped"]
    where = f" at '{stopped[0]}'" if stopped else ""
    style = "yellow" if snapshot.status == "cancelled" else "red"
    return f"{snapshot.status.capitalize()} after {after}{where}.", style
