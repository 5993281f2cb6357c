import math

import numpy as np
import pytest

import minillm
from minillm import ops
from minillm.autograd import Parameter, Tensor
from minillm.optim import SGD, Adam, AdamW, linear_with_warmup
from minillm.training import DivergenceError, fit, loop


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
        5.0,
        0.1,
    )
    assert (second.index, float(second.gradient_norm)) == (1, 0.5)
    assert float(second.loss) == pytest.approx(0.5 * 2.9, abs=1e-6)  # after one step of 0.1


def test_the_optimiser_gets_clipped_gradients():
    for max_norm, expected in ((1.0, [0.6, 0.8]), (10.0, [3.0, 4.0]), (None, [3.0, 4.0])):
        w = Parameter(np.zeros(2))
        optimizer = Adam([w], betas=(0.0, 0.0))
        list(fit(slope(w), [np.array([3.0, 4.0])], optimizer, max_norm=max_norm))
        np.testing.assert_allclose(optimizer.state["m"][0], expected, rtol=1e-15)


def test_gradients_are_taken_as_they_are_unless_asked_otherwise():
    w = Parameter(np.zeros(2))
    (step,) = fit(slope(w), [np.array([3.0, 4.0])], SGD([w], lr=1.0))
    assert (w.data.tolist(), float(step.gradient_norm)) == ([-3.0, -4.0], 5.0)


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
        list(fit(lambda _: ops.sqrt(w).sum(), [None], Adam([w])))
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
    *_, last = fit(bowl, range(300), Adam([w]), schedule=schedule, max_norm=1.0)
    np.testing.assert_allclose(w.data, target, atol=1e-3)
    assert float(last.loss) < 1e-5


def regression(parameter):
    """Mean squared error of a linear map over the rows of a batch."""

    def loss_of(batch):
        x, y = batch
        error = Tensor(x) @ parameter - y
        return (error * error).mean()

    return loss_of


@pytest.mark.parametrize("parts", [(6, 1), (3, 3, 1), (9, 1)])
def test_a_schedule_that_is_over_is_refused_with_its_step_and_a_way_on(parts):
    w = Parameter(np.ones(1))
    optimizer = Adam([w])
    schedule = linear_with_warmup(peak=0.4, warmup=2, total=6)
    *before, last = parts
    for part in before:
        list(fit(slope(w), [np.ones(1)] * part, optimizer, schedule=schedule))
    done, weights = optimizer.steps, w.data.copy()
    with pytest.raises(ValueError, match=f"over: its rate at step {done}.* is 0; give a schedule"):
        list(fit(slope(w), [np.ones(1)] * last, optimizer, schedule=schedule))
    assert (w.data, optimizer.steps) == (weights, done)
    longer = linear_with_warmup(peak=0.4, warmup=2, total=20)
    assert [s.index for s in fit(slope(w), [np.ones(1)], optimizer, schedule=longer)] == [done]


def test_a_rate_of_zero_from_the_beginning_is_somebodys_wish():
    w = Parameter(np.ones(1))
    optimizer = Adam([w])
    for schedule in (lambda step: 0.0, linear_with_warmup(peak=0.0, warmup=0, total=9)):
        list(fit(slope(w), [np.ones(1)] * 2, optimizer, schedule=schedule))
    rising = list(fit(slope(w), [np.ones(1)] * 2, Adam([w]), schedule=lambda step: 0.1 * step))
    assert [step.lr for step in rising] == [0.0, 0.1]
    assert optimizer.steps == 4


def test_the_loop_is_at_the_top_of_the_library():
    assert minillm.fit is fit


@pytest.mark.parametrize("loss", [None, 0.5, np.ones(())])
def test_a_loss_that_is_not_a_tensor_is_named(loss):
    w = Parameter(np.zeros(1))
    with pytest.raises(TypeError, match=f"loss_of must return a Tensor, got {type(loss).__name__}"):
        next(fit(lambda _: loss, [None], SGD([w], lr=0.1)))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"accumulate": 0}, ValueError, "accumulate must be at least 1 batch per update, got 0"),
        ({"accumulate": 1.5}, TypeError, "accumulate must be an integer, got 1.5"),
        ({"max_norm": -1.0}, ValueError, "max_norm must be positive, got -1.0"),
        ({"schedule": 0.1}, TypeError, "schedule must be a function, got 0.1"),
        ({"count": 3}, TypeError, "count must be a function, got 3"),
        ({"gradients": 3}, TypeError, "gradients must be a function, got 3"),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_the_first_step(settings, error, message):
    w = Parameter(np.zeros(1))
    with pytest.raises(error, match=message):
        fit(slope(w), [np.ones(1)], SGD([w], lr=0.1), **settings)


def test_parameters_in_the_place_of_an_optimiser_are_refused():
    w = Parameter(np.zeros(1))
    with pytest.raises(TypeError, match=r"optimizer must be an optimiser, such as .*, got list"):
        fit(slope(w), [np.ones(1)], [w])


def test_the_memory_kept_between_steps_is_given_back_at_the_end(monkeypatch):
    given = []
    monkeypatch.setattr(loop, "give_back", lambda: given.append(True))
    w = Parameter(np.ones(2))
    steps = fit(lambda batch: (w * batch).sum(), [np.ones(2)] * 3, SGD([w], lr=0.1))
    for _ in steps:
        assert not given
    assert given == [True]
