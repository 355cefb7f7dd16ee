from __future__ import annotations

import pytest

from aura_nb.providers import registry

ENHANCED = "api/providers/validate-enhanced"
CANARY = "sk-canary-of-this-machine"


LOCAL = {"rulebased", "ollama", "kokoro", "piper", "espeak", "system", "figures", "cards", "stable-diffusion"}


# The seed's own four, in the spellings its clients use, and all that are local here.
@pytest.mark.parametrize(
    "name", ["ollama", "local", "windows", "rulebased", "RuleBased", "Windows", *sorted(LOCAL)]
)
@pytest.mark.parametrize("configuration", [{"configuration": {}}, {"configuration": None}, {}])
def test_local_providers_are_valid_without_any_field(observed, name, configuration):
    answer = observed.client.post(ENHANCED, json={"provider": name, **configuration})
    told = answer.json()
    assert (answer.status_code, told["isValid"], told["status"]) == (200, True, "Valid")
    assert (told["provider"], told["fieldErrors"], told["details"]["local"]) == (name, [], True)


def test_of_the_local_ones_only_that_for_a_folder_of_pictures_needs_to_know_it(observed):
    every = {(socket, name) for socket in registry.SOCKETS for name in registry.names(socket)}
    local = {name for socket, name in every if registry.get(socket, name).info.local}
    assert local == LOCAL | {"files"}
    told = observed.client.post(ENHANCED, json={"provider": "files"}).json()
    assert [(one["fieldName"], one["errorCode"]) for one in told["fieldErrors"]] == [("Folder", "REQUIRED")]


@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        # The seed's rules, field by field.
        ({"provider": "openai"}, {("ApiKey", "REQUIRED")}),
        ({"provider": "openai", "configuration": {"ApiKey": "pk-1"}}, {("ApiKey", "INVALID_FORMAT")}),
        ({"provider": "openai", "configuration": {"ApiKey": "sk-1234567890abcdef"}}, set()),
        ({"provider": "openai", "configuration": {"ApiKey": "any", "BaseUrl": "http://localhost:1234/v1"}}, set()),
        (
            {"provider": "openai", "configuration": {"ApiKey": "sk-1234567890abcdef", "BaseUrl": "nowhere"}},
            {("BaseUrl", "INVALID_URL")},
        ),
        ({"provider": "elevenlabs"}, {("ApiKey", "REQUIRED")}),
        ({"provider": "elevenlabs", "configuration": {"ApiKey": ""}}, {("ApiKey", "REQUIRED")}),
        ({"provider": "elevenlabs", "configuration": {"ApiKey": "key"}}, set()),
    ],
)
def test_a_configuration_that_is_wrong_is_a_200_that_says_so(observed, monkeypatch, asked, errors):
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ELEVENLABS_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    answer = observed.client.post(ENHANCED, json=asked)
    told = answer.json()
    assert answer.status_code == 200
    assert {(one["fieldName"], one["errorCode"]) for one in told["fieldErrors"]} == errors
    assert (told["isValid"], told["status"]) == ((True, "Valid") if not errors else (False, "Invalid"))
    for field, code in errors:
        assert told["fieldValidationStatus"][field] == ("Missing" if code == "REQUIRED" else "Invalid")


def test_every_field_that_is_wrong_is_told_at_once_with_200(client, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asked = {"provider": "openai", "configuration": {"ApiKey": "", "BaseUrl": "nowhere"}, "correlationId": "me-7"}
    answer = client.post(ENHANCED, json=asked)
    told = answer.json()
    assert (answer.status_code, told["isValid"], told["status"], told["correlationId"]) == (
        200,
        False,
        "Invalid",
        "me-7",
    )
    assert {(one["fieldName"], one["errorCode"]) for one in told["fieldErrors"]} == {
        ("ApiKey", "REQUIRED"),
        ("BaseUrl", "INVALID_URL"),
    }
    assert all(one["errorMessage"] and one["suggestedFix"] for one in told["fieldErrors"])
    assert set(told) == {
        *("isValid", "status", "provider", "fieldErrors", "fieldValidationStatus", "overallMessage"),
        *("correlationId", "details"),
    }


def test_a_form_that_is_still_being_filled_in_is_partially_valid(client, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asked = {"provider": "openai", "configuration": {"apiKey": ""}, "partialValidation": True}
    told = client.post(ENHANCED, json=asked).json()
    assert (told["status"], told["isValid"], told["fieldErrors"]) == ("PartiallyValid", False, [])
    assert told["fieldValidationStatus"]["ApiKey"] == "Missing"
    # What is there is looked at all the same.
    asked["configuration"] = {"baseUrl": "nowhere"}
    assert [one["fieldName"] for one in client.post(ENHANCED, json=asked).json()["fieldErrors"]] == ["BaseUrl"]


@pytest.mark.parametrize("name", ["nobody", "playht", "local2", "writer.openai", "o" * 200, "ⅼocal"])
def test_an_unknown_provider_is_a_400(observed, name):
    answer = observed.client.post(ENHANCED, json={"provider": name, "configuration": {}})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "UNKNOWN_PROVIDER")
    assert "ollama" in answer.json()["suggestedFix"]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"provider": 7},
        {"provider": "openai", "configuration": [1]},
        {"provider": "openai", "configuration": {"a": {}}},
        {"provider": " "},
        {"provider": "openai", "partialValidation": "yes"},
        {"provider": "openai", "correlationId": 7},
    ],
)
def test_what_is_no_question_is_a_400_that_names_its_fields(observed, asked):
    answer = observed.client.post(ENHANCED, json=asked)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "BAD_REQUEST")
    wrong = answer.json()["fieldErrors"][0]
    assert wrong["fieldName"].partition(".")[0] in (
        "provider",
        "configuration",
        "partialValidation",
        "correlationId",
    )
    assert wrong["errorMessage"]


def test_one_or_many_have_one_shape(client):
    one = {"provider": "espeak", "configuration": {}}
    alone = client.post("api/providers/validate", json=one).json()
    many = client.post("api/providers/validate", json={"providers": [one, {"provider": "ollama"}]}).json()[
        "providers"
    ]
    assert [told["provider"] for told in many] == ["espeak", "ollama"]
    assert set(alone) == set(many[0]) == set(many[1])
    assert client.post("api/providers/validate", json={"providers": [one] * 51}).status_code == 400


def test_no_address_a_request_names_is_asked_and_no_key_of_this_machine_is_shown(client, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    answer = client.post(ENHANCED, json={"provider": "openai", "configuration": {"baseUrl": "http://127.0.0.1:9"}})
    assert answer.json()["details"]["depth"] == "configuration"
    assert CANARY not in answer.text
