import copy
import operator
import pickle

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor
from minillm.autograd.conversion import as_float_array
from tests.strict import strict


@pytest.mark.fault(29, 46)
@pytest.mark.parametrize(
    "data", [3, 3.0, True, [1, 2], [[1.0], [2.0]], np.arange(3), np.array([True]), np.int64(3)]
)
def test_numbers_lists_and_integers_become_float32(data):
    tensor = Tensor(data)
    assert tensor.dtype == np.float32
    assert np.array_equal(tensor.data, np.asarray(data))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_arrays_and_numpy_floats_keep_their_dtype(dtype):
    assert Tensor(np.ones(3, dtype=dtype)).dtype == dtype
    assert Tensor(dtype(3.0)).dtype == dtype


@pytest.mark.fault(42)
def test_a_foreign_byte_order_becomes_the_native_one():
    tensor = Tensor(np.array([1.0, 2.0], dtype=">f8"))
    assert tensor.dtype.isnative
    assert tensor.data.tolist() == [1.0, 2.0]


@pytest.mark.fault(31)
@pytest.mark.parametrize("data", [None, "1.0", ["a"], 1j, np.ones(2) * 1j, object(), [None]])
def test_what_is_no_real_number_is_refused_by_type(data):
    with pytest.raises(TypeError, match="expected real numbers, got"):
        Tensor(data)


@pytest.mark.fault(46)
def test_a_tensor_of_a_tensor_and_of_a_ragged_list_are_refused():
    with pytest.raises(TypeError, match=r"got a Tensor; use detach\(\)"):
        Tensor(Tensor(1.0))
    for mixed in ([Tensor(1.0), Tensor(2.0)], [[0.0, Tensor(1.0)]]):
        with pytest.raises(TypeError, match=r"got a list with a Tensor in it; use ops\.stack"):
            Tensor(mixed)
    with pytest.raises(ValueError, match="inhomogeneous"):
        Tensor([[1.0], [1.0, 2.0]])


def test_shape_size_and_length_are_those_of_the_array():
    tensor = Tensor(np.ones((2, 3)))
    assert (tensor.shape, tensor.ndim, tensor.size, len(tensor)) == ((2, 3), 2, 6, 2)


@pytest.mark.fault(48)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "matmul"])
def test_an_array_on_the_left_of_an_operator_keeps_the_graph(name):
    apply = getattr(operator, name)
    left, right = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[2.0, 7.0], [1.0, 4.0]])
    x = Tensor(right, requires_grad=True)
    y = apply(left, x)
    assert isinstance(y, Tensor)
    assert np.array_equal(y.data, apply(left, right))
    y.backward(np.ones((2, 2)))
    step = apply(left, right + 1e-6) - apply(left, right - 1e-6)
    if name != "matmul":
        assert np.allclose(x.grad, step / 2e-6, rtol=1e-6)
    assert x.grad.any()


@pytest.mark.fault(30)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv"])
@pytest.mark.parametrize("number", [2, 2.0, np.float64(2.0), np.int64(2), np.float32(2.0)])
def test_numbers_on_either_side_never_change_the_dtype(name, number):
    apply = getattr(operator, name)
    x = Tensor(np.array([1.0, 4.0], dtype=np.float32), requires_grad=True)
    for y in (apply(x, number), apply(number, x)):
        assert y.dtype == np.float32
        y.backward(np.ones(2, dtype=np.float32))
    assert x.grad.dtype == np.float32
    assert apply(number, x).data.tolist() == apply(2.0, np.array([1.0, 4.0])).tolist()


@pytest.mark.fault(30)
def test_float32_meets_float64_as_in_numpy():
    assert (Tensor(np.ones(2, np.float32)) + np.ones(2)).dtype == np.float64


def test_an_array_changed_in_place_by_a_tensor_is_refused():
    with pytest.raises(TypeError, match=r"write array = array \+ tensor instead"):
        operator.iadd(np.ones(2), Tensor(np.ones(2)))


@pytest.mark.fault(55)
def test_the_in_place_operator_makes_a_new_tensor():
    x = Tensor(np.ones(2), requires_grad=True)
    y = x
    y += 1.0
    assert y is not x
    assert x.data.tolist() == [1.0, 1.0]


@pytest.mark.fault(55)
@pytest.mark.parametrize("by", ["iadd", "isub", "imul", "itruediv", "ipow", "imatmul"])
@pytest.mark.parametrize("frozen", [False, True])
def test_a_parameter_refuses_the_in_place_operators_which_would_not_change_it(by, frozen):
    p, unchanged = Parameter(np.full((2, 2), 3.0)), np.full((2, 2), 3.0)
    p.requires_grad = not frozen
    for other in (2.0, np.full((2, 2), 2.0), Tensor(np.ones((2, 2)))):
        with pytest.raises(TypeError, match=r"write p\.data = p\.data - step"):
            getattr(operator, by)(p, other)
    assert np.array_equal(p.data, unchanged)
    x = Tensor(np.ones((2, 2)))
    x += p  # on the other side it is an operand as any
    assert x.data.tolist() == [[4.0, 4.0], [4.0, 4.0]]


@pytest.mark.fault(49)
def test_the_truth_of_one_element_is_its_value_and_that_of_more_an_error():
    assert bool(Tensor([[2.0]]))
    assert not Tensor(0.0)
    with pytest.raises(ValueError, match=r"the truth of a tensor of shape \(2,\) is ambiguous"):
        bool(Tensor([1.0, 2.0]))
    with pytest.raises(ValueError, match=r"shape \(0,\)"):
        bool(Tensor(np.ones(0)))


def test_one_element_becomes_a_python_float():
    assert float(Tensor([[2.5]])) == 2.5
    assert type(Tensor(np.float64(2.5)).item()) is float
    with pytest.raises(ValueError, match="size 1"):
        float(Tensor([1.0, 2.0]))


def test_numpy_gives_a_copy_and_detach_a_constant():
    x = Tensor(np.ones(2), requires_grad=True)
    x.numpy()[0] = 5.0
    assert x.data.tolist() == [1.0, 1.0]
    assert not x.detach().requires_grad
    assert not (x.detach() * 2.0).requires_grad
    assert (x * 2.0).requires_grad


def test_data_keeps_shape_and_dtype_and_is_always_an_array():
    x = Parameter(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"must stay \(2, 3\) float64, got \(3,\) float64"):
        x.data = np.ones(3)
    with pytest.raises(ValueError, match=r"got \(2, 3\) float32"):
        x.data = np.ones((2, 3), dtype=np.float32)
    with pytest.raises(TypeError, match=r"got a Tensor; use detach\(\)"):
        x.data = x * 2.0
    scalar = Parameter(np.array(2.0))
    scalar.data = scalar.data - 0.5  # NumPy makes a scalar of it
    assert isinstance(scalar.data, np.ndarray)
    assert scalar.item() == 1.5


def test_only_a_leaf_has_a_gradient():
    x = Parameter(np.ones(2))
    y = x * 2.0
    assert (x.grad, y.grad, Tensor([1.0]).grad) == (None, None, None)
    x.grad = np.ones(2)
    for other in (y, Tensor([1.0])):
        with pytest.raises(RuntimeError, match="only a leaf"):
            other.grad = np.ones(2)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="only a leaf"):
        y.grad = np.ones(2)


def test_the_text_of_a_tensor_says_what_made_it():
    x = Parameter(np.array([1.0, 2.0]))
    assert repr(x) == "Parameter([1. 2.], dtype=float64)"
    assert repr(x * 2.0) == "Tensor([2. 4.], dtype=float64, from multiply)"


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_leaves_and_constants_can_be_copied_and_pickled(again, requires_grad):
    x = Tensor(np.array([1.0, 2.0]), requires_grad=requires_grad)
    y = again(x)
    assert type(y) is Tensor
    assert y.data.tolist() == [1.0, 2.0]
    assert y.requires_grad == requires_grad
    assert not np.shares_memory(x.data, y.data)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copied_parameter_is_a_parameter_with_a_node_of_its_own(again):
    x = Parameter(np.array([1.0, 2.0]))
    y = again(x)
    (y * 3.0).sum().backward()
    assert type(y) is Parameter
    assert y.grad.tolist() == [3.0, 3.0]
    assert x.grad is None


@pytest.mark.fault(69)
@pytest.mark.parametrize("again", [copy.deepcopy, pickle.dumps])
def test_a_tensor_with_a_graph_can_be_neither_deeply_copied_nor_pickled(again):
    y = Parameter(np.ones(2)) * 2.0
    with pytest.raises(TypeError, match=r"cannot be pickled or deeply copied; detach\(\) it first"):
        again(y)
    y.sum().backward()
    with pytest.raises(TypeError, match="cannot be pickled or deeply copied"):
        again(y)
    assert again(y.detach()) is not None


def test_a_shallow_copy_of_a_result_stands_at_its_place_and_one_of_a_leaf_is_another_leaf():
    x = Parameter(np.ones(2))
    y = x * 2.0
    (copy.copy(y) * y).sum().backward()
    assert x.grad.tolist() == [8.0, 8.0]
    other = copy.copy(x)
    (other * 3.0).sum().backward()
    assert (type(other), x.grad.tolist()) == (Parameter, [8.0, 8.0])


def test_as_float_array_follows_the_dtype_that_is_asked_for():
    assert as_float_array(3, dtype=np.float64).dtype == np.float64
    assert as_float_array(np.float64(3.0), dtype=np.float32).dtype == np.float32
    ones = np.ones(2)
    assert as_float_array(ones, dtype=np.float32) is ones  # a float array stays what it is


def test_reshape_takes_sizes_and_transpose_axes(rng):
    x = Tensor(rng.standard_normal((2, 3, 5)))
    assert x.reshape(6, -1).shape == (6, 5)
    assert x.transpose(2, 0, 1).shape == (5, 2, 3)
    assert x.transpose().shape == x.T.shape == (5, 3, 2)
    assert x.sum(axis=1, keepdims=True).shape == (2, 1, 5)
    assert x.mean(axis=(0, -1)).shape == (3,)
    assert [row.shape for row in x] == [(3, 5), (3, 5)]


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (np.ones(3), ValueError, r"grad must be \(2,\) as the tensor is, got \(3,\)"),
        (np.ones((2, 1)), ValueError, r"got \(2, 1\)"),
        (np.float64(1.0), ValueError, r"got \(\)"),
        (np.ones(2, np.float32), TypeError, "grad must be float64 as the tensor is, got float32"),
        (np.ones(2, int), TypeError, "got int64"),
        (Tensor(np.ones(2)), TypeError, r"grad is an array, got a Tensor; use \.data"),
        ([1.0, 1.0], TypeError, "grad is an array or None, got list"),
        (0.0, TypeError, "got float"),
        (strict.asarray(np.ones(2)), TypeError, "arrays from numpy and strict"),
    ],
)
def test_a_gradient_that_does_not_fit_is_refused_and_the_old_one_stays(wrong, error, message):
    x = Parameter(np.ones(2))
    x.grad = np.full(2, 7.0)
    with pytest.raises(error, match=message):
        x.grad = wrong
    assert x.grad.tolist() == [7.0, 7.0]


def test_a_gradient_may_be_set_to_none_and_that_of_a_number_to_a_scalar():
    x = Parameter(np.array(2.0))
    x.grad = np.array(3.0)
    x.grad = x.grad * 2.0  # NumPy makes a scalar of it
    assert isinstance(x.grad, np.ndarray)
    assert float(x.grad) == 6.0
    x.grad = None
    assert x.grad is None


def test_a_gradient_does_not_move_with_its_tensor():
    x = Parameter(np.ones(2))
    (x * 2.0).sum().backward()
    x.data = strict.asarray(np.ones(2))
    assert x.grad is None
    (x * 2.0).sum().backward()
    assert x.grad.get().tolist() == [2.0, 2.0]


@pytest.mark.parametrize("make", [Parameter, lambda a: Tensor(a, requires_grad=True)])
def test_a_frozen_leaf_is_a_constant_until_it_is_thawed(make):
    x, other = make(np.array([1.0, 2.0])), Parameter(np.ones(2))
    (x * 2.0).sum().backward()
    x.requires_grad = False
    assert (x.requires_grad, x.is_leaf, x.grad, x.node) == (False, False, None, None)
    assert not (x * 2.0).requires_grad
    (x * other).sum().backward()
    assert (x.grad, other.grad.tolist()) == (None, [1.0, 2.0])
    x.requires_grad = True
    x.requires_grad = True  # once is enough
    (x * 3.0).sum().backward()
    assert (x.is_leaf, x.grad.tolist()) == (True, [3.0, 3.0])


def test_a_result_is_neither_frozen_nor_thawed():
    y = Parameter(np.ones(2)) * 2.0
    for wanted in (True, False):
        with pytest.raises(RuntimeError, match=r"detach\(\) a result"):
            y.requires_grad = wanted
    y.sum().backward()
    with pytest.raises(RuntimeError, match=r"detach\(\) a result"):
        y.requires_grad = False


def test_a_constant_that_becomes_a_leaf_leaves_older_graphs_what_they_were():
    w, constant = Parameter(np.ones(2)), Tensor(np.array([3.0, 4.0]))
    loss = (w * constant).sum()
    constant.requires_grad = True
    constant.data += 10.0
    loss.backward()
    assert w.grad.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
@pytest.mark.parametrize("frozen", [True, False])
def test_a_copied_parameter_is_as_frozen_as_before(again, frozen):
    x = Parameter(np.array([1.0, 2.0]))
    x.requires_grad = not frozen
    y = again(x)
    assert type(y) is Parameter
    assert y.requires_grad == (not frozen)
    assert y.data.tolist() == [1.0, 2.0]


def test_the_text_of_many_elements_says_how_many_and_where_rows_begin():
    assert repr(Tensor(np.zeros((2000, 3)))).endswith("shape=(2000, 3), dtype=float64)")
    first, second = repr(Tensor(np.zeros((2, 2)))).split("\n")
    assert first.index("0") == second.index("0")
    assert repr(Tensor(strict.asarray(np.ones(2)))) == "Tensor([1. 1.], dtype=float64)"
