from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers.speakers.phrasing import FRAME, HERTZ, LIMIT, Unit, breaths, phrase


def unit(token, sounds):
    return Unit(token, sounds, tuple(range(len(sounds))))


def test_long_text_is_cut_after_a_clause_within_the_limit():
    units = [unit(i, "wɜɹdz, " if i % 7 == 6 else "wɜɹdz ") for i in range(100)]
    phrases = list(breaths(units))
    assert [part for phrase in phrases for part in phrase] == units
    for units_ in phrases[:-1]:
        assert sum(len(part.ids) for part in units_) <= LIMIT
        assert units_[-1].sounds == "wɜɹdz, "


@given(st.lists(st.text("aə, ", min_size=1, max_size=900).filter(str.strip), max_size=5))
def test_whatever_is_said_fits_the_model(texts):
    units = [unit(i, text) for i, text in enumerate(texts)]
    phrases = list(breaths(units))
    assert "".join(part.sounds for phrase in phrases for part in phrase) == "".join(texts)
    assert all(0 < sum(len(part.ids) for part in phrase) <= LIMIT for phrase in phrases)


def test_tokens_lie_where_their_sounds_are():
    # silence 14 | a 4, space 2 | b 4, comma 6, space 2 | c 20, full stop 7 | silence 1
    laid = phrase((unit(0, "a "), unit(1, "b, "), unit(2, "c.")), (14, 4, 2, 4, 6, 2, 20, 7, 1), 1.0)
    assert laid.spans == ((0, 11, 15), (1, 17, 21), (2, 29, 37))
    assert (laid.begin, laid.end) == (8, 37)
    assert laid.seconds == 29 * FRAME / HERTZ
