"""What the speakers say is understood, by a recogniser that knows nothing of the text."""

import pytest

from aura_nb.cancel import Cancel
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.providers.speakers.kokoro import Kokoro
from aura_nb.spec import Voice
from tests.hearing import hear, word_errors

SENTENCES = (
    "Sunlight looks white, but it is a mixture of every color of the rainbow.",
    "In 1969, three people flew 384,400 km to the Moon.",
    "Blue light therefore reaches our eyes from every direction of the sky.",
    "Light with a wavelength of 450 nm is scattered 4 times as much as light of 640 nm.",
    "Version 3.11 of Python was released in October 2022.",
    "What would happen if the Earth had no atmosphere?",
    "First, load the data; then clean it, plot it, and save the result.",
    "How would you explain this result to a friend who has never studied physics?",
)


@pytest.mark.slow
@pytest.mark.parametrize(("speaker", "share"), [(Espeak(), 0.80), (Kokoro(), 0.95)], ids=["espeak", "kokoro"])
def test_the_words_are_recognised(speaker, share):
    wrong = total = 0
    for sentence in SENTENCES:
        speech = speaker.speak(sentence, Voice(), language="en", rate=1.0, cancel=Cancel())
        errors, words = word_errors(sentence, hear(speech.audio, speech.rate))
        wrong, total = wrong + errors, total + words
    assert 1 - wrong / total >= share
