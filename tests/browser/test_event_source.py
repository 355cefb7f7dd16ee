"""The browser's own EventSource, of one job: it comes back after a cut, and stays away after the end."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response

from tests.browser.lab import until
from tests.server.played import line, progress

pytestmark = pytest.mark.browser

WATCH = """([url, last]) => {
  window.source = new EventSource(url);
  window.seqs = [];
  for (const type of ["job-status", "step-progress", "job-log", last]) {
    window.source.addEventListener(type, ({ lastEventId }) => window.seqs.push(Number(lastEventId)));
  }
}"""
CLOSED = 2


def test_it_loses_and_repeats_nothing_over_a_cut_and_the_end_is_told_by_one_204(page: Page, server, play):
    played = play()
    target = f"api/jobs/{played.job.id}/events"
    page.goto(server.url)
    answers: list[int] = []

    def note(response: Response) -> None:
        if urlsplit(response.url).path == f"/{target}":
            answers.append(response.status)

    page.on("response", note)
    page.evaluate(WATCH, [target, "job-failed"])
    played.say(line("before"))
    until(lambda: 3 in page.evaluate("seqs"), 30, "told what happened before the cut")
    for connection in [*server._uvicorn.server_state.connections]:
        connection.loop.call_soon_threadsafe(connection.transport.abort)
    # More than a reader that lags would be told of.
    played.say(*(progress(number / 4, number) for number in range(200)))
    until(lambda: 203 in page.evaluate("seqs"), 30, "told what happened meanwhile")
    assert answers == [200, 200]
    played.end()
    until(lambda: page.evaluate("source.readyState") == CLOSED, 30, "told that there is no more")
    # Closed for good: by the specification it never asks again.
    assert answers == [200, 200, 204]
    assert page.evaluate("seqs") == [*range(1, played.job.log.seq + 1)]
