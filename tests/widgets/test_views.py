"""One view a job: as long as somebody holds it, and no longer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ipywidgets import Widget

from aura_nb.widgets import marimo, views
from tests.widgets.conftest import Puppet

Make = Callable[[], Puppet]


def test_all_who_show_a_job_share_its_view_and_the_last_closes_it(puppet: Make) -> None:
    one, other = puppet(), puppet()
    first = views.hold(one.start())
    assert views.hold(one.job) is first
    second = views.hold(other.start())
    assert second is not first
    views.let_go(first)
    assert not first.closed
    views.let_go(first)
    assert first.closed
    assert not second.closed
    views.let_go(second)
    assert not {one.job.id, other.job.id} & {*views._held}


def test_in_marimo_each_who_shows_a_job_has_its_own_view(puppet: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marimo, "running", lambda: True)
    one = puppet()
    first, second = views.hold(one.start()), views.hold(one.job)
    assert first is not second
    views.let_go(first)
    assert (first.closed, second.closed) == (True, False)
    views.let_go(second)
    assert second.closed


def test_a_view_that_was_closed_gives_way_to_a_new_one_that_its_holders_do_not_close(puppet: Make) -> None:
    one = puppet()
    closed = views.hold(one.start())
    closed.close()
    again = views.hold(one.job)
    assert again is not closed
    views.let_go(closed)
    assert not again.closed
    views.let_go(again)
    assert again.closed


def test_a_view_is_let_go_of_again_after_all_widgets_were_closed(puppet: Make) -> None:
    view = views.hold(puppet().start())
    Widget.close_all()
    views.let_go(view)
    assert view.job_id not in views._held
