"""Make the README's pictures: a film's frames, and the live view in a real JupyterLab.

    .venv/bin/python docs/images/make.py

Needs what `make test` needs (Chromium, JupyterLab).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import av
import cv2
import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FRAME = (640, 360)
GAP = 12
COLUMNS = 2
SCALE = 2
PERCENT = 75

CELL = """import aura_nb as aura

job = aura.start(aura.quick_demo())
job"""


def film() -> None:
    """`film.png`: the picture in the middle of every scene of the Quick Demo."""
    from aura_nb import api
    from aura_nb.demo import quick_demo

    with tempfile.TemporaryDirectory() as folder:
        made = api.make(quick_demo(), output=Path(folder) / "film.mp4")
        middles = [(chapter.start + chapter.end) / 2 for chapter in made.chapters]
        frames = [
            cv2.resize(frame_at(made.path, second), FRAME, interpolation=cv2.INTER_AREA) for second in middles
        ]
    cv2.imwrite(str(HERE / "film.png"), sheet(frames), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def frame_at(path: Path, second: float) -> np.ndarray:
    """The frame shown at `second`, as blue, green, red."""
    with av.open(str(path)) as container:
        return next(
            frame.to_ndarray(format="bgr24") for frame in container.decode(video=0) if frame.time >= second
        )


def sheet(frames: list[np.ndarray]) -> np.ndarray:
    """`frames` side by side, two a row, with nothing between them."""
    width, height = FRAME
    rows = -(-len(frames) // COLUMNS)
    whole = np.zeros((rows * (height + GAP) - GAP, COLUMNS * (width + GAP) - GAP, 4), np.uint8)
    for number, frame in enumerate(frames):
        top, left = number // COLUMNS * (height + GAP), number % COLUMNS * (width + GAP)
        whole[top : top + height, left : left + width] = cv2.cvtColor(frame, cv2.COLOR_BGR2BGRA)
    return whole


def widget() -> None:
    """`widget.png`: the live view when a bit more than half of the film is made."""
    from playwright.sync_api import sync_playwright

    from tests.browser.lab import Notebook, chromium, jupyter_lab

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        env = {name: f"{folder}/{name}" for name in ("AURA_NB_DATA_DIR", "AURA_NB_CACHE_DIR")}
        with jupyter_lab(Path(folder) / "lab", env) as lab, chromium(playwright) as browser:
            lab.write("film.ipynb", CELL)
            page = browser.new_page(viewport={"width": 1100, "height": 900}, device_scale_factor=SCALE)
            notebook = Notebook(page, lab, "film.ipynb").open()
            notebook.run(0)
            view = notebook.view(0)
            page.wait_for_function(
                "p => document.querySelector('.aura-job [role=progressbar]')?.getAttribute('aria-valuenow') >= p",
                arg=PERCENT,
                timeout=120_000,
            )
            view.screenshot(path=HERE / "widget.png")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    film()
    widget()
