"""How a job shows itself: a widget while it runs, a document once it has ended."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output
from ipywidgets.widgets.widget import _instances

from aura_nb.jobs.snapshot import Snapshot
from aura_nb.widgets import display as room
from aura_nb.widgets import mode, register, show
from aura_nb.widgets.live import NOTHING, STYLE, VIEW
from tests.widgets.conftest import Puppet, progress, scene

Make = Callable[[], Puppet]
DOCUMENT = {"text/html", "text/plain"}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("AURA_NB_PROGRESS", "widget")
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def published(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every message the shell would send to the notebook, also from other threads."""
    # No page will ever answer here.
    monkeypatch.setattr("aura_nb.widgets.job_view.GLANCE_SECONDS", 0)
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(shell.display_pub, "publish", lambda **message: messages.append(message))
    return messages


def test_a_running_job_is_a_widget_and_before_it_what_is_read_without_its_kernel(
    puppet: Make, published: list[dict[str, Any]]
) -> None:
    one = puppet()
    ended = show(one.start())
    one.complete()
    assert ended.wait(10)
    document, view = published[:2]
    assert set(document["data"]) == DOCUMENT
    # Saved and read later, a bar drawn now would be a lie.
    assert "aura.jobs()" in document["data"]["text/html"]
    assert "%" not in document["data"]["text/html"]
    assert document["data"]["text/html"].endswith(STYLE)
    assert document["transient"] == {"display_id": f"aura-{one.job.id}"}
    assert set(view["data"]) == {VIEW, *DOCUMENT}
    assert view["data"].items() >= NOTHING.items()


def test_the_end_takes_the_widgets_place_in_the_saved_notebook(
    puppet: Make, published: list[dict[str, Any]]
) -> None:
    one = puppet()
    ended = show(one.start())
    one.tell(progress(50))
    assert not ended.is_set()
    one.complete()
    assert ended.wait(10)
    _, shown, document, view = published
    assert document["update"]
    assert document["transient"] == {"display_id": f"aura-{one.job.id}"}
    assert set(document["data"]) == DOCUMENT
    assert document["data"]["text/plain"] == "Job('Why the sky is blue', completed)"
    assert "completed" in document["data"]["text/html"]
    # It gives way to nothing any more.
    assert STYLE not in document["data"]["text/html"]
    assert (view["update"], view["data"]) == (True, NOTHING)
    assert view["transient"] == shown["transient"] != document["transient"]


def test_displays_of_one_job_share_one_widget(puppet: Make, published: list[dict[str, Any]]) -> None:
    one = puppet()
    first = show(one.start())
    assert show(one.job) is first
    assert len(set(models(published))) == 1
    ids = [message["transient"]["display_id"] for message in published]
    assert ids[:2] == ids[2:]
    one.complete()
    assert first.wait(10)
    assert sum(bool(message.get("update")) for message in published) == 2


def models(published: list[dict[str, Any]]) -> list[str]:
    """The names of the models whose views were displayed."""
    return [message["data"][VIEW]["model_id"] for message in published if VIEW in message["data"]]


def test_a_job_whose_view_was_closed_is_shown_again_by_a_new_one(
    puppet: Make, published: list[dict[str, Any]]
) -> None:
    one = puppet()
    ended = show(one.start())
    closed, _ = room._shown[one.job]
    closed.close()
    assert show(one.job) is ended
    assert None not in models(published)
    assert len(set(models(published))) == 2
    one.complete()
    assert ended.wait(10)
    assert [set(message["data"]) for message in published if message.get("update")] == [DOCUMENT, {*NOTHING}]


def test_an_ended_job_needs_no_kernel_to_be_shown(puppet: Make, published: list[dict[str, Any]]) -> None:
    one = puppet()
    one.start()
    one.complete()
    assert show(one.job).is_set()
    assert [set(message["data"]) for message in published] == [DOCUMENT]


@pytest.mark.parametrize("there", [True, False])
def test_what_is_left_of_a_job_plays_its_film_while_that_and_a_kernel_are_there(
    there: bool,
    puppet: Make,
    shell: InteractiveShell,
    published: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    if there:
        Path("sky.mp4").write_bytes(b"film")
    one = puppet()
    one.start()
    one.complete()
    show(one.job)
    html = published[-1]["data"]["text/html"]
    assert ("data-aura-film" in html, "data-aura-play" in html) == (there, there)
    monkeypatch.setattr(shell, "kernel", None)
    show(one.job)
    assert "data-aura-film" not in published[-1]["data"]["text/html"]


def test_nothing_is_kept_of_an_ended_job(puppet: Make, published: list[dict[str, Any]]) -> None:
    one = puppet()
    ended = show(one.start())
    one.complete()
    assert ended.wait(10)
    assert one.job not in room._shown


def shown_to_its_end() -> tuple[str, list[weakref.ref[Any]], weakref.ref[Any]]:
    """A job with a picture, shown and ended: its id, what is left of it and its log, and of its view."""
    one = Puppet()
    ended = show(one.start())
    view, _ = room._shown[one.job]
    one.tell(scene(0), progress(50))
    one.complete()
    assert ended.wait(10)
    return one.job.id, [weakref.ref(one.job), weakref.ref(one.job.log)], weakref.ref(view)


@pytest.mark.slow
def test_ended_jobs_and_their_pictures_leave_the_kernel(published: list[dict[str, Any]]) -> None:
    before = set(_instances)
    left = [shown_to_its_end() for _ in range(room.KEPT + 3)]
    until_gone([ref for _, refs, _ in left for ref in refs])
    # The last few views stay, each a picture of the end: for pages that were reloaded while the job ran.
    until_gone([view for *_, view in left[: -room.KEPT]])
    kept = [view() for *_, view in left[-room.KEPT :]]
    assert [view._snapshot["status"] for view in kept if view] == ["completed"] * room.KEPT
    assert len(set(_instances) - before) == 2 * room.KEPT  # each with its layout
    ids = {job_id for job_id, *_ in left}
    assert not [one for one in gc.get_objects() if isinstance(one, Snapshot) and one.job_id in ids]


def until_gone(left: list[weakref.ref[Any]], seconds: float = 10.0) -> None:
    """Wait until nothing refers to these any more: a thread that told of an end may need a moment to leave."""
    until = time.monotonic() + seconds
    while still := [one for ref in left if (one := ref()) is not None]:
        assert time.monotonic() < until, still
        still.clear()
        gc.collect()
        time.sleep(0.01)


def test_a_job_as_a_cells_last_value_is_displayed_once(puppet: Make, shell: InteractiveShell) -> None:
    register(shell)
    register(shell)
    one = puppet()
    one.start()
    with capture_output() as caught:
        shell.displayhook(one.job)
    ended = show(one.job)
    one.complete()
    assert ended.wait(10)
    outputs: list[RichOutput] = caught.outputs
    assert [set(output.data) for output in outputs] == [DOCUMENT, {VIEW, *NOTHING}]


@pytest.mark.parametrize("chosen", ["off", "text"])
def test_without_widgets_a_job_is_its_summary_then_its_end(
    chosen: str, puppet: Make, published: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_NB_PROGRESS", chosen)
    one = puppet()
    ended = show(one.start())
    one.complete()
    assert ended.wait(10)
    assert [set(message["data"]) for message in published] == [DOCUMENT] * 2
    assert STYLE not in published[0]["data"]["text/html"]
    assert published[-1]["data"]["text/plain"] == "Job('Why the sky is blue', completed)"


@pytest.mark.parametrize(
    ("chosen", "shell", "expected"),
    [
        ("auto", SimpleNamespace(kernel=object()), "widget"),
        ("auto", SimpleNamespace(kernel=None), "text"),
        ("auto", SimpleNamespace(), "text"),
        ("auto", None, "text"),
        ("off", SimpleNamespace(kernel=object()), "off"),
        ("text", SimpleNamespace(kernel=object()), "text"),
        ("widget", None, "widget"),
    ],
)
def test_the_setting_decides_and_auto_looks_for_a_kernel(
    chosen: str, shell: Any, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_NB_PROGRESS", chosen)
    assert mode(shell) == expected
