"""One scene written anew: by the writer's own way where it has one, and never another scene with it."""

from __future__ import annotations

import pytest

from aura_nb.errors import ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.rewrite import rewrite_scene
from aura_nb.providers.writers.rulebased import RuleBased
from aura_nb.script import FigureCard, QuoteCard, Scene, Script
from aura_nb.spec import Brief
from tests.pipeline.test_write import Scripted
from tests.providers.writers.fake import FakeVoice, write

NEW = Scene(heading="New", text="Something new.", picture=QuoteCard(quote="New"))


class Rewriter(Scripted):
    """A writer that can write one scene alone."""

    def rewrite(self, request, script, number):
        self.calls += 1
        if self.fails:
            raise ProviderError("scripted", "has no ideas today.", remedy="Try tomorrow.")
        assert script.scenes[number].text
        return NEW


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def ctx(tmp_path, warnings):
    return Context(Cache(tmp_path), warn=warnings.append)


def script(*texts):
    scenes = [Scene(heading=f"Scene {text}", text=text, picture=QuoteCard(quote=text)) for text in texts]
    return Script(brief=Brief("Why the sky is blue"), scenes=scenes)


def rewrite(of, number, ctx, *writers):
    return rewrite_scene(of, number, writers=writers, seconds_of=FakeVoice(), ctx=ctx)


def test_a_writer_that_can_writes_another_scene_each_time(ctx):
    writer = Rewriter()
    for _ in range(2):
        assert rewrite(script("A.", "B."), 1, ctx, writer) == NEW
    assert writer.calls == 2


def test_of_another_writer_the_scene_at_that_place_is_taken(ctx, warnings):
    assert rewrite(script("A.", "B."), 1, ctx, Scripted("One.", "Two.", "Three.")).text == "Two."
    # Its film is not made: that it would be too short is nothing to tell.
    assert warnings == []


def test_a_scene_that_was_moved_is_known_by_its_heading(ctx):
    brief = Brief("Why the sky is blue", points=["Air scatters blue most.", "Sunlight holds all colours."])
    film, _ = write(brief)
    spoilt = film.model_copy(update={"scenes": [*film.scenes[1:], film.scenes[0]]})
    spoilt.scenes[-1] = spoilt.scenes[-1].model_copy(update={"text": "Spoilt."})
    assert rewrite(spoilt, len(spoilt.scenes) - 1, ctx, RuleBased()) == film.scenes[0]


def test_a_film_that_has_fewer_scenes_gives_its_last(ctx):
    assert rewrite(script("A.", "B.", "C."), 2, ctx, Scripted("One.")).text == "One."


def test_a_figure_is_the_users_own_and_stays(ctx, tmp_path):
    of = script("A.", "B.")
    of.scenes[1].picture = FigureCard(image=tmp_path / "plot.png")
    made = rewrite(of, 1, ctx, Rewriter())
    assert made.text == NEW.text
    assert made.picture == of.scenes[1].picture


def test_the_next_writer_takes_over_and_that_is_told(ctx, warnings):
    assert rewrite(script("A."), 0, ctx, Rewriter(fails=True), Scripted("One.")).text == "One."
    assert "no ideas" in warnings[0]
