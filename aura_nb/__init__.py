"""Narrated explainer videos, made and watched inside a notebook.

    import aura_nb as aura

    film = aura.make("Why the sky is blue")

Names are loaded when they are first used: importing the package costs next to nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from aura_nb.api import (
        compare_providers,
        follow,
        jobs,
        make,
        preflight,
        providers,
        serve,
        start,
        validate,
        write,
    )
    from aura_nb.comparison import Comparison
    from aura_nb.demo import quick_demo
    from aura_nb.encoding import compare_encoders, encoders
    from aura_nb.errors import (
        AuraError,
        InvalidBrief,
        InvalidRequest,
        JobCancelled,
        JobFailed,
        NotAFilm,
        PreflightFailed,
        ProviderError,
        RenderError,
        UnknownProvider,
        VerificationFailed,
    )
    from aura_nb.film import Film
    from aura_nb.jobs.job import Job
    from aura_nb.plot_timings import plot_timings
    from aura_nb.providers.report import ProviderReport
    from aura_nb.request import Request
    from aura_nb.script import (
        CodeCard,
        EquationCard,
        FigureCard,
        PointsCard,
        QuoteCard,
        Scene,
        Script,
        TableCard,
        TitleCard,
    )
    from aura_nb.spec import Brief, Plan, Profile, Render, Voice
    from aura_nb.studio.studio import Studio
    from aura_nb.tables import compare
    from aura_nb.verification import Verification, verify
    from aura_nb.widgets.resource_bar import ResourceBar

_HOMES = {
    "aura_nb.api": (
        "compare_providers",
        "follow",
        "jobs",
        "make",
        "preflight",
        "providers",
        "serve",
        "start",
        "validate",
        "write",
    ),
    "aura_nb.comparison": ("Comparison",),
    "aura_nb.demo": ("quick_demo",),
    "aura_nb.encoding": ("compare_encoders", "encoders"),
    "aura_nb.errors": (
        "AuraError",
        "InvalidBrief",
        "InvalidRequest",
        "JobCancelled",
        "JobFailed",
        "NotAFilm",
        "PreflightFailed",
        "ProviderError",
        "RenderError",
        "UnknownProvider",
        "VerificationFailed",
    ),
    "aura_nb.film": ("Film",),
    "aura_nb.request": ("Request",),
    "aura_nb.jobs.job": ("Job",),
    "aura_nb.plot_timings": ("plot_timings",),
    "aura_nb.providers.report": ("ProviderReport",),
    "aura_nb.script": (
        "CodeCard",
        "EquationCard",
        "FigureCard",
        "PointsCard",
        "QuoteCard",
        "Scene",
        "Script",
        "TableCard",
        "TitleCard",
    ),
    "aura_nb.spec": ("Brief", "Plan", "Profile", "Render", "Voice"),
    "aura_nb.studio.studio": ("Studio",),
    "aura_nb.tables": ("compare",),
    "aura_nb.verification": ("Verification", "verify"),
    "aura_nb.widgets.resource_bar": ("ResourceBar",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AuraError",
    "Brief",
    "CodeCard",
    "Comparison",
    "EquationCard",
    "FigureCard",
    "Film",
    "InvalidBrief",
    "InvalidRequest",
    "Job",
    "JobCancelled",
    "JobFailed",
    "NotAFilm",
    "Plan",
    "PointsCard",
    "PreflightFailed",
    "Profile",
    "ProviderError",
    "ProviderReport",
    "QuoteCard",
    "Render",
    "RenderError",
    "Request",
    "ResourceBar",
    "Scene",
    "Script",
    "Studio",
    "TableCard",
    "TitleCard",
    "UnknownProvider",
    "Verification",
    "VerificationFailed",
    "Voice",
    "compare",
    "compare_encoders",
    "compare_providers",
    "encoders",
    "follow",
    "jobs",
    "make",
    "plot_timings",
    "preflight",
    "providers",
    "quick_demo",
    "serve",
    "start",
    "validate",
    "verify",
    "write",
]


class _Package(ModuleType):
    """Keeps a public function, such as `jobs`, from being hidden by the subpackage of the same name.

    The import system binds every subpackage here once it is imported. Python looks `__class__` up
    on the module (https://docs.python.org/3/reference/datamodel.html#customizing-module-attribute-access).
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in _HOME and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext aura_nb`: the magics `%%aura` and `%aura`."""
    import_module("aura_nb.magics").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext aura_nb`."""
    import_module("aura_nb.magics").unload(shell)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
