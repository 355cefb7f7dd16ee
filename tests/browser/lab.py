"""A real JupyterLab server and a real Chromium, driven through Lab's own commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
from playwright.sync_api import Browser, Locator, Page, Playwright

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 120
SERVERS = {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}
"""By the module that starts it, the name its settings go by."""
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Every cell is in the page, seen or not, and no dialog asks what to do.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}


def find_chromium() -> str:
    """The browser: AURA_NB_CHROMIUM, then the usual names in PATH, then macOS's and Windows' places."""
    named = os.environ.get("AURA_NB_CHROMIUM")
    places = (
        *(shutil.which(name) for name in CHROMIUM_NAMES),
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        str(Path(os.environ.get("PROGRAMFILES", "")) / "Google/Chrome/Application/chrome.exe"),
    )
    for place in (named,) if named else places:
        if place and Path(place).is_file():
            return place
    raise FileNotFoundError(
        f"No Chromium at {named!r}. Give AURA_NB_CHROMIUM the path of a Chromium or Chrome."
        if named
        else "No Chromium or Chrome on this machine. Install one (Debian: apt-get install chromium; "
        "macOS: brew install --cask chromium), or give its path in AURA_NB_CHROMIUM."
    )


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A headless browser that speaks to nobody but us."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_FLAGS))
    try:
        yield browser
    finally:
        browser.close()


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address with token, its notebooks' folder, its server process."""

    url: str
    token: str
    root: Path
    process: psutil.Process

    def write(self, name: str, *cells: str) -> None:
        """Put a notebook with these code cells into Lab's folder."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.root / name)

    def read(self, name: str) -> Any:
        """The notebook as it was last saved."""
        return nbformat.read(self.root / name, as_version=4)


@contextmanager
def jupyter_lab(folder: Path, env: Mapping[str, str], *options: str, module: str = "jupyterlab") -> Iterator[Lab]:
    """Start JupyterLab, or another of `SERVERS`, with a home of its own under `folder`.

    It and its kernels are stopped at the end.
    """
    root, home, runtime = folder / "notebooks", folder / "home", folder / "runtime"
    for path in (root, home, runtime):
        path.mkdir(parents=True)
    for name, values in SETTINGS.items():
        file = folder / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    token = "secret-of-this-test"
    own = {
        "HOME": home,
        "USERPROFILE": home,
        "JUPYTER_CONFIG_DIR": folder / "config",
        "JUPYTER_DATA_DIR": folder / "data",
        "JUPYTER_RUNTIME_DIR": runtime,
        "JUPYTERLAB_SETTINGS_DIR": folder / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces",
        "IPYTHONDIR": folder / "ipython",
    }
    log = folder / "lab.log"
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", module, "--no-browser", "--allow-root"),
                *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--IdentityProvider.token={token}"),
                *(f"--ServerApp.root_dir={root}", f"--{SERVERS[module]}.expose_app_in_browser=True"),
                *options,
            ],
            env={**os.environ, **{name: str(path) for name, path in own.items()}, **env},
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    whole = psutil.Process(process.pid)
    try:
        yield Lab(_address(process, runtime, log), token, root, whole)
    finally:
        family = [*whole.children(recursive=True), whole]
        whole.terminate()
        _, alive = psutil.wait_procs(family, timeout=10)
        for member in alive:
            member.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-4000:]}")
        for file in runtime.glob("jpserver-*.json"):
            text = file.read_text(encoding="utf-8")
            if text.endswith("}"):
                return str(json.loads(text)["url"])
        time.sleep(0.1)
    raise TimeoutError(
        f"JupyterLab took longer than {START_SECONDS} s:\n{log.read_text(encoding='utf-8')[-4000:]}"
    )


PANEL = """async () => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  while (!window.jupyterapp) await pause(50);
  const app = window.jupyterapp;
  await app.restored;
  const panel = await app.commands.execute('docmanager:open', { path: NAME, factory: 'Notebook' });
  await panel.context.ready;
  await panel.sessionContext.ready;
  while (panel.sessionContext.session?.kernel?.status !== 'idle') await pause(50);
  window.panel = panel;
}"""


class Notebook:
    """One notebook open in one page."""

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page = page
        self.lab = lab
        self.name = name

    def open(self) -> Notebook:
        """Open the notebook (again) and wait until its kernel is idle."""
        self.page.goto(f"{self.lab.url}lab?token={self.lab.token}&reset")
        return self.attach()

    def reload(self) -> Notebook:
        """Reload the page as a user would, and come back to the notebook and its kernel."""
        self.page.goto("about:blank")
        return self.open()

    def attach(self) -> Notebook:
        """Wait until the notebook and its kernel are ready in this page."""
        self.page.evaluate(PANEL.replace("NAME", json.dumps(self.name)))
        return self

    def run(self, number: int, *, wait: bool = True) -> None:
        """Run cell `number` (from 0); with `wait`, until it has ended."""
        script = """async ([number, wait]) => {
          panel.content.activeCellIndex = number;
          const done = jupyterapp.commands.execute('notebook:run-cell');
          if (wait) await done;
        }"""
        self.page.evaluate(script, [number, wait])
        if wait and (error := self.error(number)):
            raise AssertionError(f"cell {number} raised {error}")

    def error(self, number: int) -> str:
        """The exception cell `number` ended in, or nothing."""
        script = """(number) => panel.content.widgets[number].model.outputs?.toJSON()
          .filter((output) => output.output_type === 'error')
          .map((output) => output.traceback.join('\\n')).join('\\n') ?? ''"""
        return str(self.page.evaluate(script, number))

    def text(self, number: int) -> str:
        """What cell `number` printed."""
        script = """(number) => panel.content.widgets[number].model.outputs.toJSON()
          .filter((output) => output.output_type === 'stream').map((output) => output.text).join('')"""
        return str(self.page.evaluate(script, number))

    def outputs(self, number: int) -> Locator:
        """The output area of cell `number`."""
        return self.page.locator(".jp-Notebook-cell").nth(number).locator(".jp-Cell-outputArea")

    def view(self, number: int) -> Locator:
        """The job view in the output of cell `number`."""
        return self.outputs(number).locator(".aura-job")

    def record_bar(self) -> Callable[[], list[int]]:
        """From now on note every value a bar has on the screen, frame by frame; what is returned tells them."""
        self.page.evaluate("""() => {
          window.barValues = [];
          const look = () => {
            for (const bar of document.querySelectorAll('.aura-bar')) {
              const now = Number(bar.ariaValueNow);
              if (window.barValues.at(-1) !== now) window.barValues.push(now);
            }
            requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }""")
        return lambda: list(self.page.evaluate("() => window.barValues"))

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("() => panel.context.save()")

    def restart_kernel(self) -> None:
        """Restart the kernel without the dialog that asks whether to."""
        self.page.evaluate("() => panel.sessionContext.restartKernel()")

    def interrupt_kernel(self) -> None:
        """What the Stop button does."""
        self.page.evaluate("() => panel.sessionContext.session.kernel.interrupt()")

    def theme(self, name: str) -> None:
        """Change Lab's theme, e.g. to 'JupyterLab Dark'."""
        self.page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", name)


def until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Poll until `condition()`; the seconds it took. Raises AssertionError naming `what`."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)
    return time.monotonic() - start
