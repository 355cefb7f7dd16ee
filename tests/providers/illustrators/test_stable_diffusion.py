"""The WebUI of Stable Diffusion, over real sockets, against a server that speaks its protocol."""

from __future__ import annotations

import logging
import threading
import traceback
from dataclasses import replace

import cv2
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.picture import draw_scene
from aura_nb.providers import failures, registry, validation
from aura_nb.providers.base import Choosy, DrawRequest, Identified, Illustrator, Themed
from aura_nb.providers.config import Config
from aura_nb.providers.guard import Guard, Retries
from aura_nb.providers.illustrators import beside, stable_diffusion
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.providers.illustrators.stable_diffusion import StableDiffusion, seed
from aura_nb.providers.illustrators.webui import sides
from aura_nb.script import EquationCard, PointsCard, QuoteCard, Scene
from aura_nb.settings import Settings
from aura_nb.spec import Render
from tests.providers.fakes.pictures import MAGENTA, FakeWebui, picture
from tests.providers.fakes.server import Say

CANARY = "canary-7e55a0"
SIZE = (640, 360)
SUNSET = PointsCard(heading="What you see at sunset", points=["Red light"])


@pytest.fixture(scope="module")
def cards():
    return Cards(Settings(fonts=None))


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr(stable_diffusion, "LOOK_SECONDS", 0.02)


def illustrator_of(server, cards, *, attempts=1, **settings):
    given = {"base_url": server.origin, "timeout": "5", "side": "256", **settings}
    config = Config.resolve("stable-diffusion", StableDiffusion.fields, given, environ={})
    guard = Guard("stable-diffusion", retries=Retries(attempts=attempts, base=0.001))
    return StableDiffusion(config, guard=guard, cards=cards)


def request_for(shown=SUNSET, size=SIZE, **told):
    return DrawRequest(shown, size, "light", "en", told.pop("topic", "Why the sky is blue"), **told)


@pytest.fixture
def found():
    """The photo alone: no card is set."""

    def find(illustrator, request=None):
        request = request or request_for()
        return illustrator.find(illustrator.config, request, beside.area(request.size))

    return find


@pytest.fixture
def drawn(tmp_path):
    def draw(illustrator, request=None):
        return illustrator.draw(request or request_for(), tmp_path / "picture.png")

    return draw


def test_is_a_local_illustrator_that_needs_no_key():
    illustrator = registry.get("illustrator", "stable-diffusion")
    for protocol in (Illustrator, Choosy, Themed, Identified):
        assert isinstance(illustrator, protocol)
    assert illustrator.info.local
    assert not illustrator.info.credits
    assert illustrator.missing() is None
    assert not illustrator.draws(EquationCard(equation="a"))


def test_the_picture_stands_beside_the_card_and_is_nobodys(cards, drawn):
    with FakeWebui() as server:
        drawing = drawn(illustrator_of(server, cards))
    pixels = cv2.imread(str(drawing.path), cv2.IMREAD_UNCHANGED)
    assert pixels.shape == (360, 640, 3)
    assert (pixels[:, -beside.area(SIZE)[0] :] == MAGENTA).all()
    assert (drawing.warnings, drawing.credits) == ((), ())


def test_it_is_asked_for_what_the_words_say(cards, found):
    with FakeWebui() as server:
        found(illustrator_of(server, cards))
        found(
            illustrator_of(
                server, cards, sampler="Euler a", steps="7", style="ink", negative_prompt="red", model="real"
            )
        )
    first, second = server.asked
    assert first["prompt"].startswith("sky sunset, photograph")
    assert "text" in first["negative_prompt"]
    assert first["steps"] == 25
    assert (first["width"] % 64, first["height"] % 64) == (0, 0)
    assert (first["n_iter"], first["batch_size"], first["save_images"]) == (1, 1, False)
    assert "sampler_name" not in first
    assert "override_settings" not in first
    assert (second["prompt"], second["negative_prompt"], second["steps"]) == ("sky sunset, ink", "red", 7)
    assert second["sampler_name"] == "Euler a"
    assert second["override_settings"] == {"sd_model_checkpoint": "real.safetensors [a1b2c3d4e5]"}
    assert first["seed"] == second["seed"] == seed(request_for())


def test_the_seed_is_that_of_the_picture():
    here = request_for()
    assert seed(here) == seed(replace(here, size=(9, 9), cancel=Cancel()))
    others = [replace(here, topic="Tides"), replace(here, language="de"), request_for(QuoteCard(quote="Why?"))]
    assert len({seed(here), *map(seed, others)}) == 4
    assert 0 <= seed(here) < 2**32


@pytest.mark.parametrize(
    ("area", "side", "expected"),
    [
        ((1075, 1440), 768, (640, 896)),
        ((1440, 973), 768, (960, 640)),
        ((1440, 576), 1024, (1600, 640)),
        ((9, 9), 256, (256, 256)),
    ],
)
def test_sides_are_multiples_of_64_near_the_areas_shape(area, side, expected):
    assert sides(area, side) == expected
    assert sides(area, side)[0] * sides(area, side)[1] == pytest.approx(side**2, rel=0.1)


def test_the_checkpoint_is_in_the_version_once_the_server_was_asked(cards, found):
    with FakeWebui() as server:
        illustrator = illustrator_of(server, cards)
        illustrator.depends(request_for())
        assert (illustrator.info.version, server.paths) == ("", [])
        illustrator.identify(Cancel())
        assert illustrator.info.version == "dream@a1b2c3d4e5"
        other = illustrator_of(server, cards, model="real.safetensors")
        assert other.info.version == "real.safetensors"
        found(other)
        assert other.info.version == "real@a1b2c3d4e5"
        server.hash = None
        illustrator.identify(Cancel())
        assert illustrator.info.version == "dream"


@pytest.mark.parametrize("name", ["real", "real.safetensors", "real.safetensors [a1b2c3d4e5]"])
def test_a_checkpoint_goes_by_its_names(cards, found, name):
    with FakeWebui() as server:
        found(illustrator_of(server, cards, model=name))
    assert server.asked[0]["override_settings"] == {"sd_model_checkpoint": "real.safetensors [a1b2c3d4e5]"}


@pytest.mark.parametrize("models", [("another",), ()])
def test_a_missing_checkpoint_is_told_with_those_there_are(cards, found, models):
    with FakeWebui(models=models) as server:
        illustrator = illustrator_of(server, cards, model="dream")
        with pytest.raises(failures.ModelMissing, match="no checkpoint 'dream'") as raised:
            found(illustrator)
        probed = illustrator.probe(timeout=2)
    assert server.asked == []
    assert probed.status == "ModelMissing"
    for remedy in (raised.value.remedy, probed.remedy):
        assert "AURA_NB_STABLE_DIFFUSION_MODEL" in remedy
        assert (models or ("none",))[0] in remedy


def test_what_it_draws_with_is_what_it_depends_on(cards):
    settings = [("steps", "9"), ("sampler", "DDIM"), ("style", "ink"), ("side", "512"), ("negative_prompt", "x")]
    with FakeWebui() as server:
        found = [
            illustrator_of(server, cards, **told).depends(request_for())
            for told in ({}, *(dict([one]) for one in settings))
        ]
        found += [illustrator_of(server, cards).depends(replace(request_for(), topic="Tides"))]
    assert len(set(found)) == len(found)


def test_the_server_is_asked_how_far_it_is(cards, drawn):
    told = []
    with FakeWebui() as server:
        server.looks = 3
        drawn(illustrator_of(server, cards), request_for(progress=told.append))
    assert 0.4 in told
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_one_picture_at_a_time(cards, tmp_path):
    with FakeWebui() as server:
        server.looks = 2
        illustrator = illustrator_of(server, cards)
        running, most = 0, 0
        draw = server._draw

        def counted(*given):
            nonlocal running, most
            running += 1
            most = max(most, running)
            draw(*given)
            running -= 1

        server._draw = counted
        pictures = [QuoteCard(quote=f"Sky {number}") for number in range(3)]
        threads = [
            threading.Thread(target=illustrator.draw, args=(request_for(one), tmp_path / f"{number}.png"))
            for number, one in enumerate(pictures)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert len(server.asked) == 3
    assert most == 1


@pytest.mark.parametrize("job", ["scripts_txt2img", ""])
def test_cancelling_ends_it_at_once_and_interrupts_the_server(cards, drawn, job):
    cancel, ended = Cancel(), []

    def work(illustrator):
        try:
            drawn(illustrator, request_for(cancel=cancel))
        except JobCancelled:
            ended.append(True)

    with FakeWebui(Say(fault="hang")) as server:
        server.job = job
        thread = threading.Thread(target=work, args=(illustrator_of(server, cards, timeout="60"),))
        thread.start()
        assert server.stalled.wait(10)
        cancel.set()
        thread.join(10)
        assert server.left.wait(10)
        assert server.interrupted.wait(10)
    assert ended == [True]


def test_one_that_waits_for_its_turn_is_cancelled_too(cards, found):
    cancel = Cancel()
    with FakeWebui() as server:
        illustrator = illustrator_of(server, cards)
        with illustrator._turn(Cancel()):
            threading.Timer(0.2, cancel.set).start()
            with pytest.raises(JobCancelled):
                found(illustrator, request_for(cancel=cancel))
    assert server.asked == []


def test_what_somebody_draws_at_the_servers_page_is_not_interrupted(cards):
    with FakeWebui() as server:
        server.job = "task(k2j4)"
        illustrator_of(server, cards)._interrupt(illustrator_of(server, cards).config)
    assert server.paths == ["/sdapi/v1/progress"]


def test_a_picture_that_takes_too_long_is_interrupted(cards, found):
    with FakeWebui(Say(fault="hang")) as server:
        with pytest.raises(failures.TimedOut):
            found(illustrator_of(server, cards, timeout="0.3"))
        assert server.interrupted.wait(10)


def test_interrupting_a_server_that_is_gone_is_no_failure(cards):
    with FakeWebui() as server:
        illustrator = illustrator_of(server, cards)
    illustrator._interrupt(illustrator.config)


STATUSES = {
    400: (failures.Refused, ""),
    401: (failures.Unauthorized, "--api-auth"),
    422: (failures.Refused, ""),
    429: (failures.RateLimited, ""),
    500: (failures.ServerFault, "memory"),
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_its_failure(cards, found, status):
    kind, remedy = STATUSES[status]
    with (
        FakeWebui(Say(status=status, message="no, thanks")) as server,
        pytest.raises(kind, match="no, thanks") as raised,
    ):
        found(illustrator_of(server, cards))
    assert remedy in raised.value.remedy
    assert raised.value.remedy


@pytest.mark.parametrize("status", [400, 404])
def test_a_sampler_it_does_not_have_is_named(cards, found, status):
    with (
        FakeWebui(Say(status=status, message="Sampler not found")) as server,
        pytest.raises(failures.Refused, match="no sampler 'Eulr'") as raised,
    ):
        found(illustrator_of(server, cards, sampler="Eulr"))
    assert "AURA_NB_STABLE_DIFFUSION_SAMPLER" in raised.value.remedy


def test_a_server_without_its_api_is_told_how_to_start(cards, found):
    with FakeWebui() as server:
        server.api = False
        with pytest.raises(failures.Refused) as raised:
            found(illustrator_of(server, cards))
    assert "--api" in raised.value.remedy


def test_no_server_is_told_how_to_start(cards, found):
    with FakeWebui() as server:
        illustrator = illustrator_of(server, cards)
    with pytest.raises(failures.Unreachable, match="no WebUI answers") as raised:
        found(illustrator)
    assert "./webui.sh --api" in raised.value.remedy


@pytest.mark.parametrize(
    ("say", "failure"),
    [
        (Say(fault="hang"), failures.TimedOut),
        (Say(fault="half"), failures.Unreachable),
        (Say(fault="garbage"), failures.BadReply),
    ],
    ids=["hang", "half", "html"],
)
def test_a_fault_is_its_failure(cards, found, say, failure):
    with FakeWebui(say) as server, pytest.raises(failure) as raised:
        found(illustrator_of(server, cards, timeout="0.4"))
    assert raised.value.remedy


@pytest.mark.parametrize(
    "data", [b"<html>", b"", picture(300, 300)[:-60], b"GIF89a"], ids=["html", "none", "cut", "gif"]
)
def test_what_is_no_picture_is_a_bad_reply(cards, drawn, data):
    with FakeWebui() as server:
        server.data = data
        with pytest.raises(failures.BadReply):
            drawn(illustrator_of(server, cards))


def test_probing_tells_whether_it_would_work(cards):
    with FakeWebui(key=f"ada:{CANARY}") as server:
        illustrator = illustrator_of(server, cards, user="ada", password=CANARY)
        probed = illustrator.probe(timeout=2)
        assert (probed.status, probed.remedy) == ("Valid", "")
        assert probed.details == {"models": ["dream", "real"], "model": "dream.safetensors [a1b2c3d4e5]"}
        assert "dream@a1b2c3d4e5" in probed.message
        assert server.asked == []
        with pytest.raises(failures.Unauthorized, match="Incorrect username"):
            illustrator_of(server, cards).probe(timeout=2)
        server.listing = Say(fault="hang")
        with pytest.raises(failures.TimedOut):
            illustrator.probe(timeout=0.4)
    with FakeWebui() as server:
        report = validation.validate("stable-diffusion", {"base_url": server.origin}, live=True)
    assert report.status == "Valid"
    report = validation.validate("stable-diffusion", {"base_url": server.origin}, live=True)
    assert report.status == "Unreachable"
    assert "webui.sh" in report.remedy


@pytest.mark.parametrize(("field", "value"), [("steps", "0"), ("steps", "many"), ("side", "64"), ("side", "-1")])
def test_settings_are_checked_before_anything_is_asked(field, value):
    report = validation.validate("stable-diffusion", {field: value})
    assert report.status == "Invalid"


def chain(tmp_path, *illustrators):
    warnings = []
    drawing = draw_scene(
        Scene(heading="Sunset", text="Red.", picture=SUNSET),
        render=Render(height=360),
        aspect="16:9",
        language="en",
        topic="Why the sky is blue",
        illustrators=illustrators,
        ctx=Context(Cache(tmp_path), warn=warnings.append),
    )
    return drawing, warnings


def test_another_checkpoint_draws_anew_and_the_same_one_does_not(cards, tmp_path):
    with FakeWebui() as server:
        first, _ = chain(tmp_path, illustrator_of(server, cards))
        again, _ = chain(tmp_path, illustrator_of(server, cards))
        server.hash = "ffff000000"
        other, _ = chain(tmp_path, illustrator_of(server, cards))
    assert (first.cached, again.cached, other.cached) == (False, True, False)
    assert first.key == again.key != other.key
    assert len(server.asked) == 2


def test_what_it_drew_is_not_lost_when_it_is_down(cards, tmp_path):
    with FakeWebui() as server:
        first, _ = chain(tmp_path, illustrator_of(server, cards), cards)
    again, warnings = chain(tmp_path, illustrator_of(server, cards), cards)
    assert (again.provider, again.key, again.cached) == ("stable-diffusion", first.key, True)
    assert "drew before is used" in warnings[0]


def test_a_dead_server_falls_through_to_the_cards(cards, tmp_path):
    with FakeWebui() as server:
        illustrator = illustrator_of(server, cards)
    drawing, warnings = chain(tmp_path, illustrator, cards)
    assert drawing.provider == "cards"
    assert "cards draws instead" in warnings[0]


@pytest.mark.parametrize("say", [Say(), Say(status=500, message=f"oops {CANARY}"), Say(fault="half")], ids=str)
def test_the_password_is_sent_and_nowhere_to_be_seen(cards, say, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    shown = []
    with FakeWebui(say, key=f"ada:{CANARY}") as server:
        illustrator = illustrator_of(server, cards, user="ada", password=CANARY, timeout="1")
        try:
            shown.append(repr(illustrator.draw(request_for(), tmp_path / "picture.png")))
        except ProviderError as error:
            shown += [str(error), repr(error), "".join(traceback.format_exception(error))]
        drawing, warnings = chain(tmp_path / "cache", illustrator, cards)
    assert any(server.given_key(headers) == f"ada:{CANARY}" for headers in server.headers)
    shown += [repr(drawing), *warnings, repr(illustrator), repr(vars(illustrator)), repr(illustrator.info)]
    shown += [f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records]
    secrets = (CANARY, server.headers[0]["authorization"].removeprefix("Basic "))
    assert [text for text in shown if any(secret in text for secret in secrets)] == []
