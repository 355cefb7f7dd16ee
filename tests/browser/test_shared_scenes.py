"""The scenes of a job that several models show on one page, as in marimo, where each display has its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

import aura_nb
from aura_nb.jobs.snapshot import Snapshot
from aura_nb.widgets.esm import joined

pytestmark = [pytest.mark.slow, pytest.mark.browser]

MODULE = Path(aura_nb.__file__).parent / "widgets" / "job_view.js"

TWO = """async ([module, snapshot]) => {
  const url = URL.createObjectURL(new Blob([module], { type: 'text/javascript' }));
  const view = (await import(url)).default;
  const open = () => {
    const heeding = new Set();
    const model = {
      get: (name) => (name === '_snapshot' ? snapshot : []),
      on: (name, heed) => name === 'msg:custom' && heeding.add(heed),
      off: (name, heed) => heeding.delete(heed),
      send: () => {},
    };
    const tell = (...numbers) => {
      const scenes = numbers.map((scene) => ({ scene, heading: `Scene ${scene}`, thumbnail: '' }));
      for (const heed of heeding) heed({ type: 'scenes', scenes });
    };
    const el = document.createElement('div');
    const ends = [view.initialize({ model }), view.render({ model, el })];
    return { tell, shown: () => el.querySelectorAll('img').length, end: () => ends.forEach((end) => end()) };
  };
  const first = open();
  first.tell(0);
  const second = open();
  // The cell of the first is run again.
  first.end();
  second.tell(0, 1);
  const after = second.shown();
  second.end();
  const third = open();
  const told = [after, third.shown()];
  third.end();
  return told;
}"""


def test_a_display_that_goes_takes_no_scenes_from_another(page: Page) -> None:
    page.goto("about:blank")
    assert page.evaluate(TWO, [joined(MODULE), Snapshot("0123456789ab").wire()]) == [2, 0]
