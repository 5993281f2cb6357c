"""Both learned tokenisers beside ``tokenizers`` (``python -m tests.reference.peer_tokenizers``)."""

import functools
from collections import Counter

import numpy as np
import pytest

from minillm.text import BytePairTokenizer, WordPieceTokenizer, encode_text, own_vocabulary
from minillm.text.bert_cleaning import bert_words
from minillm.text.wordpiece import learn_pieces
from tests.reference.peer_tokenizers import FILE, SIZES, SPECIAL
from tests.reference.stored import load
from tests.reference.token_strings import strings, training_texts

KINDS = list(SIZES)
ROLES = dict(zip(["pad", "unknown", "cls", "sep", "mask", "eos"], SPECIAL, strict=True))
N_OFFSETS = 400  # strings of which the offsets are stored


@functools.cache
def stored():
    return load(FILE)


@functools.cache
def ours(kind):
    """Our tokeniser: BPE as we train it, WordPiece with the pieces that they learned."""
    if kind == "byte_pairs":
        return BytePairTokenizer.train(training_texts(), size=SIZES[kind])
    return WordPieceTokenizer(stored()[kind]["tokens"][len(SPECIAL) :], lower=kind == "uncased")


def rows(kind, name, n=None):
    """One row of what is stored for each string."""
    ends = np.cumsum(stored()[kind]["lengths"][:n])
    return np.split(stored()[kind][name][: ends[-1]], ends[:-1])


def test_there_are_two_thousand_strings_of_every_kind():
    assert len(strings()) == 2000 and "" in strings()
    assert max(len(text.encode()) for text in strings()) >= 100_000


@pytest.mark.guide("G2")
def test_the_merges_are_theirs():
    assert [*map(tuple, stored()["byte_pairs"]["merges"])] == list(ours("byte_pairs").merges)
    assert [*SPECIAL, *ours("byte_pairs").tokens] == stored()["byte_pairs"]["tokens"]


@pytest.mark.parametrize("kind", ["uncased", "cased"])
def test_the_pieces_are_theirs(kind):
    """Their ids of characters inside words change from run to run; ties are settled by them."""
    pieces = stored()[kind]["tokens"][len(SPECIAL) :]
    counts = Counter(
        w for text in training_texts() for w in bert_words(text, lower=ours(kind).lower)
    )
    alphabet = [piece for piece in pieces if len(piece.removeprefix("##")) == 1]
    assert learn_pieces(counts, alphabet, SIZES[kind], 2) == pieces
    trained = WordPieceTokenizer.train(training_texts(), size=SIZES[kind], lower=kind == "uncased")
    assert sorted(trained.tokens[: len(alphabet)]) == sorted(alphabet)
    assert len({*trained.tokens} & {*pieces}) > 0.97 * len(pieces)


@pytest.mark.guide("G2")
@pytest.mark.parametrize("kind", KINDS)
def test_the_ids_are_theirs(kind):
    tokenizer = ours(kind)
    vocabulary = own_vocabulary(tokenizer, special=ROLES)
    assert list(vocabulary.tokens) == stored()[kind]["tokens"]
    for text, ids in zip(strings(), rows(kind, "ids"), strict=True):
        assert np.array_equal(encode_text(text, tokenizer, vocabulary), ids), ascii(text[:80])


@pytest.mark.parametrize("kind", KINDS)
def test_the_offsets_are_theirs(kind):
    lengths = stored()[kind]["lengths"][:N_OFFSETS]
    offsets = np.split(stored()[kind]["offsets"].reshape(-1, 2), np.cumsum(lengths)[:-1])
    for text, expected in zip(strings()[:N_OFFSETS], offsets, strict=True):
        found = np.array(ours(kind).spans(text)).reshape(-1, 2)
        assert np.array_equal(found, expected), ascii(text[:80])


def test_bytes_come_back_as_the_string():
    for text in strings():
        assert ours("byte_pairs").join(ours("byte_pairs").tokenize(text)) == text


@pytest.mark.parametrize("kind", ["uncased", "cased"])
def test_joined_pieces_are_their_decoded_text(kind):
    expected = stored()[kind]["decoded"]
    for text, decoded in zip(strings(), expected, strict=False):
        assert ours(kind).join(ours(kind).tokenize(text)) == decoded, ascii(text[:80])
