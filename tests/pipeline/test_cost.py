import pytest

from aura_nb.pipeline import cost
from aura_nb.providers.base import Usage
from aura_nb.providers.config import Config
from aura_nb.providers.speakers.elevenlabs import ElevenLabs
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.providers.writers.openai import OpenAI
from aura_nb.providers.writers.rulebased import RuleBased

USED = Usage(2_000_000, 500_000)


def writer(**prices):
    return OpenAI(Config.resolve("openai", OpenAI.fields, {"api_key": "sk-canary", **prices}, environ={}))


def speaker(**prices):
    return ElevenLabs(Config.resolve("elevenlabs", ElevenLabs.fields, {"api_key": "k", **prices}, environ={}))


def test_local_work_costs_nothing():
    assert cost.writing(RuleBased(), None) == 0
    assert cost.speaking(Espeak(), 1000) == 0


def test_remote_work_costs_what_was_counted_at_the_prices_set():
    assert cost.writing(writer(price_in="0.25", price_out="2"), USED) == pytest.approx(1.5)
    assert cost.writing(writer(price_in="0", price_out="2"), USED) == pytest.approx(1.0)
    assert cost.speaking(speaker(price="100"), 5_000) == pytest.approx(0.5)


def test_a_cost_that_is_not_known_is_not_made_up():
    assert cost.writing(writer(price_in="0.25"), USED) is None
    assert cost.writing(writer(price_in="0.25", price_out="2"), None) is None
    assert cost.speaking(speaker(), 5_000) is None


def test_a_price_that_is_set_in_the_environment_counts_at_once(monkeypatch):
    monkeypatch.setenv("AURA_NB_ELEVENLABS_PRICE", "50")
    assert cost.speaking(ElevenLabs(), 1_000_000) == 50


def test_a_secret_is_no_setting_to_read():
    assert cost.setting(writer(), "api_key") is None
    assert cost.setting(writer(), "model")
