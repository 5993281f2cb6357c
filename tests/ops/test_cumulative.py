import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm import ops
from minillm.autograd import Tensor

ROWS = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), elements=st.floats(-9, 9)
)


def test_cumsum_runs_forward_and_its_gradient_backward():
    x = Tensor(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), requires_grad=True)
    y = ops.cumsum(x, axis=1)
    y.backward(np.array([[1.0, 10.0, 100.0], [0.0, 0.0, 1.0]]))
    assert y.data.tolist() == [[1.0, 3.0, 6.0], [4.0, 9.0, 15.0]]
    assert x.grad.tolist() == [[111.0, 110.0, 100.0], [1.0, 1.0, 1.0]]
    assert ops.cumsum(x, axis=0).data.tolist() == [[1.0, 2.0, 3.0], [5.0, 7.0, 9.0]]


@given(ROWS)
def test_differences_undo_cumsum_and_its_last_element_is_the_sum(x):
    y = ops.cumsum(x, axis=-1).data
    first = np.zeros((*x.shape[:-1], 1))
    assert np.allclose(np.diff(y, prepend=first), x, rtol=1e-12, atol=1e-12)
    assert np.allclose(y[..., -1], x.sum(axis=-1), rtol=1e-12, atol=1e-12)


def test_cumsum_is_a_product_with_a_triangle_in_value_and_gradient(rng):
    data, cotangent = rng.standard_normal((2, 3, 5))
    x, same = (Tensor(data, requires_grad=True) for _ in range(2))
    y, product = ops.cumsum(x, axis=1), same @ np.tri(5).T
    y.backward(cotangent)
    product.backward(cotangent)
    assert np.allclose(y.data, product.data, rtol=1e-13)
    assert np.allclose(x.grad, same.grad, rtol=1e-13)


def test_prod_and_its_gradient_with_no_one_and_two_zeros():
    x = Tensor(np.array([[2.0, 3.0, 5.0], [2.0, 0.0, 5.0], [0.0, 0.0, 5.0]]), requires_grad=True)
    y = ops.prod(x, axis=1)
    y.backward(np.array([1.0, 2.0, 3.0]))
    assert y.data.tolist() == [30.0, 0.0, 0.0]
    assert x.grad.tolist() == [[15.0, 10.0, 6.0], [0.0, 20.0, 0.0], [0.0, 0.0, 0.0]]


def test_the_product_of_nothing_is_1():
    assert ops.prod(np.ones((2, 0)), axis=1).data.tolist() == [1.0, 1.0]
    assert ops.prod(np.ones((0,))).item() == 1.0


@given(ROWS)
def test_a_product_of_positive_numbers_is_the_exponential_of_a_sum_of_logarithms(x):
    one, other = (Tensor(0.5 + np.abs(x), requires_grad=True) for _ in range(2))
    y, same = ops.prod(one, axis=-1), ops.exp(ops.log(other).sum(axis=-1))
    y.sum().backward()
    same.sum().backward()
    assert np.allclose(y.data, same.data, rtol=1e-11)
    assert np.allclose(one.grad, other.grad, rtol=1e-11)
