import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Parameter
from minillm.optim import SGD, Optimizer
from tests.strict import SYNCS, StrictArray, strict


def weights(*shape, seed=0):
    """A float64 parameter with random entries."""
    return Parameter(np.random.default_rng(seed).standard_normal(shape))


def test_three_steps_with_momentum_by_hand():
    """v = 1, 1.5, 1.75; w = 2 - 0.1 (1 + 1.5 + 1.75)."""
    w = Parameter(np.array([2.0]))
    optimizer = SGD([w], lr=0.1, momentum=0.5)
    for expected in (1.9, 1.75, 1.575):
        optimizer.step([np.ones(1)])
        np.testing.assert_allclose(w.data, expected, rtol=1e-15)
    assert optimizer.state["velocity"][0].tolist() == [1.75]


def test_three_steps_of_nesterov_by_hand():
    """v = 1, 1.5, 1.75; steps 1 + v / 2 = 1.5, 1.75, 1.875."""
    w = Parameter(np.array([2.0]))
    optimizer = SGD([w], lr=0.1, momentum=0.5, nesterov=True)
    for expected in (1.85, 1.675, 1.4875):
        optimizer.step([np.ones(1)])
        np.testing.assert_allclose(w.data, expected, rtol=1e-15)


def test_one_step_with_decay_by_hand():
    """w = 2 - 0.1 (3 + 0.5 · 2)."""
    w = Parameter(np.array([2.0]))
    SGD([w], lr=0.1, weight_decay=0.5).step([np.array([3.0])])
    np.testing.assert_allclose(w.data, 1.6, rtol=1e-15)


def test_the_defaults_are_plain_gradient_descent():
    optimizer = SGD([weights(1)], lr=0.1)
    assert (optimizer.momentum, optimizer.nesterov, optimizer.weight_decay) == (0.0, False, 0.0)


@given(st.floats(0.0, 0.99), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_momentum_is_the_unrolled_sum_of_all_gradients(momentum, steps, seed):
    """v_t = sum over s of momentum^(t-s) g_s."""
    gradients = np.random.default_rng(seed).standard_normal((steps, 3))
    plain, ahead = weights(3), weights(3)
    start = plain.data.copy()
    optimizer = SGD([plain], lr=0.1, momentum=momentum)
    moved, looked = np.zeros(3), np.zeros(3)
    for t, g in enumerate(gradients):
        optimizer.step([g])
        v = sum(momentum ** (t - s) * gradients[s] for s in range(t + 1))
        moved, looked = moved + v, looked + g + momentum * v
    np.testing.assert_allclose(plain.data, start - 0.1 * moved, rtol=0, atol=1e-12)
    if momentum > 0:
        nesterov = SGD([ahead], lr=0.1, momentum=momentum, nesterov=True)
        for g in gradients:
            nesterov.step([g])
        np.testing.assert_allclose(ahead.data, start - 0.1 * looked, rtol=0, atol=1e-12)


@given(st.floats(0.0, 10.0), st.floats(0.0, 1.0), st.integers(0, 2**32 - 1))
def test_without_momentum_each_step_is_lr_times_the_gradient(lr, decay, seed):
    """Momentum 0 is plain gradient descent."""
    w = weights(3)
    expected = w.data
    optimizer = SGD([w], lr=lr, weight_decay=decay)
    for g in np.random.default_rng(seed).standard_normal((4, 3)):
        optimizer.step([g])
        expected = expected - lr * (g + decay * expected)
        np.testing.assert_array_equal(w.data, expected)


def test_a_steady_gradient_ends_at_its_size_over_one_minus_momentum():
    optimizer = SGD([weights(1)], lr=0.0, momentum=0.9)
    for _ in range(300):
        optimizer.step([np.full(1, 3.0)])
    np.testing.assert_allclose(optimizer.state["velocity"][0], 30.0, rtol=1e-12)


def steps_in_a_bowl(lr, curvature, steps=200):
    """The distances from the bottom of w² curvature / 2, starting at 1."""
    w = Parameter(np.ones(1))
    optimizer = SGD([w], lr=lr)
    for _ in range(steps):
        optimizer.step([curvature * w.data])
        yield abs(float(w.data[0]))


@given(st.floats(0.1, 100.0), st.floats(0.05, 1.9))
def test_a_bowl_is_descended_below_two_over_its_curvature(curvature, share):
    """The distance shrinks by |1 - lr L| at each step."""
    distances = list(steps_in_a_bowl(share / curvature, curvature))
    expected = abs(1 - share) ** np.arange(1, 201)
    np.testing.assert_allclose(distances, expected, rtol=1e-6, atol=1e-12)
    assert distances[-1] < 1e-4


@given(st.floats(0.1, 100.0), st.floats(2.1, 4.0))
def test_a_bowl_is_left_above_two_over_its_curvature(curvature, share):
    """Beyond 2/L every step overshoots by more than it came."""
    distances = list(steps_in_a_bowl(share / curvature, curvature, steps=60))
    assert all(b > a for a, b in itertools.pairwise(distances))
    assert distances[-1] > 100


def test_at_two_over_the_curvature_it_jumps_from_side_to_side():
    """An exact example: L = 4, lr = 1/2."""
    assert list(steps_in_a_bowl(0.5, 4.0, steps=5)) == [1.0] * 5
    assert list(steps_in_a_bowl(0.25, 4.0, steps=2)) == [0.0, 0.0]
    assert list(steps_in_a_bowl(0.75, 4.0, steps=3)) == [2.0, 4.0, 8.0]


def test_momentum_crosses_a_narrow_valley_faster():
    """Curvatures 1 and 100: the rate is bound by the steep side, momentum gains on the flat one."""
    curvature = np.array([1.0, 100.0])

    def distance(**settings):
        w = Parameter(np.ones(2))
        optimizer = SGD([w], **settings)
        for _ in range(100):
            optimizer.step([curvature * w.data])
        return float(np.sqrt(np.sum(w.data**2)))

    best = (math.sqrt(100) - 1) / (math.sqrt(100) + 1)  # Polyak's choice for these curvatures
    assert distance(lr=2 / 101) > 0.1
    assert distance(lr=4 / 121, momentum=best**2) < 1e-5
    assert distance(lr=0.01, momentum=best, nesterov=True) < 1e-3


@pytest.mark.fault(65)
def test_a_parameter_without_gradient_is_left_alone():
    still, moving = weights(3), weights(3)
    start = still.data.copy()
    optimizer = SGD([still, moving], lr=0.1, momentum=0.9, weight_decay=0.5)
    optimizer.step([np.ones(3), np.ones(3)])
    velocity, before = optimizer.state["velocity"][0].copy(), still.data.copy()
    optimizer.step([None, np.ones(3)])
    np.testing.assert_array_equal(still.data, before)
    np.testing.assert_array_equal(optimizer.state["velocity"][0], velocity)
    assert np.all(before != start)


def test_a_learning_rate_of_zero_changes_no_weight_but_advances_the_state():
    w = weights(3)
    start = w.data.copy()
    optimizer = SGD([w], lr=0.0, momentum=0.9, weight_decay=0.5)
    optimizer.step([np.ones(3)])
    np.testing.assert_array_equal(w.data, start)
    assert (optimizer.steps, optimizer.state["velocity"][0].tolist()) == (1, [1.0] * 3)


def test_the_step_writes_into_nothing_that_it_was_given():
    w = weights(3)
    array, gradient = w.data, np.ones(3)
    before = array.copy()
    optimizer = SGD([w], lr=0.1)
    for _ in range(2):
        optimizer.step([gradient])
    np.testing.assert_array_equal(array, before)
    np.testing.assert_array_equal(gradient, np.ones(3))


def test_float32_stays_float32_also_with_numpy_settings():
    w = Parameter(np.ones(3, dtype=np.float32))
    settings = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}
    numbers = {name: np.float64(value) for name, value in settings.items()}
    optimizer = SGD([w], nesterov=True, **numbers)
    for _ in range(2):
        optimizer.step([np.ones(3, dtype=np.float32)])
    assert (w.dtype, optimizer.state["velocity"][0].dtype) == (np.float32, np.float32)


def test_a_loaded_state_goes_on_bit_for_bit(rng):
    one, two = weights(3), weights(3)
    first = SGD([one], lr=0.1, momentum=0.9, nesterov=True)
    gradients = rng.standard_normal((6, 3))
    for g in gradients[:3]:
        first.step([g])
    two.data = one.data
    resumed = SGD([two], lr=0.1, momentum=0.9, nesterov=True)
    resumed.load_state_dict(first.state_dict())
    for g in gradients[3:]:
        first.step([g])
        resumed.step([g])
    np.testing.assert_array_equal(one.data, two.data)
    assert list(first.state_dict()) == ["steps", "updates", "velocity.0"]


def test_gradients_that_do_not_fit_are_refused_before_anything_changes():
    w = weights(3)
    start = w.data.copy()
    optimizer = SGD([w, weights(2)], lr=0.1, momentum=0.9)
    with pytest.raises(ValueError, match=r"gradient 1 is \(3,\) float64, its parameter \(2,\)"):
        optimizer.step([np.ones(3), np.ones(3)])
    np.testing.assert_array_equal(w.data, start)
    assert (optimizer.steps, optimizer.state["velocity"][0].tolist()) == (0, [0.0] * 3)


@pytest.mark.parametrize("momentum", [1.0, 1.5, -0.1, math.nan, None, "0.9"])
def test_a_momentum_outside_zero_to_one_is_refused(momentum):
    with pytest.raises(ValueError, match=rf"momentum must be in \[0, 1\), got {momentum!r}"):
        SGD([weights(1)], lr=0.1, momentum=momentum)


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(ValueError, match="nesterov looks ahead along the momentum, which is 0"):
        SGD([weights(1)], lr=0.1, nesterov=True)


@pytest.mark.parametrize("decay", [-0.1, math.nan, math.inf, None, "0.1"])
def test_a_decay_that_is_no_number_from_zero_up_is_refused(decay):
    with pytest.raises(ValueError, match="weight_decay must be a number >= 0, got"):
        SGD([weights(1)], lr=0.1, weight_decay=decay)
    with pytest.raises(ValueError, match="weight_decay must be a number >= 0, got"):
        Optimizer([weights(1)], lr=0.1, weight_decay=decay)


def test_on_another_array_library_it_gives_the_same_bits_and_never_waits(rng):
    here, there = weights(3), Parameter(strict.asarray(weights(3).data))
    settings = {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}
    one, two = SGD([here], **settings), SGD([there], **settings)
    SYNCS.clear()
    for g in rng.standard_normal((3, 3)):
        one.step([g])
        two.step([strict.asarray(g)])
    assert (type(there.data), SYNCS) == (StrictArray, [])
    np.testing.assert_array_equal(there.data.get(), here.data)
