"""Word vectors in an embedding layer, and models that are made without any."""

import numpy as np
import pytest

from minillm.models import Bert, BertConfig, Gpt, GptConfig
from minillm.models.average_pooling import AveragePoolingClassifier
from minillm.models.word_vectors import WordVectors, fill_embedding
from minillm.nn import Embedding
from minillm.optim import SGD
from minillm.text import Vocabulary
from minillm.training import fit

WORDS = [f"w{i}" for i in range(400)]
VOCABULARY = Vocabulary(["w3", "W7", "strange", "w0", *(f"new{i}" for i in range(300))])


@pytest.fixture
def vectors(rng):
    return WordVectors(WORDS, rng.normal([5, -1], [2, 0.5], (400, 2)).astype(np.float32))


@pytest.mark.guide("G11")
def test_words_get_their_vectors_and_coverage_is_told(vectors, rng):
    layer = Embedding(len(VOCABULARY), 2, rng=rng)
    filled = fill_embedding(layer, VOCABULARY, vectors, rng=rng)
    assert filled.found == 2 and filled.coverage == pytest.approx(2 / 304)
    assert filled.missing[:2] == ("W7", "strange")
    for word in ("w3", "w0"):
        row = layer(VOCABULARY.encode([word])).data[0]
        np.testing.assert_array_equal(row, vectors[word])
    folded = fill_embedding(layer, VOCABULARY, vectors, rng=rng, fold=True)
    assert folded.found == 3
    np.testing.assert_array_equal(layer(VOCABULARY.encode(["W7"])).data[0], vectors["w7"])
    assert layer.weight.dtype == np.float32


@pytest.mark.guide("G11")
def test_words_without_a_vector_look_like_the_rest(vectors, rng):
    vocabulary = Vocabulary([*WORDS, *(f"new{i}" for i in range(2000))])
    layer = Embedding(len(vocabulary), 2, rng=rng)
    fill_embedding(layer, vocabulary, vectors, rng=rng)
    drawn = layer.weight.data[-2000:]
    np.testing.assert_allclose(drawn.mean(axis=0), vectors.table.mean(axis=0), atol=0.2)
    np.testing.assert_allclose(drawn.std(axis=0), vectors.table.std(axis=0), rtol=0.1)
    assert len(np.unique(drawn, axis=0)) == 2000


@pytest.mark.guide("G11")
@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_vectors_stay_and_others_learn(frozen, vectors, rng):
    vocabulary = Vocabulary(WORDS)
    model = AveragePoolingClassifier(len(vocabulary), 2, rng=rng, width=2, hidden=())
    fill_embedding(model.tokens, vocabulary, vectors, rng=rng, frozen=frozen)
    before = model.tokens.weight.data.copy()
    ids = np.array([vocabulary.encode(["w0", "w1"]), vocabulary.encode(["w2", "w3"])])
    batch = (ids, np.ones_like(ids, dtype=bool), np.array([0, 1]))
    for _ in fit(lambda b: model.loss(*b), [batch], SGD(model.trainable_parameters(), lr=1.0)):
        pass
    changed = np.flatnonzero((model.tokens.weight.data != before).any(axis=1))
    assert changed.tolist() == ([] if frozen else sorted(ids.ravel().tolist()))


@pytest.mark.parametrize(
    ("size", "width", "words", "message"),
    [
        (9, 2, ["w1", "w2"], "layer has 9 rows of width 3; .* needs 9 rows, .* 2 wide"),
        (8, 2, ["w1", "w2"], "needs 9 rows"),
        (9, 2, ["a", "b"], "none of the 2 words of the vocabulary has a vector, such as 'a'"),
        (7, 2, [], "the vocabulary has no words"),
    ],
)
def test_a_layer_that_cannot_be_filled_stays_as_it_was(size, width, words, message, vectors, rng):
    layer = Embedding(size, 3 if "width 3" in message else width, rng=rng)
    before = layer.weight.data
    with pytest.raises(ValueError, match=message):
        fill_embedding(layer, Vocabulary(words), vectors, rng=rng)
    assert layer.weight.data is before


@pytest.mark.guide("G11")
@pytest.mark.errata("A21")
@pytest.mark.parametrize("kind", ["BERT", "GPT"])
def test_a21_bert_and_gpt_learn_their_tables_from_random_numbers(kind):
    """No argument takes vectors; the table is random, and the first step moves it with the rest."""
    sizes = {"width": 32, "n_layers": 1, "n_heads": 2, "max_length": 8}
    rngs = [np.random.default_rng(seed) for seed in (0, 0, 1)]
    if kind == "BERT":
        models = [Bert(BertConfig(500, hidden=64, **sizes), rng=rng) for rng in rngs]
    else:
        models = [Gpt(GptConfig(500, **sizes), rng=rng) for rng in rngs]
    one, again, other = (model.tokens.weight.data.copy() for model in models)
    np.testing.assert_array_equal(one, again)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.05
    assert one.std() == pytest.approx(0.02, rel=0.05) and abs(one.mean()) < 0.001
    model, ids = models[0], np.array([[7, 8, 9]])
    there = np.ones_like(ids, dtype=bool)
    read = model if kind == "BERT" else model.hidden
    learned = model.trainable_parameters()
    assert any(p is model.tokens.weight for p in learned)
    for _ in fit(
        lambda _: (read(ids, there)[..., 0] ** 2).sum(),
        [0],
        SGD(learned, lr=1.0),
        allow_unused=True,
    ):
        pass
    moved = np.flatnonzero((model.tokens.weight.data != one).any(axis=1))
    assert {7, 8, 9} <= {*moved.tolist()}
