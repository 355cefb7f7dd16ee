"""A test that was left out lets no CI run pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = """
import pytest

def test_passes(): pass

def test_skips(): pytest.skip("no chromium")

@pytest.mark.xfail
def test_may_fail(): assert False

@pytest.mark.xfail
def test_may_fail_but_passes(): pass
"""
SKIPPED_MODULE = "import pytest\npytest.skip('no model', allow_module_level=True)\n"


def run(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    (folder / "test_case.py").write_text(SOURCE, encoding="utf-8")
    (folder / "test_module.py").write_text(SKIPPED_MODULE, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", f"--rootdir={folder}", str(folder)],
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
    )


def test_ci_fails_when_tests_are_left_out_and_names_them(tmp_path: Path) -> None:
    done = run(tmp_path, ci="true")
    assert done.returncode == 1
    _, heading, tail = done.stdout.partition("left out, which fails the run in CI")
    assert heading
    for name in ("test_skips", "test_may_fail", "test_may_fail_but_passes", "test_module.py"):
        assert name in tail
    assert "test_passes" not in tail


def test_a_developer_may_skip_and_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, ci="")
    assert done.returncode == 0
    assert "no chromium" in done.stdout
