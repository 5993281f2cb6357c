import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import (
    BytePairTokenizer,
    CharacterTokenizer,
    Vocabulary,
    WordPieceTokenizer,
    decode_ids,
    encode_text,
    own_vocabulary,
)

SPECIAL = {"bos": "<|start|>", "eos": "<|end|>", "sep": "<|end|>>"}
BPE = BytePairTokenizer([("e", "n"), ("en", "d"), ("<", "|"), ("|", ">")])
VOCABULARY = own_vocabulary(BPE, special=SPECIAL)
START, END = VOCABULARY.bos_id, VOCABULARY.eos_id


def test_special_tokens_written_in_a_text_are_text():
    ids = encode_text("a<|end|>b", BPE, VOCABULARY)
    assert VOCABULARY.decode(ids) == ["a", "<|", "end", "|>", "b"]
    assert ids.dtype == np.int64 and not VOCABULARY.is_special(ids).any()


def test_only_those_that_are_asked_for_are_recognised():
    ids = encode_text("<|start|>a<|end|>", BPE, VOCABULARY, recognise=["<|end|>"])
    assert VOCABULARY.decode(ids) == ["<|", "s", "t", "a", "r", "t", "|>", "a", "<|end|>"]
    ids = encode_text("<|start|>a<|end|>", BPE, VOCABULARY, recognise=SPECIAL.values())
    assert VOCABULARY.decode(ids) == ["<|start|>", "a", "<|end|>"]


def test_of_two_that_begin_alike_the_longer_is_recognised():
    ids = encode_text("<|end|>>", BPE, VOCABULARY, recognise=["<|end|>", "<|end|>>"])
    assert list(ids) == [VOCABULARY.sep_id]


def test_special_tokens_side_by_side_and_nothing():
    found = encode_text("<|end|><|end|>", BPE, VOCABULARY, recognise=["<|end|>"])
    assert list(found) == [END, END] and found.dtype == np.int64
    for asked in ([], ["<|end|>"]):
        empty = encode_text("", BPE, VOCABULARY, recognise=asked)
        assert empty.shape == (0,) and empty.dtype == np.int64


@given(st.text("a <|end>s茶\ud800") | st.text("ab"))
def test_a_text_comes_back_whatever_is_recognised(text):
    for asked in ([], list(SPECIAL.values())):
        ids = encode_text(text, BPE, VOCABULARY, recognise=asked)
        assert decode_ids(ids, BPE, VOCABULARY) == text


def test_special_tokens_are_left_out_when_asked():
    ids = [START, *encode_text("a b", BPE, VOCABULARY), END]
    assert decode_ids(ids, BPE, VOCABULARY) == "<|start|>a b<|end|>"
    assert decode_ids(ids, BPE, VOCABULARY, skip_special=True) == "a b"


def test_any_tokenizer_will_do():
    characters = CharacterTokenizer()
    vocabulary = Vocabulary.build([characters.tokenize("tea [SEP]")])
    ids = encode_text("a t[SEP]x", characters, vocabulary, recognise=["[SEP]"])
    assert vocabulary.decode(ids) == ["a", "▁", "t", "[SEP]", "[UNK]"]
    assert decode_ids(ids, characters, vocabulary, skip_special=True) == "a t"
    pieces = WordPieceTokenizer(["a", "##b"])
    vocabulary = own_vocabulary(pieces)
    ids = encode_text("ab ac", pieces, vocabulary)
    assert vocabulary.decode(ids) == ["a", "##b", "[UNK]"] and ids[-1] == vocabulary.unknown_id


def test_what_cannot_be_recognised_is_refused():
    with pytest.raises(
        ValueError, match=r"recognise: '\[END\]' is not special here; special: <|st"
    ):
        encode_text("a", BPE, VOCABULARY, recognise=["[END]"])
    with pytest.raises(ValueError, match=r"recognise: 'end' is not special here"):
        encode_text("a", BPE, VOCABULARY, recognise=["<|end|>", "end"])
    with pytest.raises(TypeError, match="must be a list of tokens, got the text"):
        encode_text("a", BPE, VOCABULARY, recognise="<|end|>")
