from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aura_nb.providers.writers.sentences import LONG, SHORT, condense, finish, split


def test_splits_where_sentences_end_and_nowhere_else():
    text = "Dr. Smith paid 3.5 dollars. Why? It was late! See e.g. page 3."
    assert split(text) == ["Dr. Smith paid 3.5 dollars.", "Why?", "It was late!", "See e.g. page 3."]


@given(st.text(max_size=300))
def test_loses_no_word(text):
    assert " ".join(split(text)).split() == text.split()


@pytest.mark.parametrize(
    ("sentence", "ended"),
    [
        ("It works", "It works."),
        ("It works;", "It works."),
        ("Why?", "Why?"),
        ("So:", "So:"),
        ("Why “so”?", "Why “so”?"),
        ("“It works”", "“It works”."),
        ("आसमान नीला क्यों है", "आसमान नीला क्यों है।"),
        ("प्रकाश सभी रंगों का मिश्रण है।", "प्रकाश सभी रंगों का मिश्रण है।"),
        ("天空为什么是蓝色的", "天空为什么是蓝色的。"),
        ("他说：「天空是蓝色的。」", "他说：「天空是蓝色的。」"),
        ("空が青い理由、", "空が青い理由。"),
        ("لماذا السماء زرقاء؟", "لماذا السماء زرقاء؟"),
        ("آسمان نیلا ہے۔", "آسمان نیلا ہے۔"),
        ("Երկինքը կապույտ է", "Երկինքը կապույտ է։"),
        ("Небо синее", "Небо синее."),
        ("42", "42."),
    ],
)
def test_ends_every_sentence(sentence, ended):
    assert finish(sentence) == ended


@pytest.mark.parametrize(
    ("sentence", "short"),
    [
        ("Light is fast.", "Light is fast"),
        ("प्रकाश तेज़ है।", "प्रकाश तेज़ है"),
        ("प्रकाश क्या है?", "प्रकाश क्या है?"),
        ("That is the answer.", "That is the answer"),
        ("First aid saves lives.", "First aid saves lives"),
        (
            "At sunset the light takes a longer way through the air, and most of its blue is lost on the way.",
            "At sunset the light takes a longer way through the air",
        ),
        ("However, sunlight (which looks white) holds every colour.", "Sunlight holds every colour"),
        (
            "Churn fell from five per cent to three in the second quarter; the cause is the new billing page.",
            "Churn fell from five per cent to three in the second quarter",
        ),
        (
            "It is cheap and quick to make at home, and it does not need any of the special tools of the trade.",
            "It is cheap and quick to make at home",
        ),
    ],
)
def test_shortens_at_clause_borders(sentence, short):
    assert condense(sentence) == short


@pytest.mark.parametrize(
    "sentence",
    [
        "Vaccines are safe for nearly everyone there is; except for those allergic to one of the ingredients.",
        "In the wide and windy north of the whole long country, which is dark in winter, the birds leave early.",
        "If it rains for long enough and the soil is already saturated, the river floods the valley.",
        "The treatment helped most of the patients in the trial - but not those who were over sixty.",
        "Not only is it cheaper than all that came before it, which is rare, it also lasts for longer.",
        "You can eat raw beans, so long as they have been soaked in water for twelve hours and rinsed well.",
        "You can eat raw beans, and so far as anyone knows it is safe, but only after twelve hours in water.",
        "Many people think that antibiotics kill viruses, which is wrong because viruses have no cell wall.",
        "Many people think that antibiotics kill viruses, and the makers are happy about it.",
        "Scientists believed the earth was flat — they were wrong about that and other things too.",
        "Bulls cannot see any red at all; that was disproved by the trials of the last century.",
        "It is a myth: bulls cannot see red, and they have charged at the movement of the cape.",
        "The moon landing was filmed in a studio in Nevada; the whole tale is plainly false.",
        "The moon landing was filmed in a studio in Nevada, and the story was debunked long ago.",
        "Suppose a train leaves at noon, and another leaves at one, then they meet at some place.",
        "Touch the bare wire at the end of the bench, and you are dead before the fuse has blown.",
        "Mix the yeast with lukewarm water and a spoon of sugar, and then rinsed raisins are added.",
        "Red apples and green pears of any size, and the plums that are ripe, fall from the trees.",
        "It works well for nearly all of those who take it daily; it does not work for people with asthma.",
        "The new drug cures nearly every known kind of cancer there is (in mice).",
        "The drug was withdrawn (wrongly, as was found) after a review that took three years to finish.",
        "The number of deaths fell – the committee could stop the trial ahead of schedule.",
        "The bridge stands in any wind that was ever measured there, which holds only until the ice comes.",
    ],
)
def test_never_cuts_what_turns_the_meaning(sentence):
    assert condense(sentence) in {"", sentence.rstrip(".")}


@given(st.text(max_size=400))
@example("0()")
@example("Light (1)bends (2), too.")
def test_short_forms_add_nothing_and_fit(sentence):
    short = condense(sentence)
    assert len(short) <= max(LONG, SHORT)
    assert set(short.lower().split()) <= set(sentence.lower().replace(".", " ").split()) | set(
        sentence.lower().split()
    ) | {word.rstrip(".:;,。") for word in sentence.lower().split()}


def test_shows_other_languages_whole_or_not_at_all():
    long = (
        "Das Mittel hilft vielen, die es regelmäßig nehmen, aber es hilft nach allem, was man heute weiß, "
        "leider nicht jedem, der es nimmt."
    )
    assert condense(long, english=False) == ""
    assert condense("Luft streut blaues Licht.", english=False) == "Luft streut blaues Licht"
