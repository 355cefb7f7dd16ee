from __future__ import annotations

import copy
import logging
import pickle
import subprocess
import sys

import keyring
import keyring.backend
import keyring.errors
import pytest

from aura_nb.errors import AuraError
from aura_nb.providers import checks
from aura_nb.providers.config import Config, Fault, Field

CANARY = "sk-canary-0123456789"
FIELDS = (
    Field("api_key", required=True, secret=True, env=("VENDOR_API_KEY",)),
    Field("base_url", default="https://api.vendor.example/v1", check=checks.url),
    Field("user_id", required=True, env=("VENDOR_USER", "VENDOR_LOGIN")),
)


class Keys(dict):
    """A keyring: (service, user) -> password."""

    def get_password(self, service, user):
        return self.get((service, user))


class Locked:
    def get_password(self, service, user):
        raise keyring.errors.KeyringLocked("locked")


def resolve(given=None, environ=None, keys=None) -> Config:
    return Config.resolve("vendor", FIELDS, given, environ=environ or {}, keyring=Keys() if keys is None else keys)


def test_a_value_is_found_in_the_documented_order():
    keys = Keys({("aura_nb", "vendor.api_key"): "ring"})
    environ = {"VENDOR_API_KEY": "vendor's", "AURA_NB_VENDOR_API_KEY": "own"}
    assert resolve({"api_key": "given"}, environ, keys).get("api_key") == "given"
    assert resolve({}, environ, keys).get("api_key") == "own"
    del environ["AURA_NB_VENDOR_API_KEY"]
    assert resolve({}, environ, keys).get("api_key") == "vendor's"
    assert resolve({}, {}, keys).get("api_key") == "ring"
    assert resolve({}, {}, Keys()).get("api_key") is None
    assert resolve().get("base_url") == "https://api.vendor.example/v1"


def test_the_vendors_variables_count_in_their_order():
    assert resolve({}, {"VENDOR_LOGIN": "second"}).get("user_id") == "second"
    assert resolve({}, {"VENDOR_LOGIN": "second", "VENDOR_USER": "first"}).get("user_id") == "first"


def test_only_secrets_are_looked_for_in_the_keyring():
    assert resolve({}, {}, Keys({("aura_nb", "vendor.user_id"): "ring"})).get("user_id") is None


@pytest.mark.parametrize("name", ["api_key", "ApiKey", "apiKey", "API-KEY"])
def test_a_field_is_understood_in_every_spelling(name):
    assert resolve({name: CANARY}).get("api_key") == CANARY


def test_a_hyphen_in_a_providers_name_is_an_underscore_in_its_variables():
    assert Field("base_url").variables("stable-diffusion") == ("AURA_NB_STABLE_DIFFUSION_BASE_URL",)


def test_an_unknown_field_names_the_known_ones():
    with pytest.raises(AuraError, match=r"no field 'hots'.*api_key, base_url, user_id"):
        resolve({"hots": "x"})


def test_blank_variables_are_unset_and_values_are_stripped():
    assert resolve({}, {"AURA_NB_VENDOR_API_KEY": "  ", "VENDOR_API_KEY": f" {CANARY}\n"}).get("api_key") == CANARY


def test_a_blank_value_given_keeps_the_environment_out():
    blank = resolve({"ApiKey": "", "BaseUrl": " "}, {"VENDOR_API_KEY": CANARY})
    assert blank.get("api_key") is None
    assert blank.get("base_url") == "https://api.vendor.example/v1"


@pytest.mark.parametrize("keys", [Locked(), Keys()])
def test_a_keyring_that_gives_nothing_is_as_good_as_none(keys):
    assert resolve(keys=keys).get("api_key") is None


def test_the_installed_keyring_is_asked_when_none_is_passed():
    class Memory(keyring.backend.KeyringBackend):
        priority = 1

        def get_password(self, service, username):
            return CANARY if (service, username) == ("aura_nb", "vendor.api_key") else None

        def set_password(self, service, username, password): ...

    usual = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        assert Config.resolve("vendor", FIELDS, environ={}).get("api_key") == CANARY
    finally:
        keyring.set_keyring(usual)


def test_without_the_keyring_package_nothing_is_found_and_nothing_breaks():
    code = (
        "import sys; sys.modules['keyring'] = None\n"
        "from aura_nb.providers.config import Config, Field\n"
        "print(Config.resolve('vendor', [Field('api_key', secret=True)], environ={}).get('api_key'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "None"


def test_a_secret_is_in_no_way_of_showing_a_configuration(caplog):
    config = resolve({"api_key": CANARY, "user_id": "me"})
    assert config.get("api_key") == CANARY
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("made %s %r", config, config)
    error = RuntimeError(config)
    shown = [repr(config), str(config), f"{config}", caplog.text, str(error), repr(error), repr(config.faults())]
    assert not [text for text in shown if CANARY in text]
    assert "api_key=" in repr(config)
    assert "user_id='me'" in repr(config)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert CANARY.encode() not in pickle.dumps(config, protocol)
    with pytest.raises(TypeError):
        vars(config)


def test_a_pickled_configuration_finds_the_keys_of_where_it_is_loaded(monkeypatch):
    sent = pickle.dumps(resolve({"api_key": CANARY, "user_id": "me"}))
    monkeypatch.setenv("VENDOR_API_KEY", "the worker's own")
    loaded = pickle.loads(sent)
    assert (loaded.get("api_key"), loaded.get("user_id")) == ("the worker's own", "me")


def test_a_copy_keeps_its_secrets_and_nothing_can_be_changed():
    config = resolve({"api_key": CANARY})
    assert copy.copy(config).get("api_key") == copy.deepcopy([config])[0].get("api_key") == CANARY
    with pytest.raises(AttributeError, match="cannot be changed"):
        config._values = {}
    with pytest.raises(KeyError):
        config.get("ApiKey")


def test_equal_settings_are_equal():
    assert resolve({"api_key": CANARY}) == resolve({"ApiKey": CANARY})
    assert resolve({"api_key": CANARY}) != resolve({"api_key": "another"})
    assert hash(resolve({"api_key": CANARY})) == hash(resolve({"ApiKey": CANARY}))


def test_every_fault_is_found_at_once_with_its_remedy():
    config = resolve({"base_url": "ftp://vendor.example"})
    faults = config.faults()
    assert {name: fault.code for name, fault in faults.items()} == {
        "api_key": "REQUIRED",
        "base_url": "INVALID_URL",
        "user_id": "REQUIRED",
    }
    assert faults["api_key"].remedy == "Set VENDOR_API_KEY."
    assert "Set VENDOR_API_KEY. " in (config.missing() or "")
    assert "Set VENDOR_USER." in (config.missing() or "")
    assert resolve({"api_key": CANARY, "user_id": "me"}).missing() is None


def test_a_check_sees_the_other_fields():
    def check(value, config):
        return None if config.get("mode") == "free" else Fault("INVALID_FORMAT", "no", "mend")

    fields = (Field("key", check=check), Field("mode"))
    assert Config.resolve("x", fields, {"key": "k", "mode": "free"}, environ={}).faults() == {}
    assert Config.resolve("x", fields, {"key": "k"}, environ={}).faults()["key"].code == "INVALID_FORMAT"


def test_a_complaint_that_quotes_the_key_is_redacted():
    config = resolve({"api_key": CANARY})
    assert config.redact(f"Incorrect API key: {CANARY}.") == "Incorrect API key: **********."
    assert resolve().redact("Nothing to hide.") == "Nothing to hide."
