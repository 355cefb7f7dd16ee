from __future__ import annotations

from pathlib import Path

import pytest

from aura_nb.errors import InvalidBrief
from aura_nb.settings import Settings


def test_environment_decides_where_things_are(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    settings = Settings()
    assert settings.cache_dir == tmp_path / "cache"
    assert settings.journal.parent == settings.films.parent == tmp_path / "data"


def test_what_cannot_be_understood_is_named_by_its_variable(monkeypatch):
    monkeypatch.setenv("AURA_NB_WORKERS", "many")
    monkeypatch.setenv("AURA_NB_PROGRESS", "loud")
    with pytest.raises(InvalidBrief) as caught:
        Settings()
    assert [issue.field for issue in caught.value.issues] == ["AURA_NB_PROGRESS", "AURA_NB_WORKERS"]
    assert "AURA_NB_WORKERS: 'many' is not a whole number. Give a whole number." in str(caught.value)
