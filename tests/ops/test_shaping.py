import numpy as np
import pytest
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


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.sampled_from([0, 1, -1, -2]))
def test_joining_undoes_splitting_in_value_and_gradient(sizes, axis):
    shape = (sum(sizes), 3) if axis in (0, -2) else (3, sum(sizes))
    rng = np.random.default_rng(0)
    x, cotangent = (
        Tensor(rng.standard_normal(shape), requires_grad=True),
        rng.standard_normal(shape),
    )
    pieces = ops.split(x, sizes=sizes, axis=axis)
    assert [piece.shape[axis] for piece in pieces] == sizes
    joined = ops.concatenate(*pieces, axis=axis)
    joined.backward(cotangent)
    assert np.array_equal(joined.data, x.data)
    assert np.array_equal(x.grad, cotangent)


def test_split_along_the_first_axis_by_default_by_hand():
    x = Tensor(np.arange(5.0), requires_grad=True)
    first, nothing, rest = ops.split(x, sizes=[2, 0, 3])
    (first.sum() * 10.0 + rest.sum()).backward()
    assert (first.data.tolist(), rest.data.tolist()) == ([0.0, 1.0], [2.0, 3.0, 4.0])
    assert nothing.shape == (0,)
    assert x.grad.tolist() == [10.0, 10.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"sizes": [2, 2]}, ValueError, r"sizes \[2, 2\] must add up to 5, .*axis 0 .*\(5, 2\)"),
        ({"sizes": [6, -1]}, ValueError, r"sizes \[6, -1\] must add up to 5"),
        ({"sizes": []}, ValueError, r"sizes \[\] must add up to 5"),
        ({"sizes": [2], "axis": 2}, ValueError, r"split: axis 2 is out of range"),
        ({"sizes": [2], "axis": None}, TypeError, "split: an axis must be an integer, got None"),
    ],
)
def test_a_split_that_does_not_fit_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        ops.split(Tensor(np.ones((5, 2))), **settings)


def test_stacked_along_the_first_axis_by_default_by_hand():
    a, b = (Tensor(np.array(x), requires_grad=True) for x in ([1.0, 2.0], [3.0, 4.0]))
    y = ops.stack(a, b)
    y.backward(np.array([[1.0, 10.0], [100.0, 1000.0]]))
    assert y.data.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert (a.grad.tolist(), b.grad.tolist()) == ([1.0, 10.0], [100.0, 1000.0])


@given(st.integers(1, 4), st.sampled_from([0, 1, 2, -1, -2, -3]))
def test_indexing_undoes_stacking_in_value_and_gradient(n, axis):
    rng = np.random.default_rng(n)
    parts = [Tensor(rng.standard_normal((2, 3)), requires_grad=True) for _ in range(n)]
    stacked = ops.stack(*parts, axis=axis)
    cotangent = rng.standard_normal(stacked.shape)
    stacked.backward(cotangent)
    for k, part in enumerate(parts):
        assert np.array_equal(np.take(stacked.data, k, axis=axis), part.data)
        assert np.array_equal(np.take(cotangent, k, axis=axis), part.grad)


def test_a_part_stacked_twice_receives_both_gradients():
    x = Tensor(np.array([1.0]), requires_grad=True)
    ops.stack(x, x).backward(np.array([[1.0], [10.0]]))
    assert x.grad.tolist() == [11.0]


def test_padded_with_zeros_by_default_by_hand():
    x = Tensor(np.array([[1.0, 2.0]]), requires_grad=True)
    y = ops.pad(x, widths=((0, 1), (2, 0)))
    y.backward(np.arange(8.0).reshape(2, 4))
    assert y.data.tolist() == [[0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0]]
    assert x.grad.tolist() == [[2.0, 3.0]]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=2))
def test_indexing_undoes_padding_in_value_and_gradient(widths):
    rng = np.random.default_rng(0)
    x, cotangent = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    leaf = Tensor(x, requires_grad=True)
    padded = ops.pad(leaf, widths=widths, value=7.0)
    middle = padded[tuple(slice(b, b + n) for n, (b, _) in zip((2, 3), widths, strict=True))]
    middle.backward(cotangent)
    assert np.array_equal(middle.data, x)
    assert np.array_equal(leaf.grad, cotangent)
    assert (padded.data == 7.0).sum() == padded.size - x.size


def test_copies_hand_back_the_sum_of_their_gradients():
    x = Tensor(np.array([[1.0], [2.0]]), requires_grad=True)
    y = ops.broadcast_to(x, shape=(2, 3))
    y.backward(np.array([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]]))
    assert y.data.tolist() == [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
    assert x.grad.tolist() == [[111.0], [222.0]]


def test_copies_take_no_memory_until_something_is_computed_from_them():
    assert ops.broadcast_to(np.ones((1, 3)), shape=(10**9, 3)).data.strides == (0, 8)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("join", [ops.stack, ops.concatenate], ids=["stack", "concatenate"])
def test_parts_come_one_by_one_or_in_one_list_tuple_or_generator(join, axis):
    values = np.arange(12.0).reshape(3, 2, 2)
    expected = join(*values, axis=axis).data
    for pack in (list, tuple, iter, lambda parts: (part for part in parts), dict.fromkeys):
        parts = [Tensor(x, requires_grad=True) for x in values]
        y = join(pack(parts), axis=axis)
        y.backward(expected)
        assert np.array_equal(y.data, expected)
        assert [part.grad.tolist() for part in parts] == values.tolist()


def test_a_list_of_parts_may_mix_tensors_arrays_and_lists():
    a = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    y = ops.stack([a, np.array([3.0, 4.0]), [5.0, 6.0]])
    y.sum().backward()
    assert y.data.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert a.grad.tolist() == [1.0, 1.0]


def test_one_tensor_or_array_is_one_part():
    x = np.arange(6.0).reshape(2, 3)
    for one in (x, Tensor(x), [x], (Tensor(x),)):
        assert ops.stack(one).shape == (1, 2, 3)
        assert ops.concatenate(one).shape == (2, 3)


@pytest.mark.parametrize("join", [ops.stack, ops.concatenate], ids=["stack", "concatenate"])
def test_no_parts_and_parts_that_are_not_clear_are_refused(join):
    for nothing in ([], (), iter([])):
        with pytest.raises(ValueError, match="needs at least one part"):
            join(nothing)
    for numbers in ([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0], ["a"], {"a": 1}):
        with pytest.raises(TypeError, match=f"{join.__name__}: .* one part or many; .*\\*parts"):
            join(numbers)


def test_split_takes_an_array_or_a_list_of_numbers_too():
    for x in ([1.0, 2.0, 3.0], np.array([1.0, 2.0, 3.0])):
        first, rest = ops.split(x, sizes=np.array([1, 2]))
        assert (first.data.tolist(), rest.data.tolist()) == ([1.0], [2.0, 3.0])


@pytest.mark.parametrize("sizes", [3, 2.5, [1.0, 2.0], None])
def test_sizes_that_are_not_a_list_of_whole_numbers_are_refused(sizes):
    with pytest.raises(TypeError, match="split: sizes must be a list of whole numbers, got"):
        ops.split(Tensor(np.ones(3)), sizes=sizes)
    with pytest.raises(TypeError, match="pad: a pair of widths must be a list of whole numbers"):
        ops.pad(np.ones(3), widths=[sizes])


@pytest.mark.parametrize("join", [ops.stack, ops.concatenate])
def test_an_axis_beside_a_list_of_parts_is_refused_with_its_name(join):
    parts = [Tensor(np.ones((2, 3)))] * 2
    with pytest.raises(TypeError, match=rf"{join.__name__}\(parts, axis=0\)"):
        join(parts, 1)
    with pytest.raises(TypeError, match="beside a list of parts"):
        join(parts, parts)
    assert join(parts, axis=1).shape == {"stack": (2, 2, 3), "concatenate": (2, 6)}[join.__name__]
