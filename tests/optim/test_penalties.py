import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Parameter, Tensor, gradients_of
from minillm.optim import SGD, Adam, AdamW, distance_penalty, l2_penalty
from tests.strict import SYNCS, strict


def test_half_the_sum_of_all_squares_by_hand():
    parameters = [Parameter([[1.0, 2.0]]), Parameter([3.0]), Parameter(-4.0)]
    penalty = l2_penalty(parameters)
    assert (penalty.shape, float(penalty)) == ((), 15.0)


def test_its_gradient_is_the_weights(rng):
    parameters = [Parameter(rng.standard_normal(shape)) for shape in ((2, 3), (5,), ())]
    for p, g in zip(parameters, gradients_of(l2_penalty(parameters), parameters), strict=True):
        np.testing.assert_allclose(g, p.data, rtol=1e-15)


def test_float32_stays_float32_and_another_library_does_not_wait(rng):
    p = Parameter(rng.standard_normal(3).astype(np.float32))
    penalty = l2_penalty([p])
    (gradient,) = gradients_of(penalty, [p])
    assert (penalty.dtype, gradient.dtype) == (np.float32, np.float32)
    SYNCS.clear()
    there = l2_penalty([Parameter(strict.asarray(p.data))])
    assert SYNCS == []
    assert float(there) == float(penalty)


def test_no_parameters_are_refused_with_a_hint_at_used_up_iterators():
    parameters = iter([Parameter([1.0])])
    l2_penalty(parameters)
    with pytest.raises(ValueError, match=r"there are no parameters \(a used-up iterator"):
        l2_penalty(parameters)


def test_an_array_is_refused_because_it_would_pull_at_nothing():
    w = Parameter([1.0, 2.0])
    with pytest.raises(TypeError, match="l2_penalty: parameter 1 must be a Tensor, got a ndarray"):
        l2_penalty([w, w.data])
    with pytest.raises(TypeError, match="l2_penalty: parameter 0 must be a Tensor, got a tuple"):
        l2_penalty([("weight", w)])


def test_a_frozen_parameter_counts_and_gets_no_gradient():
    trained, frozen = Parameter([3.0]), Tensor([4.0])
    penalty = l2_penalty([frozen, trained])
    assert float(penalty) == 12.5
    np.testing.assert_array_equal(gradients_of(penalty, [trained])[0], [3.0])


@pytest.mark.parametrize("strength", [np.float64(0.5), np.float32(0.5)])
def test_a_strength_from_numpy_promotes_nothing(strength):
    w = Parameter(np.ones(2, dtype=np.float32))
    penalty = strength * l2_penalty([w])
    assert (penalty.dtype, gradients_of(penalty, [w])[0].dtype) == (np.float32, np.float32)


def trained(make, strength, *, in_loss, seed, steps=20):
    """The weights after some noisy steps, decayed by ``strength`` in the loss or beside it."""
    rng = np.random.default_rng(seed)
    w = Parameter(rng.standard_normal(5))
    optimizer = make([w], weight_decay=0.0 if in_loss else strength)
    for x in rng.standard_normal((steps, 5)) * np.array([0.01, 0.1, 1.0, 10.0, 100.0]):
        loss = (w * Tensor(x)).sum()
        if in_loss:
            loss = loss + strength * l2_penalty([w])
        optimizer.step(gradients_of(loss, [w]))
    return w.data


def sgd(parameters, weight_decay, momentum=0.0):
    return SGD(parameters, lr=0.1, weight_decay=weight_decay, momentum=momentum)


def adam(parameters, weight_decay):
    return AdamW(parameters, lr=0.1, weight_decay=weight_decay)


@given(st.floats(0.0, 1.0), st.integers(0, 2**32 - 1))
def test_in_plain_sgd_the_penalty_is_the_decay(strength, seed):
    """Equal for SGD."""
    penalised = trained(sgd, strength, in_loss=True, seed=seed)
    decayed = trained(sgd, strength, in_loss=False, seed=seed)
    np.testing.assert_allclose(penalised, decayed, rtol=1e-12, atol=1e-12)


@pytest.mark.guide("G24")
@given(st.floats(0.1, 1.0), st.integers(0, 2**32 - 1))
def test_in_adam_it_is_not(strength, seed):
    """Different for Adam."""
    penalised = trained(adam, strength, in_loss=True, seed=seed)
    decayed = trained(adam, strength, in_loss=False, seed=seed)
    assert np.abs(penalised - decayed).max() > 1e-3


def test_in_sgd_with_momentum_it_is_not_either():
    """The penalty rolls on with the velocity, the decay does not."""

    def rolling(parameters, weight_decay):
        return sgd(parameters, weight_decay, momentum=0.9)

    penalised = trained(rolling, 0.3, in_loss=True, seed=0)
    decayed = trained(rolling, 0.3, in_loss=False, seed=0)
    assert np.abs(penalised - decayed).max() > 1e-3


def test_where_they_part_by_hand():
    """w = 2, g = 3, lr = 0.1, strength = 0.5; Adam's first step has size lr."""
    found = []
    for make in (
        sgd,
        lambda p, weight_decay: AdamW(p, lr=0.1, weight_decay=weight_decay, eps=1e-300),
    ):
        for in_loss in (True, False):
            w = Parameter(np.array([2.0]))
            gradient = 3.0 + (0.5 * 2.0 if in_loss else 0.0)
            make([w], weight_decay=0.0 if in_loss else 0.5).step([np.array([gradient])])
            found.append(float(w.data[0]))
    np.testing.assert_allclose(found, [1.6, 1.6, 1.9, 1.8], rtol=1e-15)


def test_adam_is_adamw_without_either(rng):
    one, two = Parameter(np.ones(3)), Parameter(np.ones(3))
    plain, decoupled = Adam([one], lr=0.1), AdamW([two], lr=0.1, weight_decay=0.0)
    for x in rng.standard_normal((3, 3)):
        plain.step(gradients_of((one * x).sum() + 0.0 * l2_penalty([one]), [one]))
        decoupled.step([x])
    np.testing.assert_array_equal(one.data, two.data)


def some_parameters(rng):
    return [Parameter(rng.standard_normal(shape)) for shape in ((2, 3), (5,), ())]


def test_the_distance_from_the_start_by_hand():
    w = Parameter(np.array([3.0, 1.0]))
    start, fisher = [np.array([1.0, 2.0])], [np.array([10.0, 0.0])]
    assert float(distance_penalty([w], start)) == 2.5
    assert float(distance_penalty([w], start, fisher)) == 20.0
    (gradient,) = gradients_of(distance_penalty([w], start, fisher), [w])
    np.testing.assert_array_equal(gradient, [20.0, 0.0])


@pytest.mark.parametrize("weighted", [False, True])
def test_its_gradient_is_right_in_every_direction(rng, weighted):
    parameters = some_parameters(rng)
    start = [rng.standard_normal(p.shape) for p in parameters]
    fisher = [rng.random(p.shape) for p in parameters] if weighted else None
    gradients = gradients_of(distance_penalty(parameters, start, fisher), parameters)
    step = [1e-3 * rng.standard_normal(p.shape) for p in parameters]
    up, down = (
        float(
            distance_penalty(
                [Parameter(p.data + sign * s) for p, s in zip(parameters, step, strict=True)],
                start,
                fisher,
            )
        )
        for sign in (1, -1)
    )
    slope = sum(float((g * s).sum()) for g, s in zip(gradients, step, strict=True))
    assert up - down == pytest.approx(2 * slope, rel=1e-9)  # exact for a square


def test_without_importance_and_from_zero_it_is_the_l2_penalty(rng):
    parameters = some_parameters(rng)
    found = distance_penalty(parameters, [np.zeros(p.shape) for p in parameters])
    np.testing.assert_allclose(float(found), float(l2_penalty(parameters)))


def test_at_the_start_there_is_no_pull(rng):
    parameters = some_parameters(rng)
    penalty = distance_penalty(parameters, [p.data.copy() for p in parameters])
    assert float(penalty) == 0.0
    assert all((g == 0).all() for g in gradients_of(penalty, parameters))


@pytest.mark.parametrize(
    ("shapes", "says"),
    [([(2,)], "start must have an array like each of the 2"), ([(2,), (3,)], r"got \[\(2,\), \(3")],
)
def test_arrays_that_do_not_fit_the_parameters_are_refused(shapes, says):
    two = [Parameter(np.ones(2)), Parameter(np.ones(2))]
    with pytest.raises(ValueError, match=says):
        distance_penalty(two, [np.zeros(shape) for shape in shapes])
    with pytest.raises(ValueError, match="importance must have"):
        distance_penalty(two, [np.zeros(2)] * 2, [np.zeros(shape) for shape in shapes])
    with pytest.raises(ValueError, match="there are no parameters"):
        distance_penalty([], [])
