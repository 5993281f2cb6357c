"""The autoencoder with a bottleneck, and BERT's encoder under GPT's mask."""

import numpy as np
import pytest

from minillm.autograd import check_module
from minillm.backend import kernels, to_numpy
from minillm.models import Bert, BottleneckAutoencoder, LeftOnly, MaskedLanguageModel
from minillm.ops import IGNORE
from minillm.optim import AdamW
from minillm.training import fit
from tests.models.small_bert import (
    CONFIG,
    IDS,
    MASK,
    SEGMENTS,
    TARGETS,
    on_strict_double,
)
from tests.nn.checks import scrambled

ALL = np.arange(IDS.size)
LEFT_IDS = np.array([[0, 2, 7, 5, 12, 3], [0, 0, 0, 2, 7, 3]])
LEFT_MASK = np.array([[False] + [True] * 5, [False] * 3 + [True] * 3])


def autoencoder(seed=0, **changes):
    """A tiny one of random float64 weights."""
    rng = np.random.default_rng(seed)
    model = BottleneckAutoencoder(Bert(CONFIG, rng=rng), rng=rng, **changes)
    return scrambled(model, rng, size=2.0)


def left_only(seed=0):
    """A tiny masked-language model that sees the left side, of random float64 weights."""
    rng = np.random.default_rng(seed)
    return scrambled(MaskedLanguageModel(LeftOnly(CONFIG, rng=rng), rng=rng), rng, size=2.0)


@pytest.mark.guide("G28")
@pytest.mark.parametrize("pooling", ["cls", "last", "mean"])
def test_the_tokens_are_said_from_one_vector_and_a_position_alone(pooling, monkeypatch):
    """Of another sentence nothing but the vector counts: with the same one, the same is said."""
    model = autoencoder(pooling=pooling)
    code = model.code(IDS, MASK)
    assert code.shape == (2, CONFIG.width)
    there = model(IDS, MASK, ALL).data
    monkeypatch.setattr(model, "code", lambda *_: code)
    others = np.where(IDS == 7, 9, IDS)
    np.testing.assert_array_equal(model(others, MASK, ALL).data, there)
    turned = code[np.array([1, 0])]
    monkeypatch.setattr(model, "code", lambda *_: turned)
    found = model(IDS, np.ones_like(MASK), ALL).data.reshape(2, 5, -1)
    np.testing.assert_allclose(found, there.reshape(2, 5, -1)[::-1], rtol=0, atol=1e-12)
    assert np.abs(found[:, 0] - found[:, 1]).max() > 1e-3  # the position counts


@pytest.mark.parametrize("pooling", ["cls", "last", "mean"])
def test_padded_on_either_side_the_same_tokens_are_said(pooling):
    model = autoencoder(pooling=pooling)
    right, left = model.hidden(IDS, MASK).data[MASK], model.hidden(LEFT_IDS, LEFT_MASK).data
    np.testing.assert_allclose(left[LEFT_MASK], right, rtol=0, atol=1e-12)


@pytest.mark.guide("G28")
@pytest.mark.parametrize("make", [autoencoder, left_only])
def test_the_loss_has_right_gradients(make):
    model, rng = make(), np.random.default_rng(1)
    error = check_module(model, lambda: model.loss(IDS, MASK, TARGETS, SEGMENTS), rng=rng)
    assert error < 1e-6


@pytest.mark.parametrize("make", [autoencoder, left_only])
def test_training_on_the_strict_double_equals_numpy_bit_for_bit(make):
    def trained(place):
        model = place(make())
        optimizer = AdamW(model.parameters(), lr=0.01)
        batches = [(IDS, MASK, TARGETS)] * 2
        steps = list(fit(lambda batch: model.loss(*batch), batches, optimizer))
        return [to_numpy(step.loss) for step in steps]

    with kernels("off"):  # they add up in another order
        plain = trained(lambda model: model)
    np.testing.assert_array_equal(trained(on_strict_double), plain)


def test_one_batch_fits_through_the_bottleneck():
    rng = np.random.default_rng(0)
    model = BottleneckAutoencoder(Bert(CONFIG, rng=rng), rng=rng)
    targets = np.where(MASK, IDS, IGNORE)
    optimizer = AdamW(model.parameters(), lr=0.02)
    *_, last = fit(lambda _: model.loss(IDS, MASK, targets), range(80), optimizer)
    assert float(last.loss) < 0.1


def test_another_reading_is_refused(rng):
    with pytest.raises(ValueError, match="pooling must be one of cls, last, mean, got 'max'"):
        BottleneckAutoencoder(Bert(CONFIG, rng=rng), rng=rng, pooling="max")


@pytest.mark.guide("G33")
def test_left_only_has_berts_parameters_and_gpts_mask():
    both, left = (cls(CONFIG, rng=np.random.default_rng(0)) for cls in (Bert, LeftOnly))
    for (name, a), (other, b) in zip(both.named_parameters(), left.named_parameters(), strict=True):
        assert name == other and np.array_equal(a.data, b.data)
    looks = [next(model.attention_weights(IDS, MASK))[0, 0] > 0 for model in (both, left)]
    assert looks[0].all() and np.array_equal(looks[1], np.tri(5, dtype=bool))
    padded = next(left.attention_weights(LEFT_IDS, LEFT_MASK))[1, 0] > 0
    np.testing.assert_array_equal(padded[3:], np.tri(6, dtype=bool)[3:] & LEFT_MASK[1])
