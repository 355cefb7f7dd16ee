"""A class of widgets has one front end a kernel; that a browser finds it is tested in tests/browser."""

from __future__ import annotations

import pytest

from aura_nb.widgets import marimo
from aura_nb.widgets.shared import LOADER, FrontEnd, Shared, _open


class One(Shared):
    _esm = "export default { render() {} };"
    _css = "p { color: red }"


class Other(Shared):
    _esm = "export default {};"
    _css = ""


def test_all_widgets_of_a_class_have_one_front_end_and_only_its_name() -> None:
    first, second, other = One(), One(), Other()
    assert first._front_end == second._front_end != other._front_end
    shared = _open[One]
    assert (shared.model_id, shared.module, shared.style) == (first._front_end, One._esm, One._css)
    assert (first.get_state()["_esm"], first.get_state()["_css"]) == (LOADER, "")


def test_a_front_end_that_was_closed_is_opened_again() -> None:
    before = One()._front_end
    FrontEnd.close(_open[One])
    assert One()._front_end not in (before, "")


def test_in_marimo_each_widget_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marimo, "running", lambda: True)
    state = One().get_state()
    assert (state["_esm"], state["_css"], state["_front_end"]) == (One._esm, One._css, "")
