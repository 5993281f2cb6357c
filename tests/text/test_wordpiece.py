import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import WordPieceTokenizer, tokenizer_from_json, tokenizer_to_json
from minillm.text.bert_cleaning import bert_words
from minillm.text.wordpiece import longest_pieces
from tests.reference.token_strings import training_texts

PIECES = [
    *("un", "##aff", "##able", "aff", "able", "##a", "##b", "a", "b", "##un", ",", "."),
    *("你", "好", "cafe", "Café", "'", "t"),
]
TRAINED = WordPieceTokenizer.train(training_texts(), size=600)


@pytest.mark.guide("G2")
def test_by_example():
    tokenizer = WordPieceTokenizer(PIECES)
    assert tokenizer.tokenize("Unaffable, 你好.") == ["un", "##aff", "##able", ",", "你", "好", "."]
    assert tokenizer.tokenize("CAFÉ ab unz abz") == ["cafe", "a", "##b", "[UNK]", "[UNK]"]
    assert WordPieceTokenizer(PIECES, lower=False).tokenize("Café cafe Un") == [
        "Café",
        "cafe",
        "[UNK]",
    ]
    assert tokenizer.tokenize("") == []


def test_the_longest_piece_is_taken_although_another_would_reach_the_end():
    pieces = {"ab", "abc", "##cd", "##d", "a"}
    assert longest_pieces("abcd", pieces, 4) == ["abc", "##d"]
    assert longest_pieces("abccd", {"abc", "ab", "##ccd"}, 5) == ["[UNK]"]
    assert longest_pieces("ad", pieces, 4) == ["a", "##d"]


def test_no_piece_but_the_first_stands_without_the_mark():
    assert longest_pieces("aa", {"a"}, 3) == ["[UNK]"]
    assert longest_pieces("a", {"##a"}, 3) == ["[UNK]"]


def test_a_word_of_more_than_a_hundred_characters_is_unknown():
    tokenizer = WordPieceTokenizer(["a", "##a"])
    assert tokenizer.tokenize("a" * 100) == ["a"] + ["##a"] * 99
    assert tokenizer.tokenize("a" * 101 + " a") == ["[UNK]", "a"]


def test_text_does_not_yield_special_tokens():
    tokenizer = WordPieceTokenizer([*"[]", "mask", "[MASK]", "pad"])
    assert tokenizer.tokenize("[MASK] [pad]") == ["[", "mask", "]", "[", "pad", "]"]


@given(st.text("teamswar茶水, É") | st.text())
def test_pieces_put_together_are_the_word(text):
    for word in bert_words(text, lower=True):
        tokens = TRAINED.tokenize(word)
        assert tokens == ["[UNK]"] or "".join(t.removeprefix("##") for t in tokens) == word
        assert {*tokens} <= {*TRAINED.tokens, "[UNK]"}


@given(st.text("teamswar茶水, É\u0301zZ\x00") | st.text())
def test_the_place_of_a_piece_gives_the_piece(text):
    tokens, spans = TRAINED.tokenize(text), TRAINED.spans(text)
    assert len(tokens) == len(spans)
    for token, (start, stop) in zip(tokens, spans, strict=True):
        word = "".join(bert_words(text[start:stop], lower=True))
        if token != "[UNK]":
            assert token.removeprefix("##") in word


def test_spans_by_example():
    tokenizer = WordPieceTokenizer(PIECES)
    spans = tokenizer.spans("Un\x00affable  cafe\u0301, unz 你")
    assert spans == [(0, 2), (3, 6), (6, 10), (12, 16), (17, 18), (19, 22), (23, 24)]


def test_joined_pieces_can_be_read():
    tokenizer = WordPieceTokenizer(PIECES)
    assert (
        tokenizer.join(["un", "##aff", "##able", ",", "a", ".", "'", "t", "[SEP]"])
        == "unaffable, a. ' t [SEP]"
    )
    assert tokenizer.join([]) == "" and tokenizer.join(["##a", "##b"]) == "##ab"


def test_training_gives_characters_first_and_then_frequent_pieces():
    tokenizer = WordPieceTokenizer.train(["tea team steam tea", "Tea team"], size=100)
    assert tokenizer.tokens == (*"aemst", "##a", "##e", "##m", "##t", "##ea", "tea", "team")
    assert tokenizer.tokenize("team steam meat") == [
        "team",
        "s",
        "##t",
        "##ea",
        "##m",
        "m",
        "##ea",
        "##t",
    ]
    cased = WordPieceTokenizer.train(["Tea tea"], size=100, lower=False)
    assert cased.tokenize("Tea TEA") == ["T", "##ea", "[UNK]"]


def test_training_stops_at_the_size_or_at_rare_pairs():
    texts = ["ab ab cd"]
    assert WordPieceTokenizer.train(texts, size=9).tokens == (
        "a",
        "b",
        "c",
        "d",
        "##b",
        "##d",
        "ab",
    )
    assert len(WordPieceTokenizer.train(texts, size=9, min_count=1).tokens) == 8
    assert len(WordPieceTokenizer.train(texts, size=6, min_count=1).tokens) == 6


def test_what_was_learned_comes_back_from_json():
    for lower in (True, False):
        tokenizer = WordPieceTokenizer(PIECES, lower=lower)
        again = tokenizer_from_json(json.loads(json.dumps(tokenizer_to_json(tokenizer))))
        assert type(again) is WordPieceTokenizer
        assert (again.tokens, again.lower) == (tuple(PIECES), lower)
        assert again.tokenize("Café") == tokenizer.tokenize("Café")


def test_a_word_is_cut_once_and_the_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("minillm.text.wordpiece.KEPT", 3)
    tokenizer = WordPieceTokenizer(PIECES)
    for text in ("ab", "abab", "unab", "a", "b"):
        assert tokenizer.tokenize(text) == tokenizer.tokenize(text)
        assert len(tokenizer.known) <= 3


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        (["a", ""], "piece at position 1 must be a non-empty str"),
        (["a", "b", "a"], "piece at position 2 'a' occurs twice"),
        (["a\n"], "does not fit on one line"),
        (["a", "[UNK]"], r"\[UNK\] stands for what has no pieces"),
    ],
)
def test_pieces_that_make_no_vocabulary_are_refused(pieces, message):
    with pytest.raises(ValueError, match=message):
        WordPieceTokenizer(pieces)


def test_bad_settings_of_training_are_refused():
    with pytest.raises(ValueError, match="size must be at least 4, a piece for every character of"):
        WordPieceTokenizer.train(["ab ba"], size=3)
    with pytest.raises(ValueError, match="min_count must be at least 1, got 0"):
        WordPieceTokenizer.train(["a"], size=300, min_count=0)
    with pytest.raises(TypeError, match=r"got the text 'tea'; write \[text\]"):
        WordPieceTokenizer.train("tea", size=300)


@pytest.mark.parametrize(
    ("lower", "strip_accents", "tokens"),
    [
        (True, None, ["cafe"]),
        (True, False, ["café"]),
        (False, True, ["Cafe"]),
        (False, None, ["Café"]),
    ],
)
def test_accents_may_be_treated_otherwise_than_capitals(lower, strip_accents, tokens):
    pieces = ["cafe", "café", "Cafe", "Café"]
    tokenizer = WordPieceTokenizer(pieces, lower=lower, strip_accents=strip_accents)
    assert tokenizer.tokenize("Café") == tokens
    again = WordPieceTokenizer.from_json(tokenizer.to_json())
    assert again.tokenize("Café") == tokens
    assert ("strip_accents" in tokenizer.to_json()) == (strip_accents is not None)
