"""`import aura_nb` stays light: what is heavy is loaded where it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import aura_nb

HEAVY = {
    "IPython",
    "anywidget",
    "av",
    "cv2",
    "ffmpeg",
    "imageio_ffmpeg",
    "ipywidgets",
    "nbformat",
    "numpy",
    "onnxruntime",
    "pandas",
    "typst",
}


def packages(statement: str) -> set[str]:
    """The third-party packages a fresh interpreter holds after `statement`."""
    code = (
        f"import sys; before = set(sys.modules); {statement}\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*(tops - set(sys.stdlib_module_names) - {'aura_nb'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    return set(done.stdout.split())


def test_importing_the_package_imports_no_other():
    assert packages("import aura_nb") == set()


def test_a_brief_needs_nothing_heavy():
    assert packages("import aura_nb; aura_nb.Brief('Blue sky')").isdisjoint(HEAVY)


def test_the_command_line_starts_without_anything_heavy():
    assert packages("import aura_nb.cli").isdisjoint(HEAVY)


@pytest.mark.parametrize("name", aura_nb.__all__)
def test_every_public_name_is_there_and_documented(name: str):
    assert getattr(aura_nb, name).__doc__
    assert name in dir(aura_nb)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'brief'"):
        _ = aura_nb.brief
