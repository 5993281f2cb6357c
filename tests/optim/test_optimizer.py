import numpy as np
import pytest

from minillm.autograd import Parameter
from minillm.optim import AdamW, Optimizer


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


def test_the_state_has_a_step_count_and_one_array_per_slot_and_parameter():
    _, optimizer = advanced(3)
    state = optimizer.state_dict()
    assert list(state) == ["steps", "m.0", "m.1", "v.0", "v.1"]
    assert (state["steps"].dtype, int(state["steps"])) == (np.int64, 3)
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
    with pytest.raises(ValueError, match=f"AdamW: the state is of another .* differs in {named}"):
        optimizer.load_state_dict(state)
    for name, array in optimizer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


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
    with pytest.raises(NotImplementedError, match="Optimizer has no step"):
        Optimizer([Parameter([1.0])], lr=0.1).step([None])
