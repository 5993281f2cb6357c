"""The small encoder that labs train: its parts, its training, and what is read off it."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.small_encoder import (
    Encoder,
    Learning,
    SmallEncoder,
    learning,
    losses,
    probabilities,
    scores,
    with_holes,
)
from minillm.ops import cross_entropy

SIZES = Encoder(width=16, n_heads=2, hidden=16)
IDS = np.random.default_rng(0).integers(9, size=(12, 8))
LABELS = np.arange(12) % 3


def encoder(**changed):
    sizes = replace(SIZES, **changed)
    return SmallEncoder(9, 8, sizes, rng=np.random.default_rng(1), n_classes=3)


def test_without_attention_no_word_sees_another():
    """Then the logits are a mean over the words, so that swapping two texts' words adds up."""
    ids = IDS[:2]
    mixed = (
        np.concatenate([ids[:1, :4], ids[1:, 4:]], axis=1),
        np.concatenate([ids[1:, :4], ids[:1, 4:]], axis=1),
    )
    for way, adds_up in (("without attention", True), ("whole", False)):
        model = encoder(way=way)
        both, swapped = (sum(model(x).data.sum(axis=0) for x in pair) for pair in ([ids], mixed))
        assert np.allclose(both, swapped, atol=1e-4) == adds_up


def test_without_residuals_the_words_go_through_attention_alone():
    model = encoder(way="without residuals")
    model.blocks[0].attention.output.weight.data[:] = 0
    found = model(IDS[:5]).data
    np.testing.assert_allclose(found, np.broadcast_to(found[0], found.shape), atol=1e-5)


def test_scores_probabilities_and_losses_belong_together():
    model = encoder(dropout=0.5)
    p = probabilities(model, IDS)
    assert p.shape == (12, 3) and p.dtype == np.float64
    np.testing.assert_array_equal(p, probabilities(model, IDS))  # nothing is dropped here
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    logits = scores(model, IDS)
    np.testing.assert_allclose(np.exp(logits - logits[:, :1]), p / p[:, :1], rtol=1e-6)
    own = p[np.arange(12), LABELS]
    np.testing.assert_allclose(losses(model, IDS, LABELS), -np.log(own), rtol=1e-5, atol=1e-6)
    model.eval()
    np.testing.assert_allclose(model.output(model.features(IDS)).data, logits, atol=1e-6)


def loss_of(model):
    return lambda batch: cross_entropy(model(IDS), targets=batch)


def test_a_shorter_training_is_the_beginning_of_a_longer_one():
    model, other = encoder(), encoder()
    long = learning(model, loss_of(model), [LABELS] * 5, Learning())
    losses_ = [next(long).loss for _ in range(2)]
    for _ in learning(other, loss_of(other), [LABELS] * 2, Learning()):
        pass
    assert losses_[1] < losses_[0]
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_weights_decay():
    moved = {}
    for name, changed in {"plain": {}, "decay": {"weight_decay": 10.0}}.items():
        model = encoder()
        before = model.output.weight.data.copy()
        list(learning(model, loss_of(model), [LABELS], Learning(rate=1e-3, **changed)))
        moved[name] = model.output.weight.data - before
        shift = moved[name] - moved["plain"]
        np.testing.assert_allclose(shift, -1e-2 * before * (name == "decay"), atol=1e-6)


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_words_are_left_out_at_a_rate(rate):
    ids = np.zeros((100, 100), int)
    holed = with_holes(ids, 9, rate, np.random.default_rng(2))
    assert (holed == 9).mean() == pytest.approx(rate, abs=0.02)
    assert set(np.unique(holed)) <= {0, 9} and not ids.any()


def test_words_are_scored_by_their_own_embeddings_at_each_position():
    model = encoder()
    states, found = model.states(IDS).data, model.word_scores(IDS).data
    assert states.shape == (12, 8, 16) and found.shape == (12, 8, 10)
    np.testing.assert_allclose(found[3, 5], model.tokens.weight.data @ states[3, 5], rtol=1e-4)
    model.eval()
    np.testing.assert_allclose(model.features(IDS).data, states.mean(axis=1), atol=1e-6)
