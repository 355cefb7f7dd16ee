from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter, rectify_completions
from IPython.core.interactiveshell import InteractiveShell

from aura_nb.completion import words
from aura_nb.request import PARTS, Request
from aura_nb.spec import PROFILES, Brief, Plan, Render, Voice
from aura_nb.studio.order import Order
from aura_nb.themes.theme import BUILT_IN

FIRST = "%%aura sky\n"


def offered(text: str) -> list[str]:
    """What Tab offers at the end of `text`, the rest of the cell not written yet."""
    lines = text.split("\n")
    return words(text, len(lines) - 1, lines[-1])[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%aura ", ["doctor", "jobs", "providers"]),
        ("%aura pro", ["providers"]),
        ("%%aura --", ["--output", "--start", "--write"]),
        ("%%aura sky --w", ["--write"]),
        (f"{FIRST}to", ["topic", "tone"]),
        (f"{FIRST}pl", ["plan"]),
        (f"{FIRST}plan:\n  se", ["seconds"]),
        (f"{FIRST}plan:\n  seconds: 20\n  pa", ["pacing"]),
        (f"{FIRST}plan:\n  seconds: 20\nvo", ["voice"]),
        (f"{FIRST}topic = 'x'\n[voice]\nra", ["rate"]),
        (f"{FIRST}[voice]\nrate = 1\n[render]  # looks\nhe", ["height"]),
        (f"{FIRST}plan:\n  pacing: c", ["chill", "conversational"]),
        (f'{FIRST}[plan]\npacing = "f', ["fast"]),
        (f"{FIRST}tone: f", ["friendly", "formal"]),
        (f"{FIRST}[voice]\nsilent = ", ["true", "false"]),
        (f"{FIRST}profile: ", [*PROFILES]),
        (f"{FIRST}render:\n  encoder: libx", ["libx264", "libx265"]),
        (f"{FIRST}render:\n  theme: ", ["light", "dark"]),
        (f"{FIRST}render:\n  theme:\n    ", ["light", "dark"]),
        (f"{FIRST}render:\n  height: 360\n  theme: d", ["dark"]),
        (f"{FIRST}render:\n  theme: dark\n  zo", ["zoom"]),
        (f"{FIRST}profile:\n  ", ["writer", "speaker", "illustrator"]),
        (f"{FIRST}profile:\n  speaker:\n    es", ["espeak"]),
        (f"{FIRST}profile:\n  speaker:\n    - ko", ["kokoro"]),
        (f"{FIRST}profile: {{speaker: [kokoro, es", ["espeak"]),
        (f"{FIRST}profile: {{writer: rule", ["rulebased"]),
        (f"{FIRST}profile: [", []),
        (f"{FIRST}plan: {{se", ["seconds"]),
        (f"{FIRST}plan: {{seconds: 20, pa", ["pacing"]),
        (f"{FIRST}plan: {{seconds: 20,\n  pa", ["pacing"]),
        (f"{FIRST}plan: {{pacing: c", ["chill", "conversational"]),
        (f"{FIRST}plan: {{pacing: [", []),
        (f"{FIRST}plan: {{pacing: {{f", []),
        (f"{FIRST}plan: {{seconds: 20}}\nvo", ["voice"]),
        (f"{FIRST}voice: {{name: jm", ["jm_kumo"]),
        (f"{FIRST}topic: Sky\nprofile: {{speaker: espeak}}\nvoice:\n  name: jm", []),
        (f"{FIRST}language: ja", ["ja"]),
        (f"{FIRST}aspect: 9", ["9:16"]),
        (f"{FIRST}aspect: 9:", ["9:16"]),
        (f"{FIRST}aspect = ", ['"16:9"', '"9:16"', '"1:1"']),
        (f"{FIRST}topic = 'x'\nplan = {{ seconds = 20, pa", ["pacing"]),
        (f"{FIRST}topic = 'x'\n[profile]\nspeaker = [\n  'ko", ["kokoro"]),
        (f'{FIRST}topic = "x"\nnotes = """\n## One\n"""\nout', ["outline"]),
        (f"{FIRST}points:\n  to", []),
        (f"{FIRST}plan:\n  pacing:\n    f", ["fast"]),
        (f"{FIRST}[render]\ntheme = ", ['"light"', '"dark"']),
        (f"{FIRST}[render]\ntheme = d", ['"dark"']),
        (f'{FIRST}[render]\ntheme = "', ["light", "dark"]),
        (f"{FIRST}[render]\nfps = 2", ["24", "25"]),
        (f"{FIRST}topic = 'x'\nrender.theme = 'd", ["dark"]),
        (f"{FIRST}topic: Why ", []),
        (f"{FIRST}topic: ", []),
        ("aura.ma", []),
        ("%aural ", []),
        ("x = 1\n%%aura ", []),
        ("%aura doctor\nto", []),
        ("%aura doctor\n", []),
    ],
)
def test_what_fits_where_the_cursor_is(text, expected):
    assert offered(text) == expected


@pytest.mark.parametrize(
    ("part", "head"), [(Brief, ""), (Plan, "[plan]\n"), (Voice, "[voice]\n"), (Render, "[render]\n")]
)
def test_every_field_is_offered(part, head):
    assert {*part.model_fields} <= {*offered(FIRST + head)}


def test_the_themes_that_are_offered_are_those_there_are():
    assert tuple(Render.model_fields["theme"].examples or ()) == BUILT_IN


SIGNS = [
    *"\n\t :,[]{}=-#'\"\\&*|>?!%@x9",
    "\n  ",
    '"""',
    "\\U9999",
    "%%aura",
    "topic",
    "plan",
    "profile",
    "speaker",
    "voice",
    "name",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(SIGNS), max_size=30).map("".join)))
def test_no_text_breaks_it(text):
    for cell in (text, f"%%aura {text}", f"{FIRST}{text}"):
        begun, found = words(cell, cell.count("\n"), cell.rpartition("\n")[2])
        assert cell.endswith(begun)
        assert all(isinstance(word, str) for word in found)


@pytest.mark.parametrize("name", ["[DE] Hans", "@home", "*", "Jo: low", "no", "9:16", '"Old" Joe', "a, b"])
def test_any_name_is_offered_as_it_can_be_written(monkeypatch, name):
    monkeypatch.setattr(Order, "proposals", lambda order: {"voice.name": [name]})
    [word] = offered(f"{FIRST}voice:\n  name: ")
    assert Request.written(f"topic: Sky\nvoice:\n  name: {word}").voice.name == name


FIELDS = [("", name) for name in (*Brief.model_fields, "profile")]
FIELDS += [(part, name) for part, model in PARTS.items() for name in model.model_fields]
WAYS = (
    ("topic: Sky\n{part}:\n  {name}: ", ""),
    ("topic: Sky\n{part}:\n  {name}:\n    ", ""),
    ("topic: Sky\n{part}: {{{name}: ", "}"),
    ("topic = 'Sky'\n[{part}]\n{name} = ", ""),
    ("topic = 'Sky'\n{part}.{name} = ", ""),
    ("topic = 'Sky'\n{part} = {{ {name} = ", " }"),
)
OF_THE_BRIEF = (("topic: Sky\n{name}: ", ""), ("topic = 'Sky'\n{name} = ", ""))


@given(st.data())
def test_what_is_offered_is_offered_for_its_beginning_too_and_is_what_the_field_takes(data):
    part, name = data.draw(st.sampled_from(FIELDS))
    before, after = data.draw(st.sampled_from(WAYS if part else OF_THE_BRIEF))
    mark = data.draw(st.sampled_from(["", "'", '"']))
    before = before.format(part=part, name=name) + mark
    found = offered(FIRST + before)
    for word in found and [data.draw(st.sampled_from(found))]:
        bare = word.strip('"')
        begun = bare[: data.draw(st.integers(0, len(bare)))]
        assert word in offered(FIRST + before + begun)
        Request.written(before + word + mark + after)


def test_every_field_whose_values_are_known_offers_them():
    silent = {f"{part}.{name}".strip(".") for part, name in FIELDS if not _at(part, name)}
    assert silent == {
        *("topic", "audience", "goal", "points", "outline", "notes"),
        *("plan.seconds", "voice.rate", "voice.pitch"),
        *("render.crf", "render.zoom", "render.transition"),
    }


def _at(part, name):
    before, _ = WAYS[0] if part else OF_THE_BRIEF[0]
    return offered(FIRST + before.format(part=part, name=name))


@pytest.fixture(scope="module")
def shell():
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.extension_manager.load_extension("aura_nb")
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("cell", "completed"),
    [
        ("%%aura\nplan:\n  pac", "%%aura\nplan:\n  pacing"),
        ("%%aura\nplan: {seconds: 20, pac", "%%aura\nplan: {seconds: 20, pacing"),
        ("%%aura\nrender:\n  encoder: libx265", "%%aura\nrender:\n  encoder: libx265"),
        ("%%aura\naspect: 9:", "%%aura\naspect: 9:16"),
        ("%%aura\n[render]\ntheme = d", '%%aura\n[render]\ntheme = "dark"'),
    ],
)
def test_tab_in_a_shell_offers_them_and_nothing_of_python(shell, cell, completed):
    with provisionalcompleter():
        [found] = rectify_completions(cell, shell.Completer.completions(cell, len(cell)))
    assert cell[: found.start] + found.text + cell[found.end :] == completed
