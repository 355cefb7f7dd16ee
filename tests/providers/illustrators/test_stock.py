"""Pexels and Unsplash, over real sockets, against servers that speak their protocols."""

from __future__ import annotations

import logging
import pickle
import threading
import time
import traceback
from dataclasses import replace

import cv2
import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.picture import draw_scene
from aura_nb.providers import failures, registry, validation
from aura_nb.providers.base import Choosy, DrawRequest, Illustrator, Themed
from aura_nb.providers.config import Config
from aura_nb.providers.guard import Guard, Retries
from aura_nb.providers.illustrators import beside, photo, stock
from aura_nb.providers.illustrators.cards import Cards
from aura_nb.providers.illustrators.pexels import Pexels, locale
from aura_nb.providers.illustrators.unsplash import Unsplash
from aura_nb.script import CodeCard, PointsCard, QuoteCard, Scene
from aura_nb.settings import Settings
from aura_nb.spec import Render
from tests.providers.fakes.pictures import MAGENTA, FakePexels, FakeUnsplash, Shot, picture
from tests.providers.fakes.server import Say

CANARY = "canary-3f9a71c2"
LIBRARIES = {"pexels": (Pexels, FakePexels), "unsplash": (Unsplash, FakeUnsplash)}
SIZE = (640, 360)
SKY = "Why the sky is blue"
SUNSET = PointsCard(heading="What you see at sunset", points=["Red light"])


@pytest.fixture(params=LIBRARIES)
def library(request):
    return request.param


@pytest.fixture(scope="module")
def cards():
    return Cards(Settings(fonts=None))


def serving(library, *shots, **options):
    return LIBRARIES[library][1](*shots, key=CANARY, **options)


def illustrator_of(library, server, cards, *, attempts=1, **settings):
    kind = LIBRARIES[library][0]
    given = {"base_url": server.origin, "api_key": CANARY, "timeout": "5", **settings}
    guard = Guard(library, retries=Retries(attempts=attempts, base=0.001))
    return kind(Config.resolve(library, kind.fields, given, environ={}), guard=guard, cards=cards)


def request_for(shown=SUNSET, size=SIZE, **told):
    return DrawRequest(shown, size, "light", told.pop("language", "en"), told.pop("topic", SKY), **told)


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


def test_is_an_illustrator_with_settings_that_credits(library):
    illustrator = registry.get("illustrator", library)
    assert isinstance(illustrator, Illustrator)
    assert isinstance(illustrator, Choosy)
    assert isinstance(illustrator, Themed)
    assert illustrator.info.credits
    assert not illustrator.info.local
    assert {"api_key", "base_url", "timeout"} <= {field.name for field in illustrator.info.fields}
    assert illustrator.draws(SUNSET)
    assert not illustrator.draws(CodeCard(code="x = 1"))


def test_the_photo_stands_beside_the_card_and_its_author_is_named(library, cards, drawn):
    told = []
    with serving(library) as server:
        drawing = drawn(illustrator_of(library, server, cards), request_for(progress=told.append))
    pixels = cv2.imread(str(drawing.path), cv2.IMREAD_UNCHANGED)
    assert pixels.shape == (360, 640, 3)
    width = beside.area(SIZE)[0]
    assert np.abs(pixels[:, -width:].astype(int) - MAGENTA).max() <= 3
    assert drawing.warnings == ()
    (credit,) = drawing.credits
    assert credit.work == "Photo"
    (fetched,) = server.fetched
    number = fetched[0].rpartition("/")[2].removeprefix("u").removesuffix(".jpeg")
    if library == "pexels":
        assert (credit.author, credit.source) == (f"Pat {number}", "Pexels")
        assert credit.url == f"https://www.pexels.com/photo/{number}/"
        assert credit.licence == "Pexels License"
        assert server.used == []
    else:
        assert (credit.author, credit.source) == (f"Uma {number}", "Unsplash")
        assert credit.url == f"https://unsplash.com/photos/u{number}?utm_source=aura_nb&utm_medium=referral"
        assert credit.licence == "Unsplash License"
        # The guidelines: each use is told, by the address the library gave, with its parameters.
        assert server.used == [f"/photos/u{number}/download?ixid=M3w"]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_it_is_asked_as_its_documentation_says(library, cards, found):
    with serving(library) as server:
        found(illustrator_of(library, server, cards))
        found(illustrator_of(library, server, cards), request_for(size=(360, 640), language="pt-BR"))
    wide, tall = server.searches
    assert wide["query"] == "sky sunset"
    assert wide["orientation"] == "portrait"
    assert tall["orientation"] == "landscape"
    first = server.headers[0]
    if library == "pexels":
        assert first["authorization"] == CANARY
        assert (wide["locale"], wide["size"], tall["locale"]) == ("en-US", "small", "pt-BR")
    else:
        assert first["authorization"] == f"Client-ID {CANARY}"
        assert first["accept-version"] == "v1"
        assert wide["content_filter"] == "high"
        assert "lang" not in wide
        assert tall["lang"] == "pt"
    # The file is asked for at the size it will have, and what was in its address is kept.
    _, told = server.fetched[0]
    assert (int(told["w"]), int(told["h"])) == beside.area(SIZE)
    assert told["fit"] == "crop"
    assert told.get("ixid") == ("M3w" if library == "unsplash" else None)


def test_a_large_picture_wants_large_photos(cards, found):
    with serving("pexels") as server:
        found(illustrator_of("pexels", server, cards), request_for(size=(3840, 2160)))
    assert server.searches[0]["size"] == "medium"


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "en-US"), ("de", "de-DE"), ("de-AT", "de-DE"), ("pt-BR", "pt-BR"), ("zh", "zh-CN"),
        ("zh-TW", "zh-TW"), ("no", "nb-NO"), ("sw", "en-US"),
    ],
)  # fmt: skip
def test_pexels_names_of_languages(language, name):
    assert locale(language) == name


def test_without_a_result_the_search_is_widened(library, cards, drawn):
    with serving(library) as server:
        server.finds = {"sky"}
        drawing = drawn(illustrator_of(library, server, cards))
    assert [search["query"] for search in server.searches] == ["sky sunset", "sky blue", "sky"]
    assert len(drawing.credits) == 1


@pytest.mark.parametrize("shots", [(), (Shot(1, 90, 90), Shot(2, 100, 60))], ids=["none", "too-small"])
def test_without_any_photo_large_enough_the_next_draws(library, cards, found, shots):
    with serving(library) as server:
        server.shots = shots
        with pytest.raises(failures.BadReply, match="no photo for “sky sunset”, “sky blue”, “sky”") as raised:
            found(illustrator_of(library, server, cards))
    assert raised.value.remedy


def test_photos_that_need_not_be_enlarged_go_first(library, cards, found):
    with serving(library, *(Shot(number, 240, 320) for number in range(20)), Shot(77)) as server:
        found(illustrator_of(library, server, cards))
    assert "77" in server.fetched[0][0]


def test_scenes_of_a_film_show_different_photos_while_there_are_others(library, cards, found):
    pictures = [QuoteCard(quote=f"Sky {number}") for number in range(6)]
    with serving(library, *map(Shot, range(5))) as server:
        illustrator = illustrator_of(library, server, cards)
        for shown in pictures:
            found(illustrator, request_for(shown))
        first = [path for path, _ in server.fetched]
        assert len(set(first[:5])) == 5
        found(illustrator, request_for(pictures[0]))
        assert server.fetched[-1][0] == first[0]
        # Another film starts anew.
        found(illustrator_of(library, server, cards), request_for(pictures[0]))
        assert server.fetched[-1][0] == first[0]


def test_what_was_taken_is_remembered_of_so_many_films(monkeypatch):
    monkeypatch.setattr(stock, "MOST_FILMS", 3)
    taken = stock.Taken()
    shots = [stock.Photo(str(number), "", 9, 9, "", "") for number in range(4)]
    for number in range(10):
        taken.choose(shots, request_for(topic=f"Film {number}"))
    assert len(taken._by_topic) == 3


def test_a_card_that_needs_the_room_asks_nothing(library, cards, drawn):
    long = PointsCard(
        heading="Twelve", points=[f"Point {n} goes on and on, far longer than a line is" for n in range(12)]
    )
    with serving(library) as server:
        drawing = drawn(illustrator_of(library, server, cards), request_for(long))
    assert server.headers == []
    assert drawing.credits == ()
    assert "too many words" in drawing.warnings[-1]


STATUSES = {
    400: failures.Refused,
    401: failures.Unauthorized,
    403: failures.Unauthorized,
    429: failures.RateLimited,
    500: failures.ServerFault,
    503: failures.ServerFault,
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_its_failure(library, cards, found, status):
    with serving(library) as server:
        server.search = Say(status=status, message="no, thanks", headers={"Retry-After": "7"})
        with pytest.raises(STATUSES[status], match="no, thanks") as raised:
            found(illustrator_of(library, server, cards))
    assert raised.value.provider == library
    assert raised.value.remedy
    assert raised.value.retry_after == 7


def test_unsplash_says_403_of_a_quota_that_is_used_up(cards, found):
    with serving("unsplash") as server:
        server.search = Say(status=403, message="Rate Limit Exceeded")
        with pytest.raises(failures.RateLimited, match="Rate Limit Exceeded"):
            found(illustrator_of("unsplash", server, cards))


FAULTS = {"hang": failures.TimedOut, "half": failures.Unreachable, "garbage": failures.BadReply}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("where", ["search", "image"])
def test_a_fault_is_its_failure(library, cards, drawn, where, fault):
    with serving(library) as server:
        setattr(server, where, Say(fault=fault))
        with pytest.raises(FAULTS[fault]) as raised:
            drawn(illustrator_of(library, server, cards, timeout="0.3"))
    assert raised.value.provider == library
    assert raised.value.remedy


NO_PHOTOS = {
    "html": (b"<html>Not here</html>", "no JPEG or PNG"),
    "empty": (b"", "no JPEG or PNG"),
    "cut": (picture(300, 400)[:-30], "cut off"),
    "thumbnail": (picture(20, 30), "only 20 × 30 pixels"),
    "bomb": (
        picture(8, 8, suffix=".png")[:16] + (70_000).to_bytes(4, "big") * 2 + picture(8, 8, suffix=".png")[24:],
        "too large",
    ),
}


@pytest.mark.parametrize("name", NO_PHOTOS)
def test_what_is_no_photo_is_a_bad_reply(library, cards, drawn, name):
    data, why = NO_PHOTOS[name]
    with serving(library) as server:
        server.data = data
        with pytest.raises(failures.BadReply, match=f"sent a photo that .*{why}"):
            drawn(illustrator_of(library, server, cards))


def test_a_file_without_end_is_not_read_to_it(library, cards, drawn, monkeypatch):
    monkeypatch.setattr(photo, "MOST_BYTES", 1_000_000)
    with serving(library) as server:
        server.data = bytes(3_000_000)
        with pytest.raises(failures.BadReply, match="larger than 1 MB"):
            drawn(illustrator_of(library, server, cards))


@pytest.mark.parametrize(
    ("status", "failure"), [(404, failures.BadReply), (403, failures.BadReply), (500, failures.ServerFault)]
)
def test_a_host_that_has_no_such_file_says_nothing_of_the_key(library, cards, found, status, failure):
    with serving(library) as server:
        server.image = Say(status=status)
        with pytest.raises(failure, match=f"answered {status} for the photo"):
            found(illustrator_of(library, server, cards))


def test_the_key_is_sent_to_the_api_alone(library, cards, found):
    with serving(library) as other, serving(library) as server:
        server.images = f"{other.origin}/files"
        found(illustrator_of(library, server, cards))
        assert len(other.file_headers) == 1
        assert CANARY not in str(other.file_headers)
        assert other.headers == []


def test_a_file_may_lie_somewhere_else_and_no_farther(library, cards, drawn):
    with serving(library) as other, serving(library) as server:
        there = f"{other.origin}/files/there?w=300&h=400"
        server.image = Say(status=302, headers={"Location": there})
        assert len(drawn(illustrator_of(library, server, cards)).credits) == 1
        assert CANARY not in str(other.file_headers)
        other.image = Say(status=302, headers={"Location": there})
        with pytest.raises(failures.BadReply, match="from host to host"):
            drawn(illustrator_of(library, server, cards))
        assert len(other.fetched) == 1 + stock.MOST_REDIRECTS


@pytest.mark.parametrize(
    "address",
    ["http://images.example/1", "https://169.254.169.254/1", "file:///etc/passwd", "ftp://127.0.0.1/1", "//", "x"],
)
def test_no_file_is_fetched_from_just_anywhere(library, cards, found, address):
    with serving(library) as server:
        server.images = address
        with pytest.raises(failures.BadReply, match="which is not asked"):
            found(illustrator_of(library, server, cards))
        server.images = f"{server.origin}/files"
        server.image = Say(
            status=302, headers={"Location": address if "://" in address else f"http://{address}.example"}
        )
        with pytest.raises(failures.ProviderFailure):
            found(illustrator_of(library, server, cards))
    assert len(server.fetched) == 1


def test_a_library_out_there_names_no_file_on_this_machine(library, cards):
    kind = LIBRARIES[library][0]
    illustrator = kind(Config.resolve(library, kind.fields, {"api_key": CANARY}, environ={}), cards=cards)
    for address in ("https://127.0.0.1/1", "https://localhost:8443/1", "http://127.0.0.1/1"):
        with pytest.raises(failures.BadReply, match="which is not asked"):
            illustrator._check(illustrator.config, address)
    illustrator._check(illustrator.config, "https://images.example/1")


def test_a_redirect_of_the_api_is_not_followed(library, cards, found):
    with serving(library) as thief, serving(library) as server:
        server.search = Say(status=307, headers={"Location": f"{thief.origin}{thief.paths[0]}"})
        with pytest.raises(failures.Refused):
            found(illustrator_of(library, server, cards))
    assert thief.headers == []


def test_a_use_is_told_to_the_api_alone(cards, found):
    with serving("unsplash") as thief, serving("unsplash") as server:
        server.uses = thief.origin
        with pytest.raises(failures.BadReply, match="to be told of a use"):
            found(illustrator_of("unsplash", server, cards))
    assert thief.headers == []


def test_a_use_that_cannot_be_told_is_a_failure(cards, found):
    with serving("unsplash") as server:
        server.use = Say(status=500)
        with pytest.raises(failures.ServerFault):
            found(illustrator_of("unsplash", server, cards))
    assert server.fetched == []


def test_no_server_and_one_that_nobody_trusts_are_unreachable(library, cards, found):
    with serving(library) as server:
        illustrator = illustrator_of(library, server, cards)
    with pytest.raises(failures.Unreachable):
        found(illustrator)
    with serving(library, tls=True) as server, pytest.raises(failures.Unreachable, match="not trusted"):
        found(illustrator_of(library, server, cards))


def test_a_transient_failure_is_tried_again(library, cards, found):
    with serving(library) as server:
        server.image = Say(fault="half")
        illustrator = illustrator_of(library, server, cards, attempts=3)
        with pytest.raises(failures.Unreachable):
            found(illustrator)
    # The search is not: its answer was good.
    assert (len(server.searches), len(server.fetched)) == (1, 3)


@pytest.mark.parametrize("where", ["search", "image"])
def test_cancelling_ends_it_at_once(library, cards, drawn, where):
    cancel, ended = Cancel(), []

    def work(illustrator):
        try:
            drawn(illustrator, request_for(cancel=cancel))
        except JobCancelled:
            ended.append(time.monotonic())

    with serving(library) as server:
        setattr(server, where, Say(fault="hang"))
        thread = threading.Thread(target=work, args=(illustrator_of(library, server, cards, timeout="60"),))
        thread.start()
        assert server.stalled.wait(10)
        cancel.set()
        thread.join(10)
        # The connection itself is gone, long before any time limit.
        assert server.left.wait(10)
    assert len(ended) == 1


def test_a_cancelled_request_asks_nothing(library, cards, drawn):
    cancel = Cancel()
    cancel.set()
    with serving(library) as server, pytest.raises(JobCancelled):
        drawn(illustrator_of(library, server, cards), request_for(cancel=cancel))
    assert server.headers == []


def test_probing_tells_whether_it_would_work_and_what_is_left(library, cards):
    with serving(library) as server:
        illustrator = illustrator_of(library, server, cards)
        probed = illustrator.probe(timeout=2)
        assert (probed.status, probed.remedy) == ("Valid", "")
        assert probed.details == {"requests_left": 173}
        assert server.searches[0]["per_page"] == "1"
        assert server.fetched == server.used == []
        with pytest.raises(failures.Unauthorized) as raised:
            illustrator_of(library, server, cards, api_key="wrong").probe(timeout=2)
        assert f"{library.upper()}_" in raised.value.remedy
        server.search = Say(fault="hang")
        with pytest.raises(failures.TimedOut):
            illustrator.probe(timeout=0.3)
    with pytest.raises(failures.Unreachable):
        illustrator.probe(timeout=2)


def test_validation_asks_it(library):
    with serving(library) as server:
        given = {"base_url": server.origin, "api_key": CANARY}
        report = validation.validate(library, given, live=True)
        assert report.status == "Valid"
        assert report.latency_ms is not None
        assert report.details["requests_left"] == 173
        assert CANARY not in repr(report) + str(report.wire())


def scene_of(shown):
    return Scene(heading="Sunset", text="Red.", picture=shown)


def chain(tmp_path, *illustrators, shown=SUNSET, ctx=None):
    warnings = []
    ctx = ctx or Context(Cache(tmp_path), warn=warnings.append)
    drawing = draw_scene(
        scene_of(shown),
        render=Render(height=360),
        aspect="16:9",
        language="en",
        topic=SKY,
        illustrators=illustrators,
        ctx=ctx,
    )
    return drawing, warnings


def test_a_second_film_asks_nobody(library, cards, tmp_path):
    with serving(library) as server:
        illustrator = illustrator_of(library, server, cards)
        first, again = chain(tmp_path, illustrator, cards)[0], chain(tmp_path, illustrator, cards)[0]
    assert (first.cached, again.cached) == (False, True)
    assert (first.provider, again.credits) == (library, first.credits)
    assert len(again.credits) == len(server.fetched) == 1


@pytest.mark.parametrize(
    "say", [Say(status=500), Say(status=401), Say(fault="garbage")], ids=["500", "401", "html"]
)
def test_a_failure_falls_through_to_the_cards(library, cards, tmp_path, say):
    with serving(library) as server:
        server.search = say
        drawing, warnings = chain(tmp_path, illustrator_of(library, server, cards), cards)
    assert drawing.provider == "cards"
    assert drawing.credits == ()
    assert "cards draws instead" in warnings[0]


def test_pictures_that_want_no_photo_go_to_the_cards_without_a_word(library, cards, tmp_path):
    with serving(library) as server:
        drawing, warnings = chain(
            tmp_path, illustrator_of(library, server, cards), cards, shown=CodeCard(code="x = 1")
        )
    assert (drawing.provider, warnings, server.headers) == ("cards", [], [])


def test_a_picture_is_drawn_again_when_what_it_depends_on_changes(library, cards):
    with serving(library) as server:
        illustrator = illustrator_of(library, server, cards)
        here = request_for()
        assert illustrator.depends(here) == illustrator.depends(replace(here, topic=f"{SKY}!", size=(9, 9)))
        for other in (replace(here, topic="Tides"), replace(here, theme="dark")):
            assert illustrator.depends(other) != illustrator.depends(here)
        assert server.headers == []


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"search": Say(status=401, message=f"bad key {CANARY}")},
        {"search": Say(fault="half")},
        {"image": Say(fault="garbage")},
    ],
    ids=["good", "quoted", "half", "garbage"],
)
def test_the_key_is_sent_and_nowhere_to_be_seen(library, cards, fault, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    shown = []
    with serving(library) as server:
        for where, say in fault.items():
            setattr(server, where, say)
        illustrator = illustrator_of(library, server, cards, timeout="1")
        try:
            shown.append(repr(illustrator.draw(request_for(), tmp_path / "picture.png")))
        except ProviderError as error:
            shown += [str(error), repr(error), error.remedy, "".join(traceback.format_exception(error))]
        assert CANARY in str(server.headers)
        drawing, warnings = chain(tmp_path / "cache", illustrator, cards)
    shown += [repr(drawing), *warnings, illustrator.depends(request_for())]
    shown += [repr(illustrator), repr(vars(illustrator)), repr(illustrator.info)]
    shown += [repr(pickle.dumps(illustrator.config))]
    shown += [f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records]
    assert len(caplog.records) > 0
    assert [text for text in shown if CANARY in text] == []


def test_what_is_missing_is_named(library, monkeypatch):
    kind = LIBRARIES[library][0]
    config = Config.resolve(library, kind.fields, {"api_key": ""}, environ={})
    assert kind(config).missing() == f"Set {library.upper()}_{'API' if library == 'pexels' else 'ACCESS'}_KEY."
    monkeypatch.setattr(kind, "package", "no_such_package")
    assert kind(config).missing() == "pip install 'aura-nb[pictures]'"
