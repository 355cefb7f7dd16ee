"""One tiny film for all tests that only look at it."""

from __future__ import annotations

import pytest

from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.finish import Finished, Parts, finish
from tests.pipeline import tiny


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    """One cache for all of them: segments are encoded once."""
    return Cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def tiny_film(tmp_path_factory: pytest.TempPathFactory, tiny_cache: Cache) -> tuple[Parts, Finished, list[float]]:
    """The film's parts, the film, and what was reported while it was finished."""
    folder = tmp_path_factory.mktemp("tiny")
    seen: list[float] = []
    parts = tiny.parts(folder, tiny_cache)
    return parts, finish(parts, folder / "out" / "film.mp4", Context(tiny_cache, progress=seen.append)), seen
