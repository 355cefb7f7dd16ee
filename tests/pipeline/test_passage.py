import langcodes
import pytest

from aura_nb.pipeline.passage import ARTICLE, MOST_CHARACTERS, MOST_WORDS, known, opening, words_per_minute
from aura_nb.script import Scene, Script, TitleCard
from aura_nb.spec import Brief


def script(*texts, language="en"):
    scenes = [Scene(heading="", text=text, picture=TitleCard(title="")) for text in texts]
    return Script(brief=Brief("Light", language=language), scenes=scenes)


def test_the_opening_is_whole_sentences_of_half_a_minute():
    sentence = "Light is a wave that needs nothing to be in."
    text = opening(script(sentence, " ".join([sentence] * 5), " ".join([sentence] * 50)))
    assert len(text.split()) <= MOST_WORDS
    assert len(text.split()) + len(sentence.split()) > MOST_WORDS
    assert text.startswith(f"{sentence}\n\n{sentence} {sentence}")
    assert text.endswith(".")


def test_one_sentence_is_said_however_long():
    endless = " ".join(["word"] * 200) + "."
    assert opening(script(endless, "And more.")) == endless


def test_where_words_have_no_spaces_characters_count():
    text = opening(script(*["光は波である。"] * 150, language="ja"))
    assert 7 < len(text) <= MOST_CHARACTERS


@pytest.mark.parametrize(("language", "key"), [("en-GB", "en"), ("DE", "de"), ("no", "nb"), ("cmn-Hans", "zh")])
def test_the_known_passage_is_in_the_briefs_language(language, key):
    assert known(Brief("Light", language=language)) == ARTICLE[key]


def test_in_other_languages_the_brief_itself_is_said():
    assert known(Brief("Ljós", language="is", points=("Ljós er bylgja.",))) == "Ljós Ljós er bylgja."


@pytest.mark.parametrize("language", ARTICLE)
def test_every_passage_is_a_few_sentences_under_a_language(language):
    assert langcodes.Language.get(language).is_valid()
    assert 30 < len(ARTICLE[language]) <= MOST_CHARACTERS


def test_words_are_counted_where_they_are_told_apart():
    assert words_per_minute("one two three", "en", 1.5) == 120
    assert words_per_minute("光は波である。", "ja", 1.5) is None
