"""What the Studio's page is sent and what it asks: once, in order, and whatever gets lost on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_nb.widgets import views
from aura_nb.widgets.studio_view import JOBS, PAGES, StudioView
from tests.widgets.conftest import Puppet


class Room:
    """Stands for the workshop behind the view: a state to change, and what was asked."""

    def __init__(self) -> None:
        self.pieces: dict[str, Any] = {name: [] if name in LISTS else {} for name in StudioView.PIECES}
        self.pieces["film"] = None
        self.jobs: list[Any] = []
        self.asked: list[dict[str, Any]] = []
        self.watchers: list[Callable[[], None]] = []
        self.view = StudioView(
            {"parts": []},
            lambda: dict(self.pieces),
            jobs=lambda: self.jobs,
            act=self.act,
            media=lambda key: ({"version": 1, "kind": "image/jpeg"}, [key.encode()]),
            film=lambda key: {"film": Path(__file__), "captions": None} if key == "sky" else None,
            subscribe=self.subscribe,
        )
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[Any] = []
        self.view.comm.send = self.send

    def send(self, data: dict[str, Any] | None = None, buffers: Any = None, **_: Any) -> None:
        self.messages.append(data or {})
        self.buffers.append(buffers)

    def act(self, message: Any) -> None:
        self.thread = threading.current_thread().name
        self.asked.append(dict(message))
        if message["type"] == "break":
            raise RuntimeError("nonsense")

    def subscribe(self, watcher: Callable[[], None]) -> Callable[[], None]:
        self.watchers.append(watcher)
        return lambda: self.watchers.remove(watcher)

    def tell(self) -> None:
        for watcher in self.watchers:
            watcher()

    def hear(self, number: int, type: str = "edit", page: str = "p", oldest: int = 1, **content: Any) -> None:
        message = {"type": type, "page": page, "number": number, "oldest": oldest, **content}
        self.view._handle_custom_msg(message, [])

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.01)

    @property
    def updates(self) -> list[dict[str, Any]]:
        """The pieces that were sent, without what only beats."""
        sent = [message["state"] for message in self.messages if message.get("method") == "update"]
        return [state for state in sent if set(state) != {"_beat"}]

    @property
    def beats(self) -> int:
        return sum(message.get("state", {}).keys() == {"_beat"} for message in self.messages)


LISTS = ("checks", "history")


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.view.close()


def test_only_what_has_changed_is_sent_and_at_once(room: Room):
    room.pieces["checks"] = [{"name": "disk"}]
    room.pieces["works"] = {"write": {"busy": True}}
    room.tell()
    room.until(lambda: len(room.updates) == 1)
    assert set(room.updates[0]) == {"_checks", "_works"}


def test_changes_in_a_burst_are_few_messages(room: Room):
    for number in range(500):
        room.pieces["works"] = {"write": {"busy": True, "number": number}}
        room.tell()
    room.until(lambda: bool(room.updates) and room.updates[-1]["_works"]["write"]["number"] == 499)
    assert len(room.updates) <= 3


def test_what_is_asked_is_done_in_order_and_told_to_be_heard(room: Room):
    for number in (1, 2, 3):
        room.hear(number, what=number)
    room.until(lambda: len(room.asked) == 3)
    assert [message["what"] for message in room.asked] == [1, 2, 3]
    room.until(lambda: room.view._heard == {"p": 3})


def test_what_comes_twice_is_done_once_and_what_comes_early_waits_for_its_turn(room: Room):
    room.hear(1)
    room.hear(1)
    # The second was lost on its way: the third is not done before it.
    room.hear(3)
    room.until(lambda: room.view._heard == {"p": 1})
    for number in (2, 3, 2):
        room.hear(number)
    room.until(lambda: room.view._heard == {"p": 3})
    assert [message["number"] for message in room.asked] == [1, 2, 3]


def test_pages_are_counted_each_by_itself(room: Room):
    room.hear(1, page="one")
    room.hear(1, page="two")
    # One that was forgotten goes on with its own numbers.
    room.hear(7, page="three", oldest=7)
    room.until(lambda: len(room.asked) == 3)
    room.until(lambda: room.view._heard == {"one": 1, "two": 1, "three": 7})


def test_the_first_message_of_a_page_may_be_lost_as_any_other(room: Room):
    room.hear(2)
    for number in (1, 2):
        room.hear(number)
    room.until(lambda: room.view._heard == {"p": 2})
    assert [message["number"] for message in room.asked] == [1, 2]


def test_the_pages_that_were_silent_longest_are_forgotten_first(room: Room):
    room.hear(1, page="at work")
    for number in range(PAGES):
        room.hear(number + 2, page="at work")
        room.hear(1, page=f"left {number}")
    room.until(lambda: len(room.asked) == 2 * PAGES + 1)
    room.until(lambda: room.view._heard.get("at work") == PAGES + 1)
    assert len(room.view._heard) == PAGES
    # It is asked for again by a page that has not heard of that yet.
    room.hear(PAGES + 1, page="at work", oldest=PAGES + 1)
    room.view.heed()
    assert len(room.asked) == 2 * PAGES + 1


def test_it_beats_for_a_page_that_looks_though_nothing_changes_and_at_once_for_one_that_comes(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    room.view._handle_custom_msg({"type": "here"}, [])
    room.until(lambda: room.beats >= 1)
    monkeypatch.setattr("aura_nb.widgets.studio_view.BEAT_SECONDS", 0.01)
    # So that the wait that is under way is over.
    room.tell()
    room.until(lambda: room.beats >= 3)
    assert room.updates == []
    assert room.asked == []


def test_a_message_never_holds_up_the_kernel(room: Room):
    room.hear(1)
    room.until(lambda: bool(room.asked))
    assert room.thread == "aura-studio"


def test_code_can_have_done_what_was_asked_before_it_looks(room: Room):
    room.view._closed.set()
    for number in (1, 2):
        room.hear(number)
    room.view.heed()
    assert [message["number"] for message in room.asked] == [1, 2]
    room.view._closed.clear()


def test_nonsense_of_one_page_does_not_silence_the_others(room: Room, caplog: pytest.LogCaptureFixture):
    room.hear(1, "break")
    room.until(lambda: "came to nothing" in caplog.text)
    room.hear(2)
    room.until(lambda: [message["type"] for message in room.asked] == ["break", "edit"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def test_a_message_of_any_kind_whatever_raises_nothing_in_the_kernel(room: Room):
    """Neither where it comes in nor in the cell whose code looks at the Studio next."""
    room.view._closed.set()
    named = st.dictionaries(st.sampled_from(["page", "number", "oldest", "type", "key"]), JSON)
    broken = st.fixed_dictionaries(
        {"page": st.just("p"), "number": JSON, "oldest": JSON, "type": st.just("break")}
    )

    @settings(max_examples=40, deadline=None)
    @given(st.lists(JSON | named | broken, max_size=3))
    def say(messages: list[Any]) -> None:
        for message in messages:
            room.view._handle_custom_msg(message, [])
        room.view.heed()

    say()
    room.view._counts = {}
    room.hear(1)
    room.view.heed()
    assert room.asked[-1]["type"] == "edit"
    room.view._closed.clear()


def test_bytes_go_beside_the_state_never_in_it(room: Room):
    room.hear(1, "media", key="picture:s1")
    room.until(lambda: any(message.get("method") == "custom" for message in room.messages))
    place = next(n for n, message in enumerate(room.messages) if message.get("method") == "custom")
    content = room.messages[place]["content"]
    assert (content["key"], content["version"]) == ("picture:s1", 1)
    assert room.buffers[place] == [b"picture:s1"]
    assert room.asked == []


def test_a_piece_of_a_film_is_sent_at_once_and_counts_as_nothing_asked(room: Room):
    for key in ("sky", "sea"):
        asked = {"type": "film", "id": key, "key": key, "part": "film", "start": 0}
        room.view._handle_custom_msg(asked, [])
    found = [(m["content"], data) for m, data in zip(room.messages, room.buffers, strict=True) if "content" in m]
    (first, [data]), (second, nothing) = found
    assert (first["id"], data) == ("sky", Path(__file__).read_bytes())
    assert (second["id"], "problem" in second, [*(nothing or ())]) == ("sea", True, [])
    assert room.asked == []


def test_the_newest_jobs_have_a_view_each_and_older_ones_are_closed(room: Room, puppet: Callable[[], Puppet]):
    room.jobs = [puppet().job for _ in range(JOBS + 1)]
    room.tell()
    room.until(lambda: len(room.view._jobs) == JOBS)
    assert [one["id"] for one in room.view._jobs] == [job.id for job in reversed(room.jobs[1:])]
    oldest = room.view._views[room.jobs[1].id]
    room.jobs.append(puppet().job)
    room.tell()
    room.until(lambda: room.view._jobs[0]["id"] == room.jobs[-1].id)
    assert oldest.comm is None
    assert room.jobs[1].status == "queued"


def test_a_job_that_a_cell_shows_too_has_one_view(room: Room, puppet: Callable[[], Puppet]):
    one = puppet()
    beside = views.hold(one.start())
    room.jobs = [one.job]
    room.tell()
    room.until(lambda: bool(room.view._jobs))
    assert room.view._jobs[0]["model"] == beside.model_id
    # Each lets go of it when it is done with it.
    room.view.close()
    assert not beside.closed
    views.let_go(beside)
    assert beside.closed


def test_a_jobs_view_that_was_closed_is_replaced(room: Room, puppet: Callable[[], Puppet]):
    room.jobs = [puppet().start()]
    room.tell()
    room.until(lambda: bool(room.view._jobs))
    before = room.view._jobs[0]["model"]
    room.view._views[room.jobs[0].id].close()
    room.tell()
    room.until(lambda: room.view._jobs[0]["model"] not in (None, before))


def test_a_closed_view_listens_to_nobody(room: Room):
    room.view.close()
    room.view.close()
    assert room.watchers == []
    room.until(lambda: not any(thread.name == "aura-studio" for thread in threading.enumerate()))


def test_a_view_that_is_taken_off_says_why_before_anything_else_goes_and_holds_nothing(room: Room):
    room.pieces["checks"] = [{"name": "disk"}]
    room.tell()
    room.until(lambda: bool(room.updates))
    room.view._on_message(room.view, {"type": "edit", "page": "p", "number": 1, "oldest": 1}, [])
    room.view.take_off("Gone.")
    # What was asked before is done.
    assert len(room.asked) == 1
    sent = [set(state) for state in room.updates]
    assert sent[-2] == {"_taken_off"}
    assert {"_checks", "_fixed"} <= sent[-1]
    assert room.view._checks == []
    assert room.watchers == []
    room.hear(2)
    room.view.heed()
    assert len(room.asked) == 1
    room.view.close()
    assert room.view.comm is None
