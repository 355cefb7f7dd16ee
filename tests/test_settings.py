from __future__ import annotations

from pathlib import Path

from aura_nb.settings import Settings


def test_environment_decides_where_things_are(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    settings = Settings()
    assert settings.cache_dir == tmp_path / "cache"
    assert settings.journal.parent == settings.films.parent == tmp_path / "data"
