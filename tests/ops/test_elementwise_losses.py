import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm import ops
from minillm.autograd import Tensor

yes_or_no = ops.binary_cross_entropy_with_logits
LOGITS = hnp.arrays(np.float64, st.integers(1, 6), elements=st.floats(-50, 50))


def loss_and_gradient(function, x, **settings) -> tuple[float, np.ndarray]:
    leaf = Tensor(x, requires_grad=True)
    loss = function(leaf, **settings)
    loss.backward()
    return loss.item(), leaf.grad


def test_squared_error_by_hand():
    x, t = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1, 0], [3, 7]])
    loss, gradient = loss_and_gradient(ops.squared_error, x, targets=t)
    assert loss == (4.0 + 9.0) / 4.0
    assert gradient.tolist() == [[0.0, 1.0], [0.0, -1.5]]


@given(LOGITS, st.floats(-10.0, 10.0))
def test_the_best_constant_prediction_is_the_mean(targets, other):
    mean = np.full_like(targets, targets.mean())
    least, gradient = loss_and_gradient(ops.squared_error, mean, targets=targets)
    assert least == pytest.approx(targets.var(), rel=1e-9, abs=1e-12)
    assert gradient.sum() == pytest.approx(0.0, abs=1e-12)
    assert ops.squared_error(mean + other, targets=targets).item() >= least - 1e-9


def test_float64_targets_leave_float32_alone():
    x = np.ones(3, dtype=np.float32)
    for function in (ops.squared_error, yes_or_no):
        loss, gradient = loss_and_gradient(function, x, targets=np.full(3, 0.5))
        assert (Tensor(x).dtype, gradient.dtype) == (np.float32, np.float32)
        assert function(x, targets=np.full(3, 0.5)).dtype == np.float32
        assert math.isfinite(loss)


def test_a_yes_and_a_no_at_odds_of_three_to_one_by_hand():
    """Default weight 1: -ln 3/4 for the yes, -ln 1/4 for the no."""
    z = np.log([3.0, 3.0])
    loss, gradient = loss_and_gradient(yes_or_no, z, targets=[True, False])
    assert loss == pytest.approx((math.log(4.0 / 3.0) + math.log(4.0)) / 2.0, rel=1e-15)
    assert gradient.tolist() == pytest.approx([-0.25 / 2.0, 0.75 / 2.0], rel=1e-15)


def test_a_positive_of_weight_three_by_hand():
    settings = {"targets": [1, 0], "weight_of_positive": 3.0}
    loss, gradient = loss_and_gradient(yes_or_no, np.zeros(2), **settings)
    assert loss == pytest.approx((3.0 + 1.0) * math.log(2.0) / 2.0, rel=1e-15)
    assert gradient.tolist() == [-0.75, 0.25]


def test_confidence_of_a_thousand_is_exact_right_or_wrong():
    z = np.array([1000.0, -1000.0, 1000.0, -1000.0])
    loss, gradient = loss_and_gradient(yes_or_no, z, targets=[1, 0, 0, 1])
    assert loss == (0.0 + 0.0 + 1000.0 + 1000.0) / 4.0
    assert gradient.tolist() == [0.0, 0.0, 0.25, -0.25]


def test_a_probability_too_near_1_for_a_float_still_has_its_exact_loss_and_gradient():
    """1 - p = exp(-50) would be rounded away, had p been computed first."""
    loss, gradient = loss_and_gradient(yes_or_no, np.array([50.0]), targets=[1])
    assert loss == pytest.approx(math.exp(-50.0), rel=1e-14, abs=0.0)
    assert gradient[0] == pytest.approx(-math.exp(-50.0), rel=1e-14, abs=0.0)


@given(LOGITS, st.data())
def test_it_is_cross_entropy_between_two_classes_with_the_logits_z_and_0(z, data):
    targets = np.array(data.draw(st.lists(st.booleans(), min_size=len(z), max_size=len(z))))
    loss, gradient = loss_and_gradient(yes_or_no, z, targets=targets)
    two = np.stack([np.zeros_like(z), z], axis=-1)
    expected, both = loss_and_gradient(ops.cross_entropy, two, targets=targets.astype(int))
    assert loss == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert np.allclose(gradient, both[:, 1], rtol=1e-12, atol=1e-16)


@given(LOGITS, st.floats(0.0, 1.0))
def test_yes_and_no_are_mirror_images(z, target):
    loss, gradient = loss_and_gradient(yes_or_no, z, targets=np.full_like(z, target))
    mirrored = loss_and_gradient(yes_or_no, -z, targets=np.full_like(z, 1.0 - target))
    assert loss == pytest.approx(mirrored[0], rel=1e-12)
    assert np.allclose(gradient, -mirrored[1], rtol=1e-12, atol=1e-16)


def test_a_nan_logit_gives_a_nan_loss():
    assert math.isnan(yes_or_no(np.array([0.0, np.nan]), targets=[0, 1]).item())


@given(LOGITS, st.data())
def test_a_weight_multiplies_the_loss_of_its_element_and_the_mean_still_counts_all(z, data):
    weights = np.array(data.draw(st.lists(st.floats(0, 9), min_size=len(z), max_size=len(z))))
    settings = {"targets": np.full_like(z, 0.25), "weight_of_positive": 2.0}
    single, slope = loss_and_gradient(lambda x: yes_or_no(x, **settings, reduction="sum"), z)
    each = yes_or_no(z, **settings, reduction="none").data
    loss, gradient = loss_and_gradient(yes_or_no, z, weights=weights, **settings)
    assert each.sum() == pytest.approx(single, rel=1e-12)
    assert loss == pytest.approx((weights * each).sum() / len(z), rel=1e-12)
    assert np.allclose(gradient, weights * slope / len(z), rtol=1e-12, atol=1e-16)


def test_a_square_beyond_the_largest_float_is_infinite_and_its_gradient_is_not():
    x = np.array([1e30, 1e-25], np.float32)
    loss, gradient = loss_and_gradient(ops.squared_error, x, targets=[0.0, 0.0])
    assert loss == math.inf
    assert gradient.tolist() == x.tolist()


def test_a_mean_of_squares_that_fits_needs_no_sum_that_does():
    x = np.zeros(1000, np.float32)
    x[0] = 2e19  # its square is 4e38
    loss, _ = loss_and_gradient(ops.squared_error, x, targets=np.zeros(1000))
    assert loss == pytest.approx(4e35, rel=1e-5)
