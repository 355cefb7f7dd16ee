"""How far estimated word times are off those an engine tells itself: `align` beside sharing by letters."""

from __future__ import annotations

from aura_nb.cancel import Cancel
from aura_nb.providers.base import Word
from aura_nb.providers.speakers import align, timing
from aura_nb.providers.speakers.kokoro import Kokoro
from aura_nb.providers.speakers.piper import Piper
from aura_nb.providers.speakers.spoken import speak_out
from aura_nb.spec import Voice

SENTENCES = (
    "Sunlight looks white, but it is a mixture of every color of the rainbow.",
    "Blue light therefore reaches our eyes from every direction of the sky.",
    "What would happen if the Earth had no atmosphere?",
    "First, load the data; then clean it, plot it, and save the result.",
    "How would you explain this result to a friend who has never studied physics?",
    "In 1969, three people flew 384,400 km to the Moon.",
    "Light with a wavelength of 450 nm is scattered 4 times as much as light of 640 nm.",
    "Version 3.11 of Python was released in October 2022.",
    "At sunset it travels through much more air, so most of the blue is lost on the way.",
    "A good experiment changes one thing at a time and writes down what happened.",
    "The team measured many samples of the water, and wrote every one of them down.",
    "Plants take in carbon dioxide, water and light; they give back oxygen.",
    "If the sample is small, the estimate is uncertain: its error shrinks with the square root.",
    "Not every correlation is a cause.",
    "Two neurons that fire together, as Hebb put it, wire together.",
    "The mean tells you where the middle is, but not how far the values spread.",
    "However, the opposite is true at night, when the land cools faster than the sea.",
    "Gravity pulls the apple down; it also keeps the Moon in its orbit.",
    "Scientists call this process photosynthesis, a word that means putting together with light.",
    "Why does ice float?",
    "Most solids sink in their own liquid, but water expands when it freezes.",
    "That small difference keeps lakes alive through the winter.",
)


def shared(spoken, audio, rate):
    """The naive estimate: words share the time by their letters."""
    first, last = timing.audible(audio)
    weights = [sum(c.isalnum() for c in said) for said in spoken.said]
    words, passed = [], 0
    for written, weight in zip(spoken.written, weights, strict=True):
        start, passed = passed, passed + weight
        times = ((first + (last - first) * at / sum(weights)) / rate for at in (start, passed))
        words.append(Word(written, *times))
    return tuple(words)


def errors(speeches, method):
    """By how many seconds `method` is off the start of each word of `speeches`, pairs of text and Speech."""
    off = []
    for text, speech in speeches:
        found = method(speak_out(text, "en"), speech.audio, speech.rate)
        told = zip(found, speech.words, strict=True)
        off += [abs(one.start - own.start) for one, own in told if own.end > own.start]
    return off


def main():
    import numpy as np

    print(f"{'engine':8}{'estimate':10}{'mean s':>8}{'95 % s':>8}{'words':>7}")
    for speaker in (Kokoro(), Piper()):
        speeches = [
            (text, speaker.speak(text, Voice(), language="en", rate=1.0, cancel=Cancel())) for text in SENTENCES
        ]
        for name, method in (("shared", shared), ("align", align.words)):
            off = errors(speeches, method)
            print(f"{speaker.info.name:8}{name:10}{np.mean(off):8.3f}{np.quantile(off, 0.95):8.3f}{len(off):7}")


if __name__ == "__main__":
    main()
