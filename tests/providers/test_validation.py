from __future__ import annotations

import json
import re
import socket
import threading
import time
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest

from aura_nb.errors import AuraError, UnknownProvider
from aura_nb.providers import checks, failures, registry
from aura_nb.providers.base import ProviderInfo
from aura_nb.providers.config import Config, Field
from aura_nb.providers.guard import guard_of
from aura_nb.providers.registry import GROUP, Registry
from aura_nb.providers.validation import Probed, find, validate, validate_all

CANARY = "sk-canary-0123456789"
FIELDS = (
    Field("api_key", required=True, secret=True, env=("FAKE_API_KEY",), check=checks.Key("sk-", host="127.0.0.1")),
    Field("base_url", default="http://127.0.0.1:9/v1", check=checks.url),
    Field("organisation"),
)
PATIENCE = 30.0
SLOW = 0.6


class Writer:
    """A writer's shape; what it says of itself is set on the class."""

    remedy = None
    fields = ()
    local = True

    def __init__(self, config: Config | None = None) -> None:
        self.config = config

    @property
    def info(self):
        return ProviderInfo(
            type(self).__name__.lower(), "writer", self.local, licence="MIT", version="1", fields=self.fields
        )

    def missing(self):
        return self.remedy

    def write(self, request): ...


class Plain(Writer):
    pass


class Absent(Writer):
    remedy = "pip install absent"


class Remote(Writer):
    """Probes as `answer` says: a finding, or an error to raise that may quote the key."""

    local = False
    fields = FIELDS
    answer = Probed("Valid", {"models": ["small", "large"]}, message="2 models.")
    asked: ClassVar[list[tuple[str | None, float]]] = []

    def probe(self, *, timeout):
        self.asked.append((self.config.get("base_url"), timeout))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Flaky(Writer):
    def probe(self, *, timeout):
        raise failures.ServerFault("flaky", "HTTP 500.")


class Hanging(Writer):
    """Never answers, until the test lets it."""

    may = threading.Event()

    def probe(self, *, timeout):
        self.may.wait(PATIENCE)
        return Probed("Valid")


class Slow(Writer):
    """Here, on a machine that is busy: everything takes longer than a server is given."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__(config)
        time.sleep(SLOW)

    def probe(self, *, timeout):
        time.sleep(SLOW)
        return Probed("Valid")


class Far(Slow):
    """A server that answers at once, once it is asked."""

    local = False

    def probe(self, *, timeout):
        return Probed("Valid")


class Served(Hanging):
    """A server on this machine, which does not answer."""

    fields = (Field("host", default="http://127.0.0.1:9"),)


class Unmade(Writer):
    """Hangs already when it is made."""

    def __init__(self) -> None:
        Hanging.may.wait(PATIENCE)


class Broken:
    def __init__(self) -> None:
        raise ImportError("no module named libbroken")


class Parrot:
    info = ProviderInfo("remote", "speaker", local=True, licence="MIT", version="1")

    def missing(self): ...
    def voices(self):
        return ("polly", "kaka")

    def speaks(self, language):
        return True

    def speak(self, text, voice, *, language, rate, cancel): ...
    def measure(self, text, voice, *, language, rate, cancel): ...


def parts(*kinds: type) -> Registry:
    sockets = {Parrot: "speaker.remote"}
    names = {kind: sockets.get(kind, f"writer.{kind.__name__.lower()}") for kind in kinds}
    return Registry(
        lambda: [EntryPoint(name, f"{__name__}:{kind.__name__}", GROUP) for kind, name in names.items()]
    )


ALL = parts(Plain, Absent, Remote, Broken, Parrot)


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch):
    """Nothing comes from this machine, and nobody stays waiting."""
    monkeypatch.delenv("FAKE_API_KEY", raising=False)
    monkeypatch.setattr(Remote, "asked", [])
    Hanging.may.clear()
    yield
    Hanging.may.set()


def remote(configuration=None, **options):
    return validate("remote", configuration, socket="writer", timeout=PATIENCE, parts=ALL, **options)


def answering(monkeypatch, answer):
    monkeypatch.setattr(Remote, "answer", answer)
    return remote({"ApiKey": CANARY}, live=True)


@pytest.mark.parametrize("name", ["rulebased", "RuleBased", "ESPEAK", "kokoro", "Cards"])
def test_local_providers_are_valid_without_a_configuration(name):
    report = validate(name, {})
    assert (report.status, report.is_valid, report.local, report.depth) == ("Valid", True, True, "configuration")
    assert report.provider == name.lower()
    assert report.field_errors == ()
    assert report.latency_ms is None


def test_every_wrong_field_is_told_at_once():
    report = remote({"BaseUrl": "nonsense"})
    assert report.status == "Invalid"
    assert [(error.field, error.code) for error in report.field_errors] == [
        ("ApiKey", "REQUIRED"),
        ("BaseUrl", "INVALID_URL"),
    ]
    assert report.field_status == {"ApiKey": "Missing", "BaseUrl": "Invalid", "Organisation": "NotSet"}
    assert "FAKE_API_KEY" in report.remedy
    assert "http://" in report.remedy


def test_a_key_of_another_kind_is_an_invalid_format_at_the_vendors_own_address_only():
    (error,) = remote({"ApiKey": "pk-1"}).field_errors
    assert (error.field, error.code) == ("ApiKey", "INVALID_FORMAT")
    assert remote({"ApiKey": "pk-1", "BaseUrl": "http://10.0.0.1:8000/v1"}).is_valid


def test_fields_come_from_the_environment_too(monkeypatch):
    monkeypatch.setenv("FAKE_API_KEY", CANARY)
    assert remote({}).is_valid
    assert remote({"ApiKey": ""}).status == "Invalid"


def test_while_the_user_types_missing_fields_are_no_errors_and_wrong_ones_are():
    report = remote({"Organisation": "me"}, partial=True)
    assert (report.status, report.is_valid, report.field_errors) == ("PartiallyValid", False, ())
    assert report.field_status["ApiKey"] == "Missing"
    assert [error.code for error in remote({"BaseUrl": "x"}, partial=True).field_errors] == ["INVALID_URL"]
    assert remote({"ApiKey": CANARY}, partial=True).status == "Valid"


def test_a_field_it_does_not_have_is_ignored_and_said_so():
    report = remote({"ApiKey": CANARY, "Colour": "red"})
    assert report.is_valid
    assert report.field_status["Colour"] == "Unknown"


def test_wrong_fields_are_not_tried_out():
    assert remote({"ApiKey": CANARY, "BaseUrl": "nonsense"}, live=True).status == "Invalid"
    assert remote({}, live=True).status == "Invalid"
    assert Remote.asked == []


def test_the_provider_is_asked_with_what_was_given():
    report = remote({"ApiKey": CANARY, "BaseUrl": "http://127.0.0.1:4242/v1"}, live=True)
    ((url, timeout),) = Remote.asked
    assert url == "http://127.0.0.1:4242/v1"
    assert 0 < timeout < PATIENCE
    assert (report.status, report.depth, report.message) == ("Valid", "live", "2 models.")
    assert report.details["models"] == ["small", "large"]
    assert report.latency_ms is not None


def test_what_a_speaker_can_say_it_with_is_in_the_details():
    for live in (True, False):
        report = validate("remote", socket="speaker", live=live, timeout=PATIENCE, parts=ALL)
        assert report.details["voices"] == ["polly", "kaka"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (failures.Unreachable("remote", "No server.", remedy="Start it."), "Unreachable"),
        (failures.ServerFault("remote", "HTTP 500."), "Unreachable"),
        (failures.BadReply("remote", "Garbage."), "Unreachable"),
        (failures.TimedOut("remote", "Too late."), "Timeout"),
        (failures.Unauthorized("remote", f"Incorrect API key: {CANARY}."), "Unauthorized"),
        (failures.ModelMissing("remote", "No such model.", remedy="ollama pull small"), "ModelMissing"),
        (failures.RateLimited("remote", "Quota used up."), "PartiallyValid"),
        (failures.Refused("remote", "HTTP 404."), "Invalid"),
        (TimeoutError("late"), "Timeout"),
        (ZeroDivisionError(f"a bug that shows {CANARY}"), "Unreachable"),
        (ConnectionRefusedError("nobody"), "Unreachable"),
    ],
)
def test_every_way_to_fail_has_its_status_and_keeps_its_remedy(monkeypatch, error, status):
    report = answering(monkeypatch, error)
    assert report.status == status
    assert report.message
    assert not isinstance(error, AuraError) or report.remedy == error.remedy
    assert CANARY not in repr(report) + json.dumps(report.wire())


def test_a_key_is_in_nothing_that_is_told(monkeypatch):
    answer = Probed("Valid", {"echo": [CANARY, {CANARY: (CANARY,)}], "n": 1}, f"Not {CANARY}.", f"With {CANARY}.")
    report = answering(monkeypatch, answer)
    assert report.details["n"] == 1
    assert CANARY not in repr(report) + json.dumps(report.wire()) + str(vars(type(report)))


def test_a_probe_goes_round_an_open_breaker_and_does_not_count():
    guard = guard_of("remote")
    for _ in range(guard.limits.failures):
        with pytest.raises(failures.ServerFault), guard.attempt():
            raise failures.ServerFault("remote", "HTTP 500.")
    assert guard.state == "open"
    assert remote({"ApiKey": CANARY}, live=True).is_valid
    assert guard.state == "open"
    closed = guard_of("flaky")
    for _ in range(closed.limits.failures + 1):
        assert validate("flaky", live=True, timeout=PATIENCE, parts=parts(Flaky)).status == "Unreachable"
    assert closed.state == "closed"


def test_what_is_not_installed_is_told_at_both_depths_and_fails_the_live_one_only():
    calm, live = (validate("absent", live=live, timeout=PATIENCE, parts=ALL) for live in (False, True))
    assert (calm.status, live.status) == ("Valid", "Unreachable")
    assert calm.remedy == live.remedy == "pip install absent"


def test_a_provider_that_cannot_be_loaded_is_a_report_as_well():
    report = validate("broken", timeout=PATIENCE, parts=ALL)
    assert (report.status, report.local) == ("Invalid", None)
    assert "libbroken" in report.message
    assert "einstall" in report.remedy


@pytest.mark.parametrize("live", [True, False])
def test_one_that_hangs_delays_the_others_by_no_more_than_the_time_there_is(live):
    kinds = (Plain, Unmade, Hanging, Parrot) if live else (Plain, Unmade, Parrot)
    began = time.monotonic()
    reports = validate_all(live=live, patience=1.0, parts=parts(*kinds))
    assert time.monotonic() - began < PATIENCE / 2
    status = {report.provider: report.status for report in reports}
    expected = {"plain": "Valid", "unmade": "Timeout", "hanging": "Timeout", "remote": "Valid"}
    assert status == {name: expected[name] for name in status}
    assert [report.provider for report in reports] == [r.__name__.lower() for r in kinds[:-1]] + ["remote"]
    late = next(report for report in reports if report.provider == "unmade")
    assert "1 s" in late.message
    # It may be none that runs: what is loaded late is not told to be started.
    assert late.remedy.startswith("Ask again")


def test_who_hangs_is_known_as_far_as_it_got_and_what_it_says_late_is_dropped():
    report = validate("hanging", live=True, patience=0.5, parts=parts(Hanging))
    assert (report.status, report.local) == ("Timeout", True)
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "aura-nb validate hanging"]
    assert thread.daemon
    Hanging.may.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert report.status == "Timeout"


def test_a_busy_machine_is_not_held_against_what_is_here_nor_loading_against_a_server():
    reports = validate_all(timeout=0.5, parts=parts(Slow, Far, Served))
    assert {report.provider: report.status for report in reports} == {
        "slow": "Valid",
        "far": "Valid",
        "served": "Timeout",
    }


def looking(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"aura-nb validate {name}"]


def test_one_that_still_hangs_is_not_asked_again_and_says_since_when(monkeypatch):
    both = parts(Hanging, Plain)
    validate_all(patience=0.3, parts=both)
    began = time.monotonic()
    again = [validate_all(patience=PATIENCE, parts=both) for _ in range(3)]
    assert time.monotonic() - began < PATIENCE / 2
    assert len(looking("hanging")) == 1
    for hanging, plain in again:
        assert (plain.status, hanging.status, hanging.local) == ("Valid", "Timeout", True)
        assert re.fullmatch(r"Asked \d+ s ago, and has not answered yet\.", hanging.message)
        assert hanging.correlation_id == plain.correlation_id
    # Another depth, other settings or another environment are other questions.
    assert validate("hanging", timeout=PATIENCE, parts=both).is_valid
    monkeypatch.setenv("FAKE_API_KEY", CANARY)
    assert validate("hanging", live=True, patience=0.3, parts=both).message == "No answer within 0.3 s."
    monkeypatch.delenv("FAKE_API_KEY")
    (first, second) = looking("hanging")
    Hanging.may.set()
    first.join(PATIENCE)
    second.join(PATIENCE)
    assert validate("hanging", live=True, timeout=PATIENCE, parts=both).is_valid


def test_all_are_asked_at_the_same_time(monkeypatch):
    together = threading.Barrier(2, timeout=PATIENCE)

    def probe(self, *, timeout):
        together.wait()
        return Probed("Valid")

    for kind in (Plain, Absent):
        monkeypatch.setattr(kind, "probe", probe, raising=False)
        monkeypatch.setattr(kind, "remedy", None)
    reports = validate_all(timeout=PATIENCE, parts=parts(Plain, Absent))
    assert [report.status for report in reports] == ["Valid", "Valid"]


def test_names_are_understood_in_any_case_and_an_unknown_one_lists_the_known():
    assert find("ReMoTe", None, ALL) == ("writer", "remote")
    assert find("remote", "speaker", ALL) == ("speaker", "remote")
    assert find("Rule-Based", None, registry.default) == ("writer", "rulebased")
    with pytest.raises(
        UnknownProvider, match=r"no provider named 'nobody'.*plain, absent, remote, broken\."
    ) as caught:
        validate("nobody", parts=ALL)
    assert caught.value.code == "UNKNOWN_PROVIDER"
    with pytest.raises(UnknownProvider, match="no illustrator named 'plain'"):
        validate("plain", socket="illustrator", parts=ALL)


def test_the_wire_form_has_exactly_the_fields_of_the_contract():
    wire = remote({"ApiKey": "pk-1"}, correlation_id="abc").wire()
    details = wire.pop("details")
    assert {"socket", "local", "depth", "latencyMs", "licence"} <= set(details)
    fix = wire["fieldErrors"][0].pop("suggestedFix")
    said = wire["fieldErrors"][0].pop("errorMessage")
    assert fix
    assert said
    assert wire == {
        "isValid": False,
        "status": "Invalid",
        "provider": "remote",
        "fieldErrors": [{"fieldName": "ApiKey", "errorCode": "INVALID_FORMAT"}],
        "fieldValidationStatus": {"ApiKey": "Invalid", "BaseUrl": "Valid", "Organisation": "NotSet"},
        "overallMessage": f"The configuration is not complete or not right. {fix}",
        "correlationId": "abc",
    }
    assert json.dumps(wire)


def test_every_report_can_be_told_from_another_and_a_table_shares_one_id():
    assert remote().correlation_id != remote().correlation_id
    assert len({report.correlation_id for report in validate_all(live=False, timeout=PATIENCE, parts=ALL)}) == 1


def test_a_report_reads_as_text_without_times_or_ids():
    report = remote({"ApiKey": CANARY}, live=True)
    assert repr(report) == "remote (writer): Valid (live). 2 models."
    assert "- ApiKey: ApiKey is required. Set FAKE_API_KEY." in repr(remote())
    assert repr(validate("absent", live=True, timeout=PATIENCE, parts=ALL)).endswith("\n  -> pip install absent")


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1"])
def test_a_name_that_leads_to_a_metadata_address_is_never_asked(monkeypatch, address):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 80))])
    report = remote({"ApiKey": CANARY, "BaseUrl": "http://innocent.example/v1"}, live=True)
    assert report.status == "Invalid"
    assert "BaseUrl" in report.message
    assert Remote.asked == []
