"""The strict double itself: it must refuse what CuPy refuses, or it proves nothing."""

import operator

import numpy as np
import pytest

from minillm.autograd import op
from minillm.backend import array_module, to_numpy
from tests.strict import SYNCS, StrictArray, strict


@pytest.fixture
def x():
    SYNCS.clear()
    return strict.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def test_it_is_a_library_of_its_own(x):
    assert array_module(x, 2.0) is strict
    with pytest.raises(TypeError, match="arrays from numpy and strict"):
        array_module(x, np.ones(3))


@op
def hard_coded_exp(x, /):
    """A rule with the mistake that the double is there to find."""
    y = np.exp(x)
    return y, lambda g: (g * y,)


def test_a_rule_with_a_hard_coded_numpy_function_fails(x):
    assert hard_coded_exp(np.ones(3)).shape == (3,)
    with pytest.raises(TypeError, match=r"numpy\.exp was given a strict array"):
        hard_coded_exp(x)


@pytest.mark.parametrize(
    "convert",
    [np.asarray, np.array, np.concatenate, np.sum, lambda x: np.where(x, 1.0, 0.0)],
    ids=["asarray", "array", "concatenate", "sum", "where"],
)
def test_numpy_functions_refuse_it(x, convert):
    with pytest.raises(TypeError, match=r"strict array|implicit conversion"):
        convert(x)


@pytest.mark.parametrize("name", ["add", "mul", "matmul", "iadd", "isub", "gt"])
def test_a_numpy_operand_is_refused_on_either_side(x, name):
    apply = getattr(operator, name)
    with pytest.raises(TypeError, match="a NumPy array of shape"):
        apply(x, np.ones((3, 3)))
    with pytest.raises(TypeError, match="strict array"):
        apply(np.ones((3, 2)), x)


def test_numpy_arrays_are_refused_as_index_value_and_argument(x):
    with pytest.raises(TypeError, match="met a strict array"):
        x[np.array([0, 1])]
    with pytest.raises(TypeError, match="met a strict array"):
        x[0] = np.ones(3)
    with pytest.raises(TypeError, match="met a strict array"):
        strict.maximum(x, np.ones(3))
    with pytest.raises(TypeError, match="met a strict array"):
        strict.add.at(x, 0, np.ones(3))


def test_lists_are_no_operands(x):
    with pytest.raises(TypeError, match="takes no lists"):
        strict.maximum(x, [1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="unsupported operand"):
        operator.add(x, [1.0, 2.0, 3.0])


def test_reductions_and_elements_are_0_d_arrays(x):
    for value in (x.sum(), x.max(), x[0, 0], x.sum() * 2.0, strict.exp(x.sum() * 0.0)):
        assert isinstance(value, StrictArray)
        assert value.shape == ()
    assert SYNCS == []


@pytest.mark.parametrize(
    ("look", "name"),
    [
        (lambda x: float(x.sum()), "float"),
        (lambda x: bool(x.sum() > 3), "bool"),
        (lambda x: int(x.max()), "int"),
        (lambda x: range(strict.asarray(3)), "index"),
        (lambda x: x.sum().item(), "item"),
        (lambda x: x.tolist(), "tolist"),
        (to_numpy, "get"),
        (lambda x: x[x > 2.0], "boolean index"),
        (lambda x: strict.nonzero(x), "nonzero"),
    ],
)
def test_every_look_at_a_value_is_counted_as_a_wait(x, look, name):
    look(x)
    assert name in SYNCS


def test_computing_does_not_wait(x):
    y = strict.where(x > 2.0, x @ x.T @ x, -strict.inf)
    y -= 1.0
    y[0] = 0.0
    strict.add.at(y, strict.asarray([0, 0]), 1.0)
    assert (len(y), y.ndim, y.dtype, y.T.shape) == (2, 2, np.float64, (3, 2))
    assert SYNCS == []


def test_integer_indices_out_of_range_wrap_round_in_silence(x):
    ids = strict.asarray(np.array([5, 255], dtype=np.uint8))
    assert x[ids].get().tolist() == [[4.0, 5.0, 6.0], [4.0, 5.0, 6.0]]
    assert x[..., strict.asarray([3])].get().tolist() == [[1.0], [4.0]]
    with pytest.raises(IndexError):
        x[2]


def test_in_place_operators_change_the_array_itself(x):
    alias = x
    x *= 2.0
    x -= 1.0
    assert alias is x
    assert to_numpy(alias)[0].tolist() == [1.0, 3.0, 5.0]


def test_assigning_one_element_twice_is_refused(x):
    with pytest.raises(TypeError, match="assigned twice"):
        x[strict.asarray([0, 0])] = 1.0


@pytest.mark.parametrize("name", ["errstate", "vecdot", "nditer", "linalg", "random", "typo"])
def test_names_that_cupy_lacks_are_absent(name):
    assert not hasattr(strict, name)


def test_the_way_in_copies(rng):
    host = rng.standard_normal(3)
    there = strict.asarray(host)
    there += 1.0
    assert np.array_equal(there.get() - 1.0, host + 1.0 - 1.0)
    assert not np.shares_memory(there.get(), host)
