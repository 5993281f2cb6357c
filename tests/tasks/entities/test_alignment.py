"""Words and their pieces: first pieces carry the tags, and every word comes back."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.entities import align, gathered, spread, words_of
from minillm.text import (
    IGNORE,
    BytePairTokenizer,
    CharacterTokenizer,
    WordPieceTokenizer,
    WordTokenizer,
)

TEXTS = ["anna johansson met johan in 北京 today 👩‍👩‍👧", "the son of anna sleeps in 上海 。"] * 3
TOKENIZERS = [
    BytePairTokenizer.train(TEXTS, size=290),
    WordPieceTokenizer.train(TEXTS, size=90),
    WordTokenizer(),
    CharacterTokenizer(),
]
each_tokenizer = pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda t: t.name)
letters = st.text(min_size=1, max_size=6)
odd = st.sampled_from(
    ["北京", "👩‍👩‍👧", "é", "e\u0301", "\u200b", "\x07", "don't", "New York", "##a"]
)
words = st.lists(st.one_of(letters, odd).filter(bool), max_size=6)


@pytest.mark.guide("G39")
@each_tokenizer
@given(sentence=words)
def test_every_word_has_a_first_piece_and_its_tag_comes_back(tokenizer, sentence):
    found = align(sentence, tokenizer, unknown="[UNK]")
    assert len(found.first) == len(sentence)
    assert np.array_equal(np.unique(found.word), np.arange(len(sentence)))
    assert (np.diff(found.word) >= 0).all()
    assert np.array_equal(found.word[found.first], np.arange(len(sentence)))
    before = found.word[found.first[found.first > 0] - 1]
    assert (before < found.word[found.first[found.first > 0]]).all()  # first of its word
    numbers = np.arange(len(sentence)) + 7
    targets = spread(numbers, found)
    assert gathered(targets, found) == numbers.tolist()
    assert (targets != IGNORE).sum() == len(sentence)


@each_tokenizer
@given(sentence=words)
def test_the_pieces_of_a_word_are_those_that_it_has_by_itself(tokenizer, sentence):
    """But for the blank before it, and for byte pairs that reach over a blank inside a word."""
    found = align(sentence, tokenizer, unknown="[UNK]")
    for i, word in enumerate(sentence):
        if word.isspace() or {*word} & {*" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0"}:
            continue
        pieces = [p for p, w in zip(found.pieces, found.word, strict=True) if w == i]
        if tokenizer.name == "byte_pairs":
            assert "".join(pieces).lstrip("Ġ") == "".join(tokenizer.tokenize(word)).lstrip("Ġ")
        elif len(word) == len(word.strip()) and not any(c.isspace() for c in word):
            assert pieces == (tokenizer.tokenize(word) or ["[UNK]"])


def test_a_worked_example():
    tokenizer = WordPieceTokenizer(["anna", "johan", "##sson"])
    found = align(["Anna", "Johansson", "Anna"], tokenizer, unknown="[UNK]")
    assert found.pieces == ["anna", "johan", "##sson", "anna"]
    assert (found.word.tolist(), found.first.tolist()) == ([0, 1, 1, 2], [0, 1, 3])
    assert spread([1, 2, 0], found).tolist() == [1, 2, IGNORE, 0]
    assert gathered("abcd", found) == ["a", "b", "d"]


def test_a_word_that_cleaning_takes_away_can_still_be_tagged():
    found = align(["anna", "\u200b", "son"], TOKENIZERS[1], unknown="[UNK]")
    assert found.pieces[found.first[1]] == "[UNK]"


def test_no_words_and_what_is_refused():
    found = align([], TOKENIZERS[1], unknown="[UNK]")
    assert (found.pieces, found.word.tolist(), found.first.tolist()) == ([], [], [])
    with pytest.raises(ValueError, match="word 1 of a sentence is empty"):
        align(["a", ""], TOKENIZERS[2], unknown="[UNK]")
    with pytest.raises(ValueError, match="2 tags for 1 words"):
        spread([1, 2], align(["a"], TOKENIZERS[2], unknown="[UNK]"))


@given(st.text())
def test_words_of_a_text_are_all_that_is_not_blank(text):
    spans = words_of(text)
    kept = "".join(text[a:b] for a, b in spans)
    assert kept == "".join(text.split()) or any(c in text for c in "\x1c\x1d\x1e\x1f\x85")
    assert all(a < b for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in itertools.pairwise(spans))


def test_words_of_running_text_stand_where_they_are():
    text = "Anna's in 北京."
    assert [text[a:b] for a, b in words_of(text)] == ["Anna's", "in", "北", "京", "."]
