import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Tensor
from minillm.backend import counted_words


def test_kept_units_are_scaled_and_dropped_ones_are_0_forward_and_backward():
    x = Tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True)
    y = ops.dropout(x, keep=np.array([0.0, 2.0, 2.0]))
    y.backward(np.array([5.0, 7.0, 11.0]))
    assert y.data.tolist() == [0.0, 4.0, 6.0]
    assert x.grad.tolist() == [0.0, 14.0, 22.0]


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_mean_is_preserved_and_the_variance_is_that_of_the_noise(rate):
    n = 40_000
    keep = (counted_words(7, 0, n) >= rate * 65536) / (1.0 - rate)
    y = ops.dropout(np.ones(n), keep=keep).data
    variance = rate / (1.0 - rate)
    assert abs(y.mean() - 1.0) < 6.0 * np.sqrt(variance / n)
    assert y.var() == pytest.approx(variance, rel=0.1)


def test_factors_of_1_change_nothing(rng):
    x = rng.standard_normal((3, 5))
    assert np.array_equal(ops.dropout(x, keep=np.ones((3, 5))).data, x)
