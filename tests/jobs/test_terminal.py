from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from aura_nb.jobs import EventLog
from aura_nb.jobs.terminal import Terminal, clock
from tests.jobs.fakes import HandClock


def run(console: Console, *, ending: str = "job-completed", steps: int = 100) -> Terminal:
    hand = HandClock()
    terminal = Terminal(console, clock=hand.clock)
    log = EventLog("j", clock=hand.clock)

    def tell(*args, **kwargs):
        if (event := log.append(*args, **kwargs)) is not None:
            terminal.on_event(event)

    tell("job-status", status="queued", data={"title": "Why the sky is blue"})
    tell("job-status", status="running")
    tell("step-status", stage="narrate", data={"state": "running"})
    for step in range(steps):
        hand.pass_by(0.5)
        tell(
            "step-progress",
            stage="narrate",
            percent=step,
            current_item=1 + step // 25,
            total_items=4,
            eta_seconds=9,
        )
    tell("step-status", stage="narrate", data={"state": "done", "items": 4, "seconds": 50.0})
    tell("warning", "A [bold]glyph[/bold] is missing.")
    tell("step-status", stage="compose", data={"state": "running"})
    tell(ending, "That is it.", data={"remedy": "Do this."})
    return terminal


def plain(**kwargs) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=100, **kwargs), out


def test_a_log_gets_a_line_a_stage_change_and_one_every_ten_percent():
    console, out = plain()
    run(console)
    text = out.getvalue()
    assert "\x1b" not in text
    lines = text.splitlines()
    steps = [int(match[1]) for line in lines if (match := re.match(r" *(\d+) %.* left$", line))]
    assert steps == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert lines[0] == "  0 %  Speak it: working"
    assert " 99 %  Speak it: done in 50.0 s" in lines
    assert "Warning: A [bold]glyph[/bold] is missing." in lines
    assert lines[-1] == "Done in 0:50."
    assert len(lines) == 9 + 4 + 2


@pytest.mark.parametrize(("ending", "word"), [("job-failed", "Failed"), ("job-cancelled", "Cancelled")])
def test_the_last_line_says_how_it_ended_and_where(ending, word):
    console, out = plain()
    run(console, ending=ending, steps=10)
    assert out.getvalue().splitlines()[-1] == f"{word} after 0:05 at 'Compose the scenes'."


def test_a_terminal_shows_bar_percent_time_left_and_every_stage():
    console, out = plain(force_terminal=True, legacy_windows=False)
    run(console)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())
    assert "━" in shown
    assert "100 %" in shown
    for word in ("Why the sky is blue", "Write the script", "Speak it", "Finish and verify", "Done in 0:50."):
        assert word in shown
    assert out.getvalue().rstrip().rfind("\x1b[?25h") > out.getvalue().rfind("\x1b[?25l")  # the cursor is back


def test_the_view_follows_the_clock_between_events():
    console, _ = plain(force_terminal=True, legacy_windows=False)
    hand = HandClock()
    log = EventLog("j", clock=hand.clock)
    terminal = Terminal(console, clock=hand.clock)
    events = [
        log.append("job-status", status="running", data={"title": "Sky"}),
        log.append("step-progress", stage="compose", percent=47.8, current_item=3, total_items=5, eta_seconds=30),
    ]
    for event in events:
        terminal.on_event(event)
    hand.pass_by(12)
    with console.capture() as capture:
        console.print(terminal._draw())
    terminal.on_event(log.append("job-cancelled"))
    shown = re.sub(r"\x1b\[[0-9;?]*m", "", capture.get())
    assert " 47 %" in shown
    assert "0:12 · 0:18 left" in shown
    assert "● Compose the scenes working, 2 of 5" in shown


def test_a_console_of_ascii_gets_ascii():
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    run(Console(file=out, width=100, force_terminal=True, legacy_windows=False))
    out.flush()


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (750, "12:30"), (3723, "1:02:03")])
def test_the_clock(seconds, text):
    assert clock(seconds) == text
