import math

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor
from minillm.optim import SGD, Adam, AdamW, linear_with_warmup
from minillm.training import DivergenceError, fit
from tests.strict import SYNCS, strict


def slope(parameter):
    """A loss whose gradient is the batch itself."""
    return lambda batch: (parameter * Tensor(batch)).sum()


def test_a_step_says_what_happened_before_the_update():
    w = Parameter(np.array([2.0, 3.0]))
    batches = [np.array([3.0, 4.0]), np.array([0.0, 0.5])]
    first, second = list(fit(slope(w), batches, Adam([w], lr=0.1)))
    assert (first.index, float(first.loss), float(first.gradient_norm), first.lr) == (
        0,
        18.0,
        5.0,  # before it was clipped to 1
        0.1,
    )
    assert (second.index, float(second.gradient_norm)) == (1, 0.5)
    assert float(second.loss) == pytest.approx(0.5 * 2.9, abs=1e-6)  # after one step of 0.1


def test_the_optimiser_gets_clipped_gradients():
    for max_norm, expected in ((1.0, [0.6, 0.8]), (10.0, [3.0, 4.0]), (math.inf, [3.0, 4.0])):
        w = Parameter(np.zeros(2))
        optimizer = Adam([w], betas=(0.0, 0.0))
        list(fit(slope(w), [np.array([3.0, 4.0])], optimizer, max_norm=max_norm))
        np.testing.assert_allclose(optimizer.state["m"][0], expected, rtol=1e-15)


def test_gradients_are_clipped_to_one_unless_asked_otherwise():
    w = Parameter(np.zeros(2))
    optimizer = Adam([w], betas=(0.0, 0.0))
    list(fit(slope(w), [np.array([3.0, 4.0])], optimizer))
    np.testing.assert_allclose(optimizer.state["m"][0], [0.6, 0.8], rtol=1e-15)


def test_a_step_counts_on_from_where_the_optimiser_stands():
    w = Parameter(np.ones(1))
    optimizer = Adam([w])
    batches = [np.ones(1)] * 3
    assert [step.index for step in fit(slope(w), batches, optimizer)] == [0, 1, 2]
    assert [step.index for step in fit(slope(w), batches, optimizer)] == [3, 4, 5]


def test_the_schedule_sets_the_rate_of_every_step_by_its_number():
    w = Parameter(np.ones(1))
    optimizer = Adam([w], lr=77.0)
    schedule = linear_with_warmup(peak=0.4, warmup=2, total=6)
    for part in (2, 4):  # in two parts, as after a resumption
        steps = list(fit(slope(w), [np.ones(1)] * part, optimizer, schedule=schedule))
        assert [s.lr for s in steps] == [schedule(s.index) for s in steps]
    assert optimizer.lr == schedule(5)


def test_without_a_schedule_the_optimisers_own_rate_stays():
    w = Parameter(np.ones(1))
    steps = list(fit(slope(w), [np.ones(1)] * 2, Adam([w], lr=0.25)))
    assert [step.lr for step in steps] == [0.25, 0.25]


def test_training_is_as_lazy_as_its_caller():
    w = Parameter(np.ones(1))
    optimizer = Adam([w])
    asked = []

    def batches():
        for i in range(10):
            asked.append(i)
            yield np.ones(1)

    steps = fit(slope(w), batches(), optimizer)
    assert (asked, optimizer.steps) == ([], 0)
    for step in steps:
        if step.index == 2:
            break
    assert (asked, optimizer.steps) == ([0, 1, 2], 3)


def test_numbers_stay_arrays_until_the_caller_converts_them():
    w = Parameter(np.ones(2, dtype=np.float32))
    (step,) = fit(slope(w), [np.ones(2, dtype=np.float32)], Adam([w]))
    assert (step.loss.shape, step.loss.dtype, step.gradient_norm.dtype) == (
        (),
        np.float32,
        np.float32,
    )


@pytest.mark.fault(21, 85)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (math.nan, "step 1: loss nan, gradient norm nan"),
        (math.inf, "step 1: loss inf, gradient norm inf"),
    ],
)
def test_a_loss_that_is_not_finite_stops_before_anything_changes(bad, message):
    w = Parameter(np.ones(1))
    optimizer = AdamW([w])
    steps = fit(slope(w), [np.ones(1), np.array([bad]), np.ones(1)], optimizer)
    next(steps)
    weights, state = w.data.copy(), optimizer.state_dict()
    with pytest.raises(DivergenceError, match=message):
        next(steps)
    np.testing.assert_array_equal(w.data, weights)
    for name, array in optimizer.state_dict().items():
        np.testing.assert_array_equal(array, state[name])
    assert list(steps) == []  # nothing goes on after it


def test_a_gradient_that_is_not_finite_stops_also_where_the_loss_is_fine():
    w = Parameter(np.zeros(1, dtype=np.float32))
    with pytest.raises(DivergenceError, match="step 0: loss 0, gradient norm inf"):
        list(fit(slope(w), [np.array([1e30], dtype=np.float32)], Adam([w])))
    assert w.data.tolist() == [0.0]


def test_a_schedule_that_gives_no_number_stops_before_anything_changes():
    w = Parameter(np.ones(1))
    optimizer = Adam([w])
    with pytest.raises(ValueError, match="learning rate must be a number >= 0, got nan"):
        list(fit(slope(w), [np.ones(1)], optimizer, schedule=lambda step: math.nan))
    assert (w.data.tolist(), optimizer.steps) == ([1.0], 0)


def test_a_schedule_of_numpy_numbers_keeps_float32_weights():
    w = Parameter(np.ones(1, dtype=np.float32))
    rates = np.linspace(0.1, 0.0, 3)
    batches = [np.ones(1, dtype=np.float32)] * 3
    steps = list(fit(slope(w), batches, Adam([w]), schedule=lambda step: rates[step]))
    assert [step.lr for step in steps] == rates.tolist()
    assert w.dtype == np.float32


def test_a_parameter_that_the_loss_does_not_reach_is_an_error_unless_it_is_allowed():
    used, unused = Parameter(np.ones(1)), Parameter(np.ones(4))
    optimizer = AdamW([used, unused])
    with pytest.raises(RuntimeError, match=r"parameter 1 of shape \(4,\) does not influence"):
        list(fit(slope(used), [np.ones(1)], optimizer))
    assert optimizer.steps == 0
    list(fit(slope(used), [np.ones(1)], optimizer, allow_unused=True))
    assert unused.data.tolist() == [1.0] * 4
    assert used.data[0] < 1.0


def test_a_quadratic_bowl_is_descended_to_its_bottom():
    w = Parameter(np.array([3.0, -2.0]))
    target = np.array([1.0, 5.0])
    schedule = linear_with_warmup(peak=0.1, warmup=0, total=300)
    bowl = lambda _: ((w - target) * (w - target)).sum()  # noqa: E731
    *_, last = fit(bowl, range(300), Adam([w]), schedule=schedule)
    np.testing.assert_allclose(w.data, target, atol=1e-3)
    assert float(last.loss) < 1e-5


def regression(parameter):
    """Mean squared error of a linear map over the rows of a batch."""

    def loss_of(batch):
        x, y = batch
        error = Tensor(x) @ parameter - y
        return (error * error).mean()

    return loss_of


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_k_batches_accumulated_are_one_batch_k_times_as_large(k, rng):
    """Loss, gradient norm and weights, in float64."""
    x, y = rng.standard_normal((5, 12, 3)), rng.standard_normal((5, 12))
    whole, parts = Parameter(np.ones(3)), Parameter(np.ones(3))
    large = list(zip(x, y, strict=True))
    small = [(a, b) for m, n in large for a, b in zip(np.split(m, k), np.split(n, k), strict=True)]
    one = list(fit(regression(whole), large, SGD([whole], lr=0.1)))
    many = list(fit(regression(parts), small, SGD([parts], lr=0.1), accumulate=k))
    assert len(one) == len(many) == 5
    for a, b in zip(one, many, strict=True):
        assert a.index == b.index
        assert float(b.loss) == pytest.approx(float(a.loss), rel=1e-14)
        assert float(b.gradient_norm) == pytest.approx(float(a.gradient_norm), rel=1e-14)
    np.testing.assert_allclose(parts.data, whole.data, rtol=1e-13)


@pytest.mark.fault(87)
def test_five_batches_by_two_give_three_updates_by_hand():
    """Means 2, 3 and, of the one that is left, 9; none is clipped."""
    w = Parameter(np.zeros(1))
    optimizer = SGD([w], lr=1.0)
    batches = [np.array([g]) for g in (1.0, 3.0, 2.0, 4.0, 9.0)]
    steps = list(fit(slope(w), batches, optimizer, max_norm=math.inf, accumulate=2))
    assert [float(step.gradient_norm) for step in steps] == [2.0, 3.0, 9.0]
    assert [float(step.loss) for step in steps] == [0.0, -6.0, -45.0]  # w is 0, -2, -5
    assert (w.data.tolist(), optimizer.steps) == ([-14.0], 3)
    assert [step.index for step in steps] == [0, 1, 2]


def test_clipping_sees_the_mean_and_not_each_batch():
    w = Parameter(np.zeros(2))
    batches = [np.array([30.0, 0.0]), np.array([-30.0, 0.5])]
    (step,) = fit(slope(w), batches, SGD([w], lr=1.0), accumulate=2)
    assert float(step.gradient_norm) == 0.25
    assert w.data.tolist() == [0.0, -0.25]


def test_a_batch_that_misses_a_parameter_gives_it_nothing():
    used, now_and_then, never = (Parameter(np.zeros(1)) for _ in range(3))

    def loss_of(batch):
        return (used + now_and_then).sum() if batch else used.sum()

    optimizer = SGD([used, now_and_then, never], lr=1.0)
    list(fit(loss_of, [0, 1, 0, 0], optimizer, max_norm=9, allow_unused=True, accumulate=4))
    found = [p.data.tolist() for p in (used, now_and_then, never)]
    assert found == [[-1.0], [-0.25], [0.0]]


def test_accumulating_is_as_lazy_as_its_caller_and_takes_what_is_left():
    w = Parameter(np.ones(1))
    asked = []

    def batches():
        for i in range(5):
            asked.append(i)
            yield np.ones(1)

    steps = fit(slope(w), batches(), SGD([w], lr=0.1), accumulate=2)
    assert asked == []
    for n in (2, 4, 5):
        next(steps)
        assert len(asked) == n
    assert list(steps) == []


def test_numbers_stay_arrays_of_their_dtype_when_they_are_accumulated():
    w = Parameter(np.ones(2, dtype=np.float32))
    (step,) = fit(slope(w), [np.ones(2, dtype=np.float32)] * 3, SGD([w], lr=0.1), accumulate=3)
    assert isinstance(step.loss, np.ndarray)
    assert (step.loss.shape, step.loss.dtype, w.dtype) == ((), np.float32, np.float32)


def test_one_bad_batch_stops_the_whole_update():
    w = Parameter(np.ones(1))
    optimizer = SGD([w], lr=0.1)
    batches = [np.ones(1), np.array([math.nan]), np.ones(1)]
    with pytest.raises(DivergenceError, match="step 0: loss nan, gradient norm nan"):
        list(fit(slope(w), batches, optimizer, accumulate=3))
    assert (w.data.tolist(), optimizer.steps) == ([1.0], 0)


@pytest.mark.parametrize("accumulate", [0, -1])
def test_fewer_than_one_batch_per_update_is_refused(accumulate):
    w = Parameter(np.ones(1))
    with pytest.raises(ValueError, match=f"at least 1 batch per update, got {accumulate}"):
        list(fit(slope(w), [np.ones(1)], SGD([w], lr=0.1), accumulate=accumulate))


def test_an_update_of_accumulated_batches_waits_for_the_device_once():
    w = Parameter(strict.asarray(np.ones(2)))
    batches = [strict.asarray(np.ones(2))] * 6
    SYNCS.clear()
    assert len(list(fit(slope(w), batches, SGD([w], lr=0.1), accumulate=3))) == 2
    assert SYNCS == ["bool"] * 2
