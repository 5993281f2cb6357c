import math

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor, gradients_of
from minillm.backend import kernels
from minillm.nn import Linear
from minillm.optim import SGD, Adam, AdamW, Optimizer, ParameterGroup
from minillm.optim.adam_in_chunks import SMALL
from tests.strict import strict


def fresh():
    """Two parameters and their optimiser."""
    parameters = [Parameter(np.arange(6.0).reshape(2, 3)), Parameter(np.ones(5))]
    return parameters, AdamW(parameters, lr=0.1)


def advanced(steps):
    """An optimiser that has stepped, and its parameters."""
    parameters, optimizer = fresh()
    rng = np.random.default_rng(4)
    for _ in range(steps):
        optimizer.step([rng.standard_normal(p.shape) for p in parameters])
    return parameters, optimizer


def test_a_loaded_state_goes_on_bit_for_bit():
    parameters, optimizer = advanced(3)
    others, resumed = fresh()
    for p, q in zip(parameters, others, strict=True):
        q.data = p.data
    resumed.load_state_dict(optimizer.state_dict())
    assert resumed.steps == 3
    rng = np.random.default_rng(5)
    for _ in range(3):
        gradients = [rng.standard_normal(p.shape) for p in parameters]
        optimizer.step(gradients)
        resumed.step(gradients)
    for p, q in zip(parameters, others, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_the_state_has_both_counts_and_one_array_per_slot_and_parameter():
    _, optimizer = advanced(3)
    state = optimizer.state_dict()
    assert list(state) == ["steps", "updates", "m.0", "m.1", "v.0", "v.1"]
    assert (state["steps"].dtype, int(state["steps"])) == (np.int64, 3)
    assert (state["updates"].dtype, state["updates"].tolist()) == (np.int64, [3, 3])
    assert [state[name].shape for name in ("m.0", "v.1")] == [(2, 3), (5,)]


def test_the_state_is_copied_out_and_in():
    _, optimizer = advanced(3)
    state = optimizer.state_dict()
    kept = {name: array.copy() for name, array in state.items()}
    _, resumed = fresh()
    resumed.load_state_dict(state)
    for array in state.values():
        array[...] = 77
    for held in (optimizer, resumed):
        for name, array in held.state_dict().items():
            np.testing.assert_array_equal(array, kept[name])


@pytest.mark.fault(83)
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda state: state.pop("m.1"), "m.1"),
        (lambda state: state.pop("steps"), "steps"),
        (lambda state: state.pop("updates"), "updates"),
        (lambda state: state.update({"updates": np.array([7])}), "updates"),
        (lambda state: state.update({"v.2": np.zeros(5)}), "v.2"),
        (lambda state: state.update({"v.0": np.zeros((3, 2))}), "v.0"),
    ],
)
def test_a_state_of_another_optimiser_is_refused_and_changes_nothing(change, named):
    _, optimizer = advanced(3)
    before = optimizer.state_dict()
    _, other = advanced(7)
    state = other.state_dict()
    change(state)
    with pytest.raises(ValueError, match=f"AdamW: the state belongs to .* differs in {named}"):
        optimizer.load_state_dict(state)
    for name, array in optimizer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("steps", -1),
        ("steps", 7.0),
        ("steps", math.nan),
        ("updates", [3, -1]),
        ("updates", [3.0, 3]),
    ],
)
def test_counts_that_count_nothing_are_refused_and_change_nothing(name, counts):
    _, optimizer = advanced(3)
    before = optimizer.state_dict()
    _, other = advanced(7)
    with pytest.raises(ValueError, match=f"AdamW: {name} must be counts >= 0"):
        optimizer.load_state_dict({**other.state_dict(), name: np.array(counts)})
    for key, array in optimizer.state_dict().items():
        np.testing.assert_array_equal(array, before[key])


def test_a_state_that_cannot_be_turned_into_numbers_changes_nothing():
    _, optimizer = advanced(3)
    before = optimizer.state_dict()
    _, other = advanced(7)
    with pytest.raises(ValueError, match="could not convert"):
        optimizer.load_state_dict({**other.state_dict(), "v.1": np.array(["a"] * 5)})
    for key, array in optimizer.state_dict().items():
        np.testing.assert_array_equal(array, before[key])


def test_a_parameter_that_was_skipped_goes_on_bit_for_bit():
    parameters, optimizer = fresh()
    for i in range(4):
        optimizer.step([np.ones((2, 3)), np.full(5, 0.5) if i == 2 else None])
    others, resumed = fresh()
    for p, q in zip(parameters, others, strict=True):
        q.data = p.data
    resumed.load_state_dict(optimizer.state_dict())
    assert resumed.updates == [4, 1]
    for held in (optimizer, resumed):
        held.step([np.ones((2, 3)), np.ones(5)])
    for p, q in zip(parameters, others, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        ([np.ones((2, 3))], "step: 1 gradients for 2 parameters"),
        ([np.ones((2, 3)), np.ones(5), np.ones(1)], "step: 3 gradients for 2 parameters"),
        ([np.ones((2, 3)), np.ones((5, 1))], r"gradient 1 is \(5, 1\) float64, its parameter \(5,"),
        ([np.ones((2, 3)), np.ones(5, dtype=np.float32)], r"gradient 1 is \(5,\) float32"),
    ],
)
def test_gradients_that_do_not_fit_are_refused_before_anything_changes(gradients, message):
    parameters, optimizer = advanced(3)
    weights, before = [p.data.copy() for p in parameters], optimizer.state_dict()
    with pytest.raises(ValueError, match=message):
        optimizer.step(gradients)
    for p, w in zip(parameters, weights, strict=True):
        np.testing.assert_array_equal(p.data, w)
    for name, array in optimizer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.fault(81)
@pytest.mark.parametrize("lr", [-1e-3, float("nan"), float("inf"), None, "0.1", [0.1]])
def test_a_learning_rate_that_is_no_number_from_zero_up_is_refused(lr):
    with pytest.raises(ValueError, match="learning rate must be a number >= 0, got"):
        AdamW([Parameter([1.0])], lr=lr)
    _, optimizer = fresh()
    with pytest.raises(ValueError, match="learning rate must be a number >= 0, got"):
        optimizer.lr = lr
    assert optimizer.lr == 0.1


def test_a_numpy_learning_rate_becomes_a_plain_number():
    _, optimizer = fresh()
    optimizer.lr = np.float32(0.5)
    assert type(optimizer.lr) is float
    assert optimizer.lr == 0.5


@pytest.mark.fault(82)
def test_no_parameters_are_refused_with_a_hint_at_used_up_iterators():
    parameters = iter([Parameter([1.0])])
    AdamW(parameters)
    with pytest.raises(ValueError, match=r"AdamW: there are no parameters \(a used-up iterator"):
        AdamW(parameters)


@pytest.mark.fault(82)
def test_a_parameter_given_twice_is_refused():
    parameter = Parameter([1.0])
    with pytest.raises(ValueError, match="AdamW: a parameter was given twice"):
        AdamW([parameter, Parameter([1.0]), parameter])


def test_an_optimiser_without_an_update_rule_says_so():
    with pytest.raises(NotImplementedError, match="Optimizer has no update rule"):
        Optimizer([Parameter([1.0])], lr=0.1).step([np.ones(1, np.float32)])


# Steps from the gradients that the parameters carry


def squares(parameters):
    """A loss over all parameters."""
    return sum((p * p).sum() for p in parameters)


def test_without_gradients_a_step_takes_those_that_backward_left():
    ours, given = fresh()
    others, carried = fresh()
    for _ in range(3):
        given.step(gradients_of(squares(ours), ours))
        carried.zero_grad()
        squares(others).backward()
        carried.step()
    for p, q in zip(ours, others, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_gradients_add_up_until_they_are_forgotten():
    parameters, optimizer = fresh()
    for _ in range(2):
        squares(parameters).backward()
    np.testing.assert_array_equal(parameters[1].grad, np.full(5, 4.0))
    optimizer.zero_grad()
    assert [p.grad for p in parameters] == [None, None]
    squares(parameters).backward()
    np.testing.assert_array_equal(parameters[1].grad, np.full(5, 2.0))


def test_a_parameter_that_backward_did_not_reach_is_left_alone():
    parameters, optimizer = fresh()
    before = parameters[1].data.copy()
    squares(parameters[:1]).backward()
    optimizer.step()
    np.testing.assert_array_equal(parameters[1].data, before)
    assert optimizer.updates == [1, 0]


def test_a_step_before_any_backward_is_refused_and_counts_for_nothing():
    parameters, optimizer = fresh()
    with pytest.raises(RuntimeError, match=r"no parameter has a gradient; call loss\.backward"):
        optimizer.step()
    squares(parameters).backward()
    optimizer.step()
    optimizer.zero_grad()
    with pytest.raises(RuntimeError, match=r"no parameter has a gradient; call loss\.backward"):
        optimizer.step()
    assert (optimizer.steps, optimizer.updates) == (1, [1, 1])


@pytest.mark.parametrize(
    ("gradient", "kind"), [(Tensor(np.ones(5)), "Tensor"), ([1.0] * 5, "list"), (1.0, "float")]
)
def test_what_is_not_an_array_is_no_gradient_and_changes_nothing(gradient, kind):
    parameters, optimizer = advanced(3)
    weights = [p.data.copy() for p in parameters]
    with pytest.raises(TypeError, match=f"step: gradient 1 must be an array, got a {kind}"):
        optimizer.step([np.ones((2, 3)), gradient])
    for p, w in zip(parameters, weights, strict=True):
        np.testing.assert_array_equal(p.data, w)
    assert optimizer.steps == 3


def test_a_gradient_of_another_library_changes_nothing():
    parameters, optimizer = advanced(3)
    weights = [p.data.copy() for p in parameters]
    with pytest.raises(TypeError, match="arrays from numpy and strict"):
        optimizer.step([np.ones((2, 3)), strict.asarray(np.ones(5))])
    for p, w in zip(parameters, weights, strict=True):
        np.testing.assert_array_equal(p.data, w)


def test_a_number_is_the_gradient_of_a_parameter_without_axes():
    temperature = Parameter(np.array(2.0))
    SGD([temperature], lr=0.1).step([np.sum(np.ones(3))])
    assert float(temperature.data) == pytest.approx(1.7)


# What can be trained


@pytest.mark.parametrize("make", [SGD, Adam, AdamW])
def test_weights_in_float16_are_refused_by_every_optimiser(make):
    parameters = [Parameter(np.ones(2)), Parameter(np.ones(3, dtype=np.float16))]
    with pytest.raises(TypeError, match="parameter 1 is float16, which loses small updates; keep"):
        make(parameters, lr=0.1)


def test_what_cannot_be_trained_is_refused_with_its_place():
    fine, constant = Parameter(np.ones(2)), Tensor(np.ones(3))
    with pytest.raises(ValueError, match=r"parameter 1 of shape \(3,\) is frozen or a constant"):
        AdamW([fine, constant])
    with pytest.raises(ValueError, match=r"parameter 0 of shape \(2,\) is the result of an op"):
        AdamW([fine * 2.0])
    for other in (np.ones(2), "weight", {"params": [fine]}):
        with pytest.raises(
            TypeError, match=f"parameter 1 must be .*, got a {type(other).__name__}"
        ):
            AdamW([fine, other])
        with pytest.raises(
            TypeError, match=f"parameter 1 must be .*, got a {type(other).__name__}"
        ):
            AdamW([fine, ParameterGroup([other])])


def test_a_parameter_that_was_frozen_is_refused():
    parameter = Parameter(np.ones(2))
    parameter.node = None  # as a parameter without a gradient is
    with pytest.raises(ValueError, match=r"SGD: parameter 0 .* is frozen or a constant; leave it"):
        SGD([parameter], lr=0.1)


def test_two_optimisers_may_train_the_same_parameters():
    parameters, first = fresh()
    second = SGD(parameters, lr=0.5)
    first.step([np.ones(p.shape) for p in parameters])
    between = [p.data.copy() for p in parameters]
    second.step([np.ones(p.shape) for p in parameters])
    for p, w in zip(parameters, between, strict=True):
        np.testing.assert_array_equal(p.data, w - 0.5)
    assert (first.updates, second.updates) == ([1, 1], [1, 1])


def test_weights_that_were_loaded_meanwhile_are_the_ones_that_move(rng):
    layer = Linear(3, 2, rng=rng)
    optimizer = SGD(layer.parameters(), lr=1.0)
    layer.load_state_dict({"weight": np.full((2, 3), 7.0), "bias": np.full(2, 7.0)})
    optimizer.step([np.ones_like(p.data) for p in optimizer.parameters])
    assert {float(x) for p in layer.parameters() for x in p.data.ravel()} == {6.0}


def test_the_gradients_of_a_step_may_come_one_after_another():
    a, b = Parameter(np.ones(2)), Parameter(np.ones(1))
    SGD([a, b], lr=1.0).step(g for g in [np.array([1.0, 0.5]), None])
    assert (a.data.tolist(), b.data.tolist()) == ([0.0, 0.5], [1.0])


@pytest.mark.parametrize("level", ["off", "numpy"])
@pytest.mark.parametrize("make", [AdamW, lambda ps: SGD(ps, lr=0.1, momentum=0.9)])
def test_no_denormal_number_is_left_where_gradients_have_stopped(make, level):
    tiny = np.finfo(np.float32).tiny
    p = Parameter(np.ones((4, SMALL), dtype=np.float32))
    optimizer, g = make([p]), np.zeros((4, SMALL), dtype=np.float32)
    g[:] = 0.3
    denormal = []
    with kernels(level):
        for _ in range(1200):
            optimizer.step([g])
            g[1:] = 0.0  # one row goes on
            state = [x for arrays in optimizer.state.values() for x in arrays]
            denormal += [((x != 0) & (np.abs(x) < tiny)).any() for x in state]
    assert not any(denormal)
    first = next(iter(optimizer.state.values()))[0]
    assert first[0].all()
    assert not first[1:].any()


def test_a_nan_in_the_state_is_not_swept_away():
    p = Parameter(np.ones(2))
    optimizer = AdamW([p])
    for _ in range(64):
        optimizer.step([np.array([np.nan, 1.0])])
    assert np.isnan(p.data[0])
    assert np.isnan(optimizer.state["m"][0][0])
