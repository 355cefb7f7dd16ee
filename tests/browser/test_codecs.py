"""Films of other codecs than H.264, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from aura_nb.spec import Render
from tests.pipeline.test_flow import make, script

pytestmark = pytest.mark.browser


def test_an_av1_film_plays_where_it_is_shown(page: Page, tmp_path):
    film = make(script(render=Render(height=360, codec="av1")), tmp_path)
    page.set_content(film._repr_html_())
    video = page.locator("video")
    expect(video).to_have_js_property("readyState", 4)
    assert video.evaluate("v => [v.videoWidth, v.videoHeight]") == [640, 360]
    video.evaluate("v => { v.muted = true; return v.play(); }")
    page.wait_for_function("document.querySelector('video').currentTime > 0.5")
    assert video.evaluate("v => v.getVideoPlaybackQuality().totalVideoFrames") > 5
