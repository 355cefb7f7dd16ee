"""The Studio's page alone, over a model that a test moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import aura_nb
from aura_nb.studio import wire
from aura_nb.studio.media import Medium
from aura_nb.studio.workshop import Workshop
from aura_nb.widgets.esm import joined
from tests.studio.conftest import own, request

__all__ = ["own"]

pytestmark = [pytest.mark.slow, pytest.mark.browser]

MODULE = Path(aura_nb.__file__).parent / "widgets" / "studio" / "studio.js"

# `traits` are the model's; `asked` is what the page sends, `embedded` how the views of jobs are.
SHOW = """async ([module, traits]) => {
  const handlers = new Map();
  const asked = [];
  const embedded = {};
  const model = {
    get: (name) => traits[name],
    set: (name, value) => {
      traits[name] = value;
      for (const heed of handlers.get(`change:${name}`) ?? []) heed();
    },
    save_changes: () => {},
    send: (message) => asked.push(message),
    on: (name, heed) => handlers.set(name, [...(handlers.get(name) ?? []), heed]),
    off: (name, heed) => handlers.set(name, (handlers.get(name) ?? []).filter((one) => one !== heed)),
  };
  const getWidget = async (id) => ({
    render: async ({ el, signal }) => {
      el.append(id);
      embedded[id] = 'shown';
      signal.addEventListener('abort', () => (embedded[id] = 'ended'));
    },
  });
  const url = URL.createObjectURL(new Blob([module], { type: 'text/javascript' }));
  const { render } = (await import(url)).default;
  const view = new AbortController();
  const end = render({ model, el: document.body, host: { getWidget }, signal: view.signal });
  Object.assign(window, { model, asked, embedded, end, view });
}"""


def shown(page: Page, shop: Workshop, tab: str, **more: Any) -> None:
    traits = {f"_{name}": value for name, value in wire.state(shop).items()}
    traits |= {"_fixed": wire.fixed(shop), "_jobs": [], "_tab": tab, "_heard": {}, "_taken_off": "", **more}
    page.goto("about:blank")
    page.evaluate(SHOW, [joined(MODULE), traits])


def test_only_of_the_scene_that_is_open_a_preview_is_asked_for(page: Page, own: Path) -> None:
    shop = Workshop(request(), rest=0)
    ids = [scene.id for scene in shop.desk.editor.scenes]
    medium = Medium("image/jpeg", 1, b"", "", "cards")
    shop.media = {f"picture:{id}": replace(medium, version=number) for number, id in enumerate(ids, 1)}
    shown(page, shop, "script")
    asked = "asked.filter(({ type }) => type === 'media').map(({ key }) => key)"
    assert page.evaluate(asked) == [f"picture:{ids[0]}"]
    page.get_by_role("button", name="Scene 2 of 3").click()
    assert page.evaluate(asked) == [f"picture:{id}" for id in ids[:2]]


def test_the_view_of_a_job_ends_when_the_job_gives_way_and_with_the_studio(page: Page, own: Path) -> None:
    jobs = [{"id": name, "title": "Sky", "status": "running", "model": name} for name in ("one", "two")]
    shown(page, Workshop(), "film", _jobs=jobs)
    page.wait_for_function("Object.keys(embedded).length === 2")
    page.evaluate("(jobs) => model.set('_jobs', jobs)", jobs[1:])
    assert page.evaluate("embedded") == {"anywidget:one": "ended", "anywidget:two": "shown"}
    page.evaluate("model.set('_taken_off', 'It gave way.')")
    assert page.evaluate("embedded") == {"anywidget:one": "ended", "anywidget:two": "ended"}


def test_what_was_said_once_is_not_said_again_when_a_work_is_over_or_it_was_taken_back(
    page: Page, own: Path
) -> None:
    shown(page, Workshop(request(), rest=0), "script")
    status = page.locator(".as-status-line")
    working = {"voice:s1": {"says": "Speaking …", "busy": True, "error": None}}
    page.evaluate("model.set('_script', { ...model.get('_script'), canUndo: true })")
    for over in (
        lambda: [page.evaluate("(works) => model.set('_works', works)", works) for works in (working, {})],
        lambda: page.get_by_role("button", name="Undo the last change").click(),
    ):
        page.get_by_role("button", name="Move scene 1 down").click()
        expect(status).to_contain_text("is now scene 2 of 3")
        over()
        expect(status).to_be_empty()
