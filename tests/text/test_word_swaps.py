"""Words of pairs exchanged in texts: whole words, in their case, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.word_swaps import WordSwap

SWAP = WordSwap([("he", "she"), ("king", "queen"), ("old man", "old woman"), ("张", "李")])


@pytest.mark.guide("G55")
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("He saw the king.", "She saw the queen."),
        ("she, HE and She", "he, SHE and He"),
        ("the sheep then heard here", "the sheep then heard here"),
        ("An old man; an old woman", "An old woman; an old man"),
        ("kings are no king's", "kings are no queen's"),
        ("", ""),
        ("张 和 李", "李 和 张"),
    ],
)
def test_whole_words_are_exchanged_in_their_case(text, wanted):
    assert SWAP(text) == wanted


@given(st.lists(st.sampled_from(["he", "She", "KING", "queen", "old", "man", "x", "the"])))
def test_twice_is_the_text_as_it_was(words):
    text = " ".join(words)
    assert SWAP(SWAP(text)) == text


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ([], "at least one pair, got none"),
        ([("he", "she"), ("he", "they")], "'he' is in two places"),
        ([("he", "He")], "'he' is in two places"),
        ([("he",)], r"a pair must be two words, got \('he',\)"),
        ([("he", " ")], "a pair must be two words"),
    ],
)
def test_pairs_that_cannot_be_exchanged_back_are_refused(pairs, says):
    with pytest.raises(ValueError, match=f"WordSwap: .*{says}"):
        WordSwap(pairs)
