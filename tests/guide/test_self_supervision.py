"""Embedding and pretraining as the guide tells them (sections 2 and 2.1), by numbers."""

import numpy as np
import pytest

from minillm.autograd import gradients_of
from minillm.models import Bert, BertConfig
from minillm.nn import Embedding, embedding, linear, positions
from minillm.tasks import PIPELINE, NeighbourCounts
from minillm.text import Vocabulary, WordTokenizer
from minillm.text.corpora import load_corpus
from tests.models.small_bert import IDS, MASK, TARGETS, small_bert, small_masked_model

WORDS, LENGTH = 20, 30
VOCABULARY = Vocabulary([f"word {i}" for i in range(WORDS)])
FIRST = VOCABULARY.n_special


def sentences(rng, n):
    """Words of two topics; the next word changes the topic once in twenty times."""
    start = rng.integers(2, size=(n, 1))
    topics = (start + (rng.random((n, LENGTH)) < 0.05).cumsum(axis=1)) % 2
    return FIRST + 10 * topics + rng.integers(10, size=(n, LENGTH))


@pytest.mark.errata("A23")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a23_copying_solves_the_autoencoder_and_says_nothing_about_hidden_words(seed):
    rng = np.random.default_rng(seed)
    train, ids = sentences(rng, 500), sentences(rng, 200)
    hidden = rng.random(ids.shape) < 0.15
    hidden[:, [0, -1]] = False
    shown = np.where(hidden, VOCABULARY.mask_id, ids)
    copied = shown  # the identity: a perfect autoencoder
    assert np.mean(copied[~hidden] == ids[~hidden]) == 1.0
    assert np.mean(copied[hidden] == ids[hidden]) == 0.0

    counts = NeighbourCounts(train, VOCABULARY)  # a model that looks at the context
    rows, places = np.nonzero(hidden)
    context = [
        counts.log_probability(ids[i, j], shown[i, j - 1], shown[i, j + 1])
        for i, j in zip(rows, places, strict=True)
    ]
    alone = counts.log_unigram[ids[hidden]]
    assert -np.mean(alone) == pytest.approx(np.log(WORDS), abs=0.02)
    assert -np.mean(context) < np.log(WORDS) - 0.4  # 2.39 with endless data and both neighbours


@pytest.mark.errata("A18", "A116")
def test_a18_pretraining_teaches_the_embedding_layer_and_every_block_at_once():
    """No stage between two layers: the loss reaches every array (a key's bias is invisible)."""
    model = small_masked_model()
    named = dict(model.named_parameters())
    gradients = gradients_of(model.loss(IDS, MASK, TARGETS), list(named.values()))
    reached = {name for name, g in zip(named, gradients, strict=True) if np.abs(g).max() > 1e-9}
    assert {"bert.tokens.weight", "bert.positions.weight", "bert.segments.weight"} <= reached
    assert {name for name in named if name not in reached} == {
        "bert.blocks.0.attention.key.bias",
        "bert.blocks.1.attention.key.bias",
    }


@pytest.mark.errata("A20")
@pytest.mark.parametrize("corpus", ["sentiment", "topics"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a20_the_words_of_a_corpus_have_fewer_dimensions_behind_the_layer(corpus, language, rng):
    texts = [example.text for example in load_corpus(corpus, language, sizes=(400, 0, 0)).train]
    n_words = len(Vocabulary.build(map(WordTokenizer().tokenize, texts)))
    layer = Embedding(n_words, PIPELINE.width, rng=rng)
    before, after = np.eye(n_words), layer(np.arange(n_words)).data
    np.testing.assert_array_equal(after, before @ layer.weight.data)
    assert np.linalg.matrix_rank(before) == n_words > 2 * PIPELINE.width
    assert np.linalg.matrix_rank(after) == PIPELINE.width


@pytest.mark.errata("A21", "A114")
def test_a21_a_word_vector_ignores_the_sentence_and_an_encoder_does_not():
    bert = small_bert()
    ids = np.array([[2, 7, 5, 3], [2, 7, 9, 3]])  # word 7 beside 5, and beside 9
    static = bert.tokens(ids).data[:, 1]
    np.testing.assert_array_equal(static[0], static[1])
    contextual = bert(ids, np.ones_like(ids, dtype=bool)).data[:, 1]
    assert np.abs(contextual[0] - contextual[1]).max() > 1e-4


@pytest.mark.errata("A20", "A21")
def test_a21_the_embeddings_of_bert_are_more_than_a_table_of_words(rng, monkeypatch):
    """23,837,184 numbers, none of them taken from word vectors; counted without room for them."""

    def unallocated(shape, **_):
        return np.broadcast_to(np.float32(0), shape)

    monkeypatch.setattr(linear, "xavier_uniform", unallocated)
    monkeypatch.setattr(embedding, "normal", unallocated)
    monkeypatch.setattr(positions, "normal", unallocated)
    sizes = {"width": 768, "n_layers": 1, "n_heads": 12, "hidden": 3072, "max_length": 512}
    bert = Bert(BertConfig(30_522, **sizes), rng=rng)
    parts = (bert.tokens, bert.positions, bert.segments, bert.norm)
    assert bert.tokens.weight.shape == (30_522, 768)
    assert [part.parameter_count() for part in parts] == [23_440_896, 393_216, 1_536, 1_536]
    assert sum(part.parameter_count() for part in parts) == 23_837_184
