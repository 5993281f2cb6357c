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
    """An exact example."""
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


@given(st.data())
def test_products_obey_the_laws_of_matrices_in_value_and_gradient(data):
    """(A B) v = A (B v), and (A B)ᵀ = Bᵀ Aᵀ."""
    batch, t, i, o = (data.draw(st.integers(1, 4)) for _ in range(4))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    values = [rng.standard_normal(shape) for shape in [(batch, t, i), (i, o), (o,)]]
    first, second = ([Tensor(x, requires_grad=True) for x in values] for _ in range(2))
    cotangent = rng.standard_normal((batch, t))
    (a, b, v), (c, d, w) = first, second
    left, right = (a @ b) @ v, c @ (d @ w)
    left.backward(cotangent)
    right.backward(cotangent)
    assert np.allclose(left.data, right.data, rtol=1e-12, atol=1e-12)
    for one, other in zip(first, second, strict=True):
        assert np.allclose(one.grad, other.grad, rtol=1e-12, atol=1e-12)
    turned = Tensor(b.data).T @ Tensor(a.data).transpose(0, 2, 1)
    assert np.allclose((a @ b).transpose(0, 2, 1).data, turned.data, rtol=1e-12, atol=1e-12)


def test_a_product_by_hand():
    a = Tensor(np.array([[1.0, 2.0], [3.0, 4.0]]), requires_grad=True)
    b = Tensor(np.array([[5.0], [6.0]]), requires_grad=True)
    y = a @ b
    y.backward(np.array([[1.0], [10.0]]))
    assert y.data.tolist() == [[17.0], [39.0]]
    assert a.grad.tolist() == [[5.0, 6.0], [50.0, 60.0]]
    assert b.grad.tolist() == [[31.0], [42.0]]


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


@given(hnp.arrays(bool, (3, 4)), st.integers(0, 3))
def test_a_mask_picks_numpys_elements_and_lets_their_gradients_alone_through(mask, column):
    """For masks of both axes, and of one axis beside a number or a slice."""
    rows = mask.any(axis=1)
    for index in (mask, rows, (rows, column), (rows, slice(1, 3)), (..., mask[0])):
        leaf = Tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
        y = leaf[index]
        cotangent = np.cos(np.arange(y.size)).reshape(y.shape)
        y.backward(cotangent)
        expected = np.zeros((3, 4))
        expected[index] = cotangent
        assert np.array_equal(y.data, leaf.data[index])
        assert np.array_equal(leaf.grad, expected)


def test_a_mask_beside_repeated_numbers_by_hand():
    x = Tensor(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), requires_grad=True)
    y = x[np.array([True, False, True]), np.array([1, 1])]
    y.backward(np.array([10.0, 100.0]))
    assert y.data.tolist() == [2.0, 6.0]
    assert x.grad.tolist() == [[0.0, 10.0], [0.0, 0.0], [0.0, 100.0]]


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


@given(hnp.arrays(np.float64, 5, elements=st.floats(-9, 9)), st.integers(0, 4))
def test_a_whole_power_is_repeated_multiplication_in_value_and_gradient(x, n):
    one, other = (Tensor(x, requires_grad=True) for _ in range(2))
    y, product = one**n, 1.0 + 0.0 * other
    for _ in range(n):
        product = product * other
    y.sum().backward()
    product.sum().backward()
    assert np.allclose(y.data, product.data, rtol=1e-14)
    assert np.allclose(one.grad, other.grad, rtol=1e-14)


def power_and_slope(x: float, exponent: float) -> tuple[float, float]:
    leaf = Tensor(np.array(x), requires_grad=True)
    y = leaf**exponent
    y.backward()
    return y.item(), leaf.grad.item()


@pytest.mark.fault(26)
@pytest.mark.parametrize(
    ("x", "exponent", "expected"),
    [
        (3.0, 2, (9.0, 6.0)),
        (-2.0, 3, (-8.0, 12.0)),
        (4.0, -0.5, (0.5, -0.0625)),
        (0.0, 0, (1.0, 0.0)),
        (-2.0, 0, (1.0, 0.0)),
        (0.0, 1, (0.0, 1.0)),
        (0.0, 2, (0.0, 0.0)),
        (0.0, 0.5, (0.0, np.inf)),
        (0.0, -1, (np.inf, -np.inf)),
    ],
)
def test_powers_by_hand_and_at_0(x, exponent, expected):
    assert power_and_slope(x, exponent) == expected


@pytest.mark.fault(26)
def test_a_fractional_power_of_a_negative_number_is_nan_without_a_warning():
    assert np.isnan(power_and_slope(-2.0, 0.5)).all()


def test_a_power_that_overflows_says_so():
    with pytest.warns(RuntimeWarning, match="overflow"):
        Tensor(np.array([1e300])) ** 2


def test_a_tensor_as_exponent_is_refused_not_taken_for_a_constant():
    x = Tensor(np.array([2.0]))
    with pytest.raises(TypeError, match="exponent must be a number, got ndarray"):
        x**x
    with pytest.raises(TypeError, match="unsupported operand"):
        2.0**x


def test_the_absolute_value_is_flat_at_0():
    x = Tensor(np.array([-2.0, -0.0, 0.0, 3.0]), requires_grad=True)
    y = abs(x)
    y.backward(np.array([1.0, 1.0, 1.0, 5.0]))
    assert y.data.tolist() == [2.0, 0.0, 0.0, 3.0]
    assert x.grad.tolist() == [-1.0, 0.0, 0.0, 5.0]
