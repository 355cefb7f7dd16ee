"""Where things are kept and how they are found: environment first, then the platform's folders."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from aura_nb.errors import InvalidBrief
from aura_nb.validated import issues_of

MOST_WORKERS = 8
"""A 1080p encoder takes some 100 MB: more of them at once would not fit everywhere."""


class Settings(BaseSettings):
    """Settings by environment variable, `AURA_NB_` before the upper-cased name.

    Raises `InvalidBrief` naming every variable that cannot be understood.
    """

    model_config = SettingsConfigDict(env_prefix="AURA_NB_", extra="ignore", frozen=True)

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            issues = [replace(one, field=f"AURA_NB_{one.field.upper()}") for one in issues_of(error)]
            raise InvalidBrief(issues, subject="environment") from None

    data_dir: Path = Field(
        default_factory=lambda: user_data_path("aura_nb", appauthor=False),
        description="Journal and finished films.",
    )
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path("aura_nb", appauthor=False),
        description="Content-addressed artifacts; safe to delete.",
    )
    progress: Literal["auto", "widget", "text", "off"] = Field(
        "auto", description="How a running job shows itself."
    )
    ffmpeg: Path | None = Field(None, description="An ffmpeg binary to use before the bundled one.")
    workers: int | None = Field(None, ge=1, le=64, description="Parallel tasks; None: one a core.")
    fonts: Path | None = Field(None, description="A folder of further fonts (TTF, OTF) to set pictures in.")

    @field_validator("data_dir", "cache_dir", "ffmpeg", "fonts")
    @classmethod
    def _holds_wherever_we_go(cls, path: Path | None) -> Path | None:
        return path and path.expanduser().absolute()

    @property
    def at_once(self) -> int:
        """How many tasks run at the same time: `workers`, else one a core, 8 at most."""
        return self.workers or min(MOST_WORKERS, _cores())

    @property
    def journal(self) -> Path:
        """The SQLite file all kernels of this user write their events to."""
        return self.data_dir / "journal.sqlite3"

    @property
    def films(self) -> Path:
        """The folder films go to when no output path is given."""
        return self.data_dir / "films"

    @property
    def figures(self) -> Path:
        """The folder live figures are kept in, so that saved scripts can show them again."""
        return self.data_dir / "figures"


def _cores() -> int:
    """The processors this process may use, which in a container are fewer than there are."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(allowed(0)) if allowed else os.cpu_count() or 1
