from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_nb.pipeline.caption import (
    LINE_WIDTH,
    MIN_SECONDS,
    Cue,
    _width,
    cues,
    place,
    read_silently,
)
from aura_nb.pipeline.sync import bare
from aura_nb.pipeline.timeline import lay_out
from aura_nb.providers.base import Word
from aura_nb.spec import Render

RAYLEIGH = (
    "Sunlight looks white, but it is a mix of every colour of the rainbow. When it meets the air, the tiny "
    "molecules scatter short wavelengths far more than long ones. In 1871, Lord Rayleigh worked out that the "
    "strength goes as one over the fourth power of the wavelength. Why, then, is the sky not violet?"
)
ARABIC = "السماء زرقاء لأن الهواء يشتت الضوء الأزرق أكثر من الأحمر، وهذا ما يسمى تشتت رايلي."
JAPANESE = (
    "空が青いのはなぜでしょうか。太陽の光は白く見えますが、"
    "実際にはすべての色が混ざっています。「レイリー散乱」と呼ばれます。"
)
ASPECTS = st.sampled_from(["16:9", "9:16", "1:1"])


def spoken(text: str, words_per_minute: float = 160) -> list[Word]:
    words, at = [], 0.0
    for token in text.split():
        seconds = (len(token) + 1) * 10 / words_per_minute
        words.append(Word(token, at, at + seconds))
        at += seconds + (0.4 if token[-1] in ".?!。" else 0.0)
    return words


TOKENS = st.one_of(
    st.text(min_size=1, max_size=14).filter(lambda text: len(text.split()) == 1 and text == text.strip()),
    st.sampled_from([*RAYLEIGH.split(), *ARABIC.split(), *JAPANESE.split(), "x" * 120, "👩‍👩‍👧‍👦" * 30, "हिन्दी"]),
)


@st.composite
def timed_words(draw: st.DrawFn) -> list[Word]:
    words, at = [], 0.0
    for token in draw(st.lists(TOKENS.filter(bare), max_size=40)):
        at += draw(st.sampled_from([0.0, 0.0, 0.01, 0.3, 2.0]))
        end = at + draw(st.floats(0.05, 1.5))
        words.append(Word(token, at, end))
        at = end
    return words


@settings(max_examples=50)
@given(timed_words(), ASPECTS)
def test_all_words_in_order_none_overlapping_within_their_times(words, aspect):
    made = cues(words, aspect)
    assert bare("".join(cue.text for cue in made)) == bare("".join(word.text for word in words))
    assert all(cue.start < cue.end for cue in made)
    assert all(before.end <= after.start for before, after in pairwise(made))
    if words:
        assert made[0].start == words[0].start
        assert made[-1].end >= words[-1].end - 1e-9


@settings(max_examples=50)
@given(timed_words(), ASPECTS)
def test_two_lines_at_most_and_each_fits(words, aspect):
    for cue in cues(words, aspect):
        assert 1 <= len(cue.lines) <= 2
        assert all(line and line == line.strip() for line in cue.lines)
        assert all(_width(line) <= LINE_WIDTH[aspect] for line in cue.lines) or len(cue.lines) == 1


@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
def test_cues_start_with_their_first_word_and_outlast_their_last(aspect):
    words = spoken(RAYLEIGH)
    left = list(words)
    for cue in cues(words, aspect):
        said = [left.pop(0) for _ in cue.text.split()]
        assert cue.start == said[0].start
        assert said[-1].end - 0.1 <= cue.end


def test_cues_end_where_one_would_pause():
    made = cues(spoken(RAYLEIGH), "16:9")
    assert made[0].lines == ("Sunlight looks white, but it is a", "mix of every colour of the rainbow.")
    assert made[1].text.startswith("When it meets the air")
    assert all(cue.end - cue.start >= MIN_SECONDS for cue in made)


@pytest.mark.parametrize("pace", [130, 160, 190])
def test_speech_at_any_pacing_can_be_read(pace):
    for cue in cues(spoken(RAYLEIGH, pace), "16:9"):
        assert len(cue.text) / (cue.end - cue.start) <= 20
        assert cue.end - cue.start >= MIN_SECONDS


def test_small_gaps_are_closed_and_long_pauses_are_not():
    words = [Word("One.", 0.0, 1.0), Word("Two.", 1.3, 2.5), Word("Three.", 9.0, 10.0)]
    one, *_, three = cues(words, "16:9")
    assert one.end <= 3.0
    assert three.start == 9.0


def test_scripts_without_spaces_break_after_punctuation_and_never_before_it():
    made = cues([Word(JAPANESE, 0, 12)], "16:9")
    assert len(made) > 1
    assert made[0].text == "空が青いのはなぜでしょうか。"
    lines = [line for cue in made for line in cue.lines]
    assert all(line[0] not in "。、」ー" and line[-1] != "「" for line in lines)


@pytest.mark.parametrize("mark", ["।", "॥", "؟", "۔", "።", "។", "။", "։"])
def test_a_caption_ends_where_a_sentence_of_any_script_does(mark):
    tokens = [*["word"] * 7, f"word{mark}", *["word"] * 9]
    first, *_ = cues([Word(token, at / 4, (at + 1) / 4) for at, token in enumerate(tokens)], "16:9")
    assert first.text.endswith(mark)


def test_the_point_of_a_wide_number_ends_no_sentence():
    text = "光の波長を測るとその値はおよそ３．５になるということが今では広く知られている"
    made = [[cue.text for cue in cues([Word(one, 0, 12)], "16:9")] for one in (text, text.replace("．", "・"))]
    assert made[0] == [cue.replace("・", "．") for cue in made[1]]


def test_right_to_left_keeps_its_words_in_reading_order():
    (cue,) = cues(spoken(ARABIC), "16:9")
    assert cue.text.replace("\n", " ") == ARABIC


def test_a_combining_mark_stays_with_its_letter():
    made = cues([Word("e\u0301" * 100, 0, 10)], "16:9")
    assert all(line[0] == "e" for cue in made for line in cue.lines)


def test_no_words_no_cues():
    assert cues([], "16:9") == ()


def test_the_film_shifts_each_scene_and_keeps_cues_within_it():
    timeline = lay_out([3.0, 2.0], "short", Render())
    lasting = [Cue(0.0, 99.0, "one")]
    first, second = place([lasting, lasting], timeline)
    assert (first.start, second.start) == (timeline.spans[0].voice, timeline.spans[1].voice)
    assert first.end <= second.start
    assert second.end == timeline.seconds


def test_words_nobody_speaks_share_the_time_by_their_length():
    words = read_silently("a long-winded tale", 6.0)
    assert [word.text for word in words] == ["a", "long-winded", "tale"]
    assert words[0].start == 0
    assert words[-1].end == pytest.approx(6.0)
    assert words[1].end - words[1].start > words[0].end - words[0].start
    assert read_silently("", 3.0) == ()
