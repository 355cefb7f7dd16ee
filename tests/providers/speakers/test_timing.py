import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers.base import Word
from aura_nb.providers.speakers.spoken import Spoken, speak_out
from aura_nb.providers.speakers.timing import audible, lay_words


def test_what_the_engine_ran_together_shares_its_time_by_length():
    spoken = Spoken(("of", "the", "🙂", "sky"), ("of", "the", "", "sky"))
    words = lay_words(spoken, [(1.0, 2.0), None, None, (2.5, 3.0)], 4.0)
    assert words == (
        Word("of", 1.0, 1.4),
        Word("the", 1.4, 2.0),
        Word("🙂", 2.0, 2.0),
        Word("sky", 2.5, 3.0),
    )


def test_the_groups_of_a_number_share_its_time():
    spoken = speak_out("10 000 🙂 men", "en")
    words = lay_words(spoken, [(1.0, 2.0), None, None, (2.0, 3.0)], 3.0)
    assert [word.end > word.start for word in words] == [True, True, False, True]


@given(st.data())
def test_words_never_overlap_nor_leave_the_sound(data):
    said = data.draw(st.lists(st.sampled_from(["", "a", "bcd"]), min_size=1, max_size=8))
    times = st.floats(-1, 6, allow_nan=False)
    spans = data.draw(st.lists(st.none() | st.tuples(times, times), min_size=len(said), max_size=len(said)))
    words = lay_words(Spoken(tuple("x" for _ in said), tuple(said)), spans, 5.0)
    clock = 0.0
    assert len(words) == len(said)
    for word in words:
        assert clock <= word.start <= word.end <= 5.0
        clock = word.end


def test_audible_finds_where_sound_begins_and_ends():
    assert audible(np.array([0, 0.001, 0.5, 0, -0.5, 0.001], np.float32)) == (2, 5)
    assert audible(np.zeros(3, np.float32)) == (0, 0)
