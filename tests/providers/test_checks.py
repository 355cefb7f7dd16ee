from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers import checks
from aura_nb.providers.checks import forbidden, url_fault
from aura_nb.providers.config import Config, Field

OPENAI = "https://api.openai.com/v1"


def codes(**given: str) -> dict[str, str]:
    fields = (
        Field("api_key", required=True, secret=True, check=checks.Key("sk-", host="api.openai.com")),
        Field("base_url", default=OPENAI, check=checks.url),
    )
    faults = Config.resolve("openai", fields, given, environ={}).faults()
    return {name: fault.code for name, fault in faults.items()}


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:11434",
        "https://api.openai.com/v1",
        "http://10.0.0.5:8080/",
        "http://[::1]:11434",
        "http://192.168.1.20",
        "http://0.0.0.0:11434",
    ],
)
def test_servers_anywhere_one_may_run_are_allowed(url):
    assert url_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "not-a-url",
        "localhost:11434",
        "ftp://host/",
        "file:///etc/passwd",
        "http://",
        "http:// host/",
        "http://host:port/",
        "http://host:99999/",
        "http://[::1/",
        "http://user:secret@host/",
        "http://host/?key=secret",
        "http://host/#part",
    ],
)
def test_what_is_no_plain_http_url_is_refused(url):
    fault = url_fault(url)
    assert fault is not None
    assert fault.code == "INVALID_URL"
    assert "secret" not in fault.message


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.1.1",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "100.100.100.200",
        "metadata.google.internal",
        "METADATA.google.internal.",
        "224.0.0.1",
    ],
)
def test_no_spelling_of_a_metadata_address_is_asked(host):
    fault = url_fault(f"http://{host}/latest/meta-data/")
    assert fault is not None
    assert "never asked" in fault.message


@given(st.text(max_size=60))
def test_any_text_is_a_url_or_a_fault(text):
    fault = url_fault(text)
    assert fault is None or fault.remedy
    forbidden(text)


@pytest.mark.parametrize("key", ["pk-1234", "sk-", "sk-12\x0034", "sk-ключ", "key"])
def test_a_key_that_is_not_the_vendors_kind_is_refused_at_the_vendors_only(key):
    assert codes(api_key=key) == {"api_key": "INVALID_FORMAT"}
    assert codes(api_key=key, base_url="https://API.openai.com/v1/") == {"api_key": "INVALID_FORMAT"}
    assert codes(api_key=key, base_url="http://localhost:8000/v1") == {}


def test_a_right_key_is_right_and_a_wrong_address_is_told_once():
    assert codes(api_key="sk-1234") == {}
    assert codes(api_key="pk-1234", base_url="nonsense") == {"base_url": "INVALID_URL"}
    assert codes(base_url="nonsense") == {"api_key": "REQUIRED", "base_url": "INVALID_URL"}


def test_checks_travel_with_their_fields():
    check = checks.Key("sk-", host="api.openai.com")
    assert pickle.loads(pickle.dumps(check)) == check
    assert pickle.loads(pickle.dumps(checks.url)) is checks.url
