"""What to look for: a few words that say what a picture is about, chosen from its own and the film's.

Topic "Why the sky is blue", heading "What you see at sunset" → "sky sunset".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from aura_nb.providers.illustrators.stop_words import EMPTY
from aura_nb.script import Picture

# Goes up when the same picture and topic would be looked for by other words.
REVISION = 1

MOST_WORDS = 5
OF_TOPIC = 2
"""How many words of the topic stand before the picture's own."""
MOST_LETTERS = 80

# Letters with their marks; an apostrophe or hyphen within a word belongs to it.
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
# What hangs on to a word: the English genitive, the articles and prepositions of French and Italian.
_BOUND = re.compile(r"['’]s$|^(?:[cdjlmnst]|qu|un|all|dall|dell|nell|sull)['’](?=.)", re.IGNORECASE)
# Scripts that put no spaces between words: what stands between other characters is taken whole.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def queries(picture: Picture, topic: str, language: str) -> tuple[str, ...]:
    """What to look for, the most fitting first and then wider; never empty where there is a word at all.

    `language` is a BCP 47 tag, of the words. The same words give the same queries.
    """
    subject = _subject(topic, language)
    tries = ([*subject[:OF_TOPIC], *_of(picture, language)], [*_content(topic, language)], subject)
    found = [query for words in tries if (query := _joined(words))]
    return tuple(dict.fromkeys(found or filter(None, [_joined(_words(topic))])))


def _of(picture: Picture, language: str) -> list[str]:
    """The words of the picture itself, the heading's before those it stands over."""
    data = picture.model_dump(mode="json")
    texts = [data.get(name) or "" for name in ("title", "heading", "quote")]
    texts += [*data.get("points", ()), data.get("subtitle") or ""]
    return next((words for text in texts if (words := [*_content(text, language)])), [])


def _subject(topic: str, language: str) -> list[str]:
    """The first words of the topic that stand together: what it is about, before what is said of it."""
    empty = _empty(language)
    runs = (list(words) for good, words in groupby(_words(topic), lambda word: _says(word, empty)) if good)
    return next(runs, [])


def _content(text: str, language: str) -> Iterator[str]:
    empty = _empty(language)
    return (word for word in _words(text) if _says(word, empty))


def _words(text: str) -> list[str]:
    return [_BOUND.sub("", word) for word in _WORD.findall(text)]


def _says(word: str, empty: frozenset[str]) -> bool:
    if _UNSPACED.search(word):
        return True
    plain = word.casefold().replace("’", "'")
    # Initials (AI, DNA) say much, other short words little; numbers show nothing.
    return plain not in empty and not plain.isdecimal() and (len(plain) > 2 or word.isupper())


def _joined(words: Iterable[str]) -> str:
    once = [*dict.fromkeys(word.casefold() for word in words)]
    return " ".join(once[:MOST_WORDS])[:MOST_LETTERS].strip()


def _empty(language: str) -> frozenset[str]:
    return EMPTY.get(language.lower().partition("-")[0], frozenset())
