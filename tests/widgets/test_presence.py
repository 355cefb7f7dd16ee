"""For whom a view beats: for pages that were heard, and for all of them while a cell holds up the kernel."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from IPython.core.events import EventManager, available_events

from aura_nb.widgets.presence import HEARD_SECONDS, Presence


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shell() -> SimpleNamespace:
    return SimpleNamespace(events=EventManager(None, available_events))


def test_a_page_is_there_for_a_while_after_it_was_heard(clock: Clock, shell: SimpleNamespace):
    presence = Presence(shell, clock=clock)
    shell.events.trigger("post_run_cell", None)
    clock.now += HEARD_SECONDS - 1
    assert presence.likely
    presence.heard()
    clock.now += HEARD_SECONDS - 1
    assert presence.likely
    clock.now += 1
    # An idle kernel is left in peace, and may be culled.
    assert not presence.likely


def test_whoever_cannot_be_heard_for_a_cell_counts_as_there(clock: Clock, shell: SimpleNamespace):
    presence = Presence(shell, clock=clock)
    # In the cell that makes it, and in every other.
    for _ in range(2):
        clock.now += 10 * HEARD_SECONDS
        assert presence.likely
        shell.events.trigger("post_run_cell", None)
        clock.now += HEARD_SECONDS - 1
        # What was said during the cell may be heard only now.
        assert presence.likely
        clock.now += 1
        assert not presence.likely
        shell.events.trigger("pre_run_cell", None)


def test_one_that_is_closed_listens_no_more(clock: Clock, shell: SimpleNamespace):
    presence = Presence(shell, clock=clock)
    presence.close()
    presence.close()
    assert not any(shell.events.callbacks.values())


def test_without_ipython_somebody_looks_always(clock: Clock):
    presence = Presence(None, clock=clock)
    clock.now += 10 * HEARD_SECONDS
    assert presence.likely
    presence.close()
