"""The guide on regularisation (section 1.4.2): always a penalty term, and a smaller model."""

import itertools

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor, gradients_of
from minillm.nn import EncoderBlock
from minillm.ops import (
    cross_entropy,
    dropout,
    log_softmax,
    smoothed_cross_entropy,
    squared_error,
)
from minillm.optim import SGD
from tests.nn.checks import values

SEEDS = [0, 1, 2, 3, 4]


@pytest.mark.errata("A12")
@pytest.mark.parametrize("seed", SEEDS)
def test_a12_stopping_early_regularises_and_adds_no_term_to_the_loss(seed):
    """Twenty noisy examples, fifteen weights; Goodfellow et al. 2016, section 7.8."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal((15, 1)) / np.sqrt(15)
    seen, unseen = rng.standard_normal((20, 15)), rng.standard_normal((1000, 15))
    noisy = seen @ truth + rng.standard_normal((20, 1))
    w = Parameter(np.zeros((15, 1)))
    optimizer = SGD([w], lr=0.1)
    errors, lengths = [], []
    for _ in range(400):
        optimizer.step(gradients_of(squared_error(seen @ w, targets=noisy), [w]))
        errors.append(float(squared_error(unseen @ w.data, targets=unseen @ truth).data))
        lengths.append(float(np.linalg.norm(w.data)))
    best = int(np.argmin(errors))
    assert best < 100
    assert errors[best] < 0.8 * errors[-1]
    assert lengths[best] < lengths[-1]  # held back, as by a penalty


@pytest.mark.errata("A12")
def test_a12_dropout_acts_like_a_penalty_that_nobody_wrote_down():
    """All masks of three inputs: the mean loss is the plain one plus p / (1 - p) sum w² x²."""
    x, w, target = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.4, -1.0]), np.array(1.5)
    rate = 0.5
    masks = [np.array(m) / (1 - rate) for m in itertools.product([0.0, 1.0], repeat=3)]
    noisy = [
        float(squared_error((dropout(x, keep=keep) * w).sum(), targets=target).data)
        for keep in masks
    ]
    plain = float(squared_error((Tensor(x) * w).sum(), targets=target).data)
    assert np.mean(noisy) == pytest.approx(plain + rate / (1 - rate) * np.sum(w**2 * x**2))
    assert np.mean(noisy) > plain + 0.5


@pytest.mark.errata("A12")
def test_a12_label_smoothing_amounts_to_a_penalty(rng):
    """(1 - e) CE + e (KL(u || p) + ln K), u being uniform over the K classes."""
    smoothing, classes = 0.1, 4
    logits, targets = rng.standard_normal((5, classes)), rng.integers(classes, size=5)
    log_p = log_softmax(logits).data
    kl = np.mean(-np.log(classes) - log_p.mean(axis=1))  # sum over c of u (ln u - ln p)
    plain = float(cross_entropy(logits, targets=targets).data)
    found = float(smoothed_cross_entropy(logits, targets=targets, smoothing=smoothing).data)
    assert found == pytest.approx((1 - smoothing) * plain + smoothing * (kl + np.log(classes)))
    assert kl > 0.1


@pytest.mark.errata("A13")
def test_a13_dropout_makes_no_network_smaller(rng):
    block, plain = (
        EncoderBlock(8, 2, 16, rng=np.random.default_rng(0), dropout=rate) for rate in (0.5, 0.0)
    )
    assert block.parameter_count() == plain.parameter_count()
    plain.load_state_dict(block.state_dict())
    x = rng.standard_normal((1, 5, 8)).astype(np.float32)
    assert np.abs(values(block, x) - values(plain, x)).max() > 0.01  # noise in training
    np.testing.assert_array_equal(values(block.eval(), x), values(plain.eval(), x))


@pytest.mark.errata("A13")
def test_a13_dropping_alone_would_lower_the_mean_and_the_scale_restores_it():
    rate, units = 0.1, np.ones(10)
    dropped = np.array([0.0] + 9 * [1.0])  # exactly one in ten
    assert dropout(units, keep=dropped).data.mean() == pytest.approx(0.9)
    scaled = dropout(units, keep=dropped / (1 - rate)).data
    assert scaled.mean() == pytest.approx(1.0)
    assert scaled.var() == pytest.approx(rate / (1 - rate))  # 0.1111
