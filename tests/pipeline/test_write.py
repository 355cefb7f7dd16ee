from __future__ import annotations

import time
from dataclasses import replace

import pytest

from aura_nb.errors import InvalidBrief, ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.narrate import spoken_seconds
from aura_nb.pipeline.timeline import film_seconds
from aura_nb.pipeline.write import write_script
from aura_nb.providers.base import ProviderInfo, Usage
from aura_nb.providers.failures import Unreachable
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.providers.writers.rulebased import RuleBased
from aura_nb.script import Scene, Script, TitleCard
from aura_nb.spec import Brief, Plan, Profile, Render, Voice
from tests.providers.writers.fake import FakeVoice


class Scripted:
    """A writer that does as it is told, and counts."""

    def __init__(self, *texts: str, fails: bool = False, version: str = "1") -> None:
        self.info = ProviderInfo("scripted", "writer", True, "Apache-2.0", version)
        self.texts = texts
        self.fails = fails
        self.calls = 0

    def missing(self):
        return None

    def write(self, request):
        self.calls += 1
        if self.fails:
            raise ProviderError("scripted", "has no ideas today.", remedy="Try tomorrow.")
        scenes = [Scene(heading="", text=text, picture=TitleCard(title="")) for text in self.texts]
        return Script(brief=request.brief, scenes=scenes, writer="someone else")


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def ctx(tmp_path, warnings):
    return Context(Cache(tmp_path), warn=warnings.append)


def write(ctx, *writers, brief=None, plan=None, voice=None, render=None, seconds_of=None):
    return write_script(
        brief or Brief("Why the sky is blue"),
        plan or Plan(),
        voice or Voice(),
        render or Render(),
        Profile(),
        writers=writers,
        seconds_of=seconds_of or FakeVoice(),
        ctx=ctx,
    )


def test_the_script_carries_all_that_it_was_written_for(ctx, warnings):
    plan, voice, render = Plan(seconds=40), Voice(pause="long"), Render(theme="dark")
    written = write(ctx, RuleBased(), plan=plan, voice=voice, render=render)
    script = written.script
    assert (script.plan, script.voice, script.render, script.writer) == (plan, voice, render, "rulebased")
    assert written.seconds == FakeVoice()([scene.text for scene in script.scenes])
    assert warnings == []


def test_what_the_writer_took_is_kept_with_the_script_and_measuring_is_not_its_work(ctx):
    spent = 0.0

    class Thinking(Scripted):
        def write(self, request):
            request.seconds_of(["How long is this?"])
            time.sleep(0.02)
            for _ in range(2):
                request.used(Usage(700, 300))
            return super().write(request)

    def measure(texts):
        nonlocal spent
        began = time.perf_counter()
        time.sleep(0.1)
        spent += time.perf_counter() - began
        return 30.0

    began = time.perf_counter()
    first = write(ctx, Thinking("Light. " * 60), seconds_of=measure)
    assert 0.02 <= first.took <= time.perf_counter() - began - spent
    again = write(ctx, Thinking("Light. " * 60), seconds_of=measure)
    assert first.used == Usage(1400, 600)
    assert (again.cached, again.took, again.used) == (True, first.took, first.used)
    assert write(ctx, RuleBased()).used is None


def test_a_second_time_comes_from_the_cache(ctx):
    writer = Scripted("Light. " * 60)
    first, second = write(ctx, writer), write(ctx, writer)
    assert (first.cached, second.cached, writer.calls) == (False, True, 1)
    assert first.script == second.script


@pytest.mark.parametrize(
    "change",
    [
        {"brief": Brief("Why the sea is blue")},
        {"plan": Plan(seconds=40)},
        {"voice": Voice(pause="long")},
        {"render": Render(transition=1.0)},
        {"seconds_of": FakeVoice(rate=1.1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_makes_another_script_is_in_the_key(ctx, change):
    writer = Scripted("Light. " * 60)
    write(ctx, writer)
    assert not write(ctx, writer, **change).cached


def test_another_version_of_the_writer_writes_anew(ctx):
    write(ctx, Scripted("Light."))
    assert not write(ctx, Scripted("Light.", version="2")).cached


def test_looks_alone_write_nothing_anew(ctx):
    write(ctx, Scripted("Light."))
    assert write(ctx, Scripted("Light."), render=Render(theme="dark", crf=28)).cached


def test_a_failing_writer_is_replaced_with_a_warning(ctx, warnings):
    written = write(ctx, Scripted(fails=True), RuleBased())
    assert written.script.writer == "rulebased"
    assert warnings == ["scripted: has no ideas today. Try tomorrow. rulebased writes instead."]


def test_when_every_writer_fails_it_is_an_error_that_says_why(ctx):
    with pytest.raises(ProviderError, match="no ideas today"):
        write(ctx, Scripted(fails=True))


class Served(Scripted):
    """A writer whose model only its server knows."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts, version="unknown")
        self.model = "llama@1"
        self.down = False

    def identify(self, cancel):
        if self.down:
            raise Unreachable("scripted", "does not answer.")
        self.info = replace(self.info, version=self.model)


def test_a_script_is_not_lost_because_the_server_that_wrote_it_is_down(ctx, tmp_path, warnings):
    written = write(ctx, Served("Blue is scattered."), RuleBased())
    later = Served("Something else.")
    later.down = True
    again = write(ctx, later, RuleBased())
    assert (again.script, again.cached, later.calls) == (written.script, True, 0)
    assert warnings[-2:][0].startswith("scripted: does not answer.")
    assert "before is used" in " ".join(warnings)
    other = write(Context(ctx.cache), later, RuleBased(), brief=Brief("Another topic", points=("It is so.",)))
    assert other.script.writer == "rulebased"


def test_another_model_of_the_server_writes_anew_and_is_the_one_remembered(ctx):
    write(ctx, Served("Blue is scattered."))
    newer = Served("Blue is scattered more.")
    newer.model = "llama@2"
    assert write(ctx, newer).script.scenes[0].text == "Blue is scattered more."
    newer.down = True
    assert write(Context(ctx.cache), newer).script.scenes[0].text == "Blue is scattered more."


def test_a_script_that_cannot_be_made_is_refused(ctx):
    with pytest.raises(InvalidBrief, match="no scenes"):
        write(ctx, Scripted())


def test_a_film_too_short_or_too_long_is_said_every_time(ctx, warnings):
    short = Scripted("Too little.")
    write(ctx, short)
    write(ctx, short)
    assert warnings == 2 * [
        "The film will last 2 s, not 30 s: give more points or notes, or plan for Plan(seconds=10)."
    ]
    warnings.clear()
    write(ctx, Scripted("Far too much to say. " * 40, version="2"))
    assert len(warnings) == 1
    assert "give fewer or shorter points" in warnings[0]


def test_lasts_as_long_as_planned_with_a_real_voice(ctx, warnings):
    voice, render = Voice(pause="dramatic"), Render()

    def seconds_of(texts):
        spoken = [
            spoken_seconds(text, voice=voice, language="en", rate=1.0, speakers=[Espeak()], ctx=ctx)
            for text in texts
        ]
        return film_seconds(spoken, voice.pause, render)

    written = write(ctx, RuleBased(), voice=voice, render=render, seconds_of=seconds_of)
    assert written.seconds == pytest.approx(30, rel=0.1)
    assert warnings == []


def test_what_a_writer_warns_of_is_told_again_when_the_cache_has_its_script(ctx, warnings):
    class Short(Scripted):
        def write(self, request):
            request.warn("2 of 5 points are not said")
            return super().write(request)

    write(ctx, Short("One.", "Two."))
    write(ctx, Short("One.", "Two."))
    assert warnings.count("2 of 5 points are not said") == 2
