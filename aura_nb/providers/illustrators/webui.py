"""What the WebUI of AUTOMATIC1111 says, in its own forms, as far as it is read here.

Protocol: https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, RootModel

GRAIN = 64
"""Sides are multiples of so many pixels: every model takes those."""


class Checkpoint(BaseModel):
    title: str
    model_name: str
    hash: str | None = None
    sha256: str | None = None

    @property
    def exactly(self) -> str:
        """Its name, and its digest as far as the server has worked it out."""
        digest = (self.sha256 or self.hash or "")[:10]
        return f"{self.model_name}@{digest}" if digest else self.model_name

    def goes_by(self, name: str) -> bool:
        """Whether `name` means it: its title, with or without the hash, its file or its model's name."""
        file = self.title.partition(" [")[0]
        return name in (self.title, file, file.rpartition(".")[0], self.model_name)


class Options(BaseModel):
    sd_model_checkpoint: str | None = None


class Checkpoints(RootModel[list[Checkpoint]]): ...


class State(BaseModel):
    job: str = ""


class Progress(BaseModel):
    progress: float
    state: State = State()


class Drawn(BaseModel):
    images: list[str]


class Nothing(RootModel[Any]): ...


@dataclass(frozen=True, slots=True)
class Offer:
    """The checkpoints a server has, and the one that would draw; None when it has none such."""

    all: tuple[Checkpoint, ...]
    wanted: str
    chosen: Checkpoint | None


def sides(area: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height of about `side` squared pixels, multiples of 64, as near to the area's shape as they go."""
    width, height = area
    scale = side / (width * height) ** 0.5
    return _to_grain(width * scale), _to_grain(height * scale)


def _to_grain(length: float) -> int:
    return max(GRAIN, GRAIN * round(length / GRAIN))
