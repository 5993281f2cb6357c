import math

import numpy as np

from minillm.autograd import Tensor
from minillm.nn import Linear, normal, xavier_uniform


def test_xavier_has_variance_two_over_the_sum_of_both_sides(rng):
    """A long and narrow weight: one side alone would give a variance 17 times off."""
    weight = xavier_uniform((31, 997), rng=rng).astype(np.float64)
    six_sigma = 6 * math.sqrt(0.8 / weight.size)  # relative; a uniform's kurtosis is 1.8
    assert abs(weight.var() * (31 + 997) / 2 - 1) < six_sigma
    assert abs(weight.mean()) < 6 * weight.std() / math.sqrt(weight.size)


def test_xavier_reaches_its_limit_and_never_passes_it(rng):
    weight = np.abs(xavier_uniform((31, 997), rng=rng))
    limit = math.sqrt(6 / 1028)
    assert 0.999 * limit < weight.max() <= np.float32(limit)


def test_normal_has_the_standard_deviation_that_is_asked_for(rng):
    weight = normal((211, 307), std=0.3, rng=rng).astype(np.float64)
    assert abs(weight.std() / 0.3 - 1) < 6 / math.sqrt(2 * weight.size)
    assert abs(weight.mean()) < 6 * 0.3 / math.sqrt(weight.size)
    assert abs(np.mean(np.abs(weight) < 0.3) - 0.6827) < 6 * math.sqrt(0.2167 / weight.size)


def test_first_values_are_float32_and_a_function_of_the_generator():
    for make in (
        lambda rng: xavier_uniform((3, 5), rng=rng),
        lambda rng: normal((3, 5), std=1.0, rng=rng),
    ):
        first, same, other = (make(np.random.default_rng(seed)) for seed in (0, 0, 1))
        assert first.dtype == np.float32
        np.testing.assert_array_equal(first, same)
        assert np.all(first != other)


def test_a_deep_stack_of_square_maps_neither_explodes_nor_fades(rng):
    x = Tensor(rng.standard_normal((200, 64)).astype(np.float32))
    for _ in range(20):
        x = Linear(64, 64, rng=rng)(x)
    assert 0.3 < float(np.sqrt(np.mean(x.data**2))) < 3.0
