import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm import ops
from minillm.autograd import Tensor
from minillm.ops.axes import checked_axis

ARRAYS = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=1, max_side=4), elements=st.floats(-50, 50)
)


def assert_identity(there_and_back, x) -> None:
    """``there_and_back`` gives ``x`` again, and hands every cotangent back unchanged."""
    leaf = Tensor(x, requires_grad=True)
    y = there_and_back(leaf)
    cotangent = np.cos(np.arange(x.size)).reshape(x.shape)
    y.backward(cotangent)
    assert np.array_equal(y.data, x)
    assert np.array_equal(leaf.grad, cotangent)


@given(ARRAYS, st.data())
def test_what_is_done_to_axes_can_be_undone_in_value_and_gradient(x, data):
    """For the ops of this file and for transpose and reshape."""
    a, b = (data.draw(st.integers(-x.ndim, x.ndim - 1)) for _ in "ab")
    new = data.draw(st.integers(-x.ndim - 1, x.ndim))
    order = data.draw(st.permutations(range(x.ndim)))
    assert_identity(lambda t: ops.swapaxes(ops.swapaxes(t, axis1=a, axis2=b), axis1=b, axis2=a), x)
    assert_identity(lambda t: ops.flip(ops.flip(t, axis=a), axis=a), x)
    assert_identity(lambda t: ops.squeeze(ops.expand_dims(t, axis=new), axis=new), x)
    assert_identity(lambda t: t.transpose(*order).transpose(*np.argsort(order).tolist()), x)
    assert_identity(lambda t: t.reshape(x.size, 1).reshape(*x.shape), x)


def test_two_axes_exchanged_by_hand():
    x = Tensor(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), requires_grad=True)
    y = ops.swapaxes(x, axis1=0, axis2=-1)
    y.backward(np.arange(6.0).reshape(3, 2))
    assert y.data.tolist() == [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    assert x.grad.tolist() == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]


def test_swapping_the_last_two_axes_transposes_every_matrix_of_a_batch(rng):
    x = rng.standard_normal((2, 3, 5))
    assert np.array_equal(ops.swapaxes(x, axis1=-1, axis2=-2).data, [m.T for m in x])


def test_reversed_by_hand():
    x = Tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True)
    y = ops.flip(x, axis=0)
    y.backward(np.array([1.0, 10.0, 100.0]))
    assert y.data.tolist() == [3.0, 2.0, 1.0]
    assert x.grad.tolist() == [100.0, 10.0, 1.0]


@pytest.mark.parametrize(("axis", "shape"), [(0, (1, 2, 3)), (1, (2, 1, 3)), (-1, (2, 3, 1))])
def test_a_new_axis_stands_where_it_was_wanted(axis, shape):
    assert ops.expand_dims(np.ones((2, 3)), axis=axis).shape == shape


def test_squeezing_one_axis_leaves_the_others_of_size_1_alone():
    assert ops.squeeze(np.ones((1, 3, 1)), axis=0).shape == (3, 1)


def test_axes_are_counted_from_the_front_or_from_the_back():
    assert [checked_axis("x", axis, (2, 3, 5)) for axis in (0, 2, -1, -3, np.int64(1))] == [
        *(0, 2, 2, 0, 1)
    ]
