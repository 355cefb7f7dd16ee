"""The machine's load in a real JupyterLab, whose own styles are meant for documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lab import Lab, Notebook

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# Where the words themselves are, not the boxes that JupyterLab would give a share of the output's width.
OVERLAPS = """() => {
  const words = [...document.querySelectorAll('.aura-load dt, .aura-load dd')].map((part) => {
    const range = document.createRange();
    range.selectNodeContents(part);
    return range.getBoundingClientRect();
  });
  return words.slice(1).filter((word, number) => word.left < words[number].right - 0.5).length;
}"""


def test_names_and_figures_stand_beside_each_other(page: Page, lab: Lab, shots: Path) -> None:
    lab.write("load.ipynb", "import aura_nb as aura\naura.ResourceBar()")
    notebook = Notebook(page, lab, "load.ipynb").open()
    notebook.run(0)
    bar = notebook.outputs(0).locator(".aura-load")
    expect(bar.locator("dd").first).to_contain_text("%")
    bar.screenshot(path=shots / "resource_bar.png")
    assert page.evaluate(OVERLAPS) == 0
