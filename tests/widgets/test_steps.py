"""A comparison's one line: in a notebook, on a terminal, in a log."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from IPython.core.interactiveshell import InteractiveShell

from aura_nb.pipeline.compare import Step
from aura_nb.widgets.steps import showing

STEPS = (Step(1, 2, "rulebased", "writes"), Step(1, 2, "rulebased", "writes", 0.5), Step(2, 2, "<b>", "speaks"))


@pytest.fixture
def published(monkeypatch):
    monkeypatch.setenv("AURA_NB_PROGRESS", "widget")
    messages = []
    shell = InteractiveShell.instance()
    monkeypatch.setattr(shell.display_pub, "publish", lambda **message: messages.append(message))
    yield messages
    InteractiveShell.clear_instance()


def test_in_a_notebook_one_output_is_kept_up_to_date_and_ends_without_a_bar(published):
    with showing(SimpleNamespace(kernel=object())) as report:
        for step in STEPS:
            report(step)
    assert len({message["transient"]["display_id"] for message in published}) == 1
    assert [message.get("update", False) for message in published] == [False, True, True, True]
    assert published[1]["data"]["text/plain"] == "rulebased writes (1 of 2)"
    assert "&lt;b&gt; speaks" in published[2]["data"]["text/html"]
    assert published[-1]["data"] == {"text/plain": "Compared 2.", "text/html": "<p>Compared 2.</p>"}


def test_a_notebook_that_is_interrupted_says_where(published):
    def interrupted():
        with showing(SimpleNamespace(kernel=object())) as report:
            report(STEPS[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert published[-1]["data"]["text/plain"] == "Stopped while rulebased writes (1 of 2)."


def test_in_a_log_it_is_a_line_for_each(monkeypatch, capsys):
    monkeypatch.setenv("AURA_NB_PROGRESS", "text")
    with showing(None) as report:
        for step in STEPS:
            report(step)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["rulebased writes (1 of 2)", "<b> speaks (2 of 2)"]


def test_off_shows_nothing(monkeypatch, capfd):
    monkeypatch.setenv("AURA_NB_PROGRESS", "off")
    with showing(None) as report:
        report(STEPS[0])
    assert capfd.readouterr() == ("", "")
