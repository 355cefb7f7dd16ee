"""What the job view sends to the page: the truth, seldom, and each picture once."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from aura_nb.errors import RenderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Report
from aura_nb.widgets.job_view import BEAT_SECONDS, HERE, TICK_SECONDS, JobView
from tests.pieces import stored
from tests.widgets.conftest import FILM, Puppet, progress, scene

Make = Callable[[], Puppet]


class Gate:
    """Stands for the view's rest between two ticks: every tick waits until it is let through."""

    def __init__(self) -> None:
        self._tickets = threading.Semaphore(0)
        self._resting = threading.Semaphore(0)
        self.asked: list[float] = []
        self.open = False

    def __call__(self, seconds: float) -> bool:
        self.asked.append(seconds)
        self._resting.release()
        if not self.open:
            self._tickets.acquire()
        return False

    def until_resting(self) -> None:
        assert self._resting.acquire(timeout=10)

    def let_through(self) -> None:
        self._tickets.release()

    def two_messages(self) -> None:
        """Let the next state and its new scenes be sent."""
        for _ in range(2):
            self.let_through()
            self.until_resting()

    def let_all_through(self) -> None:
        self.open = True
        self._tickets.release(1000)


class Page:
    """The front end: it keeps every message of the view's comm."""

    def __init__(self, view: JobView) -> None:
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        view.comm.send = self._hear
        self._view = view

    def _hear(self, data: Any = None, buffers: Any = None, **_: Any) -> None:
        self.messages.append(data)
        self.buffers.append(list(buffers or []))

    @property
    def updates(self) -> list[dict[str, Any]]:
        return [m["state"] for m in self.messages if m["method"] == "update"]

    @property
    def scenes(self) -> list[dict[str, Any]]:
        return [s for m in self.messages if m["method"] == "custom" for s in m["content"]["scenes"]]

    @property
    def percents(self) -> list[float]:
        return [u["_snapshot"]["percent"] for u in self.updates if "_snapshot" in u]

    def say(self, **content: Any) -> None:
        self._view._handle_custom_msg(content, [])


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.let_all_through()


def shown(puppet: Puppet, gate: Gate) -> tuple[JobView, Page]:
    """A view of the running job, resting after its first tick."""
    view = JobView(puppet.start(), rest=gate)
    page = Page(view)
    puppet.tell(progress(1))
    gate.until_resting()
    return view, page


def test_a_thousand_events_are_one_message(puppet: Make, gate: Gate) -> None:
    one = puppet()
    _, page = shown(one, gate)
    page.messages.clear()
    one.tell(*[progress(percent / 20, percent) for percent in range(20, 1020)])
    gate.let_through()
    gate.until_resting()
    assert len(page.messages) == 1
    assert page.percents == [50.95]
    assert set(gate.asked) == {TICK_SECONDS}
    assert TICK_SECONDS >= 0.1


def test_one_tick_is_one_message_whatever_changed(puppet: Make, gate: Gate) -> None:
    one = puppet()
    _, page = shown(one, gate)
    page.messages.clear()
    one.tell(progress(30), Report("job-log", "compose", "A line."))
    gate.let_through()
    gate.until_resting()
    assert [set(update) for update in page.updates] == [{"_snapshot", "_log", "_beat"}]


def test_every_message_takes_a_tick(puppet: Make, gate: Gate) -> None:
    one = puppet()
    _, page = shown(one, gate)
    page.messages.clear()
    for number in range(3):
        one.tell(scene(number), progress(10 + number))
        for messages in (2 * number + 1, 2 * number + 2):
            gate.let_through()
            gate.until_resting()
            assert len(page.messages) == messages
    assert set(gate.asked) == {TICK_SECONDS}


def test_a_page_that_asks_for_the_scenes_gets_all_with_the_next_tick(puppet: Make, gate: Gate) -> None:
    one = puppet()
    _, page = shown(one, gate)
    one.tell(scene(0), scene(1))
    gate.two_messages()
    page.messages.clear()
    page.say(type="scenes", have=0)
    assert page.messages == []
    gate.two_messages()
    assert [s["scene"] for s in page.scenes] == [0, 1]


def test_the_end_is_always_sent_even_when_it_comes_while_resting(puppet: Make, gate: Gate) -> None:
    one = puppet()
    view, page = shown(one, gate)
    one.complete()
    gate.let_all_through()
    assert view.wait(10)
    assert page.percents[-1] == 100
    assert view._snapshot["status"] == "completed"
    assert view._snapshot["film"] == {"path": "sky.mp4", "seconds": 12.5, "width": 640, "height": 360}


def test_it_gives_a_page_its_own_film_and_no_other(
    puppet: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("sky.mp4", "sky.vtt"):
        Path(name).write_text(name, encoding="utf-8")
    one = puppet()
    view = JobView(one.start())
    one.complete()
    assert view.wait(10)
    page = Page(view)
    asked = {"type": "film", "id": "1", "part": "film", "start": 0}
    page.say(**asked, key=one.job.id)
    page.say(**{**asked, "part": "captions"}, key=one.job.id)
    page.say(**asked, key="another")
    assert page.buffers == [[b"sky.mp4"], [b"sky.vtt"], []]
    assert "problem" in page.messages[-1]["content"]


def test_its_state_names_no_folder_of_the_machine(
    puppet: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = replace(FILM, path=tmp_path / "sky.mp4")
    monkeypatch.setattr("tests.widgets.conftest.FILM", film)
    one = puppet()
    view = JobView(one.start())
    one.complete()
    assert view.wait(10)
    assert view._snapshot["film"]["path"] == "sky.mp4"
    assert str(tmp_path) not in str(view.get_state())


def test_a_failure_shows_what_to_do(puppet: Make) -> None:
    one = puppet()
    view = JobView(one.start())
    one.fail(RenderError("The encoder stopped.", remedy="Free some disk space."))
    assert view.wait(10)
    assert view._snapshot["status"] == "failed"
    assert view._snapshot["error"]["remedy"] == "Free some disk space."


def test_every_thumbnail_is_sent_once(puppet: Make, gate: Gate) -> None:
    one = puppet()
    _, page = shown(one, gate)
    for number in range(3):
        one.tell(scene(number), progress(10 + number))
        gate.two_messages()
    assert [s["scene"] for s in page.scenes] == [0, 1, 2]
    assert all("thumbnail" not in str(update) for update in page.updates)


def test_a_picture_that_changes_is_sent_again(puppet: Make, gate: Gate) -> None:
    one = puppet()
    _, page = shown(one, gate)
    for thumbnail in ("QUJD", "REVG"):
        one.tell(scene(0, thumbnail))
        gate.two_messages()
    assert [s["thumbnail"] for s in page.scenes] == ["QUJD", "REVG"]


def test_a_reloaded_page_gets_all_scenes_when_it_asks_also_after_the_end(puppet: Make) -> None:
    one = puppet()
    view = JobView(one.start())
    one.tell(scene(0), scene(1))
    one.complete()
    assert view.wait(10)
    page = Page(view)
    page.say(type="scenes", have=0)
    page.say(type="cancel")
    assert [s["scene"] for s in page.scenes] == [0, 1]


@pytest.mark.parametrize("says", ["scenes", "seen"])
def test_the_end_stays_until_a_page_that_was_heard_has_seen_it(
    says: str, puppet: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = puppet()
    view = JobView(one.start())
    page = Page(view)
    page.say(type="scenes", have=0)
    one.complete()
    waiting = threading.Thread(target=view.wait_until_seen)
    monkeypatch.setattr("aura_nb.widgets.job_view.GLANCE_SECONDS", 0)
    monkeypatch.setattr("aura_nb.widgets.job_view.SEEN_SECONDS", 60)
    waiting.start()
    page.say(type=says)
    waiting.join(0.2 if says == "scenes" else 30)
    assert waiting.is_alive() == (says == "scenes")
    page.say(type="seen")
    waiting.join(30)


def test_nobody_waits_for_a_page_that_was_never_heard(puppet: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = puppet()
    view = JobView(one.start())
    one.complete()
    monkeypatch.setattr("aura_nb.widgets.job_view.SEEN_SECONDS", 10_000)
    view.wait_until_seen()


def test_a_click_on_cancel_cancels_and_an_unknown_message_does_nothing(puppet: Make) -> None:
    one = puppet()
    view = JobView(one.start())
    page = Page(view)
    page.say(type="dance")
    page.say()
    assert one.job.status in ("queued", "running")
    page.say(type="cancel")
    assert one.job.wait(10)
    assert view.wait(10)
    assert view._snapshot["status"] == "cancelled"


def test_the_heart_beats_while_nothing_happens(puppet: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aura_nb.widgets.job_view.BEAT_SECONDS", 0.001)
    one = puppet()
    beats = threading.Semaphore(0)
    view = JobView(one.start(), rest=lambda seconds: False)
    view.observe(lambda change: beats.release(), "_beat")
    one.tell(progress(1))
    for _ in range(5):
        assert beats.acquire(timeout=10)
    one.complete()
    assert view.wait(10)
    # The page gives up after eight checks of a second each: three beats may be lost before that.
    assert BEAT_SECONDS * 3 < 8


def test_closing_the_view_leaves_the_job_alone(puppet: Make) -> None:
    one = puppet()
    view = JobView(one.start())
    view.close()
    assert view.wait(10)
    one.tell(progress(40))
    one.complete()
    assert one.job.film is not None


def test_no_thread_outlives_the_job(puppet: Make) -> None:
    one = puppet()
    view = JobView(one.start())
    one.complete()
    assert view.wait(10)
    assert one.job.log._listeners == ()


def test_two_views_of_one_job_agree(puppet: Make) -> None:
    one = puppet()
    views = JobView(one.start()), JobView(one.job)
    one.tell(progress(25))
    one.complete()
    assert all(view.wait(10) for view in views)
    assert views[0]._snapshot == views[1]._snapshot


def test_a_view_opened_late_starts_with_the_state_of_that_moment(puppet: Make) -> None:
    one = puppet()
    one.start()
    one.tell(progress(60))
    assert JobView(one.job)._snapshot["percent"] == 60


def test_the_state_is_plain_json(puppet: Make) -> None:
    import json

    one = puppet()
    one.start()
    one.tell(scene(0), progress(5), Report("warning", "picture", "A glyph is missing."))
    view = JobView(one.job)
    state = json.loads(json.dumps({"_snapshot": view._snapshot, "_log": view._log}))
    assert state["_snapshot"]["warnings"] == ["A glyph is missing."]
    assert state["_snapshot"]["stages"][0]["label"] == "Write the script"


def test_importing_jobs_imports_no_widgets() -> None:
    code = (
        "import sys, aura_nb, aura_nb.jobs.job, aura_nb.widgets;"
        "print(sorted({'ipywidgets', 'anywidget', 'IPython', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_the_front_end_stays_small_and_plain() -> None:
    script = (HERE / "job_view.js").read_text(encoding="utf-8")
    assert len(script.splitlines()) < 300
    assert "export default" in script
    assert "http" not in script
    # User text is set as text; markup is only ever one of our own icons.
    assert [line.strip() for line in script.splitlines() if "innerHTML" in line] == [
        'row.innerHTML = \'<svg viewBox="0 0 16 16" role="img"></svg>\';',
        "icon.innerHTML = ICON[state] ?? ICON.pending;",
    ]


def test_what_is_finished_is_handed_over_when_it_is_asked_for_and_kept_in_no_trait(
    puppet: Make, tmp_path: Path
) -> None:
    cache = Cache(tmp_path)
    first, *_, heard = stored(cache)
    one = puppet()
    view = JobView(one.start(), cache=cache)
    one.tell(*(Report("scene-ready", "compose", data=asdict(piece)) for piece in (first, heard)))
    one.fail(RenderError("The encoder stopped."))
    assert view.wait(10)
    page = Page(view)
    for name in ("video.m3u8", "video-0.m4s", "video-99.m4s"):
        page.say(type="preview", id=name, name=name)
    playlist, fragment, nothing = page.messages
    assert [m["content"]["found"] for m in page.messages] == [True, True, False]
    assert [m["content"]["id"] for m in page.messages] == ["video.m3u8", "video-0.m4s", "video-99.m4s"]
    (text,), (data,), none = (page.buffers[n] for n in range(3))
    # It has ended: a player knows that no more will come.
    assert text.decode().endswith("#EXT-X-ENDLIST\n")
    assert data[4:8] == b"moof"
    assert none == []
    assert "pieces" not in view._snapshot
    assert len(str(view.get_state())) < 200_000
    assert playlist["method"] == fragment["method"] == nothing["method"] == "custom"


@pytest.mark.parametrize(
    "content", [None, "cancel", ["cancel"], {}, {"type": ["cancel"]}, {"type": "preview", "name": {}, "id": 1}]
)
def test_what_no_page_of_ours_says_is_not_heard(puppet: Make, content: Any) -> None:
    one = puppet()
    view = JobView(one.start())
    page = Page(view)
    view._on_message(view, content, [])
    assert page.messages == []
    assert one.job.status != "cancelling"
    one.complete()


def test_whoever_watches_the_film_is_not_interrupted_by_its_end(
    puppet: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = puppet()
    view = JobView(one.start())
    page = Page(view)
    monkeypatch.setattr("aura_nb.widgets.job_view.WATCHING_SECONDS", 60)
    page.say(type="watching")
    one.complete()
    page.say(type="seen")
    waiting = threading.Thread(target=view.wait_until_seen)
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    page.say(type="watched")
    waiting.join(30)
    assert not waiting.is_alive()
