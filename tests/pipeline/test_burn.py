from __future__ import annotations

from itertools import pairwise

import pytest

from aura_nb.pipeline.burn import burn
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.caption import Cue
from aura_nb.pipeline.context import Context
from aura_nb.spec import Render

CUES = (Cue(0.0, 1.02, "Sunlight holds"), Cue(1.02, 2.0, "every colour."), Cue(2.4, 9.0, "Really.\nAll of them."))
SIZE = (640, 360)


@pytest.fixture
def overlays(tmp_path):
    return burn(CUES, 15, 120, Render(height=360), SIZE, "en", Context(Cache(tmp_path)))


def test_each_cue_is_shown_from_its_first_frame_to_its_last_and_none_together(overlays):
    assert [(overlay.first, overlay.last) for overlay in overlays] == [(15, 45), (45, 75), (87, 120)]
    assert all(one.last <= other.first for one, other in pairwise(overlays))


def test_the_strips_lie_low_inside_the_frame(overlays):
    for overlay in overlays:
        assert overlay.path.is_file()
        assert 0 < overlay.x < SIZE[0] / 2
        assert SIZE[1] / 2 < overlay.y < SIZE[1]


def test_a_strip_is_drawn_once_wherever_it_is_shown(tmp_path):
    cache = Cache(tmp_path)
    first = burn(CUES[:1], 0, 90, Render(height=360), SIZE, "en", Context(cache))
    drawn = first[0].path.stat().st_mtime_ns
    later = burn(CUES[:1], 30, 120, Render(height=360), SIZE, "en", Context(cache))
    assert later[0].path == first[0].path
    assert later[0].path.stat().st_mtime_ns == drawn
    assert (later[0].first, later[0].last) == (30, 61)


def test_a_theme_with_another_font_has_strips_of_its_own(tmp_path):
    theme = tmp_path / "mine"
    theme.mkdir()
    (theme / "theme.toml").write_text('extends = "light"\n[fonts]\ntext = "JetBrains Mono"\n')
    ctx = Context(Cache(tmp_path / "cache"))
    strips = [
        burn(CUES[:1], 0, 90, Render(height=360, theme=t), SIZE, "en", ctx)[0] for t in ("light", str(theme))
    ]
    assert strips[0].path.read_bytes() != strips[1].path.read_bytes()
