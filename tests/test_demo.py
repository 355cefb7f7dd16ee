from __future__ import annotations

from aura_nb.demo import quick_demo
from aura_nb.script import EquationCard, PointsCard, QuoteCard, TitleCard
from tests.providers.writers.fake import seconds, spoken, write

DEMO = quick_demo()


def test_teaches_why_the_sky_is_blue_in_less_than_twenty_seconds():
    script, voice = write(DEMO.brief, DEMO.plan)
    assert [type(scene.picture) for scene in script.scenes] == [TitleCard, PointsCard, EquationCard, QuoteCard]
    assert "So blue reaches you from all over the sky." in spoken(script)
    assert 12 <= seconds(script, voice) <= 20


def test_its_numbers_are_right():
    script, _ = write(DEMO.brief, DEMO.plan)
    equation = next(scene for scene in script.scenes if isinstance(scene.picture, EquationCard))
    assert "sixteenfold" in equation.text
    times = (650 / 450) ** 4
    assert f"about {times:.1f} times" in equation.picture.caption
    assert DEMO.plan.seconds <= 20
