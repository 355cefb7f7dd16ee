"""Jobs for notebooks: one that only plays its part, at a pace the tests choose, and one that makes a real film."""

from __future__ import annotations

import base64
from pathlib import Path

from aura_nb.cancel import Cancel
from aura_nb.film import Film
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal
from aura_nb.jobs.queue import Queue
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Report, Reporter, Stage
from aura_nb.settings import Settings
from aura_nb.widgets import register
from tests.gated import Gated

HEADINGS = ("Why the sky is blue", "What sunlight is made of", "Short waves scatter most", "What to remember")
PART: tuple[Stage, ...] = ("narrate", "picture", "compose")
STEPS_A_SECOND = 20


def play(seconds: float, *, kept: bool = False) -> Job:
    """Start a job of about `seconds`, and have this notebook, of whatever kind, show jobs.

    With `kept` it is in the kernel's journal and queue, as films are.
    """
    from IPython import get_ipython

    register(get_ipython())

    def work(report: Reporter, cancel: Cancel) -> Film:
        report(Report("step-status", "write", "Wrote 4 scenes.", 2, data=_done(0.4, items=1, cached=1)))
        for stage in PART:
            report(Report("step-status", stage, "", 2, 0, 4, data={"state": "running"}))
        steps = int(seconds * STEPS_A_SECOND)
        for step in range(steps):
            cancel.wait(1 / STEPS_A_SECOND)
            cancel.check()
            scene = 4 * step // steps
            if step % max(1, steps // 4) == 0:
                data = {"scene": scene, "heading": HEADINGS[scene], "thumbnail": _thumbnail(scene)}
                report(Report("scene-ready", "picture", data=data))
                report(Report("job-log", "picture", f"Drew scene {scene + 1}."))
            percent, left = 2 + 96 * step / steps, seconds * (1 - step / steps)
            for stage in PART:
                message = f"Composing scene {scene + 1} of 4."
                report(Report("step-progress", stage, message, percent, scene, 4, eta_seconds=left))
        for stage in PART:
            report(Report("step-status", stage, "", 98, data=_done(seconds, items=4)))
        return _film()

    if kept:
        return Job(HEADINGS[0], work, journal=Journal(Settings().journal)).start()
    return Job(HEADINGS[0], work, queue=Queue()).start()


def make(folder: Path) -> Gated:
    """Start a real film whose making waits in the middle for `go`, and have this notebook show jobs."""
    from IPython import get_ipython

    register(get_ipython())
    return Gated(folder, cache=Cache(Settings().cache_dir)).start()


def storm(updates: int = 10_000, *, scenes: int = 200, warnings: int = 100, seconds: float = 8) -> Job:
    """Start the largest job there is, which tells of each of its thousands of steps."""
    from IPython import get_ipython

    register(get_ipython())

    def work(report: Reporter, cancel: Cancel) -> Film:
        for step in range(updates):
            if step % (updates // scenes) == 0:
                scene = step * scenes // updates
                data = {"scene": scene, "heading": f"{HEADINGS[2]}, {scene}", "thumbnail": _thumbnail(scene)}
                report(Report("scene-ready", "picture", data=data))
                cancel.wait(seconds / scenes)
                cancel.check()
            if step % (updates // warnings) == 0:
                report(
                    Report("warning", "picture", f"Glyph {step} is missing in the font: it becomes a box. " * 5)
                )
            report(Report("step-progress", "compose", f"Step {step}.", 99 * step / updates, step, updates))
        return _film()

    return Job("The largest film", work, queue=Queue()).start()


def _film() -> Film:
    nowhere = Path("film.mp4")
    return Film(nowhere, None, None, nowhere, HEADINGS[0], 16.0, (1920, 1080), ())


def _done(seconds: float, items: int, cached: int = 0) -> dict[str, object]:
    return {"state": "done", "seconds": seconds, "items": items, "cached": cached}


def _thumbnail(scene: int) -> str:
    import cv2
    import numpy as np

    picture = np.full((180, 320, 3), 244, np.uint8)
    cv2.rectangle(picture, (24, 30), (170, 44), (150, 90, 40), -1)
    for line in range(3):
        cv2.rectangle(
            picture, (24, 76 + 28 * line), (270 - 30 * (line + scene) % 120, 84 + 28 * line), (90, 90, 90), -1
        )
    return base64.b64encode(cv2.imencode(".jpg", picture)[1].tobytes()).decode("ascii")
