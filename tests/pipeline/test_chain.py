from __future__ import annotations

import errno

import pytest

from aura_nb.errors import InvalidBrief, JobCancelled, ProviderError, RenderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.chain import calling, first_able
from aura_nb.pipeline.context import Context, Fall
from aura_nb.providers import failures
from aura_nb.providers.base import ProviderInfo
from aura_nb.providers.config import Field

CANARY = "sk-canary-4711"


class Part:
    """A provider that does what it is told, and counts how often it is called."""

    def __init__(self, name="one", raises: Exception | None = None, lacks: str | None = None, fields=()) -> None:
        self.info = ProviderInfo(name, "speaker", True, "Apache-2.0", "1", fields=fields)
        self.raises = raises
        self.lacks = lacks
        self.calls = 0

    def missing(self):
        return self.lacks

    def work(self, ctx):
        with calling(self, ctx):
            self.calls += 1
            if self.raises:
                raise self.raises
            return self.info.name


@pytest.fixture
def told():
    return []


@pytest.fixture
def falls():
    return []


@pytest.fixture
def ctx(tmp_path, told, falls):
    return Context(Cache(tmp_path), warn=told.append, fell=falls.append)


def work(ctx, *parts, **said):
    return first_able("speaker", parts, lambda part: part.work(ctx), ctx, **said)


def down(name="one"):
    return failures.Unreachable(name, "hung up.", remedy="Look at the cable.")


def test_the_first_that_can_does_it_and_nobody_else_is_asked(ctx, told, falls):
    lacking, able, spare = Part("lacking", lacks="pip install it"), Part("able"), Part("spare")
    assert work(ctx, lacking, able, spare) == "able"
    assert (lacking.calls, spare.calls, told, falls) == (0, 0, [], [])


def test_one_that_cannot_even_say_what_it_lacks_is_passed_over(ctx, monkeypatch):
    odd = Part("odd")
    monkeypatch.setattr(odd, "missing", lambda: 1 / 0)
    assert work(ctx, odd, Part("able")) == "able"
    with pytest.raises(ProviderError, match=r"odd is not ready .*ZeroDivisionError"):
        work(ctx, odd)


def test_who_stands_in_for_whom_is_told_one_step_at_a_time(ctx, told, falls):
    assert (
        work(ctx, Part("one", down()), Part("two", ProviderError("two", "is hoarse.")), Part("three")) == "three"
    )
    assert told == [
        "one: hung up. Look at the cable. two speaks instead.",
        "two: is hoarse. three speaks instead.",
    ]
    assert falls == [Fall("one", "two", "Unreachable"), Fall("two", "three", "ProviderError")]


def test_only_a_failure_at_one_scene_names_the_scene(ctx, told):
    work(ctx, Part("one", ProviderError("one", "chokes on it.")), Part("two"), of="Why")
    work(ctx, Part("three", down("three")), Part("two"), of="Why")
    assert told == [
        "“Why”: one: chokes on it. two speaks instead.",
        "three: hung up. Look at the cable. two speaks instead.",
    ]


def test_measuring_tells_nobody(ctx, told, falls):
    assert work(ctx, Part("one", down()), Part("two"), quiet=True) == "two"
    assert (told, falls) == ([], [])


def test_when_none_can_the_error_says_why_of_each(ctx):
    with pytest.raises(
        ProviderError, match=r"none of one, two could do it\. one: hung up\..*two is not ready \(apt"
    ):
        work(ctx, Part("one", down()), Part("two", lacks="apt install it"))


def test_of_one_alone_the_error_is_its_own(ctx):
    with pytest.raises(failures.Unreachable, match=r"^one: hung up\. Look at the cable\.$"):
        work(ctx, Part("one", down()))


@pytest.mark.parametrize(
    "failure",
    [
        failures.Unreachable,
        failures.TimedOut,
        failures.ServerFault,
        failures.RateLimited,
        failures.Unauthorized,
        failures.CircuitOpen,
    ],
)
def test_a_provider_that_is_to_blame_is_not_called_twice_in_a_job(ctx, told, failure):
    one, two = Part("one", failure("one", "is not there.")), Part("two")
    assert [work(ctx, one, two) for _ in range(3)] == ["two"] * 3
    assert one.calls == 1
    # The same each time: the engine tells a warning once.
    assert len(set(told)) == 1


@pytest.mark.parametrize("failure", [failures.BadReply, failures.Refused, failures.ModelMissing, ProviderError])
def test_what_may_be_the_scene_s_fault_is_tried_again_at_the_next(ctx, failure):
    one = Part("one", failure("one", "cannot say that."))
    assert [work(ctx, one, Part("two")) for _ in range(3)] == ["two"] * 3
    assert one.calls == 3


def test_what_the_cache_has_of_a_benched_provider_counts(ctx, tmp_path):
    one, two = Part("one"), Part("two")

    def kept(part):
        def make(folder):
            (folder / "who").write_text(part.work(ctx))

        return (ctx.cache.get(part.info.name, make)[0] / "who").read_text()

    assert first_able("speaker", [one, two], kept, ctx) == "one"
    one.raises = down()
    work(ctx, one, two)
    assert first_able("speaker", [one, two], kept, ctx) == "one"


def test_an_exception_of_a_plug_in_is_its_failure_told_without_traceback_or_secret(ctx, monkeypatch):
    monkeypatch.setenv("AURA_NB_ONE_API_KEY", CANARY)
    one = Part("one", KeyError(f"no such voice for {CANARY}"), fields=(Field("api_key", secret=True),))
    with pytest.raises(
        ProviderError, match=r"one: broke with KeyError: .*no such voice.* \(test_chain\.py, line \d+\)"
    ) as raised:
        one.work(ctx)
    assert CANARY not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert work(ctx, one, Part("two")) == "two"


@pytest.mark.parametrize(
    "error",
    [
        JobCancelled(),
        InvalidBrief([], subject="script"),
        RenderError("no."),
        OSError(errno.ENOSPC, "disk full"),
        KeyboardInterrupt(),
    ],
)
def test_what_is_nobody_s_fault_ends_the_work(ctx, error):
    spare = Part("spare")
    with pytest.raises(type(error)):
        work(ctx, Part("one", error), spare)
    assert spare.calls == 0
