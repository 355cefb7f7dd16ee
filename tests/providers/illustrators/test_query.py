from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers.illustrators.query import queries
from aura_nb.script import PointsCard, QuoteCard, TitleCard

SKY = "Why the sky is blue"


def points(heading, *lines):
    return PointsCard(heading=heading, points=lines or ["One"])


CASES = [
    (SKY, points("What you see at sunset"), "en", "sky sunset"),
    (SKY, TitleCard(title=SKY), "en", "sky blue"),
    (SKY, points("In short", "Blue is scattered", "Red goes on"), "en", "sky blue scattered"),
    (SKY, QuoteCard(quote="So why isn't it violet?"), "en", "sky violet"),
    (SKY, QuoteCard(quote="So why isn’t it violet?"), "en-GB", "sky violet"),
    ("How volcanoes erupt", points("Magma rises"), "en", "volcanoes erupt magma rises"),
    ("The history of the printing press", TitleCard(title="A new machine"), "en", "printing press machine"),
    ("What is DNA?", TitleCard(title="What is DNA?"), "en", "dna"),
    ("Newton's laws of motion", points("The first law"), "en", "newton laws law"),
    ("Quarterly results 2026", points("Revenue by region"), "en", "quarterly results revenue region"),
    ("Warum ist der Himmel blau?", points("Am Abend"), "de", "himmel blau abend"),
    ("Pourquoi le ciel est bleu", points("L'eau et l'air"), "fr", "ciel eau air"),
    ("为什么天空是蓝色的", TitleCard(title="光的散射"), "zh-CN", "为什么天空是蓝色的 光的散射"),
    ("Почему небо голубое", TitleCard(title="Свет и воздух"), "ru", "почему небо свет воздух"),
]


@pytest.mark.parametrize(("topic", "picture", "language", "best"), CASES)
def test_the_best_query_names_the_subject_and_what_the_picture_says_of_it(topic, picture, language, best):
    assert queries(picture, topic, language)[0] == best


def test_then_wider_ones():
    assert queries(points("What you see at sunset"), SKY, "en") == ("sky sunset", "sky blue", "sky")


def test_without_a_topic_the_picture_speaks_for_itself():
    assert queries(points("Magma rises slowly"), "", "en") == ("magma rises slowly",)


def test_words_that_say_nothing_are_better_than_none():
    assert queries(TitleCard(title="Is it?"), "How do I?", "en") == ("how do i",)
    assert queries(TitleCard(title="…"), "?!", "en") == ()


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(["en", "de-AT", "zh", "x-klingon", ""]))
def test_any_words_give_short_queries_and_the_same_ones_again(topic, heading, language):
    picture = TitleCard(title=heading)
    found = queries(picture, topic, language)
    assert found == queries(picture, topic, language)
    assert len(found) <= 3
    assert len(set(found)) == len(found)
    for one in found:
        assert 1 <= len(one.split()) <= 5
        assert len(one) <= 80
        assert one.isprintable()
