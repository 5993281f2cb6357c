import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor


def test_parts_follow_one_another_along_the_first_axis_by_default():
    y = ops.concatenate(np.array([[1.0]]), np.array([[2.0], [3.0]]))
    assert y.data.tolist() == [[1.0], [2.0], [3.0]]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.sampled_from([0, 1, -1, -2]))
def test_cutting_undoes_joining_in_value_and_gradient(sizes, axis):
    def along(n: int) -> list[int]:
        return [n, 3] if axis in (0, -2) else [3, n]

    rng = np.random.default_rng(0)
    parts = [Tensor(rng.standard_normal(along(n)), requires_grad=True) for n in sizes]
    joined = ops.concatenate(*parts, axis=axis)
    cotangent = rng.standard_normal(joined.shape)
    joined.backward(cotangent)
    cuts = np.cumsum(sizes)[:-1]
    for part, value, gradient in zip(
        parts,
        np.split(joined.data, cuts, axis=axis),
        np.split(cotangent, cuts, axis=axis),
        strict=True,
    ):
        assert np.array_equal(part.data, value)
        assert np.array_equal(part.grad, gradient)


def test_a_part_met_twice_receives_both_pieces():
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    ops.concatenate(x, x).backward(np.array([1.0, 2.0, 30.0, 40.0]))
    assert x.grad.tolist() == [31.0, 42.0]
