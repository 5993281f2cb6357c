import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm import ops
from minillm.autograd import Tensor

ROWS = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-50, 50))
TRIPLES = hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3)


def leaf(*values: float) -> Tensor:
    return Tensor(np.array(values), requires_grad=True)


@pytest.mark.parametrize(
    ("op", "expected", "to_a"),
    [
        (ops.maximum, [3.0, 2.0, 5.0], [0.0, 5.0, 100.0]),
        (ops.minimum, [1.0, 2.0, 4.0], [1.0, 5.0, 0.0]),
    ],
)
def test_the_winner_takes_the_gradient_and_a_tie_is_shared_equally(op, expected, to_a):
    a, b = leaf(1.0, 2.0, 5.0), leaf(3.0, 2.0, 4.0)
    y = op(a, b)
    y.backward(np.array([1.0, 10.0, 100.0]))
    assert y.data.tolist() == expected
    assert a.grad.tolist() == to_a
    assert (a.grad + b.grad).tolist() == [1.0, 10.0, 100.0]


def test_a_number_that_meets_many_gets_the_sum_of_its_wins():
    x, bound = leaf(1.0, 5.0, 2.0, 2.0), Tensor(np.array(2.0), requires_grad=True)
    ops.maximum(x, bound).backward(np.array([1.0, 10.0, 100.0, 1000.0]))
    assert x.grad.tolist() == [0.0, 10.0, 50.0, 500.0]
    assert bound.grad.item() == 1.0 + 50.0 + 500.0


@given(ROWS)
def test_the_larger_and_the_smaller_add_to_both(x):
    other = x[::-1].copy()
    both = ops.maximum(x, other).data + ops.minimum(x, other).data
    assert np.array_equal(both, x + other)


def test_clip_and_its_slope_inside_on_and_outside_the_bounds():
    """An exact example."""
    x = leaf(-2.0, -1.0, 0.0, 1.0, 2.0)
    y = ops.clip(x, low=-1.0, high=1.0)
    y.sum().backward()
    assert y.data.tolist() == [-1.0, -1.0, 0.0, 1.0, 1.0]
    assert x.grad.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_clip_without_a_bound_leaves_that_side_alone():
    x = np.array([-1e300, 0.0, 1e300])
    assert ops.clip(x, low=0.0).data.tolist() == [0.0, 0.0, 1e300]
    assert ops.clip(x, high=0.0).data.tolist() == [-1e300, 0.0, 0.0]
    assert ops.clip(x).data.tolist() == x.tolist()


@given(ROWS, st.floats(-50, 50), st.floats(0, 50))
def test_clipping_twice_is_clipping_once_and_nothing_lies_outside(x, low, width):
    bounds = {"low": low, "high": low + width}
    once = ops.clip(x, **bounds).data
    assert np.array_equal(ops.clip(once, **bounds).data, once)
    assert np.all((low <= once) & (once <= low + width))
    inside = (low <= x) & (x <= low + width)
    assert np.array_equal(once[inside], x[inside])


def test_where_takes_each_element_and_its_gradient_from_one_side():
    """An exact example."""
    a, b = leaf(1.0, 2.0, 3.0), leaf(-1.0, -2.0, -3.0)
    y = ops.where(a, b, condition=np.array([True, False, True]))
    y.backward(np.array([1.0, 10.0, 100.0]))
    assert y.data.tolist() == [1.0, -2.0, 3.0]
    assert a.grad.tolist() == [1.0, 0.0, 100.0]
    assert b.grad.tolist() == [0.0, 10.0, 0.0]


@given(TRIPLES)
def test_where_and_where_not_add_to_both_in_value_and_gradient(shapes):
    """With broadcasting of all three."""
    rng = np.random.default_rng(0)
    for_a, for_b, for_condition = shapes.input_shapes
    a, b = (Tensor(rng.standard_normal(s), requires_grad=True) for s in (for_a, for_b))
    condition = np.asarray(rng.random(for_condition) < 0.5)
    y = ops.where(a, b, condition=condition) + ops.where(a, b, condition=~condition)
    y.sum().backward()
    assert np.allclose(y.data, np.broadcast_to(a.data + b.data, y.shape), rtol=1e-15)
    for x in (a, b):
        assert np.array_equal(x.grad, np.full(x.shape, y.size / max(x.size, 1)))


@pytest.mark.fault(27)
def test_the_other_branch_poisons_the_gradient_unless_its_input_is_made_safe():
    positive = np.array([False, True])
    x = leaf(0.0, 2.0)
    ops.where(ops.log(x), 0.0, condition=positive).sum().backward()
    assert np.isnan(x.grad[0])  # 0 times the infinite slope of the branch that was not taken
    safe = leaf(0.0, 2.0)
    log = ops.log(ops.where(safe, 1.0, condition=positive))
    ops.where(log, 0.0, condition=positive).sum().backward()
    assert safe.grad.tolist() == [0.0, 0.5]


def test_masked_fill_replaces_where_the_mask_is_true():
    x = leaf(1.0, 2.0, 3.0)
    y = ops.masked_fill(x, mask=np.array([False, True, False]), value=-np.inf)
    y.backward(np.array([1.0, 10.0, 100.0]))
    assert y.data.tolist() == [1.0, -np.inf, 3.0]
    assert x.grad.tolist() == [1.0, 0.0, 100.0]


def test_a_nan_that_is_masked_is_gone_in_value_and_gradient():
    x = leaf(np.nan, 0.0, 0.0)
    y = ops.softmax(ops.masked_fill(x, mask=np.isnan(x.data), value=-np.inf))
    y.backward(np.array([7.0, 1.0, 0.0]))
    assert y.data.tolist() == [0.0, 0.5, 0.5]
    assert x.grad.tolist() == [0.0, 0.25, -0.25]


@given(ROWS, st.floats(-50, 50))
def test_masked_fill_is_where_with_a_constant(x, value):
    mask = x > 0.0
    found = ops.masked_fill(x, mask=mask, value=value).data
    assert np.array_equal(found, ops.where(value, x, condition=mask).data)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "positive_part",
    [
        ops.relu,
        lambda x: ops.clip(x, low=0.0),
        lambda x: ops.maximum(x, 0.0),
        lambda x: ops.maximum(0.0, x),
        lambda x: -ops.minimum(0.0, -x),
        lambda x: ops.where(x, 0.0, condition=x > 0.0),
        lambda x: ops.masked_fill(x, mask=x <= 0.0, value=0.0),
        lambda x: ops.stack(x, np.zeros_like(x.data)).max(axis=0),
        lambda x: -ops.stack(-x, np.zeros_like(x.data)).min(axis=0),
    ],
)
def test_what_was_not_chosen_has_no_gradient_also_where_an_infinite_one_arrives(
    positive_part, dtype
):
    """The slope of a root is infinite at 0, and 0 times infinity would be NaN."""
    x = Tensor(np.array([-4.0, 4.0, -1.0], dtype), requires_grad=True)
    ops.sqrt(positive_part(x)).sum().backward()
    assert x.grad.tolist() == [0.0, 0.25, 0.0]
    assert x.grad.dtype == dtype
