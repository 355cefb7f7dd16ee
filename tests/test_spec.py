from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.codecs import QUALITIES
from aura_nb.errors import InvalidBrief
from aura_nb.platforms import PLATFORMS, most_kbps
from aura_nb.providers import registry
from aura_nb.spec import PROFILES, Brief, Plan, Profile, Render, Voice


def test_a_brief_is_made_from_its_topic_alone():
    assert Brief("Why the sky is blue") == Brief(topic="Why the sky is blue")
    assert Brief.model_validate_json(Brief("Tea", points=["It is hot."]).model_dump_json()).points == (
        "It is hot.",
    )


def test_every_bad_field_is_named_at_once_with_its_remedy():
    with pytest.raises(InvalidBrief) as caught:
        Brief("x", aspect="4:3", language="??", topik="sky")
    assert {issue.field for issue in caught.value.issues} == {"topic", "aspect", "language", "topik"}
    assert all(issue.remedy for issue in caught.value.issues)
    assert "4 fields" in str(caught.value)
    assert "'16:9', '9:16' or '1:1'" in str(caught.value)


@pytest.mark.parametrize("topic", ["", "ab", "   ab  ", "???", "🙂🙂🙂"])
def test_a_topic_under_three_characters_is_refused(topic):
    with pytest.raises(InvalidBrief, match="at least 3 characters"):
        Brief(topic)


@pytest.mark.parametrize("seconds", [9.99, 1800.01, 0, -3])
def test_a_film_is_10_seconds_to_30_minutes(seconds):
    with pytest.raises(InvalidBrief, match="10 s to 30 min"):
        Plan(seconds=seconds)
    assert Plan(seconds=10).seconds == 10
    assert Plan(seconds=1800).seconds == 1800


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Voice(rate=3), "rate"),
        (lambda: Voice(pitch=-13), "pitch"),
        (lambda: Render(height=100), "height"),
        (lambda: Render(crf=60), "crf"),
        (lambda: Profile(speaker=[]), "speaker"),
        (lambda: Plan(seconds=float("nan")), "seconds"),
        (lambda: Brief(), "topic"),
        (lambda: Brief("Tea", points=["ok", " "]), "points.1"),
        (lambda: Brief("Tea", language="en-12"), "language"),
        (lambda: Plan(seconds="abc"), "seconds"),
    ],
)
def test_bad_values_name_their_field(make, field):
    with pytest.raises(InvalidBrief) as caught:
        make()
    (issue,) = caught.value.issues
    assert issue.field == field
    assert issue.remedy


def test_scenes_follow_length_and_density_between_3_and_20():
    assert Plan(seconds=30, density="balanced").scenes == 3
    assert Plan(seconds=60, density="dense").scenes == 8
    assert Plan(seconds=61, density="sparse").scenes == 4
    assert Plan(seconds=10).scenes == 3
    assert Plan(seconds=1800).scenes == 20


def test_pacing_is_130_160_190_words_a_minute():
    rates = [Plan(pacing=pacing).rate * 160 for pacing in ("chill", "conversational", "fast")]
    assert rates == pytest.approx([130, 160, 190])


@given(st.sampled_from([360, 480, 720, 1080, 1440, 2160]))
def test_sizes_are_even_and_turn_with_the_aspect(height):
    render = Render(height=height)
    wide, tall, square = (render.size(aspect) for aspect in ("16:9", "9:16", "1:1"))
    assert wide == tall[::-1]
    assert square == (height, height)
    assert all(side % 2 == 0 for side in wide)
    assert Render().size("16:9") == (1920, 1080)


def test_one_name_is_a_chain_of_one():
    assert Profile(speaker="espeak").speaker == ("espeak",)


def test_a_misspelt_field_is_told_its_nearest():
    with pytest.raises(InvalidBrief, match="Did you mean 'points'"):
        Brief("Blue sky", point=["It is blue."])


def test_one_line_is_a_list_of_one():
    assert Brief("Blue sky", points="It is blue.").points == ("It is blue.",)


@pytest.mark.parametrize("name", PROFILES)
def test_a_named_profiles_providers_exist_and_a_local_one_ends_each_chain(name):
    profile = Profile.named(name)
    for socket in registry.SOCKETS:
        chain = registry.chain(socket, getattr(profile, socket))
        assert chain[-1].info.local
        assert not chain[-1].info.fields
        assert name != "free-only" or all(provider.info.local for provider in chain)


def test_a_profiles_name_is_understood_in_any_case_and_an_unknown_one_lists_the_known():
    assert Profile.named("Pro-Max") == Profile.named("pro-max") != Profile()
    with pytest.raises(InvalidBrief, match=r"no profile named 'free'.*free-only, balanced-mix, pro-max"):
        Profile.named("free")


def test_qualities_are_rate_factors_and_an_old_briefs_crf_still_holds():
    assert [Render(quality=name).rate_factor for name in QUALITIES] == [28, 23, 20, 18]
    assert Render().rate_factor == 20
    assert Render(crf=31, quality="maximum").rate_factor == 31
    saved = Render(crf=31).model_dump_json()
    assert Render.model_validate_json(saved).rate_factor == 31


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"encoder": "libx256"}, "encoder", "Did you mean 'libx265'?"),
        ({"encoder": "nvenc"}, "encoder", "Did you mean 'h264_nvenc'?"),
        ({"encoder": "nvenc", "codec": "h265"}, "encoder", "Did you mean 'hevc_nvenc'?"),
        ({"encoder": "zzz", "codec": "av1"}, "encoder", "libsvtav1, libaom-av1"),
        ({"encoder": "libx265", "codec": "h264"}, "encoder", "Set codec to 'h265'"),
        ({"codec": "vp9"}, "codec", "'h264', 'h265' or 'av1'"),
        ({"quality": "best"}, "quality", "'draft', 'good', 'high' or 'maximum'"),
        ({"platform": "vimeo"}, "platform", "'youtube', 'shorts'"),
        ({"platform": ["youtube"]}, "platform", "'youtube', 'shorts'"),
        ({"encoder": ["libx264"]}, "encoder", "Give text"),
    ],
)
def test_how_it_cannot_be_encoded_is_told_by_field(fields, field, said):
    with pytest.raises(InvalidBrief) as caught:
        Render(**fields)
    (issue,) = caught.value.issues
    assert issue.field == field
    assert said in str(issue)


def test_an_encoders_name_says_the_codec():
    assert Render(encoder="libsvtav1").codec == "av1"
    assert Render(encoder="hardware").codec == "h264"


@given(st.sampled_from([*PLATFORMS]), st.sampled_from([None, 360, 2160]), st.sampled_from([None, 24, 60]))
def test_a_platform_gives_what_is_not_given(platform, height, fps):
    given = {name: value for name, value in {"height": height, "fps": fps}.items() if value}
    render = Render(platform=platform, **given)
    assert (render.height, render.fps) == (height or 1080, fps or 30)
    assert render.max_kbps == most_kbps(render.height, render.fps)
    assert Render.model_validate_json(render.model_dump_json()) == render


def test_bitrates_are_youtubes_for_the_size_and_rate():
    assert Render(platform="youtube").max_kbps == 8_000
    assert Render(platform="youtube", fps=60, height=2160).max_kbps == 68_000
    assert Render().max_kbps is None
