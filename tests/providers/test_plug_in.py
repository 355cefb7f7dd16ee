"""A provider of another package: installed by pip into an environment of its own, used there, and gone again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "example_provider"

LOOK = """
import json
import aura_nb as aura

table = aura.providers(live=False)
print(json.dumps({name: [row.socket, row.status] for name, row in table.iterrows()}))
"""
USE = """
import json, sys
from pathlib import Path
import aura_nb as aura
from aura_nb.manifest import Manifest

assert (aura.validate("duotone").status, aura.validate("duotone", live=True).status) == ("Valid", "Valid")
(fault,) = aura.validate("duotone", ink="pink").field_errors
assert (fault.field, fault.code) == ("Ink", "INVALID_FORMAT"), fault
scenes = [
    aura.Scene(heading="Blue", text="Blue.", picture=aura.TitleCard(title="Blue")),
    aura.Scene(heading="Short", text="Short.", picture=aura.PointsCard(points=["Short waves"])),
]
film = aura.make(
    aura.Script(brief=aura.Brief("Why the sky is blue"), scenes=scenes),
    voice=aura.Voice(silent=True),
    render=aura.Render(height=360, fps=24),
    profile=aura.Profile(illustrator=("duotone", "cards")),
    output=Path(sys.argv[1]),
)
told = Manifest.of(film.path).providers
print(json.dumps([(p.socket, p.name, p.version) for p in told if p.socket == "illustrator"]))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment that sees everything this one has installed."""
    folder = tmp_path_factory.mktemp("plug-in") / "venv"
    venv.EnvBuilder(with_pip=False).create(folder)
    made = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    places = [sysconfig.get_path(kind) for kind in ("purelib", "platlib")]
    site = run(made, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    # By `addsitedir`, and not as bare paths, so that editable installs are seen as well.
    lines = [f"import site; site.addsitedir({place!r})" for place in dict.fromkeys(places)]
    (Path(site) / "host.pth").write_text("\n".join(lines), encoding="utf-8")
    return made


def run(python: Path, *arguments: str, **environ: str) -> str:
    done = subprocess.run(
        [python, *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "AURA_NB_PROGRESS": "off", **environ},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def pip(python: Path, *arguments: str) -> None:
    run(Path(sys.executable), "-m", "pip", "--python", str(python), "--disable-pip-version-check", *arguments)


def seen(python: Path) -> dict[str, list[str]]:
    return json.loads(run(python, "-c", LOOK))


@pytest.mark.slow
def test_the_example_is_installed_by_pip_used_by_name_and_gone_when_it_is_uninstalled(python, tmp_path):
    source = shutil.copytree(EXAMPLE, tmp_path / "example")
    assert "duotone" not in seen(python)
    pip(python, "install", "--no-index", "--no-deps", "--no-build-isolation", "--quiet", str(source))
    assert seen(python)["duotone"] == ["illustrator", "Valid"]
    out = tmp_path / "film.mp4"
    told = json.loads(run(python, "-c", USE, str(out), AURA_NB_CACHE_DIR=str(tmp_path / "cache")))
    assert [(socket, name) for socket, name, _ in told] == [("illustrator", "duotone"), ("illustrator", "cards")]
    pip(python, "uninstall", "--yes", "--quiet", "aura-duotone")
    assert "duotone" not in seen(python)


def test_the_documentation_shows_the_example_as_it_is():
    page = (DOCS / "providers.md").read_text(encoding="utf-8")
    for name, language in (("aura_duotone.py", "python"), ("pyproject.toml", "toml")):
        shown = f"```{language}\n{(EXAMPLE / name).read_text(encoding='utf-8')}```"
        assert shown in page, f"docs/providers.md does not show {name} as it is"
