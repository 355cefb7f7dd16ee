from __future__ import annotations

import pytest

from aura_nb.providers.writers.topic import read_topic


@pytest.mark.parametrize(
    ("topic", "question"),
    [
        ("Why the sky is blue", "Why is the sky blue?"),
        ("why is the sky blue", "Why is the sky blue?"),
        ("Why is the sky blue?", "Why is the sky blue?"),
        ("Why ice floats", "Why does ice float?"),
        ("Why leaves change colour", "Why do leaves change colour?"),
        ("Why it matters", "Why does it matter?"),
        ("How transformers work in 2024", "How do transformers work in 2024?"),
        ("How a refrigerator works", "How does a refrigerator work?"),
        ("How Rome fell", "How did Rome fall?"),
        ("How dogs are trained", "How are dogs trained?"),
        ("How big is the sun", "How big is the sun?"),
        ("why the sky is blue", "Why is the sky blue?"),
        ("how computers work", "How do computers work?"),
        ("how paper is made", "How is paper made?"),
        ("how many planets are there", "How many planets are there?"),
        ("how many times can you fold a sheet of paper", "How many times can you fold a sheet of paper?"),
        ("How safe is nuclear power", "How safe is nuclear power?"),
        ("How dangerous is it to fly", "How dangerous is it to fly?"),
        ("How tasty is it to them", "How tasty is it to them?"),
        ("how far away is the Moon", "How far away is the Moon?"),
        ("how often should I water my plants", "How often should I water my plants?"),
        ("How come the sky is blue", "How come the sky is blue?"),
        ("which language should I learn", "Which language should I learn?"),
        ("whose idea was the wheel", "Whose idea was the wheel?"),
        ("what colour is the sky", "What colour is the sky?"),
        ("What if the Moon vanished", "What if the Moon vanished?"),
        ("How to bake bread", "How do you bake bread?"),
        ("How will AI change work?", "How will AI change work?"),
        ("What is entropy", "What is entropy?"),
        ("What's new in Python 3.13", "What's new in Python 3.13?"),
        ("Can machines think", "Can machines think?"),
        ("Python vs R", "Python or R?"),
        ("Tea or coffee", "Tea or coffee?"),
        ("The difference between weather and climate", "What is the difference between weather and climate?"),
        ("Difference between TCP and UDP", "What is the difference between TCP and UDP?"),
    ],
)
def test_asks_the_question_of_a_topic(topic, question):
    assert read_topic(topic).question == question


@pytest.mark.parametrize(
    "topic",
    [
        "Why cats that are black sleep",
        "Why free will is an illusion",
        "Why we have seasons",
        "How it's made",
        "What plants need",
        "Who invented the telephone",
        "Why climate change matters",
        "Why many people and animals are poor",
        "How far the Moon is from the Earth",
        "How big the sun is in summer",
        "How safe nuclear power is",
        "How many planets there are in space",
        "What stars are made of",
        "Which language I should learn first",
    ],
)
def test_asks_indirectly_where_the_verb_is_not_certain(topic):
    read = read_topic(topic)
    assert read.question == ""
    assert read.clause == topic[0].lower() + topic[1:]


def test_asks_nothing_where_the_order_is_not_certain():
    read = read_topic("How tasty is sushi")
    assert (read.question, read.clause, read.subject) == ("", "", "How tasty is sushi")


@pytest.mark.parametrize(
    ("topic", "kind", "plural"),
    [
        ("Gradient descent", "thing", False),
        ("Black holes", "thing", True),
        ("Photosynthesis", "thing", False),
        ("Supply and demand", "thing", True),
        ("The causes of World War I", "thing", True),
        ("Our new release 2.0", "thing", False),
        ("People who changed the world", "thing", True),
        ("An introduction to machine learning", "thing", False),
        ("Free will", "thing", False),
        ("Napoleon", "name", False),
        ("Ada Lovelace", "name", False),
        ("The French Revolution", "name", False),
        ("Running shoes", "name", False),
        ("Kubernetes", "name", False),
        ("The sky is blue", "statement", False),
        ("Version 3 is here", "statement", False),
        ("Build a birdhouse", "howto", False),
        ("How to bake bread", "howto", False),
        ("How big is the sun", "amount", False),
        ("How safe is nuclear power", "question", False),
    ],
)
def test_knows_what_to_call_it_and_when_it_does_not(topic, kind, plural):
    read = read_topic(topic)
    assert (read.kind, read.plural) == (kind, plural)


def test_takes_the_subject_out_of_a_title():
    assert read_topic("An introduction to machine learning").subject == "Machine learning"
    assert read_topic("Introducing Acme 2.0").subject == "Acme 2.0"


@pytest.mark.parametrize(
    ("topic", "title"), [("aura_nb 0.1", "aura_nb 0.1"), ("iOS apps", "iOS apps"), ("tea", "Tea")]
)
def test_a_name_keeps_the_letters_it_is_written_with(topic, title):
    assert read_topic(topic).title == title
