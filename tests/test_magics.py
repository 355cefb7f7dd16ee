from __future__ import annotations

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import aura_nb as aura
from aura_nb import api
from aura_nb.errors import InvalidBrief

YAML = """
topic: Why the sky is blue
points: [Sunlight is a mix of all colours.]
plan: {seconds: 20}
"""
TOML = """
# The same as TOML.
topic = "Why the sky is blue"
points = ["Sunlight is a mix of all colours."]
[plan]
seconds = 20
"""


@pytest.fixture
def shell():
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.extension_manager.load_extension("aura_nb")
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def asked(monkeypatch):
    """What the magic asks of the API, by name; each call gives that name."""
    calls = []
    for name in ("make", "start", "write"):
        monkeypatch.setattr(
            api, name, lambda request, name=name, **rest: calls.append((name, request, rest)) or name
        )
    return calls


@pytest.mark.parametrize("cell", [YAML, TOML])
def test_a_cell_in_yaml_or_toml_is_a_film(shell, asked, cell):
    assert shell.run_cell_magic("aura", "", cell) == "make"
    [(_, request, rest)] = asked
    assert request.subject == aura.Brief("Why the sky is blue", points=["Sunlight is a mix of all colours."])
    assert request.plan == aura.Plan(seconds=20)
    assert rest == {"output": None}


def test_a_line_of_words_is_a_topic(shell, asked):
    shell.run_cell_magic("aura", "", "Why the sky is blue\n")
    assert asked[0][1].subject == aura.Brief("Why the sky is blue")


@pytest.mark.parametrize(
    ("line", "name"), [("sky", "make"), ("sky --start -o a.mp4", "start"), ("--write sky", "write")]
)
def test_a_name_takes_what_is_made(shell, asked, line, name):
    shell.run_cell_magic("aura", line, YAML)
    assert shell.user_ns["sky"] == name
    assert asked[0][0] == name


@pytest.mark.parametrize("line", ["1sky", "class", "sky blue", "--strt", "--start --write", "-o", "it's"])
def test_a_slip_in_the_first_line_is_told_with_how_it_is_used(shell, asked, line):
    with pytest.raises(UsageError, match="%%aura"):
        shell.run_cell_magic("aura", line, YAML)
    assert asked == []


def test_the_shells_options_are_told_where_a_cell_has_them(shell, asked):
    with pytest.raises(UsageError, match=r"--seconds.* Settings go into the cell, e.g. `plan:"):
        shell.run_cell_magic("aura", "--seconds 12 --height 360", YAML)
    assert asked == []


@pytest.mark.parametrize("line", ["-h", "sky --help"])
def test_whoever_asks_how_a_cell_is_written_is_told_and_nothing_is_made(shell, asked, capsys, line):
    assert shell.run_cell_magic("aura", line, YAML) is None
    told = capsys.readouterr().out
    assert told.startswith("usage: %%aura ")
    assert "write the script only" in told
    assert asked == []


@pytest.mark.parametrize("line", ["", "-h", "jobs --help"])
def test_which_tables_there_are_is_told(shell, capsys, line):
    assert shell.run_line_magic("aura", line) is None
    told = " ".join(capsys.readouterr().out.split())
    assert "%aura [-h] [{providers,jobs,doctor}]" in told
    assert "jobs: all jobs" in told


def test_what_a_line_does_not_take_is_refused_without_word_of_a_cell(shell):
    with pytest.raises(UsageError, match="unrecognized arguments: extra") as raised:
        shell.run_line_magic("aura", "jobs extra")
    assert "cell" not in str(raised.value)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("topic: Blue sky\npalette: red", "palette"),
        ("topic = 'Blue sky'\n[plan]\nseconds = 2", "plan.seconds"),
        ("topic: [", "cell: cannot be read"),
        ("topic = ", "cell: cannot be read"),
        # Line 1 is the magic's own.
        ("topic: Blue sky\ntopic: Red sky", r"cell: .* a second `topic` \(at line 3\)"),
        ("topic = 'Blue sky'\nplan = ?", r"cell: .*\(at line 3, column 8\)"),
        ("- one\n- two", "cell: not a table"),
        ("\n", "cell: not a table"),
        ("true", "cell: not a table"),
    ],
)
def test_a_bad_brief_is_one_error_that_names_the_field_and_no_traceback(shell, asked, capsys, cell, told):
    with pytest.raises(InvalidBrief, match=told) as raised:
        shell.run_cell_magic("aura", "", cell)
    assert asked == []
    try:
        raise raised.value
    except InvalidBrief:
        shell.showtraceback()
    shown = capsys.readouterr().out
    assert told.partition(":")[0] in shown
    assert "Traceback" not in shown
    assert "magics.py" not in shown


def test_a_real_script_comes_of_a_cell(shell):
    cell = f"{YAML}\nprofile: {{speaker: espeak}}"
    script = shell.run_cell_magic("aura", "--write", cell)
    assert isinstance(script, aura.Script)
    assert script.brief.topic == "Why the sky is blue"


@pytest.mark.slow
def test_a_real_film_comes_of_a_cell(shell, tmp_path):
    cell = f"{YAML.replace('20', '10')}\nrender: {{height: 360}}\nprofile: {{speaker: espeak}}"
    path = tmp_path / "sky.mp4"
    film = shell.run_cell_magic("aura", f'sky -o "{path}"', cell)
    assert isinstance(film, aura.Film)
    assert film is shell.user_ns["sky"]
    assert (film.path, film.title, film.size) == (path, "Why the sky is blue", (640, 360))
    assert path.stat().st_size > 10_000


def test_the_tables_are_those_of_the_same_names(shell):
    providers = shell.run_line_magic("aura", "providers")
    assert {"rulebased", "espeak"} <= {*providers.index}
    assert {"status", "remedy"} <= {*providers.columns}
    found = shell.run_line_magic("aura", "doctor")
    assert {"ffmpeg", "speech"} <= {*found.index}
    assert [*found.columns] == ["status", "found", "remedy"]
    assert shell.run_line_magic("aura", "jobs").index.name == "job"
    for slip in ("docter", '"doctor'):
        with pytest.raises(UsageError, match="doctor"):
            shell.run_line_magic("aura", slip)


def test_the_extension_can_be_unloaded(shell):
    before = len(shell.Completer.custom_matchers)
    shell.extension_manager.reload_extension("aura_nb")
    assert len(shell.Completer.custom_matchers) == before
    shell.extension_manager.unload_extension("aura_nb")
    assert len(shell.Completer.custom_matchers) == before - 1
