from __future__ import annotations

import pytest

from aura_nb.errors import InvalidBrief
from aura_nb.providers.writers.material import gather
from aura_nb.spec import Brief


def told(brief: Brief) -> list[tuple[str, list[str]]]:
    return [
        (section.heading, [sentence for idea in section.ideas for sentence in idea.sentences])
        for section in gather(brief).sections
    ]


def test_points_come_first_and_notes_after():
    brief = Brief("Blue", points=("A point",), notes="A note.\n\n## More\n\nAnother.")
    assert told(brief) == [("", ["A point."]), ("", ["A note."]), ("More", ["Another."])]


def test_points_go_under_the_heading_they_speak_of():
    brief = Brief(
        "Bridges",
        outline=("Heat makes steel longer", "What joints do", "Costs"),
        points=("Steel grows with heat.", "It grows evenly.", "A joint leaves a gap.", "Joints wear out."),
    )
    assert told(brief) == [
        ("Heat makes steel longer", ["Steel grows with heat.", "It grows evenly."]),
        ("What joints do", ["A joint leaves a gap.", "Joints wear out."]),
        ("Costs", []),
    ]


def test_a_point_goes_under_what_it_speaks_of_first():
    brief = Brief(
        "Git",
        outline=("Commit", "Branch", "Merge"),
        points=("A commit is a snapshot.", "A branch is a pointer to a commit.", "Merging joins two branches."),
    )
    assert told(brief) == [
        ("Commit", ["A commit is a snapshot."]),
        ("Branch", ["A branch is a pointer to a commit."]),
        ("Merge", ["Merging joins two branches."]),
    ]


def test_words_alike_in_their_first_letters_only_are_not_the_same():
    brief = Brief("Sky", outline=("Commits", "Stars"), points=("It starts common.", "One star shines."))
    assert told(brief) == [("Commits", ["It starts common."]), ("Stars", ["One star shines."])]


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        ("1. Start with a story.", "Start with a story."),
        ("12) One idea per slide", "One idea per slide."),
        ("(3) Practise", "Practise."),
        ("b) Look at people", "Look at people."),
        ("- [ ] Look at people", "Look at people."),
        ("• End on time", "End on time."),
        ("**Bold** and _slanted_ `code`", "Bold and slanted code."),
        ("See [the docs](https://example.com/a).", "See the docs."),
        ("5 * 3 * 2 is 30 in snake_case_name", "5 * 3 * 2 is 30 in snake_case_name."),
        ("3.5 litres are enough", "3.5 litres are enough."),
        ("Dr. Smith said no.", "Dr. Smith said no."),
        ("-5 °C is cold", "-5 °C is cold."),
    ],
)
def test_a_point_is_read_without_the_marks_of_a_list(point, sentence):
    assert gather(Brief("Slides", points=(point,))).ideas[0].sentences == (sentence,)


def test_a_date_in_another_language_is_no_list():
    (idea,) = gather(Brief("Feste", points=("3. Oktober ist Feiertag.",), language="de")).ideas
    assert " ".join(idea.sentences) == "3. Oktober ist Feiertag."


def test_notes_join_the_outline_heading_of_the_same_name():
    brief = Brief("Bridges", outline=("Heat", "Joints"), notes="## joints\n\nA joint leaves a gap.")
    assert told(brief) == [("Heat", []), ("joints".title(), ["A joint leaves a gap."])]


def test_what_is_said_twice_is_kept_once():
    assert told(Brief("Blue", points=("Light bends.",), notes="light bends. It also scatters.")) == [
        ("", ["Light bends."]),
        ("", ["It also scatters."]),
    ]


def test_what_is_said_twice_in_one_paragraph_is_kept_once():
    assert told(Brief("Blue", notes="Light bends. It scatters. light bends.")) == [
        ("", ["Light bends.", "It scatters."])
    ]


def test_a_label_names_a_point_and_stays_in_it():
    (idea,) = gather(Brief("Mice", points=("Method: 40 mice ran a maze.",))).ideas
    assert (idea.label, idea.sentences) == ("Method", ("Method: 40 mice ran a maze.",))


def test_a_sentence_without_end_is_refused_by_name():
    with pytest.raises(InvalidBrief, match="notes: a sentence of 3000 characters"):
        gather(Brief("Endless", notes="word " * 600))
