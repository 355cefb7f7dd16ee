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


def test_notes_join_the_outline_heading_of_the_same_name():
    brief = Brief("Bridges", outline=("Heat", "Joints"), notes="## joints\n\nA joint leaves a gap.")
    assert told(brief) == [("Heat", []), ("joints".title(), ["A joint leaves a gap."])]


def test_what_is_said_twice_is_kept_once():
    assert told(Brief("Blue", points=("Light bends.",), notes="light bends. It also scatters.")) == [
        ("", ["Light bends."]),
        ("", ["It also scatters."]),
    ]


def test_a_label_names_a_point_and_stays_in_it():
    (idea,) = gather(Brief("Mice", points=("Method: 40 mice ran a maze.",))).ideas
    assert (idea.label, idea.sentences) == ("Method", ("Method: 40 mice ran a maze.",))


def test_a_sentence_without_end_is_refused_by_name():
    with pytest.raises(InvalidBrief, match="notes: a sentence of 3000 characters"):
        gather(Brief("Endless", notes="word " * 600))
