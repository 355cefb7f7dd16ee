"""The Studio in a real JupyterLab: from an empty form to a film that plays, and all of it after a reload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from aura_nb.studio.studio import OPEN
from tests.browser.lab import Lab, Notebook

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(300)]

DRAFT = 'render={"height": 360}, profile={"speaker": "espeak"}, plan={"seconds": 12}'
EMPTY = f"import aura_nb as aura\nstudio = aura.Studio({DRAFT})\nstudio"
SCRIPT = f"""
import aura_nb as aura

scenes = [
    aura.Scene(heading="Opening", text="The sky is blue.", picture=aura.TitleCard(title="The sky")),
    aura.Scene(heading="Light", text="Sunlight holds all colours.", picture=aura.QuoteCard(quote="All colours")),
    aura.Scene(heading="Air", text="Air scatters blue most.", picture=aura.TitleCard(title="Air")),
]
studio = aura.Studio(aura.Script(brief=aura.Brief("Why the sky is blue"), scenes=scenes), {DRAFT})
studio
"""
PLAYED = """async (media) => {
  media.muted = true;
  await media.play();
  while (media.currentTime < 0.3) await new Promise(requestAnimationFrame);
  media.pause();
  return { seconds: media.duration, width: media.videoWidth ?? 0, captions: media.textTracks.length };
}"""
INSIDE = """(root) => {
  const edge = root.getBoundingClientRect().right;
  return [...root.querySelectorAll('*')]
    .filter((part) => part.offsetParent && !part.closest('.as-table, .aura-scenes, svg, option'))
    .filter((part) => part.getBoundingClientRect().right > edge + 1)
    .map((part) => `${part.tagName}.${part.className}`);
}"""
SIDEWAYS = """(root) => [...root.querySelectorAll('.as-tabs, .as-table')]
  .filter((part) => part.scrollWidth > part.clientWidth)
  .map((part) => part.className)"""

TWICE = """() => {
  const ids = [...document.querySelectorAll('.aura-studio [id]')].map((part) => part.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}"""
WRITE = """(root, then) => {
  const buttons = [...root.querySelectorAll('button')];
  buttons.find((one) => one.textContent === 'Write the script').click();
  // All at once: the kernel cannot have answered before the user is gone.
  if (then === 'button') buttons.find((one) => one.textContent === 'Film').click();
  if (then === 'input') root.querySelector('[data-name=audience] .as-control').focus();
}"""


def opened(page: Page, lab: Lab, name: str, *cells: str) -> tuple[Notebook, Locator]:
    lab.write(f"{name}.ipynb", *cells)
    notebook = Notebook(page, lab, f"{name}.ipynb").open()
    notebook.run(0)
    studio = notebook.outputs(0).locator(".aura-studio")
    expect(studio).to_be_visible()
    return notebook, studio


def tab(studio: Locator, name: str) -> None:
    studio.get_by_role("tab", name=name).click()


def headings(studio: Locator) -> list[str]:
    return studio.locator(".as-scene-name").all_inner_texts()


def played(media: Locator) -> dict[str, Any]:
    media.scroll_into_view_if_needed()
    found: dict[str, Any] = media.evaluate(PLAYED)
    return found


def test_from_an_empty_form_to_a_film_that_plays_and_all_of_it_after_a_reload(
    page: Page, lab: Lab, shots: Path
) -> None:
    notebook, studio = opened(page, lab, "studio", EMPTY, "print(studio.script.scenes[0].text)\nstudio")
    topic = studio.get_by_label("Topic")

    # What is wrong is said beside the field, with the remedy, and goes once it is mended.
    topic.press_sequentially("x")
    wrong = studio.locator(".as-issue", has_text="says too little")
    expect(wrong).to_contain_text("Write at least 3 characters")
    expect(topic).to_have_attribute("aria-invalid", "true")
    topic.fill("Why the sky is blue")
    expect(wrong).to_have_count(0)
    studio.get_by_label("Points").fill("Sunlight holds all colours.\nAir scatters blue most.")

    studio.get_by_role("button", name="Write the script").click()
    expect(studio.get_by_role("tab", name="Script (")).to_have_attribute("aria-selected", "true")
    before = headings(studio)
    assert len(before) >= 2

    # Edit a scene, and give it another place.
    first = studio.locator(".as-scene").first
    first.get_by_label("Narration").fill("Look up. The sky is blue.")
    first.get_by_role("button", name="Move scene 1 down").click()
    expect(studio.locator(".as-scene-name").nth(1)).to_have_text(before[0])
    moved = studio.locator(".as-scene").nth(1)
    expect(moved.get_by_label("Narration")).to_have_value("Look up. The sky is blue.")
    expect(studio.locator(".as-told")).to_contain_text("planned")

    # The very picture and voice of the film.
    moved.get_by_role("button", name="Show the picture").click()
    expect(moved.locator("img")).to_be_visible()
    moved.get_by_role("button", name="Hear it").click()
    # Whoever asks for the voice hears it at once.
    page.wait_for_function("() => document.querySelector('.as-open audio')?.currentTime > 0.3")
    assert played(moved.locator("audio"))["seconds"] > 1
    studio.screenshot(path=shots / "studio-script.png")

    tab(studio, "Film")
    studio.get_by_role("button", name="Check this machine").click()
    expect(studio.locator(".as-check-line")).not_to_have_count(0)
    expect(studio.get_by_role("img", name="Fail")).to_have_count(0)

    studio.get_by_role("button", name="Make the film").click()
    expect(studio.locator(".aura-job")).to_be_visible()
    expect(studio.locator(".aura-job").get_by_role("progressbar")).to_be_visible()
    studio.get_by_role("button", name="Play Why the sky is blue").click(timeout=120_000)
    film = played(studio.locator("video"))
    assert film["width"] == 640
    assert film["captions"] == 1
    expect(studio.get_by_role("region", name="Where the time went")).to_contain_text("Compose the scenes")
    studio.screenshot(path=shots / "studio-film.png")

    notebook.save()
    notebook.reload()
    studio = notebook.outputs(0).locator(".aura-studio")
    expect(studio.get_by_role("tab", name="Film")).to_have_attribute("aria-selected", "true")
    studio.get_by_role("button", name="Play Why the sky is blue").click()
    assert played(studio.locator("video"))["width"] == 640
    tab(studio, "Brief")
    expect(studio.get_by_label("Topic")).to_have_value("Why the sky is blue")
    tab(studio, "Script")
    expect(studio.locator(".as-scene-name").nth(1)).to_have_text(before[0])
    studio.locator(".as-scene-title").nth(1).click()
    expect(studio.locator(".as-scene").nth(1).locator("img")).to_be_visible()

    # The page is heard after the reload, too, and code goes on from what was edited.
    second = studio.locator(".as-scene").first
    second.locator(".as-scene-title").click()
    length = second.locator(".as-seconds").inner_text()
    second.get_by_label("Narration").fill("Edited after the reload, at greater length than it was before.")
    expect(second.locator(".as-seconds")).not_to_have_text(length)
    expect(second.locator(".as-seconds")).to_contain_text(" s")
    notebook.run(1)
    expect(notebook.outputs(1)).to_contain_text("Edited after the reload, at")
    expect(notebook.outputs(1).locator(".aura-studio")).to_be_visible()

    tab(studio, "History")
    expect(studio.get_by_role("button", name="Show the film").first).to_be_visible()


def test_two_views_show_the_same_and_one_undo_serves_both(page: Page, lab: Lab) -> None:
    notebook, studio = opened(page, lab, "studio-two", SCRIPT, "studio")
    notebook.run(1)
    other = notebook.outputs(1).locator(".aura-studio")
    studio.get_by_label("Topic").fill("Why grass is green")
    expect(other.get_by_label("Topic")).to_have_value("Why grass is green")
    other.get_by_role("button", name="Undo").click()
    expect(studio.get_by_label("Topic")).to_have_value("Why the sky is blue")


def test_a_second_studio_is_another_and_a_cell_run_again_is_a_new_one(page: Page, lab: Lab, shots: Path) -> None:
    notebook, studio = opened(
        page, lab, "studio-second", SCRIPT, EMPTY.replace("studio", "other"), "print(other.brief)"
    )
    notebook.run(1)
    other = notebook.outputs(1).locator(".aura-studio")
    # What a label names is in its own Studio.
    other.locator("label", has_text="Topic").first.click()
    expect(other.get_by_label("Topic")).to_be_focused()
    page.keyboard.type("Why grass is green")
    expect(other.locator(".as-title")).to_have_text("Why grass is green")
    expect(studio.locator(".as-title")).to_have_text("Why the sky is blue")
    notebook.run(2)
    assert "Why grass is green" in notebook.text(2)
    assert page.evaluate(TWICE) == []
    page.screenshot(path=shots / "studio-second.png")
    # Run again, the cell makes another, empty Studio; the first one goes on.
    notebook.run(1)
    expect(other.get_by_label("Topic")).to_have_value("")
    other.get_by_label("Topic").fill("Why leaves fall")
    studio.get_by_label("Topic").fill("Why the sky is red")
    expect(studio.locator(".as-title")).to_have_text("Why the sky is red")
    expect(other.locator(".as-title")).to_have_text("Why leaves fall")


def test_a_studio_that_gave_way_to_later_ones_says_so_in_its_place_after_a_reload_too(
    page: Page, lab: Lab, shots: Path
) -> None:
    later = f"later = [aura.Studio() for _ in range({OPEN})]\ndisplay(*later)"
    notebook, studio = opened(page, lab, "studio-ninth", SCRIPT, later, "studio")
    notebook.run(1)
    expect(studio).to_contain_text("This Studio is closed here")
    expect(studio.get_by_role("tab")).to_have_count(0)
    studio.screenshot(path=shots / "studio-ninth.png")
    notebook.save()
    notebook.reload()
    expect(studio).to_contain_text("This Studio is closed here")
    notebook.run(2)
    expect(notebook.outputs(2).get_by_label("Topic")).to_have_value("Why the sky is blue")
    expect(studio).to_contain_text("This Studio is closed here")


@pytest.mark.parametrize(("then", "name"), [("button", "Film"), ("input", "Brief"), ("", "Script")])
def test_only_who_waits_for_a_script_is_led_to_it(then: str, name: str, page: Page, lab: Lab) -> None:
    _, studio = opened(page, lab, f"studio-led-{name}", EMPTY)
    studio.get_by_label("Topic").fill("Why the sky is blue")
    studio.evaluate(WRITE, then)
    expect(studio.get_by_role("tab", name="Script (")).to_be_visible()
    expect(studio.get_by_role("status").first).to_have_text("")
    expect(studio.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def test_a_server_that_is_not_there_is_told_with_what_mends_it(page: Page, lab: Lab, shots: Path) -> None:
    quiet = 'import os\nos.environ["OLLAMA_HOST"] = "http://127.0.0.1:9"\n'
    _, studio = opened(page, lab, "studio-providers", quiet + SCRIPT)
    tab(studio, "Providers")

    def row_of(name: str) -> Locator:
        return studio.locator("tr", has=page.get_by_role("rowheader", name=name, exact=True))

    row = row_of("ollama")
    expect(row).to_contain_text("Configured")
    studio.screenshot(path=shots / "studio-providers-configured.png")
    studio.get_by_role("button", name="Ask them now").click()
    expect(row).to_contain_text("Unreachable", timeout=60_000)
    expect(row.locator("strong code")).to_have_text("ollama serve")
    expect(row_of("espeak")).to_contain_text("Ready")
    studio.screenshot(path=shots / "studio-providers-asked.png")


def test_the_keyboard_alone_moves_scenes_and_between_the_parts(page: Page, lab: Lab) -> None:
    _, studio = opened(page, lab, "studio-keys", SCRIPT)
    studio.get_by_role("tab", name="Brief").focus()
    page.keyboard.press("ArrowRight")
    expect(studio.get_by_role("tab", name="Script")).to_be_focused()
    page.keyboard.press("Tab")
    expect(studio.locator(".as-scene-title").first).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(studio.locator(".as-scene-name").nth(1)).to_have_text("Opening")
    # Whoever moves a scene stays with it.
    expect(studio.locator(".as-scene-title").nth(1)).to_be_focused()
    expect(studio.get_by_role("status").first).to_have_text("“Opening” is now scene 2 of 3.")
    page.keyboard.press("Alt+ArrowUp")
    expect(studio.locator(".as-scene-name").first).to_have_text("Opening")
    expect(studio.locator(".as-scene-title").first).to_be_focused()


def test_a_kernel_that_is_busy_is_told_and_nothing_typed_meanwhile_is_lost(page: Page, lab: Lab) -> None:
    notebook, studio = opened(
        page, lab, "studio-busy", SCRIPT, "import time\ntime.sleep(12)", "print(studio.brief)"
    )
    notebook.run(1, wait=False)
    studio.get_by_label("Topic").fill("Why grass is green")
    studio.get_by_label("Audience").fill("gardeners")
    expect(studio.get_by_role("status").first).to_contain_text("does not answer", timeout=20_000)
    expect(studio.get_by_label("Topic")).to_be_enabled()
    expect(studio.get_by_role("status").first).not_to_contain_text("does not answer", timeout=30_000)
    notebook.run(2)
    assert "Why grass is green" in notebook.text(2)
    assert "gardeners" in notebook.text(2)


PID = "import os\nprint(os.getpid())"


@pytest.mark.parametrize("way", ["restarted", "killed"])
def test_a_kernel_that_went_is_told_as_gone_before_anything_is_typed(
    way: str, page: Page, lab: Lab, shots: Path
) -> None:
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    notebook, studio = opened(page, lab, f"studio-gone-{way}", SCRIPT, PID, "1")
    status = studio.get_by_role("status").first
    notebook.run(1)
    if way == "restarted":
        notebook.restart_kernel()
    else:
        psutil.Process(int(notebook.text(1))).kill()
        page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    expect(status).to_have_text("Kernel gone")
    expect(studio.get_by_role("alert").first).to_contain_text("Run the cell again for a new Studio")
    # Who comes back to the page is not told to a kernel that is not there.
    thrown.clear()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert thrown == []
    # What there was can be looked at, and nothing pretends to work.
    expect(studio.get_by_label("Topic")).to_be_disabled()
    tab(studio, "Script")
    expect(studio.locator(".as-scene-name")).to_have_count(3)
    expect(studio.get_by_role("button", name="Add a scene")).to_be_disabled()
    studio.screenshot(path=shots / f"studio-gone-{way}.png")
    found = Axe().run(page, ".aura-studio")
    assert found.violations_count == 0, found.generate_report()
    notebook.attach()
    notebook.run(2)
    expect(status).to_have_text("Kernel gone")
    notebook.run(0)
    expect(studio.get_by_role("status").first).to_have_text("")
    expect(studio.get_by_label("Topic")).to_be_enabled()


LOSSY = """
view, lost = studio._views[0], []
hear = view._on_message
view.on_msg(hear, remove=True)

def lossy(widget, content, buffers):
    if lost:
        hear(widget, content, buffers)
    lost.append(content["type"])

view.on_msg(lossy)
"""


def test_a_message_that_is_lost_on_its_way_is_sent_again(page: Page, lab: Lab) -> None:
    notebook, studio = opened(page, lab, "studio-lossy", SCRIPT, LOSSY, "studio")
    notebook.run(1)
    notebook.run(2)
    studio.get_by_label("Topic").fill("Why grass is green")
    other = notebook.outputs(2).locator(".aura-studio")
    expect(other.get_by_label("Topic")).to_have_value("Why grass is green")


def test_nothing_overflows_and_everything_is_accessible_at_any_width_in_either_theme(
    page: Page, lab: Lab, shots: Path
) -> None:
    notebook, studio = opened(page, lab, "studio-widths", SCRIPT, "studio.make()")
    notebook.run(1)
    # A film begun by code is seen where it is begun, and in the Studio.
    expect(notebook.outputs(1)).to_contain_text("completed, 100 %")
    expect(studio.get_by_role("tab", name="Film")).to_have_attribute("aria-selected", "true")
    tab(studio, "Script")
    scene = studio.locator(".as-scene").first
    scene.get_by_role("button", name="Show the picture").click()
    scene.get_by_role("button", name="Hear it").click()
    expect(scene.locator("img")).to_be_visible()
    scene.get_by_label("Narration").fill("")
    tab(studio, "Brief")
    studio.get_by_label("Topic").fill("x")
    for summary in studio.locator("summary:visible").all():
        summary.click()
    for theme in ("Dark", "Light"):
        notebook.theme(f"JupyterLab {theme}")
        expect(page.locator(f"[data-jp-theme-light={str(theme == 'Light').lower()}]").first).to_be_attached()
        # The first is what a window of 480 px leaves in Lab.
        for width in (349, 480, 960):
            studio.evaluate("(root, width) => { root.style.width = `${width}px`; }", width)
            for name in ("Brief", "Script", "Film", "Providers", "History"):
                tab(studio, name)
                expect(studio.get_by_role("tabpanel", name=name)).to_be_visible()
                if name in ("Providers", "History"):
                    expect(studio.get_by_role("table").last).to_be_visible()
                assert studio.evaluate(INSIDE) == [], (theme, width, name)
                assert width > 349 or studio.evaluate(SIDEWAYS) == [], (theme, name)
                studio.screenshot(path=shots / f"studio-{width}-{theme.lower()}-{name.lower()}.png")
                found = Axe().run(page, ".aura-studio")
                assert found.violations_count == 0, found.generate_report()
