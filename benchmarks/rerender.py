"""What an edit costs: a film of twelve scenes made whole, then again after each kind of change.

Every change is made to the first film, whose cache stands; `ratio` is against making it whole. The second
table says how many tasks of each stage were really done. Run with: python benchmarks/rerender.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from aura_nb.cancel import Cancel
from aura_nb.film import Film
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.flow import make_film
from aura_nb.pipeline.progress import Rates
from aura_nb.request import Request
from aura_nb.script import PointsCard, Scene, Script, TitleCard
from aura_nb.spec import Brief, Profile, Render

SCENES = 12
GOALS = {"unchanged": "≤ 0.5 s", "one narration": "≤ 25 %", "one caption": "≤ 25 %", "title font": "titles only"}


def script(theme: Path, *, captions: str = "burnt", height: int = 1080) -> Script:
    """Twelve scenes, the first and the last under a title, as spoken by the draft voice."""
    scenes = [
        Scene(
            heading=f"Part {number + 1}",
            text=f"This is part number {number + 1} of twelve. It says a little of what a scene says.",
            picture=TitleCard(title=f"Part {number + 1}")
            if number in (0, SCENES - 1)
            else PointsCard(points=[f"The point of part {number + 1}", "And one more"]),
        )
        for number in range(SCENES)
    ]
    return Script(
        brief=Brief("What an edit costs"),
        scenes=scenes,
        render=Render(height=height, theme=str(theme), captions=captions),
        profile=Profile(speaker=["espeak"]),
    )


def narration(changed: Script, theme: Path) -> None:
    """Say something else in one scene."""
    changed.scenes[5].text = "This is the middle of twelve parts, and it was written anew."


def caption(changed: Script, theme: Path) -> None:
    """Write a word otherwise that sounds the same."""
    changed.scenes[5].text = changed.scenes[5].text.replace("twelve", "Twelve")


def font(changed: Script, theme: Path) -> None:
    """Set titles in another font."""
    (theme / "theme.toml").write_text('extends = "light"\n[title.fonts]\ndisplay = "JetBrains Mono"\n')


def make(spec: Script, folder: Path) -> tuple[float, Film]:
    """Make the film with the cache in `folder`; give the seconds it took, too."""
    began = time.monotonic()
    film = make_film(
        Request.ask(spec),
        folder / "film.mp4",
        cache=Cache(folder / "cache"),
        rates=Rates(),
        workers=2,
        cancel=Cancel(),
        report=lambda report: None,
    )
    return time.monotonic() - began, film


def main() -> None:
    """Print the tables."""
    changes: dict[str, Callable[[Script, Path], None]] = {
        "unchanged": lambda spec, theme: None,
        "one narration": narration,
        "one caption": caption,
        "title font": font,
    }
    costs = Table("film", "seconds", "ratio", "goal", title=f"Making {SCENES} scenes again")
    work = Table("film", "narrate", "picture", "compose", "finish", title="Tasks that were really done")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        theme = folder / "theme"
        theme.mkdir()
        (theme / "theme.toml").write_text('extends = "light"\n')
        whole, first = make(script(theme), folder)
        rows = [("whole", whole, first)]
        for title, change in changes.items():
            spec = script(theme)
            change(spec, theme)
            rows.append((title, *make(spec, folder)))
        for title, seconds, film in rows:
            costs.add_row(title, f"{seconds:.2f}", f"{seconds / whole:.1%}", GOALS.get(title, ""))
            fresh = {timing.stage: timing.items - timing.cached for timing in film.stages}
            work.add_row(title, *(str(fresh[stage]) for stage in ("narrate", "picture", "compose", "finish")))
    Console().print(costs, work)


if __name__ == "__main__":
    main()
