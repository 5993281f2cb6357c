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
        (["ab"], "a pair must be two words, got 'ab'"),
        ([(" he ", "she")], r"a pair must be two words, got \(' he ', 'she'\)"),
        ([("he", "she\n")], "a pair must be two words"),
        ([(1, 2)], r"a pair must be two words, got \(1, 2\)"),
    ],
)
def test_pairs_that_cannot_be_exchanged_back_are_refused(pairs, says):
    with pytest.raises(ValueError, match=f"WordSwap: .*{says}"):
        WordSwap(pairs)


def test_words_in_mixed_case_lose_it_as_the_docstring_says():
    assert SWAP("hE") == "she" and SWAP(SWAP("hE")) == "he"
    swap = WordSwap([("i", "we"), ("mcdonald", "smith")])
    assert swap("WE") == "I" and swap("I") == "We"
    assert swap("McDonald") == "Smith" and swap("Smith") == "Mcdonald"


def test_letters_that_only_look_alike_to_a_pattern_are_left():
    """The pattern takes \u0130 for i and \u017f for s; made small, neither is."""
    swap = WordSwap([("his", "her"), ("he", "she")])
    for text in ("H\u0130S", "\u017fhe", "hi\u017f"):
        assert swap(text) == text
