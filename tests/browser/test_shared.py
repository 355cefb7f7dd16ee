"""The loader of a shared front end, in a browser. That Lab and others give it one is tested with the widgets."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from aura_nb.widgets.shared import LOADER

pytestmark = [pytest.mark.slow, pytest.mark.browser]

MODULE = """
export default {
  initialize({ model }) {
    const say = (message) => (document.title += ` ${message}`);
    model.on('msg:custom', (message) => {
      say(message);
      // Whoever listens later hears nothing that was heard before.
      if (message === 'late') model.on('msg:custom', (other) => say(`after ${other}`));
    });
    return () => (document.title += ' ended');
  },
  render({ model, el }) {
    el.append('drawn');
    return () => el.append(', gone');
  },
};
"""

# A page whose models come back in such an order that the front end is the last, while the kernel talks.
LATE = """async ([loader, module, style]) => {
  const url = URL.createObjectURL(new Blob([loader], { type: 'text/javascript' }));
  const widget = (await import(url)).default();
  const heeding = new Set();
  let asked = 0;
  const shared = { get: (name) => ({ module, style })[name] };
  const model = {
    get: () => 'front-end',
    on: (name, heed) => heeding.add(heed),
    off: (name, heed) => heeding.delete(heed),
    widget_manager: {
      get_model: async () => {
        if (asked++ < 2) throw new Error('widget model not found');
        return shared;
      },
    },
  };
  const tell = (message) => { for (const heed of heeding) heed(message); };
  const el = document.body;
  const end = widget.initialize({ model });
  const awaited = end instanceof Promise;
  tell('early');
  const close = await widget.render({ model, el });
  tell('late');
  tell('last');
  const coloured = getComputedStyle(el).color;
  const drawn = el.innerText;
  close();
  await end();
  return { awaited, asked, drawn, coloured, left: el.innerText, uncoloured: getComputedStyle(el).color };
}"""


def test_a_front_end_that_comes_late_misses_nothing(page: Page) -> None:
    page.goto("about:blank")
    told: dict[str, Any] = page.evaluate(LATE, [LOADER, MODULE, "body { color: rgb(1, 2, 3) }"])
    assert told["awaited"] is False
    assert told["asked"] == 3
    assert page.title().split() == ["early", "late", "after", "late", "last", "after", "last", "ended"]
    assert (told["drawn"], told["left"]) == ("drawn", "drawn, gone")
    assert told["coloured"] == "rgb(1, 2, 3)" != told["uncoloured"]
