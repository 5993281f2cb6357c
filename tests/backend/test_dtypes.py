"""Operands of unlike dtypes are refused in words where one of them is a weight."""

import numpy as np
import pytest

from minillm.backend import as_number, check_one_dtype, scatter_add, wide_dtype, wide_sum
from tests.strict import strict

HALF, SINGLE, DOUBLE = np.float16, np.float32, np.float64


@pytest.mark.parametrize("dtype", [HALF, SINGLE, DOUBLE])
def test_operands_of_one_dtype_pass_whatever_was_left_out(dtype):
    one, other = np.ones(2, dtype), np.ones((3, 4), dtype)
    check_one_dtype("linear", x=one, weight=other, bias=None)
    check_one_dtype("linear", x=None, weight=None)
    check_one_dtype("linear", x=strict.asarray(one), weight=strict.asarray(other))


@pytest.mark.parametrize(("one", "other"), [(DOUBLE, SINGLE), (SINGLE, DOUBLE), (HALF, SINGLE)])
def test_unlike_dtypes_are_refused_with_a_way_out(one, other):
    names = np.dtype(one), np.dtype(other)
    message = rf"^linear: x is {names[0]}, weight is {names[1]}: .*x\.astype.*model\.to_dtype"
    with pytest.raises(TypeError, match=message):
        check_one_dtype("linear", x=np.ones(2, one), weight=np.ones(2, other))


def test_the_one_of_three_that_differs_is_shown():
    single, double = np.ones(2, SINGLE), np.ones(2, DOUBLE)
    with pytest.raises(TypeError, match="bias is float64"):
        check_one_dtype("linear", x=single, weight=single, bias=double)


@pytest.mark.parametrize("dtype", [HALF, SINGLE, DOUBLE])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_sum_of_float16_is_rounded_once_and_others_are_numpys(dtype, keepdims, rng):
    x = rng.standard_normal((3, 5000)).astype(dtype)
    for axis in (None, 0, (1,), (0, 1)):
        total = wide_sum(x, axis, keepdims=keepdims)
        exact = x.astype(DOUBLE).sum(axis=axis, keepdims=keepdims)
        assert total.dtype == dtype
        assert total.shape == exact.shape
        assert np.allclose(total, exact, rtol=2 * np.finfo(dtype).eps, atol=1e-4)


def test_float16_counts_beyond_its_largest_whole_number():
    x = np.ones((70_000,), HALF)
    assert np.mean(x, dtype=wide_dtype(x)) == 1.0
    assert wide_sum(x[:60_000]) == 60_000
    ids = np.zeros(5000, int)
    assert scatter_add((1, 1), ids, np.ones((5000, 1), HALF)).tolist() == [[5000.0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_native_dtype_is_handed_on_as_it_is(dtype):
    """An equal dtype that is another object is refused by the fast path of ``add.at``."""
    x = np.ones(2, dtype)
    assert wide_dtype(x) is x.dtype
    assert wide_dtype(x.astype(x.dtype.newbyteorder())).isnative


@pytest.mark.parametrize("value", [2, 2.0, np.float64(2.0), np.int64(2), np.array(2.0)])
def test_a_setting_becomes_a_python_number(value):
    number = as_number("clip: low", value)
    assert number == 2.0 and type(number) is float


@pytest.mark.parametrize("library", [np, strict])
@pytest.mark.parametrize("shape", [(3,), (1,), (1, 1)])
def test_an_array_is_no_setting_whatever_the_version_of_numpy_says(library, shape):
    value = library.asarray(np.ones(shape))
    with pytest.raises(TypeError) as caught:
        as_number("clip: low", value)
    assert str(caught.value) == f"clip: low must be one number, got an array of shape {shape}"
