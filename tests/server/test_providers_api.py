from __future__ import annotations

import pytest

ENHANCED = "api/providers/validate-enhanced"
CANARY = "sk-canary-of-this-machine"


@pytest.mark.parametrize("name", ["ollama", "rulebased", "espeak", "cards", "RuleBased"])
def test_local_providers_are_valid_without_any_field(client, name):
    answer = client.post(ENHANCED, json={"provider": name, "configuration": {}})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["isValid"], told["status"], told["fieldErrors"]) == (True, "Valid", [])


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
    assert client.post(ENHANCED, json=asked).json()["status"] == "PartiallyValid"


def test_an_unknown_provider_is_a_400(client):
    answer = client.post(ENHANCED, json={"provider": "playht9", "configuration": {}})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "UNKNOWN_PROVIDER")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"provider": 7},
        {"provider": "openai", "configuration": [1]},
        {"provider": "openai", "configuration": {"a": {}}},
    ],
)
def test_what_is_no_question_is_a_400(client, asked):
    assert client.post(ENHANCED, json=asked).status_code == 400


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
