"""How a comparison shows how far it is: one line, in a notebook or a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from aura_nb.pipeline.compare import Step
from aura_nb.widgets.display import mode

UPDATES_HZ = 5


@contextmanager
def showing(shell: Any) -> Iterator[Callable[[Step], None]]:
    """Gives what takes the steps, and shows them in `shell` as `AURA_NB_PROGRESS` says."""
    match mode(shell):
        case "widget":
            yield from _in_notebook()
        case "text":
            yield from _in_terminal()
        case _:
            yield lambda step: None


def _in_notebook() -> Iterator[Callable[[Step], None]]:
    from IPython.display import display

    def bundle(line: str, percent: float | None) -> dict[str, Any]:
        bar = "" if percent is None else f'<progress max="100" value="{percent:.0f}"></progress> '
        return {"text/plain": line, "text/html": f"<p>{bar}{escape(line)}</p>"}

    handle: Any = display(bundle("Comparing …", 0.0), raw=True, display_id=True)
    last: Step | None = None
    drawn = 0.0

    def show(step: Step) -> None:
        nonlocal last, drawn
        other = last is None or step.number != last.number
        last, now = step, time.monotonic()
        if other or now - drawn >= 1 / UPDATES_HZ:
            drawn = now
            handle.update(bundle(str(step), _percent(step)), raw=True)

    try:
        yield show
    except BaseException:
        handle.update(bundle(f"Stopped while {last}." if last else "Stopped.", None), raw=True)
        raise
    handle.update(bundle(f"Compared {last.total}." if last else "Compared.", None), raw=True)


def _in_terminal() -> Iterator[Callable[[Step], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, force_jupyter=False)
    if not console.is_terminal:
        told = 0

        def tell(step: Step) -> None:
            nonlocal told
            if step.number != told:
                told = step.number
                console.print(str(step), markup=False, highlight=False)

        yield tell
        return
    columns = (BarColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Comparing …", total=100)
        yield lambda step: progress.update(task, completed=_percent(step), description=str(step))


def _percent(step: Step) -> float:
    return 100 * (step.number - 1 + step.fraction) / step.total
