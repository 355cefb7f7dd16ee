"""What an edit makes again, as the job's own events tell it: the edited scene's chain and its two transitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from aura_nb.film import Film
from aura_nb.jobs import Event, Job, Queue
from aura_nb.request import Request
from aura_nb.script import PointsCard, Scene, Script, TitleCard
from aura_nb.spec import Brief, Profile, Render
from tests.pipeline import small

pytestmark = pytest.mark.slow

SCENES = 12
TITLES = (0, 11)


def script(theme: Path) -> Script:
    scenes = [
        Scene(
            heading=f"Part {number}",
            text=f"This is part {number}.",
            picture=TitleCard(title=f"Title {number}")
            if number in TITLES
            else PointsCard(points=[f"Part {number}"]),
        )
        for number in range(SCENES)
    ]
    render = Render(height=360, fps=24, crf=35, transition=0.25, captions="burnt", theme=str(theme))
    return Script(
        brief=Brief("Twelve parts"),
        scenes=scenes,
        render=render,
        profile=Profile(speaker=["espeak"], illustrator=["cards"]),
    )


def made(spec: Script, folder: Path) -> list[Event]:
    """What the job that makes the film tells."""

    def work(report: Callable, cancel: object) -> Film:
        return small.make(folder / "film.mp4", folder / "cache", request=Request.ask(spec), report=report)

    job = Job("Twelve parts", work, queue=Queue()).start()
    job.result(200)
    return job.events()


def anew(events: Sequence[Event]) -> dict[str, set[str]]:
    """Of each stage the tasks that the cache did not have."""
    done = [event for event in events if event.type == "step-status" and event.data["state"] == "done"]
    return {str(event.stage): set(event.data["made"]) for event in done}


@pytest.fixture(scope="module")
def theme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("theme")
    (folder / "theme.toml").write_text('extends = "light"\n')
    return folder


@pytest.fixture(scope="module")
def folder(theme: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the film was made once, with its cache."""
    folder = tmp_path_factory.mktemp("twelve")
    first = anew(made(script(theme), folder))
    assert [len(first[stage]) for stage in ("narrate", "picture", "compose", "finish")] == [12, 12, 24, 1]
    return folder


def test_unchanged_nothing_is_made_and_no_process_is_started(
    theme: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def start(*args: object, **more: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("subprocess.Popen.__init__", start)
    before = small.files(folder / "film.mp4")
    # Cutting captions from the words is quicker than looking them up.
    assert anew(made(script(theme), folder)) == {
        **{stage: set() for stage in ("narrate", "picture", "compose", "finish")},
        "caption": {f"caption:{number}" for number in range(SCENES)},
    }
    assert small.files(folder / "film.mp4") == before


def test_a_narration_edited_makes_its_own_chain_and_its_two_transitions(theme: Path, folder: Path):
    edited = script(theme)
    edited.scenes[5].text = "This is part five, and it was written anew."
    again = anew(made(edited, folder))
    assert again["narrate"] == {"narrate:5"}
    assert again["picture"] == set()
    assert again["compose"] == {"body:5", "transition:4", "transition:5", "sound"}
    assert again["finish"] == {"finish"}


def test_a_caption_written_otherwise_makes_the_frames_it_is_seen_in(theme: Path, folder: Path):
    edited = script(theme)
    edited.scenes[5].text = "THIS is part 5."
    again = anew(made(edited, folder))
    assert again["picture"] == set()
    assert again["compose"] - {"sound"} <= {"body:5", "transition:4", "transition:5"}
    assert "body:5" in again["compose"]


def test_another_font_for_titles_makes_the_title_cards_alone(theme: Path, folder: Path):
    plain = (theme / "theme.toml").read_text()
    try:
        (theme / "theme.toml").write_text(f'{plain}[title.fonts]\ndisplay = "JetBrains Mono"\n')
        again = anew(made(script(theme), folder))
    finally:
        (theme / "theme.toml").write_text(plain)
    assert again["picture"] == {f"picture:{number}" for number in TITLES}
    assert again["compose"] == {"body:0", "transition:0", "transition:10", "body:11"}
    assert again["narrate"] == set()
