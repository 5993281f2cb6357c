"""The rules behind the operators: broadcasting, products, indexing; the rest is in tests/ops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm.autograd import Tensor, unbroadcast


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
def test_unbroadcast_gives_the_operands_shape_and_loses_nothing(shapes):
    for shape in shapes.input_shapes:
        gradient = np.random.default_rng(0).standard_normal(shapes.result_shape)
        found = unbroadcast(gradient, shape)
        assert np.shape(found) == shape
        assert np.allclose(found.sum(), gradient.sum(), atol=1e-12)


def test_unbroadcast_sums_what_was_copied():
    gradient = np.arange(6.0).reshape(2, 3)
    assert unbroadcast(gradient, (3,)).tolist() == [3.0, 5.0, 7.0]
    assert unbroadcast(gradient, (2, 1)).tolist() == [[3.0], [12.0]]
    assert float(unbroadcast(gradient, ())) == 15.0
    assert unbroadcast(gradient, (2, 3)) is gradient


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_division_undoes_multiplication_in_value_and_gradient(shapes):
    rng = np.random.default_rng(0)
    a, b = (Tensor(2.0 + rng.random(s), requires_grad=True) for s in shapes.input_shapes)
    y = a * b / b
    y.sum().backward()
    assert np.allclose(y.data, np.broadcast_to(a.data, y.shape), rtol=1e-14)
    copies = y.size / max(a.size, 1)
    assert np.allclose(a.grad, copies, rtol=1e-13)
    assert np.allclose(b.grad, 0.0, atol=1e-13)


def test_a_small_expression_by_hand():
    a, b = (Tensor(np.array(x), requires_grad=True) for x in (3.0, 2.0))
    y = (a - b) * a / b - -a  # a²/b - a + a = a²/b
    y.backward()
    assert (y.item(), a.grad.item(), b.grad.item()) == (4.5, 3.0, -2.25)


@given(st.data())
def test_batched_products_are_loops_of_single_ones(data):
    batch, t, i, o = (data.draw(st.integers(0, 3)) for _ in range(4))
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((batch, t, i)), rng.standard_normal((batch, i, o))
    singles = [x @ y for x, y in zip(a, b, strict=True)]
    assert np.allclose((Tensor(a) @ b).data, np.reshape(singles, (batch, t, o)), rtol=1e-13)


def test_the_gradient_of_a_shared_matrix_is_the_sum_over_the_batch(rng):
    x = rng.standard_normal((7, 2, 3))
    shared = Tensor(rng.standard_normal((3, 5)), requires_grad=True)
    copies = Tensor(np.stack([shared.data] * 7), requires_grad=True)
    cotangent = rng.standard_normal((7, 2, 5))
    (x @ shared).backward(cotangent)
    (x @ copies).backward(cotangent)
    assert np.allclose(shared.grad, copies.grad.sum(axis=0), rtol=1e-12)


def test_an_element_taken_twice_receives_both_gradients():
    x = Tensor(np.zeros(3), requires_grad=True)
    x[[1, 1, 0]].backward(np.array([10.0, 1.0, 5.0]))
    assert x.grad.tolist() == [5.0, 11.0, 0.0]


@given(
    hnp.arrays(np.float64, (3, 4), elements=st.floats(-9, 9)),
    hnp.basic_indices((3, 4), allow_newaxis=True, allow_ellipsis=True),
)
def test_slices_are_numpys_and_their_gradient_goes_back_where_they_came_from(x, index):
    leaf = Tensor(x, requires_grad=True)
    y = leaf[index]
    y.backward(np.ones(y.shape))
    expected = np.zeros((3, 4))
    expected[index] = 1.0
    assert np.array_equal(y.data, x[index])
    assert np.array_equal(leaf.grad, expected)


@given(hnp.integer_array_indices((3, 4), result_shape=hnp.array_shapes(max_dims=2, max_side=4)))
def test_integer_arrays_pick_numpys_elements_and_gradients_add_up(index):
    leaf = Tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
    y = leaf[index]
    y.backward(np.ones(y.shape))
    counts = np.zeros((3, 4))
    np.add.at(counts, index, 1.0)
    assert np.array_equal(y.data, leaf.data[index])
    assert np.array_equal(leaf.grad, counts)


def test_the_gradient_of_a_sum_is_ones_and_of_a_mean_one_over_n():
    x = Tensor(np.ones((3, 5)), requires_grad=True)
    x.sum().backward()
    assert x.grad.tolist() == np.ones((3, 5)).tolist()
    x.grad = None
    x.mean().backward()
    assert np.allclose(x.grad, 1.0 / 15.0, rtol=1e-15)


@pytest.mark.parametrize("axes", [(2, 0, 1), (-1, -3, -2), (1, 0, 2)])
def test_transposing_there_and_back_is_the_identity_in_value_and_gradient(axes, rng):
    x = Tensor(rng.standard_normal((2, 3, 5)), requires_grad=True)
    back = np.argsort([i % 3 for i in axes]).tolist()
    y = x.transpose(*axes).transpose(*back)
    cotangent = rng.standard_normal((2, 3, 5))
    y.backward(cotangent)
    assert np.array_equal(y.data, x.data)
    assert np.array_equal(x.grad, cotangent)
    assert x.T.shape == (5, 3, 2)
