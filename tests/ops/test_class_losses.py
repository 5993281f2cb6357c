"""Losses from log-probabilities, with class weights, and with smoothed targets."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor

CLASSES = 5


@st.composite
def logits_and_targets(draw):
    n = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return 5.0 * rng.standard_normal((n, CLASSES)), rng.integers(CLASSES, size=n)


def loss_and_gradient(function, logits, **settings) -> tuple[float, np.ndarray]:
    leaf = Tensor(logits, requires_grad=True)
    loss = function(leaf, **settings)
    loss.backward()
    return loss.item(), leaf.grad


def nll_of_logits(logits, **settings) -> Tensor:
    return ops.nll_loss(ops.log_softmax(logits), **settings)


@given(logits_and_targets(), st.lists(st.booleans(), min_size=4, max_size=4))
def test_on_log_softmax_it_is_cross_entropy_in_value_and_gradient(sample, ignored):
    """Ignored positions included."""
    logits, targets = sample
    targets = np.where(ignored[: len(targets)], -100, targets)
    loss, gradient = loss_and_gradient(nll_of_logits, logits, targets=targets)
    expected, expected_gradient = loss_and_gradient(ops.cross_entropy, logits, targets=targets)
    assert loss == pytest.approx(expected, rel=1e-13, abs=1e-15)
    assert np.allclose(gradient, expected_gradient, rtol=1e-12, atol=1e-15)


def test_three_positions_by_hand_with_the_defaults():
    log_p = np.log([[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]])
    loss, gradient = loss_and_gradient(ops.nll_loss, log_p, targets=[0, 1, -100])
    assert loss == pytest.approx((math.log(2.0) + math.log(4.0 / 3.0)) / 2.0, rel=1e-15)
    assert gradient.tolist() == [[-0.5, 0.0], [0.0, -0.5], [0.0, 0.0]]


def test_the_weighted_mean_divides_by_the_sum_of_the_weights():
    """Weights 1 and 3: a quarter of the first, three quarters of the second."""
    log_p = np.array([[-8.0, 0.0], [0.0, -4.0]])
    settings = {"targets": [0, 1], "weights": np.array([1.0, 3.0])}
    loss, gradient = loss_and_gradient(ops.nll_loss, log_p, **settings)
    assert loss == 0.25 * 8.0 + 0.75 * 4.0
    assert gradient.tolist() == [[-0.25, 0.0], [0.0, -0.75]]


@given(logits_and_targets(), st.floats(0.1, 10.0))
def test_weights_that_are_all_alike_change_nothing(sample, weight):
    logits, targets = sample
    weights = np.full(CLASSES, weight)
    weighted = loss_and_gradient(nll_of_logits, logits, targets=targets, weights=weights)
    plain = loss_and_gradient(nll_of_logits, logits, targets=targets)
    assert weighted[0] == pytest.approx(plain[0], rel=1e-13)
    assert np.allclose(weighted[1], plain[1], rtol=1e-12, atol=1e-15)


@given(logits_and_targets())
def test_a_class_of_twice_the_weight_counts_as_if_it_were_there_twice(sample):
    logits, targets = sample
    weights = np.where(np.arange(CLASSES) == targets[0], 2.0, 1.0)
    loss, _ = loss_and_gradient(nll_of_logits, logits, targets=targets, weights=weights)
    again = targets == targets[0]
    more, more_targets = np.concatenate([logits, logits[again]]), [*targets, *targets[again]]
    expected, _ = loss_and_gradient(nll_of_logits, more, targets=more_targets)
    assert loss == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    "settings", [{"targets": [-100, -100]}, {"targets": [1, 1], "weights": np.array([1.0, 0.0])}]
)
def test_where_nothing_counts_the_loss_and_its_gradient_are_0(settings):
    log_p = np.array([[0.0, -np.inf], [0.0, -np.inf]])
    loss, gradient = loss_and_gradient(ops.nll_loss, log_p, **settings)
    assert (loss, gradient.tolist()) == (0.0, [[0.0, 0.0], [0.0, 0.0]])


def test_a_target_of_probability_0_costs_infinitely_much():
    loss, gradient = loss_and_gradient(ops.nll_loss, np.array([[0.0, -np.inf]]), targets=[1])
    assert loss == math.inf
    assert gradient.tolist() == [[0.0, -1.0]]


def test_float64_weights_leave_float32_alone():
    log_p = np.zeros((2, 3), dtype=np.float32)
    loss = ops.nll_loss(log_p, targets=[0, 1], weights=np.arange(1.0, 4.0))
    assert loss.dtype == np.float32


def test_smoothing_by_hand():
    """Of four classes the right one is wanted at 0.7 + 0.3/4, the others at 0.3/4 each."""
    logits = np.log([[1.0, 1.0, 1.0, 5.0]])
    settings = {"targets": [3], "smoothing": 0.3}
    loss, gradient = loss_and_gradient(ops.smoothed_cross_entropy, logits, **settings)
    assert loss == pytest.approx(0.775 * math.log(8 / 5) + 0.225 * math.log(8.0), rel=1e-14)
    expected = [0.125 - 0.075] * 3 + [0.625 - 0.775]
    assert gradient[0].tolist() == pytest.approx(expected, rel=1e-13)


def test_the_default_ignored_target_of_a_smoothed_loss_is_minus_100():
    settings = {"targets": [-100, 0], "smoothing": 0.5}
    loss, gradient = loss_and_gradient(ops.smoothed_cross_entropy, np.zeros((2, 2)), **settings)
    assert loss == pytest.approx(math.log(2.0), rel=1e-15)
    assert gradient.tolist() == [[0.0, 0.0], [-0.25, 0.25]]


@given(logits_and_targets())
def test_smoothing_0_is_plain_and_smoothing_1_is_uniform(sample):
    logits, targets = sample
    ends = [
        (0.0, ops.cross_entropy, {"targets": targets}),
        (1.0, ops.cross_entropy_with_probabilities, {"probabilities": np.full_like(logits, 0.2)}),
    ]
    for smoothing, other, settings in ends:
        loss, gradient = loss_and_gradient(
            ops.smoothed_cross_entropy, logits, targets=targets, smoothing=smoothing
        )
        expected, expected_gradient = loss_and_gradient(other, logits, **settings)
        assert loss == pytest.approx(expected, rel=1e-12, abs=1e-14)
        assert np.allclose(gradient, expected_gradient, rtol=1e-12, atol=1e-15)


@given(logits_and_targets(), st.floats(0.0, 1.0))
def test_the_loss_is_linear_in_the_smoothing(sample, smoothing):
    logits, targets = sample
    plain, between, uniform = (
        ops.smoothed_cross_entropy(logits, targets=targets, smoothing=s).item()
        for s in (0.0, smoothing, 1.0)
    )
    assert between == pytest.approx((1.0 - smoothing) * plain + smoothing * uniform, rel=1e-12)


@given(logits_and_targets(), st.floats(0.01, 0.99))
def test_a_smoothed_loss_is_least_where_the_probabilities_are_the_targets(sample, smoothing):
    logits, targets = sample
    q = (1.0 - smoothing) * np.eye(CLASSES)[targets] + smoothing / CLASSES
    settings = {"targets": targets, "smoothing": smoothing}
    least, gradient = loss_and_gradient(ops.smoothed_cross_entropy, np.log(q), **settings)
    assert least == pytest.approx(-(q * np.log(q)).sum() / len(targets), rel=1e-12)
    assert np.allclose(gradient, 0.0, atol=1e-15)
    assert ops.smoothed_cross_entropy(logits, **settings).item() >= least - 1e-12


@given(logits_and_targets(), st.lists(st.booleans(), min_size=4, max_size=4))
def test_dropping_the_ignored_positions_gives_the_same_smoothed_loss(sample, ignored):
    """For the two losses here."""
    logits, targets = sample
    counted = ~np.array(ignored[: len(targets)])
    for function, settings in [
        (ops.smoothed_cross_entropy, {"smoothing": 0.1}),
        (nll_of_logits, {"weights": np.arange(1.0, 6.0)}),
    ]:
        kept = np.where(counted, targets, -100)
        loss, gradient = loss_and_gradient(function, logits, targets=kept, **settings)
        shorter = loss_and_gradient(function, logits[counted], targets=targets[counted], **settings)
        assert loss == pytest.approx(shorter[0], rel=1e-12, abs=1e-15)
        assert np.allclose(gradient[counted], shorter[1], rtol=1e-12, atol=1e-15)
        assert not gradient[~counted].any()
