"""How much is heard is counted as the field counts it; that speech is heard at all, `test_recognised` shows."""

import numpy as np
import pytest

from aura_nb.providers import recogniser


@pytest.mark.parametrize(
    ("spoken", "heard", "errors"),
    [
        ("Blue light reaches us.", "blue light, reaches us", 0),
        ("Blue light reaches us.", "Blue light reached us.", 1),
        ("Blue light reaches us.", "Light reaches us.", 1),
        ("Blue light reaches us.", "The blue light reaches us all.", 2),
        ("Blue light reaches us.", "", 4),
        ("In nineteen sixty-nine.", "In 1969.", 0),
    ],
)
def test_words_changed_left_out_and_put_in_are_errors(spoken, heard, errors):
    assert recogniser.word_errors(spoken, heard) == (errors, 4)


def test_what_has_no_words_has_none_to_mishear():
    assert recogniser.word_errors("…", "hello there") == (2, 0)


@pytest.mark.parametrize(("language", "knows"), [("en", True), ("en-GB", True), ("de", False), ("enm", False)])
def test_it_knows_english_alone(language, knows):
    assert recogniser.understands(language) is knows


@pytest.mark.slow
def test_silence_is_not_recognised():
    assert recogniser.recognised("Blue light reaches us.", np.zeros(16_000, np.float32), 16_000) == 0.0


def test_another_recogniser_is_another_identity():
    assert "faster-whisper=" in recogniser.identity()
