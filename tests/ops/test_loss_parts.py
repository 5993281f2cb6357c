"""What all losses have in common: their reductions, and what does not count."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor

CLASSES = 4
ANYTHING = st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e300, 0.0])
SEEDS = st.integers(0, 2**32)
REDUCTIONS = ["mean", "sum", "none"]


def by_class(rng, n: int) -> dict:
    """Every loss of a choice among classes, with settings for ``n`` positions."""
    targets = rng.integers(CLASSES, size=n)
    shares = rng.random((n, CLASSES))
    return {
        ops.cross_entropy: {"targets": targets},
        ops.smoothed_cross_entropy: {"targets": targets, "smoothing": 0.2},
        ops.nll_loss: {"targets": targets, "weights": rng.random(CLASSES)},
        ops.cross_entropy_with_probabilities: {
            "probabilities": shares / shares.sum(axis=-1, keepdims=True)
        },
    }


def by_element(rng, n: int) -> dict:
    """Every loss of numbers."""
    shape = (n, CLASSES)
    targets = rng.random(shape)
    return {
        ops.squared_error: {"targets": targets},
        ops.binary_cross_entropy_with_logits: {"targets": targets, "weights": rng.random(shape)},
    }


def result(loss, x, cotangent=None, **settings) -> tuple[np.ndarray, np.ndarray]:
    leaf = Tensor(x, requires_grad=True)
    y = loss(leaf, **settings)
    y.backward(np.ones(y.shape) if cotangent is None else cotangent)
    return y.data, leaf.grad


def without_targets(loss, settings: dict, ignored: np.ndarray) -> dict:
    """The settings that leave the ``ignored`` positions out, in the way that the loss has."""
    if "probabilities" in settings:
        q = np.where(ignored[:, None], 0.0, settings["probabilities"])
        return {**settings, "probabilities": q}
    return {**settings, "targets": np.where(ignored, -100, settings["targets"])}


def only(settings: dict, rows: np.ndarray) -> dict:
    per_row = ("targets", "probabilities")
    return {k: v[rows] if k in per_row else v for k, v in settings.items()}


@given(SEEDS, st.integers(1, 5))
def test_the_sum_adds_up_the_single_losses_and_its_gradient_is_theirs(seed, n):
    rng = np.random.default_rng(seed)
    x = 3.0 * rng.standard_normal((n, CLASSES))
    for loss, settings in {**by_class(rng, n), **by_element(rng, n)}.items():
        single, gradient = result(loss, x, reduction="none", **settings)
        summed, gradient_of_sum = result(loss, x, reduction="sum", **settings)
        assert single.shape == (x.shape if loss in by_element(rng, n) else (n,))
        assert summed.shape == ()
        assert summed == pytest.approx(single.sum(), rel=1e-12)
        assert np.allclose(gradient, gradient_of_sum, rtol=1e-12, atol=1e-15)


@given(SEEDS, st.integers(1, 5))
def test_the_mean_divides_the_sum_by_what_counts(seed, n):
    rng = np.random.default_rng(seed)
    x = 3.0 * rng.standard_normal((n, CLASSES))
    for loss, settings in {**by_class(rng, n), **by_element(rng, n)}.items():
        counts = n if loss in by_class(rng, n) else x.size
        if loss is ops.nll_loss:
            counts = settings["weights"][settings["targets"]].sum()
        mean, gradient = result(loss, x, **settings)
        summed, gradient_of_sum = result(loss, x, reduction="sum", **settings)
        assert mean * counts == pytest.approx(summed, rel=1e-12)
        assert np.allclose(gradient * counts, gradient_of_sum, rtol=1e-12, atol=1e-15)


@given(SEEDS, st.integers(1, 4), st.data())
def test_a_single_loss_is_that_of_its_position_alone(seed, n, data):
    """Value, and a gradient that no other position touches."""
    rng = np.random.default_rng(seed)
    x = 3.0 * rng.standard_normal((n, CLASSES))
    i = data.draw(st.integers(0, n - 1))
    for loss, settings in by_class(rng, n).items():
        single, gradient = result(loss, x, np.eye(n)[i], reduction="none", **settings)
        alone = result(loss, x[i : i + 1], reduction="sum", **only(settings, [i]))
        assert single[i] == pytest.approx(alone[0], rel=1e-12)
        assert np.allclose(gradient[i], alone[1][0], rtol=1e-12, atol=1e-15)
        assert not np.delete(gradient, i, axis=0).any()


@given(SEEDS, st.lists(st.booleans(), min_size=1, max_size=5), st.data())
def test_a_position_that_does_not_count_may_hold_anything(seed, ignored, data):
    """NaN and infinities reach neither the loss, nor its gradient, nor NumPy's warnings."""
    rng, ignored = np.random.default_rng(seed), np.array(ignored)
    x = 3.0 * rng.standard_normal((len(ignored), CLASSES))
    row = data.draw(st.lists(ANYTHING, min_size=CLASSES, max_size=CLASSES))
    spoilt = np.where(ignored[:, None], np.array(row), x)
    reduction = data.draw(st.sampled_from(REDUCTIONS))
    for loss, settings in by_class(rng, len(ignored)).items():
        settings = {**without_targets(loss, settings, ignored), "reduction": reduction}
        value, gradient = result(loss, spoilt, **settings)
        expected, expected_gradient = result(loss, x, **settings)
        assert np.array_equal(value, expected)
        assert np.array_equal(gradient, expected_gradient)
        assert not gradient[ignored].any()
        if reduction == "none":
            assert not value[ignored].any()


@given(SEEDS, st.lists(st.booleans(), min_size=CLASSES, max_size=CLASSES), ANYTHING)
def test_an_element_that_weighs_0_may_hold_anything(seed, ignored, anything):
    rng = np.random.default_rng(seed)
    x, targets = rng.standard_normal(CLASSES), rng.random(CLASSES)
    weights = np.where(ignored, 0.0, rng.random(CLASSES))
    for reduction in REDUCTIONS:
        settings = {"targets": targets, "weights": weights, "reduction": reduction}
        loss = ops.binary_cross_entropy_with_logits
        found = result(loss, np.where(ignored, anything, x), **settings)
        for a, b in zip(found, result(loss, x, **settings), strict=True):
            assert np.array_equal(a, b)


def test_a_class_that_weighs_0_may_hold_anything():
    for anything in (np.nan, np.inf, -np.inf):
        log_p = np.array([[anything, -1.0], [-2.0, -3.0]])
        settings = {"targets": [0, 1], "weights": np.array([0.0, 2.0])}
        value, gradient = result(ops.nll_loss, log_p, **settings)
        assert value == 3.0
        assert gradient.tolist() == [[0.0, 0.0], [0.0, -1.0]]


@given(SEEDS, st.integers(1, 4), st.data())
def test_a_class_without_a_share_might_as_well_not_be_there_where_its_logit_is_minus_infinity(
    seed, n, data
):
    rng = np.random.default_rng(seed)
    x = 3.0 * rng.standard_normal((n, CLASSES))
    place = data.draw(st.integers(0, CLASSES))
    losses = {**by_class(rng, n)}
    losses[ops.smoothed_cross_entropy]["smoothing"] = 0.0
    del losses[ops.nll_loss]
    for loss, settings in losses.items():
        more = dict(settings)
        if "targets" in more:
            more["targets"] = more["targets"] + (more["targets"] >= place)
        else:
            more["probabilities"] = np.insert(more["probabilities"], place, 0.0, axis=1)
        value, gradient = result(loss, np.insert(x, place, -np.inf, axis=1), **more)
        expected, expected_gradient = result(loss, x, **settings)
        assert value == pytest.approx(expected, rel=1e-12)
        assert not gradient[:, place].any()
        assert np.allclose(np.delete(gradient, place, 1), expected_gradient, rtol=1e-12, atol=1e-15)


@given(SEEDS, st.integers(1, 4), st.sampled_from(REDUCTIONS))
def test_without_smoothing_the_smoothed_loss_is_the_plain_one_bit_for_bit(seed, n, reduction):
    rng = np.random.default_rng(seed)
    x = 3.0 * rng.standard_normal((n, CLASSES))
    x[rng.random(x.shape) < 0.3] = -np.inf
    x[:, 0] = 0.0
    settings = {"targets": rng.integers(CLASSES, size=n), "reduction": reduction}
    plain = result(ops.cross_entropy, x, **settings)
    smoothed = result(ops.smoothed_cross_entropy, x, smoothing=0.0, **settings)
    assert np.array_equal(plain[0], smoothed[0])
    assert np.array_equal(plain[1], smoothed[1])


def test_a_share_of_what_is_impossible_costs_infinitely_much_with_a_finite_gradient():
    x = np.array([[0.0, -np.inf], [0.0, 0.0]])
    for loss, settings in [
        (ops.cross_entropy, {"targets": [1, 0]}),
        (ops.smoothed_cross_entropy, {"targets": [0, 0], "smoothing": 0.1}),
        (ops.cross_entropy_with_probabilities, {"probabilities": [[0.5, 0.5], [1.0, 0.0]]}),
    ]:
        for reduction in REDUCTIONS:
            value, gradient = result(loss, x, reduction=reduction, **settings)
            assert np.ravel(value)[0] == math.inf
            assert np.isfinite(gradient).all() and gradient[0].tolist() != [0.0, 0.0]


def test_an_answer_that_is_certain_costs_nothing_where_it_is_right():
    z, yes = np.array([np.inf, -np.inf, np.inf, -np.inf]), [1, 0, 0, 1]
    loss = ops.binary_cross_entropy_with_logits
    value, gradient = result(loss, z, targets=yes, reduction="none")
    assert value.tolist() == [0.0, 0.0, math.inf, math.inf]
    assert gradient.tolist() == [0.0, 0.0, 1.0, -1.0]
    assert result(loss, z[:2], targets=yes[:2])[0] == 0.0
    half, slope = result(loss, z[:2], targets=[0.5, 0.5], reduction="none")
    assert half.tolist() == [math.inf, math.inf]
    assert slope.tolist() == [0.5, -0.5]


@pytest.mark.parametrize("reduction", ["average", "Mean", None, 0])
def test_an_unknown_reduction_is_refused_with_the_three_that_there_are(reduction):
    rng = np.random.default_rng(0)
    for loss, settings in {**by_class(rng, 2), **by_element(rng, 2)}.items():
        with pytest.raises(ValueError, match=f"{loss.__name__}: .*'mean', 'sum' or 'none'"):
            loss(np.zeros((2, CLASSES)), reduction=reduction, **settings)
