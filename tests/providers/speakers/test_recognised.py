"""What the speakers say is understood, by a recogniser that knows nothing of the text."""

import pytest

from aura_nb.cancel import Cancel
from aura_nb.providers.recogniser import hear, word_errors
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.providers.speakers.kokoro import Kokoro
from aura_nb.providers.speakers.piper import Piper
from aura_nb.providers.speakers.system import System
from aura_nb.spec import Voice

# As written, and in the words that are to be heard where these are others.
SENTENCES = {
    "Sunlight looks white, but it is a mixture of every color of the rainbow.": None,
    "In 1969, three people flew 384,400 km to the Moon.": "In nineteen sixty-nine, three people flew "
    "three hundred eighty-four thousand four hundred kilometers to the Moon.",
    "Blue light therefore reaches our eyes from every direction of the sky.": None,
    "Light with a wavelength of 450 nm is scattered 4 times as much as light of 640 nm.": "Light with a "
    "wavelength of four hundred fifty nanometers is scattered four times as much as light of six hundred "
    "forty nanometers.",
    "Version 3.11 of Python was released in October 2022.": "Version three point eleven of Python was released "
    "in October twenty twenty-two.",
    "What would happen if the Earth had no atmosphere?": None,
    "First, load the data; then clean it, plot it, and save the result.": None,
    "How would you explain this result to a friend who has never studied physics?": None,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("speaker", "share"),
    [(Kokoro(), 0.95), (Piper(), 0.90), (Espeak(), 0.80), (System(), 0.70)],
    ids=["kokoro", "piper", "espeak", "system"],
)
def test_the_words_are_recognised(speaker, share):
    wrong = total = 0
    for sentence, words in SENTENCES.items():
        speech = speaker.speak(sentence, Voice(), language="en", rate=1.0, cancel=Cancel())
        errors, count = word_errors(words or sentence, hear(speech.audio, speech.rate))
        wrong, total = wrong + errors, total + count
    print(f"{speaker.info.name}: {1 - wrong / total:.1%} of {total} words")
    assert 1 - wrong / total >= share
