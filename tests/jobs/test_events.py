from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.jobs.events import ENDED, ENDINGS, MOVES, Event, camel, iso, plain, snake
from aura_nb.jobs.log import EventLog

FIELDS = [
    "seq",
    "type",
    "job_id",
    "correlation_id",
    "timestamp",
    "status",
    "stage",
    "percent",
    "message",
    "current_item",
    "total_items",
    "elapsed_seconds",
    "eta_seconds",
    "data",
]

json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def test_an_event_has_exactly_the_fields_of_the_design_and_is_frozen():
    assert [field.name for field in dataclasses.fields(Event)] == FIELDS
    event = Event(1, "job-log", "j", "c", 0.0, "running")
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.percent = 3.0
    assert not hasattr(event, "__dict__")


def test_the_wire_is_camel_case_json_with_an_iso_time():
    event = Event(
        7, "step-progress", "j", "c", 1.5, "running", "compose", 40.0, "m", 2, 5, 3.0, 9.0, {"cpu_seconds": 1}
    )
    assert json.loads(event.encode()) == {
        "seq": 7,
        "type": "step-progress",
        "jobId": "j",
        "correlationId": "c",
        "timestamp": "1970-01-01T00:00:01.500+00:00",
        "status": "running",
        "stage": "compose",
        "percent": 40.0,
        "message": "m",
        "currentItem": 2,
        "totalItems": 5,
        "elapsedSeconds": 3.0,
        "etaSeconds": 9.0,
        "data": {"cpuSeconds": 1},
    }


@given(st.text(), st.dictionaries(st.text(max_size=12), json_like, max_size=5), st.integers(0, 4 * 10**12))
def test_what_is_encoded_decodes_to_the_same_event(message, data, milliseconds):
    event = Event(1, "job-log", "j", "c", milliseconds / 1000, "running", message=plain(message), data=plain(data))
    body = event.encode()
    assert Event.decode(body) == event
    assert b"\n" not in body  # a stream's line and nothing else


@given(st.from_regex(r"[a-z]+(_[a-z]+)*", fullmatch=True))
def test_camel_and_snake_are_inverse(name):
    assert snake(camel(name)) == name


def test_names_are_kept_and_moments_are_not():
    """Names are few; of moments there is one an event, for as long as a server runs."""
    camel("eta_seconds")
    known = camel.cache_info().hits
    camel("eta_seconds")
    assert camel.cache_info().hits == known + 1
    assert not hasattr(iso, "cache_info")


@pytest.mark.parametrize("odd", [math.nan, math.inf, {1, 2}, Path("a"), object(), "\udcff", {3: (1, 2)}])
def test_odd_data_never_stops_a_job(odd):
    log = EventLog("j")
    event = log.append("job-log", "odd", data={"odd": odd})
    assert Event.decode(event.encode()) == event


def test_ended_states_go_nowhere_and_every_ending_ends():
    assert all(MOVES[status] == frozenset() for status in ENDED)
    assert set(ENDINGS.values()) <= ENDED
