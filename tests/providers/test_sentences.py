import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.providers.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two!  Three?", ["One.", "Two!", "Three?"]),
        (
            "Dr. Smith paid 3.5 million, i.e. a lot. It is 3.14.",
            ["Dr. Smith paid 3.5 million, i.e. a lot.", "It is 3.14."],
        ),
        ("See foo.Bar now. Use Python 3.11. Done.", ["See foo.Bar now.", "Use Python 3.11.", "Done."]),
        ("So what? 🙂 Well — that.", ["So what?", "🙂 Well — that."]),
        ("🙂 Hello there. 🎉", ["🙂 Hello there. 🎉"]),
        ("1. First point\n2. Second point", ["1. First point", "2. Second point"]),
        ("🙂", ["🙂"]),
        (" \n ", []),
    ],
)
def test_sentences_are_what_one_says_in_one_breath(text, sentences):
    assert [sentence.text for sentence in split_sentences(text, "en-US")] == sentences


def test_blank_lines_end_paragraphs():
    breaks = [sentence.after for sentence in split_sentences("One. Two.\n\nThree.\nFour.", "en")]
    assert breaks == ["sentence", "paragraph", "sentence", "paragraph"]


@given(
    st.text(alphabet=st.sampled_from("aB1.!? \n\t🙂—\"')»。"), max_size=60), st.sampled_from(["en", "ja", "xx"])
)
def test_no_token_is_lost_or_split(text, language):
    tokens = [token for sentence in split_sentences(text, language) for token in sentence.text.split()]
    assert tokens == text.split()
