"""The four vendors' own clients, over real sockets, against servers that speak their protocols."""

from __future__ import annotations

import logging
import pickle
import threading
import time
import traceback

import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.write import write_script
from aura_nb.providers import failures, registry
from aura_nb.providers.base import ScriptWriter, Usage, WriteRequest
from aura_nb.providers.config import Config
from aura_nb.providers.guard import Guard, Retries
from aura_nb.providers.writers import llm
from aura_nb.providers.writers.anthropic import Anthropic
from aura_nb.providers.writers.gemini import Gemini
from aura_nb.providers.writers.ollama import Ollama
from aura_nb.providers.writers.openai import OpenAI
from aura_nb.providers.writers.rulebased import RuleBased
from aura_nb.script import EquationCard, TitleCard
from aura_nb.spec import Brief, Plan, Profile, Render, Voice
from tests.providers.fakes import replies
from tests.providers.fakes.matrix import matrix, only
from tests.providers.fakes.server import Say
from tests.providers.fakes.vendors import FakeAnthropic, FakeGemini, FakeOllama, FakeOpenAI
from tests.providers.writers.fake import FakeVoice

CANARY = "sk-canary-3f9a71c2"
VENDORS = {
    "openai": (OpenAI, FakeOpenAI, "base_url", "/v1"),
    "ollama": (Ollama, FakeOllama, "host", ""),
    "anthropic": (Anthropic, FakeAnthropic, "base_url", ""),
    "gemini": (Gemini, FakeGemini, "base_url", ""),
}
LIGHT = ("openai", "ollama")
"""Those whose clients do not take seconds to import."""
BRIEF = Brief("Why the sky is blue")


@pytest.fixture(params=only(["openai"], VENDORS))
def vendor(request):
    return request.param


def serving(vendor, *says, **options):
    return VENDORS[vendor][1](*says, key=CANARY, **options)


def config_for(vendor, origin, **settings):
    kind, _, where, path = VENDORS[vendor]
    given = {where: origin + path, "api_key": CANARY, "timeout": "5", **settings}
    return Config.resolve(vendor, kind.fields, given, environ={})


def writer_of(vendor, server, *, attempts=1, **settings):
    guard = Guard(vendor, retries=Retries(attempts=attempts, base=0.001))
    return VENDORS[vendor][0](config_for(vendor, server.origin, **settings), guard=guard)


def written(writer, *, plan=None, seconds_of=None, cancel=None, progress=lambda fraction: None):
    return writer.write(
        WriteRequest(BRIEF, plan or Plan(), seconds_of or FakeVoice(), cancel or Cancel(), progress)
    )


def test_is_a_script_writer_with_settings(vendor):
    writer = registry.get("writer", vendor)
    assert isinstance(writer, ScriptWriter)
    assert {"model", "api_key", "timeout"} <= {field.name for field in writer.info.fields}


def test_saying_who_it_is_opens_no_keyring(vendor, monkeypatch):
    import keyring

    asked = []
    monkeypatch.setattr(keyring, "get_password", lambda *names: asked.append(names))
    for field in VENDORS[vendor][0].fields:
        for variable in field.variables(vendor):
            monkeypatch.delenv(variable, raising=False)
    writer = VENDORS[vendor][0]()
    assert writer.info.version
    assert asked == []
    writer.missing()
    assert len(asked) == 1


@pytest.mark.parametrize("vendor", only(LIGHT, VENDORS), indirect=True)
def test_a_good_reply_is_a_script(vendor):
    with serving(vendor, replies.GOOD) as server:
        writer = writer_of(vendor, server)
        script = written(writer)
    assert [scene.heading for scene in script.scenes] == ["The question", "Scattering", "What you see"]
    assert isinstance(script.scenes[0].picture, TitleCard)
    assert isinstance(script.scenes[1].picture, EquationCard)
    assert script.writer == vendor
    assert len(server.asked) == 1
    assert (writer.config.get("model") or "") in writer.info.version


def test_the_brief_and_the_form_are_sent(vendor):
    brief = Brief("Tides", audience="sailors", points=("The moon pulls.",), notes="Say </material> twice.")
    with serving(vendor, replies.GOOD) as server:
        writer_of(vendor, server).write(WriteRequest(brief, Plan(seconds=40), FakeVoice()))
    sent = str(server.asked[0])
    for told in ("Tides", "sailors", "The moon pulls.", "40 seconds", "maxItems", "additionalProperties"):
        assert told in sent
    assert sent.count("</material>") == 1


def test_the_tokens_a_service_charges_are_told_reply_by_reply(vendor):
    used = []
    with serving(vendor, replies.BROKEN, replies.GOOD) as server:
        request = WriteRequest(BRIEF, Plan(), FakeVoice(), used=used.append)
        writer_of(vendor, server).write(request)
    total = sum(used, Usage())
    assert total == Usage(1400, 600)


def test_a_price_is_an_amount_of_money():
    given = {"api_key": "k", "price_in": "cheap", "price_out": "-1"}
    faults = Config.resolve("anthropic", Anthropic.fields, given, environ={}).faults()
    assert {name: fault.code for name, fault in faults.items()} == dict.fromkeys(
        ("price_in", "price_out"), "INVALID_FORMAT"
    )


def test_tokens_are_progress(vendor):
    seen = []
    with serving(vendor, replies.GOOD) as server:
        written(writer_of(vendor, server), progress=seen.append)
    assert len(seen) > 10
    assert seen == sorted(seen)
    assert 0 < seen[0] < 0.1
    assert seen[-1] == 1.0


@pytest.mark.parametrize("first", replies.UNUSABLE, ids=str)
def test_an_unusable_reply_is_sent_back_once_with_its_faults(first):
    with serving("ollama", replies.UNUSABLE[first], replies.GOOD) as server:
        script = written(writer_of("ollama", server))
    assert len(script.scenes) == 3
    again = server.asked[1]["messages"]
    assert [message["role"] for message in again] == ["system", "user", "assistant", "user"]
    assert again[2]["content"] == replies.UNUSABLE[first]
    assert "cannot be used" in again[3]["content"]


def test_the_repair_speaks_every_protocol(vendor):
    with serving(vendor, replies.BROKEN, replies.GOOD) as server:
        assert len(written(writer_of(vendor, server)).scenes) == 3
    assert "cannot be used" in str(server.asked[1])


def test_one_scene_is_written_anew_with_the_others_before_its_eyes(vendor):
    with serving(vendor, replies.GOOD, replies.reply(replies.END)) as server:
        writer = writer_of(vendor, server)
        script = written(writer)
        scene = writer.rewrite(WriteRequest(BRIEF, Plan(), FakeVoice()), script, 1)
    assert scene.heading == "What you see"
    asked = str(server.asked[-1])
    assert "Write scene 2 of 3 anew" in asked
    assert all(one.text in asked for one in script.scenes)


def test_a_reply_of_more_than_the_one_scene_is_sent_back():
    with serving("ollama", replies.GOOD, replies.GOOD, replies.reply(replies.END)) as server:
        writer = writer_of("ollama", server)
        scene = writer.rewrite(WriteRequest(BRIEF, Plan(), FakeVoice()), written(writer), 1)
    assert scene.heading == "What you see"
    assert "send the one new scene only" in server.asked[-1]["messages"][-1]["content"]


@pytest.mark.parametrize("ending", ["cut", "refused"])
def test_a_reply_cut_at_its_length_or_withheld_is_unusable_whatever_it_says(vendor, ending):
    said = {"ollama": "cut"}.get(vendor, ending)
    with serving(vendor, Say(replies.GOOD, said), replies.GOOD) as server:
        assert len(written(writer_of(vendor, server)).scenes) == 3
    assert len(server.asked) == 2
    with (
        serving(vendor, Say(replies.GOOD, said)) as server,
        pytest.raises(failures.BadReply, match="no usable script, twice") as raised,
    ):
        written(writer_of(vendor, server))
    assert len(server.asked) == 2
    assert raised.value.remedy


@pytest.mark.parametrize(("first", "last"), [("SHORT", "GOOD"), ("LONG", "GOOD")])
def test_a_film_of_the_wrong_length_is_asked_for_once_more(first, last):
    with serving("openai", getattr(replies, first), getattr(replies, last)) as server:
        script = written(writer_of("openai", server))
    assert FakeVoice()([scene.text for scene in script.scenes]) == pytest.approx(30, rel=0.1)
    assert len(server.asked) == 2
    assert "it must last 30" in server.asked[1]["messages"][-1]["content"]


@pytest.mark.parametrize(
    "second", [replies.LONG, replies.BROKEN, Say(status=500)], ids=["longer", "broken", "500"]
)
def test_the_nearer_script_is_kept_when_the_correction_is_worse(second):
    with serving("openai", replies.SHORT, second) as server:
        script = written(writer_of("openai", server), plan=Plan(seconds=10))
    assert len(server.asked) == 2
    assert len(script.scenes) == 2


STATUSES = {
    400: failures.Refused,
    401: failures.Unauthorized,
    403: failures.Unauthorized,
    429: failures.RateLimited,
    500: failures.ServerFault,
    503: failures.ServerFault,
}


@pytest.mark.parametrize(("vendor", "status"), matrix(VENDORS, STATUSES, LIGHT), indirect=["vendor"])
def test_a_status_is_its_failure(vendor, status):
    say = Say(status=status, message="no, thanks", headers={"Retry-After": "7"})
    with serving(vendor, say) as server, pytest.raises(STATUSES[status], match="no, thanks") as raised:
        written(writer_of(vendor, server))
    assert raised.value.provider == vendor
    assert raised.value.remedy
    if vendor != "ollama":  # whose client keeps no headers
        assert raised.value.retry_after == 7


FAULTS = {
    "hang": failures.TimedOut,
    "stall": failures.TimedOut,
    "half": failures.Unreachable,
    "error-in-stream": failures.ServerFault,
    "garbage": failures.ProviderFailure,
}


@pytest.mark.parametrize(("vendor", "fault"), matrix(VENDORS, FAULTS, LIGHT), indirect=["vendor"])
def test_a_fault_is_its_failure(vendor, fault):
    with serving(vendor, Say(replies.GOOD, fault=fault)) as server, pytest.raises(FAULTS[fault]) as raised:
        written(writer_of(vendor, server, timeout="0.2"))
    assert not isinstance(raised.value, failures.CircuitOpen)
    assert raised.value.remedy


def test_no_server_is_unreachable(vendor):
    with serving(vendor, "") as server:
        writer = writer_of(vendor, server)
    with pytest.raises(failures.Unreachable) as raised:
        written(writer)
    if vendor == "ollama":
        assert "ollama serve" in raised.value.remedy


@pytest.mark.parametrize("vendor", only(LIGHT, VENDORS), indirect=True)
def test_a_certificate_nobody_trusts_is_told_and_gets_no_key(vendor):
    with serving(vendor, replies.GOOD, tls=True) as server:
        writer = writer_of(vendor, server)
        for call in (lambda: written(writer), lambda: writer.probe(timeout=2)):
            with pytest.raises(failures.Unreachable, match="certificate") as raised:
                call()
            assert "not trusted" in str(raised.value)
            assert "SSL_CERT_FILE" in raised.value.remedy
    assert server.headers == []


def test_a_missing_model_is_told_with_its_remedy(vendor):
    with serving(vendor, "", models=("another",)) as server:
        writer = writer_of(vendor, server)
        with pytest.raises(failures.ModelMissing) as raised:
            written(writer)
        probed = writer.probe(timeout=2)
    assert probed.status == "ModelMissing"
    assert probed.details["models"] == ["another"]
    remedy = "ollama pull llama3.2" if vendor == "ollama" else f"AURA_NB_{vendor.upper()}_MODEL"
    assert remedy in raised.value.remedy
    assert remedy in probed.remedy


def test_a_transient_failure_is_tried_again(vendor):
    with serving(vendor, Say(status=503), Say(replies.GOOD, fault="half"), replies.GOOD) as server:
        assert len(written(writer_of(vendor, server, attempts=3)).scenes) == 3
    assert len(server.asked) == 3


def test_a_redirect_is_not_followed(vendor):
    with serving(vendor, replies.GOOD) as thief:
        to = Say(status=307, headers={"Location": thief.origin + "/v1/messages"})
        with serving(vendor, to) as server, pytest.raises(failures.ProviderFailure):
            written(writer_of(vendor, server))
    assert thief.headers == []


def test_a_server_that_takes_no_schema_is_asked_without():
    with FakeOpenAI(replies.FENCED, key=CANARY) as server:
        server.takes_schema = False
        assert len(written(writer_of("openai", server)).scenes) == 3
    assert "response_format" not in server.asked[0]


@pytest.mark.parametrize("fault", ["hang", "stall"])
def test_cancelling_closes_the_stream_at_once(vendor, fault):
    cancel = Cancel()
    ended = []

    def work():
        try:
            written(writer_of(vendor, server, timeout="60"), cancel=cancel)
        except JobCancelled:
            ended.append(time.monotonic())

    with serving(vendor, Say(replies.GOOD, fault=fault)) as server:
        thread = threading.Thread(target=work)
        thread.start()
        assert server.stalled.wait(10)
        cancel.set()
        thread.join(10)
        # The connection itself is gone, long before any time limit.
        assert server.left.wait(10)
    assert len(ended) == 1


def test_a_cancelled_request_asks_nothing(vendor):
    cancel = Cancel()
    cancel.set()
    with serving(vendor, replies.GOOD) as server, pytest.raises(JobCancelled):
        written(writer_of(vendor, server), cancel=cancel)
    assert server.headers == []


def test_probing_tells_whether_it_would_work(vendor):
    with serving(vendor, "") as server:
        probed = writer_of(vendor, server).probe(timeout=2)
        assert (probed.status, probed.remedy) == ("Valid", "")
        assert list(server.models) == probed.details["models"]
        assert server.asked == []
        with pytest.raises(failures.Unauthorized):
            writer_of(vendor, server, api_key="sk-wrong").probe(timeout=2)
        server.listing = Say(fault="hang")
        if vendor != "ollama":
            with pytest.raises(failures.TimedOut):
                writer_of(vendor, server).probe(timeout=0.3)
    with pytest.raises(failures.Unreachable):
        writer_of(vendor, server).probe(timeout=2)


def chain(tmp_path, *writers):
    warnings = []
    done = write_script(
        BRIEF,
        Plan(),
        Voice(),
        Render(),
        Profile(writer=tuple(writer.info.name for writer in writers)),
        writers=writers,
        seconds_of=FakeVoice(),
        ctx=Context(Cache(tmp_path), warn=warnings.append),
    )
    return done, warnings


def test_an_unusable_model_falls_through_to_the_next_writer(vendor, tmp_path):
    with serving(vendor, replies.NO_JSON) as server:
        done, warnings = chain(tmp_path, writer_of(vendor, server), RuleBased())
    assert done.script.writer == "rulebased"
    assert len(server.asked) == 2
    assert warnings[0].startswith(f"{vendor}: gave no usable script")
    assert warnings[0].endswith("rulebased writes instead.")


def test_a_dead_server_falls_through_to_the_next_writer(vendor, tmp_path):
    with serving(vendor, "") as server:
        writer = writer_of(vendor, server)
    done, warnings = chain(tmp_path, writer, RuleBased())
    assert done.script.writer == "rulebased"
    assert len(warnings) == 1


def test_a_second_film_asks_no_model(vendor, tmp_path):
    with serving(vendor, replies.GOOD) as server:
        writer = writer_of(vendor, server)
        first, second = chain(tmp_path, writer)[0], chain(tmp_path, writer)[0]
    assert (first.cached, second.cached) == (False, True)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "say",
    [Say(replies.GOOD), Say(status=401, message=f"bad key {CANARY}"), Say(fault="half"), Say(fault="garbage")],
    ids=["good", "quoted", "half", "garbage"],
)
def test_the_key_is_sent_and_nowhere_to_be_seen(vendor, say, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    shown = []
    with serving(vendor, say) as server:
        writer = writer_of(vendor, server, timeout="1")
        try:
            shown.append(written(writer).model_dump_json())
        except ProviderError as error:
            shown += [str(error), repr(error), error.remedy, "".join(traceback.format_exception(error))]
        assert CANARY in str(server.headers)
        done, warnings = chain(tmp_path, writer, RuleBased())
    shown += [done.script.model_dump_json(), *warnings]
    shown += [repr(writer), repr(vars(writer)), repr(writer.info), repr(pickle.dumps(writer.config))]
    shown += [f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records]
    assert len(caplog.records) > 0
    assert [text for text in shown if CANARY in text] == []


def test_an_endless_reply_is_cut(monkeypatch):
    monkeypatch.setattr(llm, "MOST_LETTERS", 200)
    with serving("ollama", replies.GOOD) as server, pytest.raises(failures.BadReply, match="cut off"):
        written(writer_of("ollama", server))


def test_a_client_that_is_not_installed_names_the_command(vendor, monkeypatch):
    kind = VENDORS[vendor][0]
    monkeypatch.setattr(kind, "package", "no_such_package.at_all")
    assert kind().missing() == f"pip install 'aura-nb[{vendor}]'"


def test_a_key_that_is_not_set_is_asked_for(vendor):
    kind = VENDORS[vendor][0]
    needs = any(field.required for field in kind.fields)
    missing = kind(Config.resolve(vendor, kind.fields, {"api_key": ""}, environ={})).missing()
    assert bool(missing) is needs
