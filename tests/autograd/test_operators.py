"""What a newcomer writes: comparisons, methods, numbers, text."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm import ops
from minillm.autograd import Parameter, Tensor
from tests.strict import StrictArray, strict

COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
NUMBERS = st.sampled_from([-1.0, 0.0, 0.5, 1.0, np.inf, np.nan])
PAIRS = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3).flatmap(
    lambda shapes: st.tuples(*(hnp.arrays(float, s, elements=NUMBERS) for s in shapes.input_shapes))
)


@pytest.mark.parametrize("by", COMPARISONS)
@given(PAIRS)
def test_comparisons_are_those_of_the_arrays_whatever_stands_on_either_side(by, pair):
    a, b = pair
    expected = by(a, b)
    for one, other in [(Tensor(a), Tensor(b)), (Tensor(a), b), (a, Tensor(b))]:
        found = by(one, other)
        assert not isinstance(found, Tensor)
        assert np.asarray(found).dtype == bool
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("by", COMPARISONS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_number_or_list_is_compared_in_the_dtype_of_the_tensor(by, dtype):
    t = Tensor(np.array([0.1, 1.0], dtype))
    for number in (0.1, 1, np.float64(0.1), True):
        values = dtype(float(number))
        assert by(t, number).tolist() == by(t.data, values).tolist()
        assert by(number, t).tolist() == by(values, t.data).tolist()
    assert by(t, [0.1, 1.0]).tolist() == by(t.data, t.data).tolist()


def test_comparisons_stay_on_the_device_and_refuse_an_array_from_elsewhere():
    t = Tensor(strict.asarray(np.array([1.0, 2.0])))
    for found in (t == t, t == 1.0, t < strict.asarray(np.array([3.0, 0.0])), t >= [1.0, 9.0]):
        assert type(found) is StrictArray
    assert type(t.argmax()) is StrictArray
    with pytest.raises(TypeError, match="one op was given arrays from numpy and strict"):
        t == np.ones(2)  # noqa: B015


def test_shapes_that_do_not_broadcast_cannot_be_compared():
    with pytest.raises(ValueError, match="broadcast"):
        Tensor([1.0, 2.0]) == Tensor([1.0, 2.0, 3.0])  # noqa: B015


@pytest.mark.parametrize("other", [None, "1.0", object(), {}])
def test_a_tensor_is_not_equal_to_what_is_no_number_and_has_no_order_with_it(other):
    t = Tensor([1.0, 2.0])
    assert (t == other) is False
    assert (t != other) is True
    with pytest.raises(TypeError, match="not supported between"):
        t < other  # noqa: B015


def test_a_tensor_is_a_key_of_its_own():
    a, b = Parameter([1.0, 2.0]), Parameter([1.0, 2.0])
    names = {a: "a", b: "b"}
    assert (names[a], names[b], len({a, b, a})) == ("a", "b", 2)
    assert any(x is b for x in (a, b))


def test_a_condition_of_one_element_decides_and_one_of_more_is_refused():
    assert Tensor(1.0) == 1.0
    assert not Tensor([2.0]) < 1.0
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Tensor([1.0, 2.0]) == 1.0)


@given(st.permutations(range(3)))
def test_sizes_and_axes_come_one_by_one_or_together(order):
    x = Tensor(np.arange(30.0).reshape(2, 3, 5))
    sizes = [x.shape[i] for i in order]
    for shaped in (x.reshape(*sizes), x.reshape(sizes), x.reshape(tuple(sizes))):
        assert np.array_equal(shaped, x.data.reshape(sizes))
    for turned in (x.transpose(*order), x.transpose(order), x.transpose(tuple(order))):
        assert np.array_equal(turned, x.data.transpose(order))


def test_without_axes_or_with_none_a_transpose_reverses_and_one_number_is_one_size():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert x.transpose().shape == x.transpose(None).shape == x.T.shape == (3, 2)
    assert x.reshape(-1).shape == x.reshape((6,)).shape == x.reshape([-1]).shape == (6,)
    assert x[0, 0].reshape(()).shape == x[0, 0].reshape().shape == ()
    with pytest.raises(TypeError):
        x.reshape(2.0, 3.0)


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "max", "min"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_axes_may_be_a_list(name, keepdims, rng):
    x = Parameter(rng.standard_normal((2, 3, 5)))
    found = getattr(x, name)([0, -1], keepdims)
    expected = getattr(x.data, name)(axis=(0, 2), keepdims=keepdims)
    assert found.shape == expected.shape
    assert np.allclose(found, expected, rtol=1e-13)
    for wrong, error in [([0, 0], ValueError), ([0, 7], ValueError), ([True], TypeError)]:
        with pytest.raises(error):
            getattr(x, name)(wrong)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "abs"])
def test_functions_that_are_methods_have_values_and_gradients(name, rng):
    x = Parameter(rng.uniform(0.5, 2.0, (2, 3)))
    y = getattr(x, name)()
    function = getattr(np, name)
    assert np.allclose(y, function(x.data), rtol=1e-14)
    y.sum().backward()
    h = 1e-6
    assert np.allclose(x.grad, (function(x.data + h) - function(x.data - h)) / (2 * h), rtol=1e-7)


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_the_place_of_the_largest_is_a_plain_integer_array(axis, rng):
    x = Parameter(rng.standard_normal((3, 4)))
    for found, expected in [
        (x.argmax(axis), x.data.argmax(axis)),
        (x.argmin(axis), x.data.argmin(axis)),
    ]:
        assert np.array_equal(found, expected)
        assert np.asarray(found).dtype.kind == "i"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_another_dtype_gives_the_gradient_in_the_old_one(dtype):
    x = Parameter(np.array([1.0, 2.0], np.float32))
    y = x.astype(dtype)
    assert y.dtype == dtype
    (y * 3.0).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3.0, 3.0]
    with pytest.raises(
        TypeError, match=r"astype: a tensor is floating point, got int64; use t\.data"
    ):
        x.astype(np.int64)


def test_rows_are_iterated_and_a_tensor_without_axes_has_none():
    x = Parameter(np.arange(6.0).reshape(3, 2))
    assert [row.data.tolist() for row in x] == x.data.tolist()
    first, *_ = x
    first.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    for ask in (len, list, iter):
        with pytest.raises(TypeError, match="a tensor without axes has no length"):
            ask(Tensor(1.0))


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
@pytest.mark.parametrize("value", [1.5, -0.4, 2.675, np.inf])
def test_one_element_is_formatted_and_rounded_as_its_number(shape, value):
    t = Parameter(np.full(shape, value))
    for specification in (".3f", "8.2e", "+.1f", "g"):
        assert format(t, specification) == format(value, specification)
    assert f"{t}" == str(t)
    assert round(t, 1) == round(value, 1)
    if np.isfinite(value):
        assert (int(t), round(t)) == (int(value), round(value))


def test_more_elements_have_no_format_and_no_number():
    for number in (int, float, round, lambda t: f"{t:.2f}", lambda t: t.item()):
        for shape in [(2,), (0,)]:
            with pytest.raises(
                ValueError, match="only a tensor of size 1 is a number, this one is"
            ):
                number(Tensor(np.ones(shape)))


def test_elements_are_not_assigned():
    t = Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match=r"ops\.where or ops\.masked_fill, or assign an array to t"):
        t[0] = 3.0


def test_a_comparison_serves_as_an_index_and_as_a_condition():
    x = Parameter(np.array([-1.0, 2.0, -3.0, 4.0]))
    assert x[x > 0.0].data.tolist() == [2.0, 4.0]
    ops.where(x, x * 10.0, condition=x > 0.0).sum().backward()
    assert x.grad.tolist() == [10.0, 1.0, 10.0, 1.0]


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "max", "min"])
def test_a_second_axis_is_not_taken_for_keepdims(name):
    x = Tensor(np.ones((2, 3)))
    for number in (0, 1):
        with pytest.raises(TypeError, match=rf"keepdims is True or False, got {number}; two axes"):
            getattr(x, name)(0, number)
    assert getattr(x, name)(0, True).shape == (1, 3)


@pytest.mark.parametrize("of", [tuple, list, np.array])
def test_sizes_and_axes_may_come_as_an_array_too(of):
    x = Tensor(np.arange(24.0).reshape(2, 3, 4))
    assert np.array_equal(x.reshape(of([4, 6])).data, x.data.reshape(4, 6))
    assert np.array_equal(x.transpose(of([1, 2, 0])).data, x.data.transpose(1, 2, 0))


@pytest.mark.parametrize("axes", [(0, 1), (0, 0, 1), (0, 1, 3), (0, 1, -4), (0, 1, 2, 3)])
def test_axes_that_are_not_all_axes_in_some_order_are_refused_with_the_exchange_of_two(axes):
    x = Tensor(np.ones((2, 3, 4)))
    with pytest.raises(ValueError, match=r"not all axes of shape \(2, 3, 4\).*swapaxes"):
        x.transpose(*axes)
    order = (-1, 0, -2)
    assert x.transpose(order).shape == (4, 2, 3)
