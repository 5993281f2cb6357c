import json
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks import TextEncoder
from minillm.text import (
    TOKENIZERS,
    BytePairTokenizer,
    CharacterTokenizer,
    Vocabulary,
    WordPieceTokenizer,
    WordTokenizer,
)
from tests.text.merges import Merges

WORDS, CHARACTERS = WordTokenizer(), CharacterTokenizer()
TEXTS = ["The cat sat.", "the DOG, the cat", "我爱猫，你呢？"]


def build(texts=TEXTS, tokenizer=WORDS, max_length=12, **options):
    """An encoder of the texts."""
    return TextEncoder.build(texts, tokenizer=tokenizer, max_length=max_length, **options)


def test_a_text_becomes_its_token_ids_between_cls_and_sep():
    encoder = build(["b a b c", "b a"])
    assert encoder.vocabulary.tokens[7:] == ("b", "a", "c")
    (ids,) = encoder(["A, b"])
    assert ids.tolist() == [2, 8, 1, 7, 3]  # the comma was never seen


def test_a_long_text_is_cut_and_keeps_both_marks():
    (ids,) = build(["a b c d"], max_length=5)(["d d d d d d"])
    assert ids.tolist() == [2, 10, 10, 10, 3]


def test_an_empty_text_is_the_two_marks_alone():
    assert [ids.tolist() for ids in build()(["", " \t"])] == [[2, 3], [2, 3]]


def test_the_vocabulary_holds_training_tokens_and_no_others():
    encoder = build(["a a b"])
    before = encoder.vocabulary.tokens
    assert encoder(["z"])[0].tolist() == [2, encoder.vocabulary.unknown_id, 3]
    assert encoder.vocabulary.tokens == before


def test_rare_tokens_and_those_beyond_the_size_are_left_out():
    assert build(["a a a b b c"], min_count=2).vocabulary.tokens[7:] == ("a", "b")
    assert build(["a a a b b c"], max_size=8).vocabulary.tokens[7:] == ("a",)


def test_words_and_characters_are_cut_differently():
    assert build().tokenize(["Cat 猫"]) == [["cat", "猫"]]
    assert build(tokenizer=CHARACTERS).tokenize(["Cat 猫"]) == [["C", "a", "t", "▁", "猫"]]


@pytest.mark.parametrize("kind", [BytePairTokenizer, WordPieceTokenizer])
def test_a_tokenizer_that_was_trained_brings_its_tokens_and_comes_back_with_them(kind):
    tokenizer = kind.train(TEXTS * 2, size=280)
    encoder = build(["the cat"], tokenizer)
    assert encoder.vocabulary.tokens[7:] == tokenizer.tokens
    again = TextEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert type(again.tokenizer) is kind and again.vocabulary.tokens == encoder.vocabulary.tokens
    for text in ["The dog sat, 我.", "zebra", ""]:
        assert again([text])[0].tolist() == encoder([text])[0].tolist()
    for options in ({"min_count": 2}, {"max_size": 9}):
        with pytest.raises(ValueError, match="has its tokens already: min_count and size are for"):
            build(TEXTS, tokenizer, **options)


@given(
    st.lists(st.text(max_size=8), max_size=5),
    st.sampled_from([WORDS, CHARACTERS]),
    st.integers(3, 9),
)
def test_an_encoder_comes_back_from_json_and_encodes_alike(texts, tokenizer, max_length):
    encoder = build(texts, tokenizer, max_length)
    again = TextEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert (type(again.tokenizer), again.max_length) == (type(tokenizer), max_length)
    assert again.vocabulary.tokens == encoder.vocabulary.tokens
    others = [*texts, "nobody wrote this", ""]
    assert [a.tolist() for a in again(others)] == [e.tolist() for e in encoder(others)]


def test_json_holds_kind_and_state_all_tokens_and_their_roles():
    special = {"cls": "<", "sep": ">"}
    vocabulary = Vocabulary([">", "b", "<", "a"], special=special)
    assert TextEncoder(WORDS, vocabulary, 12).to_json() == {
        "tokenizer": {"kind": "word", "state": {}},
        "vocabulary": {"tokens": [">", "b", "<", "a"], "special": special},
        "max_length": 12,
        "roles": ["cls", "sep"],
    }


def test_a_learned_tokenizer_and_a_vocabulary_of_any_layout_come_back(monkeypatch):
    monkeypatch.setitem(TOKENIZERS, "merges", Merges)
    vocabulary = Vocabulary(
        ["the", "<end>", "n", "<oov>"], special={"cls": "<end>", "sep": "<end>", "unknown": "<oov>"}
    )
    encoder = TextEncoder(Merges([("t", "h"), ("th", "e")]), vocabulary, 6)
    assert [ids.tolist() for ids in encoder(["then", "hen"])] == [[1, 0, 2, 1], [1, 3, 3, 2, 1]]
    again = TextEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again.tokenizer is not encoder.tokenizer
    assert [ids.tolist() for ids in again(["then", "hen"])] == [[1, 0, 2, 1], [1, 3, 3, 2, 1]]
    assert again.vocabulary.special == vocabulary.special


def test_a_vocabulary_without_the_marks_of_a_sentence_is_refused():
    vocabulary = Vocabulary(["a", "<end>"], special={"bos": "<end>", "eos": "<end>"})
    with pytest.raises(ValueError, match="no cls token; its roles: bos, eos"):
        TextEncoder(WORDS, vocabulary, 6)


@pytest.mark.fault(72)
def test_an_unknown_tokenizer_is_refused_with_those_there_are():
    saved = build().to_json() | {"tokenizer": {"kind": "bpe", "state": {}}}
    with pytest.raises(
        ValueError,
        match="tokenizer must be one of word, character, byte_pairs, wordpiece, got 'bpe'",
    ):
        TextEncoder.from_json(saved)


@pytest.mark.parametrize("tokenizer", ["word", WordTokenizer])
def test_a_name_or_a_class_instead_of_a_tokenizer_is_refused(tokenizer):
    for use in (lambda t: build(tokenizer=t), lambda t: TextEncoder(t, Vocabulary([]), 9)):
        with pytest.raises(TypeError, match=r"must be an object such as WordTokenizer\(\), got"):
            use(tokenizer)


def test_a_length_without_room_for_a_token_is_refused():
    with pytest.raises(ValueError, match=r"max_length must be at least 3 .*, got 2"):
        build(max_length=2)


def test_an_encoder_cannot_be_changed_after_training():
    with pytest.raises(FrozenInstanceError):
        build().max_length = 3


@pytest.mark.parametrize("text", [None, b"bytes", 3])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(TypeError, match=f"must be a str, got {type(text).__name__}"):
        build()([text])


@pytest.mark.parametrize("tokenizer", [None, str.split, WordTokenizer, "word", 3])
def test_what_cannot_tokenize_is_refused_in_words(tokenizer):
    with pytest.raises(TypeError, match="tokenizer must be an object such as"):
        TextEncoder(tokenizer, Vocabulary(["cat"]), 5)


def test_a_list_of_tokens_in_the_place_of_a_vocabulary_is_refused():
    with pytest.raises(TypeError, match="vocabulary must be a Vocabulary, got a list"):
        TextEncoder(WordTokenizer(), ["cat"], 5)


def test_texts_that_are_cut_are_counted():
    encoder = TextEncoder.build(["a b c"], tokenizer=WordTokenizer(), max_length=5)
    assert encoder.count_cut(["a b c", "a b c.", "", "d d d d"]) == 2
