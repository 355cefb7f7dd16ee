import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers.speakers.lexicon import unit
from aura_nb.providers.speakers.spoken import speak_out


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("42 of 1,234 and 3.14", "forty-two of one thousand two hundred thirty-four and three point one four"),
        ("From 1969 to 2024.", "From nineteen sixty-nine to twenty twenty-four."),
        ("the 1990s, the 21st", "the nineteen nineties, the twenty-first"),
        ("10–20% in 1990–1995", "ten to twenty percent in nineteen ninety to nineteen ninety-five"),
        ("$3.5 million, €20, $1.50", "three point five million dollars, twenty euros, one dollar and fifty cents"),
        ("At 14:30 or 9:05 pm", "At fourteen thirty or nine oh five P.M"),
        ("on 2024-05-17,", "on May seventeenth, twenty twenty-four,"),
        ("1/2, 3/4 and 2½", "one half, three quarters and two and a half"),
        ("-5 °C, ±2", "minus five degrees Celsius, plus or minus two"),
        ("100 km/h, 1 km, 5 µs", "one hundred kilometers per hour, one kilometer, five microseconds"),
        ("9.8 m/s²; 16GB", "nine point eight meters per second squared; sixteen gigabytes"),
        ("in 450nm", "in four hundred fifty nanometers"),
        ("CO2, H₂O.", "C O two, H two O."),
        ("NASA's GPUs run HTML", "NASA's G.P.U's run H.T.M.L"),
        ("E = mc^2", "E equals m c squared"),
        ("I ∝ 1/λ⁴", "I is proportional to one over lambda to the fourth"),
        ("x ≤ 3 → 10⁻³ × 2", "x is at most three to ten to the minus three times two"),
        ("f(x) = sin(x)", "f of x equals sine of x"),
        ("See https://www.example.com/docs?x=1 now", "See example dot com slash docs now"),
        ("bob@example.org", "bob at example dot org"),
        ("Python 3.11, v2.0.1", "Python three point eleven, version two point zero point one"),
        ("read_csv() in JupyterLab", "read C.S.V in Jupyter Lab"),
        ("**very *good* `code`**", "very good code"),
        ("the [fine docs](http://x.y)!", "the fine docs!"),
        ("Yes 😀 indeed 👍🏽!", "Yes indeed!"),
        ("one — two", "one, two"),
        ("5 - 3 and a - b", "five minus three and a minus b"),
        ("- first item", "first item"),
        ("e.g. Fig. 3, no. 5, etc.", "for example figure three, number five, et cetera"),
        ("1920×1080 at 30fps", "nineteen twenty by ten eighty at thirty frames per second"),
        ("007 12345678901234567890", "zero zero seven one two three four five six seven eight nine zero "
          "one two three four five six seven eight nine zero"),
    ],
)  # fmt: skip
def test_english_says_what_is_written(written, said):
    assert speak_out(written, "en-GB").text == said


# What is written and what it means in words, which no engine would find by itself.
MEANINGS = [
    ("16:9 wide, mixed 1:1", "sixteen to nine wide, mixed one to one"),
    ("a 16:10 screen at 9:30", "a sixteen to ten screen at nine thirty"),
    ("20€ or 20 €, 1.50 €", "twenty euros or twenty euros, one euro and fifty cents"),
    ("75¢ and ¢5", "seventy-five cents and five cents"),
    ("$20-$30 or $20–30 million", "twenty to thirty dollars or twenty to thirty million dollars"),
    ("€5/month", "five euros per month"),
    ("5%-10% of 9am-5pm", "five to ten percent of nine A.M to five P.M"),
    ("<5, >5, ≤5 and ≥5", "less than five, more than five, at most five and at least five"),
    ("10 000 or 1\u00a0234\u2009567 people", "ten thousand or one million two hundred thirty-four thousand "
     "five hundred sixty-seven people"),
    ("In chapter 3 200 men", "In chapter three two hundred men"),
    ("1 000 000 km", "one million kilometers"),
    ("β-carotene is CO₂-neutral", "beta carotene is C O two neutral"),
    ("the mid-1990s, pre-2020", "the mid nineteen nineties, pre twenty twenty"),
    ("12/25/2026 and 25/12/2026", "December twenty-fifth, twenty twenty-six and "
     "December twenty-fifth, twenty twenty-six"),
    ("2026/11/22, 22.11.2026", "November twenty-second, twenty twenty-six, "
     "November twenty-second, twenty twenty-six"),
    ("since 9/11", "since nine eleven"),
    ("555-1234 but 100-1200", "five five five, one two three four but one hundred to twelve hundred"),
    ("The US economy told us", "The U.S economy told us"),
    ("the IT department, US-based", "the I.T department, U.S based"),
    ("IT IS FOR US HERE", "IT IS FOR US HERE"),
    ("THE US ARMY", "THE U.S ARMY"),
    ("Henry VIII's World War II", "Henry the eighth's World War two"),
    ("Charles I, Act V, type II", "Charles the first, Act five, type two"),
    ("the chapter I read", "the chapter I read"),
    ("12 A of it, 5 A students", "twelve amps of it, five A students"),
    ("I/O in an A/B test", "I O in an A B test"),
    ("1st/2nd", "first second"),
    ("COP26, NaCl, Na⁺, Ca2+", "COP twenty-six, N A C L, N A plus, C A two plus"),
    ("log₂(8) and x₁", "log base two of eight and x one"),
    ("6'2\" tall", "six foot two tall"),
    ("Jan. 5, 5 Sept. 2020", "January fifth, five September twenty twenty"),
    ("told Jan. Then", "told Jan. Then"),
    ("p. 12, pp. 3–7", "page twelve, pages three to seven"),
    ("Smith et al. say", "Smith et al say"),
    ("ca. 50, c. 1900", "circa fifty, circa nineteen hundred"),
    ("vitamin C. 5 apples", "vitamin C. five apples"),
    ("e.g. cats, i.e. pets vs. dogs", "for example cats, that is pets versus dogs"),
    ("Fig. 3 and Eq. 2", "figure three and equation two"),
    ("in LaTeX", "in lay tech"),
    ("a 45° angle of 45°", "a forty-five degree angle of forty-five degrees"),
    ("in 1066, of 1066 men", "in ten sixty-six, of one thousand sixty-six men"),
    ("x -> y, 2x-1", "x to y, 2x-1"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), MEANINGS)
def test_what_is_written_keeps_its_meaning(written, meant):
    assert speak_out(written, "en").text == meant


def test_the_groups_of_a_number_are_one_number_in_any_language():
    assert speak_out("10 000 Leute", "de").said == ("zehntausend", "", "Leute")


def test_plain_prose_stays_as_it_is():
    prose = "Don't worry: well-known words, and state-of-the-art ones, stay as they are!"
    assert speak_out(prose, "en").text == prose


def test_each_written_token_keeps_its_own_words():
    spoken = speak_out("About 42 km/h 🚲 is **fine**.", "en")
    assert spoken.written == ("About", "42", "km/h", "🚲", "is", "**fine**.")
    assert spoken.said == ("About", "forty-two", "kilometers per hour", "", "is", "fine.")


def test_what_no_one_can_read_out_is_cut_short_but_sentences_without_spaces_are_not():
    assert speak_out("x" * 2_000, "en").said == ("x" * 60,)
    assert speak_out("空は青い" * 100, "ja").said == ("空は青い" * 100,)


def test_an_offset_in_the_spoken_text_leads_back_to_its_token():
    spoken = speak_out("About 42 km/h 🚲 is fine.", "en")
    assert spoken.token_at(spoken.text.index("hour")) == 2
    assert spoken.token_at(spoken.text.index("is")) == 4
    assert spoken.token_at(0) == 0
    assert spoken.token_at(10_000) == 5


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("de-AT", "42 Leute, 3,5 Prozent", "zweiundvierzig Leute, drei Komma fünf Prozent"),
        ("fr", "71 jours 😀", "soixante et onze jours"),
        ("xx", "12 things", "12 things"),
    ],
)
def test_other_languages_get_their_numbers_in_words(language, written, said):
    assert speak_out(written, language).text == said


@pytest.mark.parametrize(
    ("symbol", "one", "many"),
    [
        ("W/m²", "watt per square meter", "watts per square meter"),
        ("GHz", "gigahertz", "gigahertz"),
        ("ft", "foot", "feet"),
        ("kWh", "kilowatt hour", "kilowatt hours"),
        ("blorp", None, None),
    ],
)
def test_units_have_a_singular_and_a_plural(symbol, one, many):
    assert (unit(symbol, one=True), unit(symbol)) == (one, many)


# Said with the first group of its number.
DIGIT_GROUP = re.compile(r"\W*\d{3}(?!\d)")

NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from("0123456789.,:;-–—/^*_`[](){}<>=+%$€#@&'\" \n\tabcXYZλμ²₂⁻→😀½٣Ⅷ"), st.characters()
    ),
    max_size=40,
)


@given(NASTY, st.sampled_from(["en", "de", "xx", "zh-Hant"]))
def test_nothing_written_makes_it_fail_or_swallow_a_word(text, language):
    spoken = speak_out(text, language)
    assert spoken.written == tuple(text.split())
    assert len(spoken.said) == len(spoken.written)
    for written, said in zip(spoken.written, spoken.said, strict=True):
        if any(c.isalnum() for c in written) and not DIGIT_GROUP.match(written):
            assert any(c.isalnum() for c in said), written
        assert said == " ".join(said.split())
