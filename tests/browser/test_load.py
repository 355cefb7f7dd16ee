"""The largest job in a real JupyterLab: few messages, a page that answers, a small notebook."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.lab import Lab, until
from tests.browser.test_job_view import opened, percent

pytestmark = [pytest.mark.slow, pytest.mark.browser]

STORM = "from tests.browser.actor import storm\njob = storm()\njob"
MESSAGES_A_SECOND = 10
SAVED_BYTES = 20_000
HEADER = re.compile(rb'\{"msg_id":[^{}]*"msg_type": ?"comm_msg"[^{}]*\}')


def sent_to(page: Page) -> list[datetime]:
    """From now on, when the kernel sent each message of a widget that reached `page`."""
    times: list[datetime] = []

    def note(frame: str | bytes) -> None:
        if header := HEADER.search(frame.encode() if isinstance(frame, str) else frame):
            times.append(datetime.fromisoformat(json.loads(header.group())["date"]))

    def hear(channel: WebSocket) -> None:
        channel.on("framereceived", note)

    page.on("websocket", hear)
    return times


def test_ten_thousand_updates_are_few_messages_and_leave_the_page_and_the_notebook_light(
    page: Page, lab: Lab
) -> None:
    times = sent_to(page)
    notebook = opened(page, lab, "storm", STORM, "print(job.log.seq)", "")
    notebook.save()
    before = (lab.root / notebook.name).stat().st_size
    notebook.run(0)
    view = notebook.view(0)
    until(lambda: percent(view) > 5, 30, "progress")
    # Who works meanwhile is not disturbed: what is typed is there, key by key.
    editor = page.locator(".jp-Notebook-cell").nth(2).locator(".cm-content")
    editor.click()
    page.keyboard.type("typed while it storms", delay=20)
    expect(editor).to_have_text("typed while it storms")
    assert percent(view) < 99
    expect(notebook.outputs(0)).to_contain_text("completed, 100 %", timeout=90_000)
    notebook.run(1)
    assert int(notebook.text(1)) >= 10_000

    assert len(times) > 20
    eleventh = zip(times, times[MESSAGES_A_SECOND:], strict=False)
    assert min((late - early).total_seconds() for early, late in eleventh) >= 1
    notebook.save()
    assert set(lab.read(notebook.name).cells[0].outputs[0].data) == {"text/html", "text/plain"}
    assert (lab.root / notebook.name).stat().st_size - before <= SAVED_BYTES
