"""A comparison's tables, text and page, of results made up for it; and real ones, remote parts faked."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

import aura_nb as aura
from aura_nb.comparison import SPEAKERS, TIMES, WRITERS, Comparison
from aura_nb.pipeline.compared import Compared, Draft, Take
from aura_nb.pipeline.entrants import Entrant
from aura_nb.providers.base import Usage
from tests.providers.fakes import replies
from tests.providers.fakes.server import Say
from tests.providers.fakes.speech import FakeElevenLabs
from tests.providers.fakes.vendors import FakeOpenAI

CANARY = "sk-canary-51c0ffee"
EVIL = '<script>alert("x")</script>'
BRIEF = aura.Brief(f"Why {EVIL} is blue")


def script(*texts):
    scenes = [aura.Scene(heading=EVIL, text=text, picture=aura.TitleCard(title="")) for text in texts]
    return aura.Script(brief=BRIEF, plan=aura.Plan(seconds=20), scenes=scenes)


@pytest.fixture
def made(tmp_path):
    sample = tmp_path / "sample.m4a"
    sample.write_bytes(b"sound")
    well = Draft(
        Entrant("writer", "ollama:qwen3", "ollama", "qwen3"),
        local=True,
        model="qwen3",
        script=script("One two three.", f"Four {EVIL} five."),
        film_seconds=22.04,
        used=Usage(700, 300),
        cost=0.0,
        seconds=1.23456,
        cached=False,
    )
    lost = Draft(Entrant("writer", "openai", "openai"), failure=f"openai: {EVIL}", remedy="Run `ollama serve`.")
    take = Take(
        Entrant("speaker", "kokoro", "kokoro"),
        local=True,
        voice=EVIL,
        audio_seconds=12.0,
        words_per_minute=160.2,
        loudness=-21.04,
        peak=-1.0,
        recognised=0.9512,
        characters=100,
        aligned=True,
        cost=0.0,
        seconds=8.0,
        cached=True,
        sample=sample,
    )
    compared = Compared((well, lost), (take,), passage=f"Say {EVIL}.", notes=(f"A note {EVIL}.",))
    return Comparison(BRIEF, aura.Plan(seconds=20), compared)


def test_the_tables_have_the_same_columns_and_kinds_whatever_is_known(made):
    empty = Comparison(BRIEF, aura.Plan(), Compared((), ()))
    for table, none, columns in (
        (made.writers, empty.writers, WRITERS),
        (made.speakers, empty.speakers, SPEAKERS),
    ):
        assert table.index.name == "provider"
        assert list(table.columns) == list(none.columns) == list(columns)
        assert [*table.dtypes.astype(str)] == [*none.dtypes.astype(str)] == [kind for kind, _ in columns.values()]


def test_the_writers_table_says_what_is_known_and_leaves_out_what_is_not(made):
    table = made.writers
    assert list(table.index) == ["ollama:qwen3", "openai"]
    row = table.loc["ollama:qwen3"]
    assert (row["seconds"], row["scenes"], row["words"]) == (1.235, 2, 6)
    assert (row["film_seconds"], row["off_percent"]) == (22.0, 10.2)
    assert (row["tokens_in"], row["tokens_out"], row["cost"], row["failure"]) == (700, 300, 0, "")
    lost = table.loc["openai"]
    assert lost[["seconds", "scenes", "words", "film_seconds", "off_percent", "tokens_in", "cost"]].isna().all()
    assert (lost["failure"], lost["remedy"]) == (f"openai: {EVIL}", "Run `ollama serve`.")


def test_the_speakers_table_tells_speed_and_sound(made):
    row = made.speakers.loc["kokoro"]
    assert (row["seconds"], row["realtime"], bool(row["cached"])) == (8.0, 1.5, True)
    assert (row["words_per_minute"], row["loudness"], row["recognised"]) == (160.2, -21.0, 0.951)


def test_times_can_be_told_apart_and_the_text_has_none(made):
    assert list(made.timings.columns) == [*TIMES]
    assert made.timings.index.names == ["socket", "provider"]
    assert made.timings.loc[("speaker", "kokoro"), "realtime"] == 1.5
    slower = [replace(take, seconds=80.0, cached=False) for take in made.compared.takes]
    drafts = [replace(draft, seconds=9.0) for draft in made.compared.drafts]
    other = Comparison(made.brief, made.plan, replace(made.compared, takes=(*slower,), drafts=(*drafts,)))
    assert repr(other) == repr(made)
    facts = [one.speakers.drop(columns=one.timings.columns, errors="ignore") for one in (made, other)]
    pd.testing.assert_frame_equal(*facts)


def test_the_text_says_what_failed_and_what_mends_it(made):
    assert f"openai: {EVIL} Run `ollama serve`." in repr(made)
    assert "A note" in repr(made)


def test_the_page_plays_shows_and_escapes(made):
    page = made._repr_html_()
    assert "<script" not in page
    assert page.count("<audio ") == 1
    assert 'src="data:audio/mp4;base64,c291bmQ="' in page
    assert "<code>ollama serve</code>" in page
    for shown in ("8.00 s", "cached", "1.5 ×", "95 %", "−21.0 LUFS", "+10 %", "All 2 scenes"):
        assert shown in page
    # Every element is closed where it was opened, so that nothing leaks into the notebook.
    open_tags: list[str] = []
    for closing, tag in re.findall(r"<(/?)(\w+)[^>]*>", page.partition("</style>")[2]):
        if closing:
            assert open_tags.pop() == tag
        else:
            open_tags.append(tag)
    assert open_tags == []


def test_a_sample_that_is_gone_is_said_to_be(made):
    made.samples["kokoro"].unlink()
    assert "<audio" not in made._repr_html_()
    assert "No longer at" in made._repr_html_()


def test_scripts_and_samples_go_by_who_made_them(made):
    assert list(made.scripts) == ["ollama:qwen3"]
    assert list(made.samples) == ["kokoro"]


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("AURA_NB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AURA_NB_PROGRESS", "off")
    return tmp_path


def remote(monkeypatch, writer, speaker):
    for name, value in {
        "OPENAI_API_KEY": CANARY,
        "OPENAI_BASE_URL": f"{writer.origin}/v1",
        "AURA_NB_OPENAI_PRICE_IN": "0.5",
        "AURA_NB_OPENAI_PRICE_OUT": "2",
        "ELEVENLABS_API_KEY": CANARY,
        "AURA_NB_ELEVENLABS_BASE_URL": speaker.origin,
        "AURA_NB_ELEVENLABS_PRICE": "100",
    }.items():
        monkeypatch.setenv(name, value)


# German: what is recognised is for the slow tests.
REMOTE = {"subject": aura.Brief("Warum der Himmel blau ist", language="de"), "plan": {"seconds": 30}}


@pytest.mark.slow
def test_remote_providers_cost_what_the_user_says_and_nothing_is_paid_twice(own, monkeypatch):
    with FakeOpenAI(replies.GOOD, key=CANARY) as writer, FakeElevenLabs(Say(), key=CANARY) as speaker:
        remote(monkeypatch, writer, speaker)
        first = aura.compare_providers(**REMOTE, writers="openai", speakers=["elevenlabs", "espeak"])
        asked = len(writer.asked), len(speaker.asked)
        again = aura.compare_providers(**REMOTE, writers="openai", speakers=["elevenlabs", "espeak"])
        assert (len(writer.asked), len(speaker.asked)) == asked
    row = first.writers.loc["openai"]
    count = asked[0]
    assert (row["tokens_in"], row["tokens_out"]) == (700 * count, 300 * count)
    assert row["cost"] == pytest.approx(count * (700 * 0.5 + 300 * 2) / 1e6)
    spoken = first.speakers.loc["elevenlabs"]
    assert spoken["cost"] == pytest.approx(spoken["characters"] * 100 / 1e6)
    assert first.speakers.loc["espeak", "cost"] == 0
    assert again.timings["cached"].all()
    assert again.timings["seconds"].to_list() == first.timings["seconds"].to_list()


def test_another_model_is_not_reckoned_at_this_ones_price(own, monkeypatch):
    with FakeOpenAI(replies.GOOD, key=CANARY) as writer, FakeElevenLabs(Say(), key=CANARY) as speaker:
        remote(monkeypatch, writer, speaker)
        made = aura.compare_providers(**REMOTE, writers=["openai:gpt-5.4-mini-2026-03-17", "openai"], speakers=[])
    assert made.writers["model"].to_list() == ["gpt-5.4-mini-2026-03-17", "gpt-5.4-mini"]
    assert made.writers["cost"].isna().to_list() == [True, False]
    assert {body["model"] for body in writer.asked} == {"gpt-5.4-mini-2026-03-17", "gpt-5.4-mini"}


def test_a_key_is_in_nothing_that_is_shown_or_kept(own, monkeypatch, capfd):
    monkeypatch.setenv("AURA_NB_PROGRESS", "text")
    with FakeOpenAI(replies.GOOD, key="another") as writer, FakeElevenLabs(Say(), key="another") as speaker:
        remote(monkeypatch, writer, speaker)
        made = aura.compare_providers(**REMOTE, writers="openai", speakers="elevenlabs")
    assert "401" in made.writers.loc["openai", "failure"]
    assert "OPENAI_API_KEY" in made.writers.loc["openai", "remedy"]
    shown = [repr(made), made._repr_html_(), made.writers.to_json(), made.speakers.to_json(), *capfd.readouterr()]
    shown += [file.read_bytes().decode("latin-1") for file in own.rglob("*") if file.is_file()]
    assert not [text for text in shown if CANARY in text]


def test_a_silent_voice_is_compared_as_one_that_speaks(own):
    made = aura.compare_providers(REMOTE["subject"], voice={"silent": True}, writers=[], speakers="espeak")
    assert made.samples["espeak"].is_file()


@pytest.mark.slow
def test_real_voices_are_recognised_and_the_script_one_chooses_becomes_a_film(own):
    brief = aura.Brief("Why the sky is blue", points=("Air scatters blue light.", "Red light goes straight on."))
    made = aura.compare_providers(brief, plan={"seconds": 10}, writers="rulebased", speakers=["kokoro", "espeak"])
    assert (made.speakers["failure"] == "").all()
    assert (made.speakers["recognised"] > 0.7).all()
    assert made.speakers.loc["kokoro", "recognised"] >= 0.9
    assert made.speakers["words_per_minute"].between(120, 200).all()
    film = aura.make(made.scripts["rulebased"], render={"height": 360}, profile={"speaker": "kokoro"})
    assert film.timings.loc["narrate", "realtime"] > 0
    assert "Comparison('Why the sky is blue')" in repr(made)
