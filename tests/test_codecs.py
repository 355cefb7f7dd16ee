"""Which encoders may encode a film, in which order, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from aura_nb.codecs import DEFAULT, ENCODERS, QUALITIES, candidates, known

codecs = st.sampled_from(["h264", "h265", "av1"])
choices = st.sampled_from(["auto", "hardware", *ENCODERS])


def names(codec, encoder):
    return [one.name for one in candidates(codec, encoder)]


def test_hardware_is_tried_in_auras_order_and_software_ends_it():
    assert names("h264", "hardware") == [
        "h264_nvenc",
        "h264_amf",
        "h264_qsv",
        "h264_videotoolbox",
        "h264_vaapi",
        "libx264",
    ]


def test_by_itself_it_is_the_software_one_and_another_codec_only_at_last():
    assert names("h264", "auto")[0] == "libx264"
    assert names("h265", "auto")[0] == "libx265"
    assert names("av1", "auto")[:2] == ["libsvtav1", "libaom-av1"]
    assert names("av1", "auto")[-1] == "libx264"


def test_who_names_a_gpu_is_not_given_another():
    assert names("h265", "hevc_qsv") == ["hevc_qsv", "libx265", "libx264"]


@given(codecs, choices)
def test_every_choice_ends_in_what_is_always_there_and_names_nobody_twice(codec, encoder):
    found = candidates(codec, encoder)
    assert found[-1] == DEFAULT or codec == "h264"
    assert DEFAULT in found
    assert len(set(found)) == len(found)
    assert all(one.codec == codec or one == DEFAULT for one in found)


@given(codecs, choices)
def test_what_is_known_may_encode_what_is_not_is_told_with_a_remedy(codec, encoder):
    if encoder in ("auto", "hardware") or ENCODERS[encoder].codec == codec:
        assert known(encoder, codec) == encoder
        return
    with pytest.raises(PydanticCustomError) as caught:
        known(encoder, codec)
    assert ENCODERS[encoder].codec in caught.value.context["remedy"]


@settings(max_examples=25)
@given(st.text("abcdeh2456_lnqsvx", max_size=12).filter(lambda name: name not in ENCODERS))
def test_an_unknown_name_is_refused_with_names_that_fit(name):
    with pytest.raises(PydanticCustomError) as caught:
        known(name, "av1")
    assert any(f"{each}" in caught.value.context["remedy"] for each in ("auto", "hardware", *ENCODERS))


def test_qualities_are_auras():
    assert QUALITIES == {"draft": 28, "good": 23, "high": 20, "maximum": 18}
